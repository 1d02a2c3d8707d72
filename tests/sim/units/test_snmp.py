"""The virtual agent: what it shows, what it obeys, and what it says nothing to."""

import pytest

from plcmon.sim.relay import Relay
from plcmon.sim.units.snmp import SnmpUnit, oid
from plcmon.sim.units.snmp_devices import DEVICES

STATUS = oid("1.3.6.1.4.1.318.1.1.26.9.2.3.1.5.3")
CONTROL = oid("1.3.6.1.4.1.318.1.1.26.9.2.4.1.5.3")


def unit(device: str = "apc-rpdu2") -> SnmpUnit:
    fed = {str(outlet): Relay(str(outlet)) for outlet in range(1, 4)}
    return SnmpUnit(fed, password="word", device=device)


def test_a_row_follows_its_relay() -> None:
    made = unit()
    before = made.serve("get", STATUS, None)
    made.relays["3"].on = False

    assert (before, made.serve("get", STATUS, None)) == (("", STATUS, 2), ("", STATUS, 1))


def test_a_set_is_written_down_and_moves_the_relay() -> None:
    made = unit()

    assert made.serve("set", CONTROL, 2) == ("", CONTROL, 2)
    assert [(row.verb, row.outlet) for row in made.log.destructive()] == [("off", "3")]
    assert not made.relays["3"].on


@pytest.mark.parametrize(
    ("at", "value", "error"),
    [(CONTROL, 99, "wrongValue"), (STATUS, 1, "notWritable"), ((1, 3, 9), 1, "noCreation")],
)
def test_what_it_does_not_obey_moves_nothing(at: tuple[int, ...], value: int, error: str) -> None:
    made = unit()

    assert made.serve("set", at, value) == (error, at, None)
    assert not made.log.destructive()


@pytest.mark.parametrize("device", DEVICES)
def test_a_walk_meets_every_object_once_and_ends(device: str) -> None:
    made, at, met = unit(device), (0,), []
    while (said := made.serve("next", at, None)) and said[2] is not None:
        at = said[1]
        met.append(at)

    assert met == sorted(set(met))
    assert len(met) >= 2 + 3


def test_a_lost_link_is_silence_before_and_after_the_command() -> None:
    made = unit()
    made.faults.drop_at = "before-commit"
    before = made.serve("set", CONTROL, 2)
    commands = len(made.log.destructive())
    made.faults.drop_at = "after-commit"

    assert (before, commands) == (None, 0)
    assert made.serve("set", CONTROL, 2) is None
    assert len(made.log.destructive()) == 1
