"""The commands that machines know, one by one and as the service frames them."""

from datetime import UTC, datetime

import pytest

from plcmon.inventory.toml import shipped_profiles
from plcmon.model.subjects import Profile
from plcmon.probes.facts import read_facts, script, split
from plcmon.sim.machine import Condition, Machine
from plcmon.sim.shell import NOT_FOUND, run

BOOT_ID = "7a1f0c2e-5be1-4a43-9f5e-0d7c1b6f2a11"
DAY = 86_400.0
NONCE = "5f0c0ffee"


@pytest.fixture
def machine() -> Machine:
    return Machine("n01.example.org", "linux", "6.1.0-18-amd64", booted_at=0.0, boot_id=BOOT_ID)


def profile(name: str) -> Profile:
    record = shipped_profiles()[name].record
    facts = {fact: asked.command for fact, asked in record.facts.items()}
    return Profile(name, facts=facts, debug_fact=record.debug_fact)


@pytest.mark.parametrize("name", ["linux", "planetlab"])
def test_every_shipped_fact_is_answered(machine: Machine, name: str) -> None:
    facts = profile(name).facts
    reply = run(script(facts, NONCE), machine, 2 * DAY)

    answers = split(reply.out.encode(), tuple(facts), NONCE)

    assert not reply.err
    assert set(answers) == set(facts)


@pytest.mark.parametrize("name", ["linux", "planetlab"])
def test_the_service_understands_every_answer(machine: Machine, name: str) -> None:
    kind = profile(name)
    reply = run(script(kind.facts, NONCE), machine, 2 * DAY)
    answers = split(reply.out.encode(), tuple(kind.facts), NONCE)
    now = datetime(2026, 3, 14, 12, tzinfo=UTC)

    facts, misfits = read_facts(answers, kind, answered_at=now)

    assert misfits == ""
    assert facts.boot_id == BOOT_ID
    assert facts.booted_at == datetime(2026, 3, 12, 12, tzinfo=UTC)
    assert facts.kernel == "6.1.0-18-amd64"
    assert not facts.debug


def test_the_boot_manager_leaves_traces_in_debug_only(machine: Machine) -> None:
    command = profile("planetlab").facts["debug"]
    assert run(command, machine, 1.0).out == ""

    machine.fall_ill(Condition.DEBUG)

    assert "/tmp/bm.log" in run(command, machine, 1.0).out


def test_uptime_counts_from_the_boot(machine: Machine) -> None:
    machine.boot(100.0)

    assert run("cat /proc/uptime", machine, 112.5).out.split()[0] == "12.50"


def test_the_disk_is_believable(machine: Machine) -> None:
    _, size, used, free, share, mount = run("df -P / | tail -1", machine, 1.0).out.split()

    assert int(used) + int(free) == int(size)
    assert 0 < int(share.rstrip("%")) < 100
    assert mount == "/"


def test_an_unknown_command_is_not_found(machine: Machine) -> None:
    reply = run("rm -rf /", machine, 1.0)

    assert reply.out == ""
    assert reply.err == "sh: 1: rm: not found\n"
    assert reply.status == NOT_FOUND


def test_an_unknown_fact_leaves_the_others_whole(machine: Machine) -> None:
    facts = {"colour": "what colour", "kernel": "uname -r"}
    reply = run(script(facts, NONCE), machine, 1.0)

    assert split(reply.out.encode(), tuple(facts), NONCE) == {
        "colour": "",
        "kernel": "6.1.0-18-amd64",
    }
    assert reply.err == ""


def test_an_unknown_command_says_so(machine: Machine) -> None:
    assert "not found" in run("what colour", machine, 1.0).err


def test_the_status_is_that_of_the_last_command(machine: Machine) -> None:
    assert run("nonsense\ntrue", machine, 1.0).status == 0
    assert run("true\nnonsense", machine, 1.0).status == NOT_FOUND


@pytest.mark.parametrize("nothing", ["", "\n", "   \n  "])
def test_nothing_is_answered_with_nothing(machine: Machine, nothing: str) -> None:
    assert run(nothing, machine, 1.0) == ("", "", 0)


def test_the_host_knows_its_name(machine: Machine) -> None:
    assert run("hostname", machine, 1.0).out == "n01.example.org\n"
