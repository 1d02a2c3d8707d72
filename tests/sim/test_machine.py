"""A machine's conditions, and what a boot makes of them."""

import pytest

from plcmon.model.readings import Observed
from plcmon.sim.machine import CONDUCTS, GONE, Condition, Machine
from plcmon.sim.port import Answers

BOOT_ID = "7a1f0c2e-5be1-4a43-9f5e-0d7c1b6f2a11"
CURED = [condition for condition in Condition if CONDUCTS[condition].boots_away]
LASTING = [condition for condition in Condition if not CONDUCTS[condition].boots_away]


@pytest.fixture
def machine() -> Machine:
    return Machine("n01.example.org", "linux", "6.1.0", booted_at=0.0, boot_id=BOOT_ID)


def cycle(machine: Machine, at: float = 100.0) -> None:
    machine.lose_power()
    machine.regain_power()
    machine.boot(at)


def test_every_condition_has_a_conduct() -> None:
    assert set(CONDUCTS) == set(Condition)


def test_silence_is_silent_at_every_port() -> None:
    assert (GONE.ssh, GONE.ports) == (Answers.SILENT, Answers.SILENT)


def test_a_new_machine_is_healthy(machine: Machine) -> None:
    assert machine.conduct.observed is Observed.BOOT


@pytest.mark.parametrize("condition", Condition)
def test_without_power_it_is_gone_whatever_ailed_it(machine: Machine, condition: Condition) -> None:
    machine.fall_ill(condition)
    machine.lose_power()

    assert machine.conduct is GONE


def test_it_is_gone_until_it_has_booted(machine: Machine) -> None:
    machine.lose_power()
    machine.regain_power()
    assert machine.conduct is GONE

    machine.boot(100.0)

    assert machine.conduct.observed is Observed.BOOT


def test_a_boot_has_a_new_id_and_a_new_time(machine: Machine) -> None:
    cycle(machine, at=100.0)

    assert machine.boot_id != BOOT_ID
    assert machine.booted_at == 100.0
    assert machine.boots == 1


def test_two_boots_differ(machine: Machine) -> None:
    cycle(machine)
    first = machine.boot_id
    cycle(machine)

    assert machine.boot_id != first


@pytest.mark.parametrize("condition", CURED)
def test_a_boot_cures(machine: Machine, condition: Condition) -> None:
    machine.fall_ill(condition)
    cycle(machine)

    assert machine.condition is Condition.HEALTHY


@pytest.mark.parametrize("condition", LASTING)
def test_what_is_on_the_disk_or_in_the_network_stays(
    machine: Machine, condition: Condition
) -> None:
    machine.fall_ill(condition)
    cycle(machine)

    assert machine.condition is condition


def test_a_dead_machine_stays_silent_through_every_boot(machine: Machine) -> None:
    machine.fall_ill(Condition.SILENT, Condition.SILENT)
    for _ in range(3):
        cycle(machine)

        assert machine.conduct.observed is Observed.SILENT


def test_it_may_come_back_sick_and_be_well_after_the_next_boot(machine: Machine) -> None:
    machine.fall_ill(Condition.SILENT, Condition.DEBUG)
    cycle(machine)
    assert machine.conduct.observed is Observed.DEBUG

    cycle(machine)

    assert machine.condition is Condition.HEALTHY


def test_a_new_illness_replaces_the_old_one(machine: Machine) -> None:
    machine.fall_ill(Condition.SILENT, Condition.SILENT)
    machine.fall_ill(Condition.WEDGED)
    cycle(machine)

    assert machine.condition is Condition.HEALTHY


def test_losing_power_while_booting_ends_the_boot(machine: Machine) -> None:
    machine.lose_power()
    machine.regain_power()
    machine.lose_power()

    assert not machine.booting
    assert machine.boots == 0
