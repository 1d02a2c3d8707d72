"""What every family must do over every transport it speaks, against its virtual unit.

login: tested. wrong password: tested, exempt where the device says nothing to one.
read on and off: tested. switch on and off: tested.
unknown outlet: tested, exempt for one-node controllers, whose outlet means nothing.
busy: tested, exempt where requests are datagrams: there is no session to hold.
link lost before and after the commit: tested. a unit that lies, hangs, is slow, is dead: tested.
secrets: tested. banner noise and slow prompts: tests/drivers/test_dialogue.py.
rehearsal: exempt, because no verb asks for it.
"""

import asyncio
from datetime import timedelta

import pytest

from plcmon.drivers import FAMILIES, finding_of, outcome_of
from plcmon.drivers.situations import NoSuchOutletError
from plcmon.errors import (
    BusyError,
    DeviceError,
    DialogueError,
    LoginError,
    OutcomeUnknownError,
    UnreachableError,
)
from plcmon.model.beliefs import Finding
from plcmon.model.intents import Outcome, PowerState
from tests.drivers.rigs import PASSWORD, Rig

IMPATIENT = timedelta(seconds=1.5)


async def test_login_alone_moves_nothing(rig: Rig) -> None:
    async with rig.session():
        pass

    assert not rig.unit.log.destructive()
    assert rig.relay.on


async def test_wrong_password_is_a_login_error_after_one_try(rig: Rig) -> None:
    if rig.silent_refusal:
        pytest.skip("the device says nothing to a wrong password")
    with pytest.raises(LoginError) as caught:
        async with rig.session(password="guess-47"):
            pass

    assert finding_of(caught.value) is Finding.LOGIN_REFUSED
    assert [row.verb for row in rig.unit.log.rows].count("login") == 1


async def test_a_unit_that_refuses_everybody_is_a_login_error(rig: Rig) -> None:
    if rig.silent_refusal:
        pytest.skip("the device says nothing to a wrong password")
    rig.unit.faults.wrong_password = True

    with pytest.raises(LoginError):
        async with rig.session():
            pass


@pytest.mark.parametrize("on", [True, False])
async def test_reads_what_the_outlet_shows(rig: Rig, on: bool) -> None:
    rig.relay.on = on

    async with rig.session() as unit:
        state = await unit.read("3")

    assert state is (PowerState.ON if on else PowerState.OFF)


async def test_switches_off_once_and_reads_it_back(rig: Rig) -> None:
    async with rig.session() as unit:
        await unit.switch("3", PowerState.OFF)

        assert await unit.read("3") is PowerState.OFF
    assert not rig.relay.on
    assert [(row.verb, row.outlet) for row in rig.unit.log.destructive()] == [("off", "3")]


async def test_switches_on_again_in_the_same_session(rig: Rig) -> None:
    async with rig.session() as unit:
        await unit.switch("3", PowerState.OFF)
        await unit.switch("3", PowerState.ON)

        assert await unit.read("3") is PowerState.ON
    assert rig.relay.on


async def test_no_other_outlet_moves(rig: Rig) -> None:
    async with rig.session() as unit:
        await unit.switch("3", PowerState.OFF)

    assert [outlet for outlet, relay in rig.relays.items() if not relay.on] == ["3"]


async def test_unknown_outlet_is_refused_before_anything_is_sent(rig: Rig) -> None:
    if FAMILIES[rig.pcu.family].one_node:
        pytest.skip("one-node controller: the outlet means nothing")
    async with rig.session() as unit:
        with pytest.raises(NoSuchOutletError) as caught:
            await unit.switch("77", PowerState.OFF)

    assert outcome_of(caught.value) is Outcome.NO_SUCH_OUTLET
    assert not rig.unit.log.destructive()


async def test_busy_unit_is_named_busy(rig: Rig) -> None:
    if rig.datagrams:
        pytest.skip("no session that anybody could hold")
    rig.unit.faults.busy = True

    with pytest.raises(BusyError) as caught:
        async with rig.session():
            pass

    assert finding_of(caught.value) is Finding.BUSY


async def test_link_lost_before_the_command_leaves_the_outlet_alone(rig: Rig) -> None:
    async with rig.session() as unit:
        rig.unit.faults.drop_at = "before-commit"
        with pytest.raises((UnreachableError, DialogueError, OutcomeUnknownError)):
            await unit.switch("3", PowerState.OFF)

    assert rig.relay.on
    assert not rig.unit.log.destructive()


async def test_link_lost_after_the_command_is_unknown_and_sent_once(rig: Rig) -> None:
    async with rig.session() as unit:
        rig.unit.faults.drop_at = "after-commit"
        with pytest.raises(OutcomeUnknownError) as caught:
            await unit.switch("3", PowerState.OFF)

    assert outcome_of(caught.value) is Outcome.UNKNOWN_AFTER_SEND
    assert len(rig.unit.log.destructive()) == 1
    assert not rig.relay.on


async def test_a_lie_is_told_by_reading(rig: Rig) -> None:
    rig.unit.faults.lies = True

    async with rig.session() as unit:
        await unit.switch("3", PowerState.OFF)

        assert await unit.read("3") is PowerState.ON


async def test_a_slow_relay_is_read_as_it_is(rig: Rig) -> None:
    rig.unit.faults.slow = 0.3
    moved = asyncio.Event()
    rig.relay.listeners.append(lambda _: moved.set())

    async with rig.session() as unit:
        await unit.switch("3", PowerState.OFF)
        async with asyncio.timeout(30):
            await moved.wait()

        assert await unit.read("3") is PowerState.OFF


async def test_a_unit_that_hangs_after_login_ends_in_a_named_error_in_time(rig: Rig) -> None:
    rig.unit.faults.hangs_after_login = True

    async with asyncio.timeout(12):
        with pytest.raises((UnreachableError, DialogueError)) as caught:
            async with rig.session(step=IMPATIENT) as unit:
                await unit.read("3")

    assert "within 1.5 s" in caught.value.why


async def test_a_dead_unit_is_unreachable(rig: Rig) -> None:
    rig.unit.faults.dead = True

    async with asyncio.timeout(12):
        with pytest.raises((UnreachableError, DialogueError)) as caught:
            async with rig.session(step=IMPATIENT):
                pass

    assert outcome_of(caught.value) in (Outcome.UNREACHABLE, Outcome.PROTOCOL_MISMATCH)


async def test_a_closed_port_is_named_in_words(rig: Rig) -> None:
    await rig.unit.__aexit__(None, None, None)

    try:
        with pytest.raises(UnreachableError):
            async with rig.session(step=timedelta(seconds=10)):
                pass
    finally:
        await rig.unit.__aenter__()


async def test_the_secret_is_in_no_transcript_and_no_error(rig: Rig) -> None:
    async with rig.session() as unit:
        await unit.switch("3", PowerState.OFF)
    rig.unit.faults.wrong_password = True
    with pytest.raises(DeviceError) as caught:
        async with rig.session(step=IMPATIENT if rig.silent_refusal else None):
            pass

    assert rig.lines
    assert PASSWORD not in "\n".join(rig.lines)
    assert PASSWORD not in repr(caught.value) + str(caught.value)


async def test_the_transcript_shows_both_sides(rig: Rig) -> None:
    async with rig.session() as unit:
        await unit.read("3")

    assert any(line.startswith("> ") for line in rig.lines)
    assert any(line.startswith("< ") for line in rig.lines)
    assert all(line.isprintable() for line in rig.lines)


async def test_the_session_is_free_again_afterwards(rig: Rig) -> None:
    for _ in range(3):
        async with rig.session() as unit:
            assert await unit.read("3") is PowerState.ON


async def test_leaving_by_an_error_frees_the_session_too(rig: Rig) -> None:
    with pytest.raises(KeyError):
        async with rig.session():
            raise KeyError

    async with rig.session() as unit:
        assert await unit.read("3") is PowerState.ON
