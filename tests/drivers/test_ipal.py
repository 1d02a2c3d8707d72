"""The iPAL driver: digits by position, a reversed relay, and requests that hide the password."""

from datetime import timedelta

import pytest

from plcmon.errors import (
    DeviceError,
    DialogueError,
    OutcomeUnknownError,
    UnreachableError,
    UnsupportedError,
)
from plcmon.model.intents import PowerState
from plcmon.sim.units import IpalUnit
from tests.drivers.rigs import PASSWORD, Rig, ipal_rig

IMPATIENT = timedelta(seconds=1.5)
BOTH = pytest.mark.parametrize("transport", ["tcp", "telnet"])


def unit_of(rig: Rig) -> IpalUnit:
    assert isinstance(rig.unit, IpalUnit)
    return rig.unit


@BOTH
@pytest.mark.parametrize("outlet", ["1", "8"])
async def test_the_first_digit_is_of_outlet_one(transport: str, outlet: str) -> None:
    async with ipal_rig(transport) as rig, rig.session() as unit:
        rig.relays[outlet].on = False
        states = {number: await unit.read(number) for number in rig.relays}

    assert [number for number, state in states.items() if state is PowerState.OFF] == [outlet]


@pytest.mark.parametrize(("digit", "state"), [("4", PowerState.OFF), ("5", PowerState.ON)])
async def test_what_is_measured_counts_more_than_what_was_asked(
    digit: str, state: PowerState
) -> None:
    async with ipal_rig() as rig, rig.session() as unit:
        unit_of(rig).shows["3"] = digit

        assert await unit.read("3") is state


async def test_a_cable_error_is_no_state() -> None:
    async with ipal_rig() as rig, rig.session() as unit:
        unit_of(rig).shows["3"] = "6"
        with pytest.raises(DialogueError) as caught:
            await unit.read("3")

    assert "cable error" in caught.value.why


@BOTH
async def test_a_reversed_relay_is_read_and_told_the_other_way(transport: str) -> None:
    async with ipal_rig(transport, quirks=("reversed",)) as rig, rig.session() as unit:
        rig.relay.on = False
        assert await unit.read("3") is PowerState.ON
        await unit.switch("3", PowerState.OFF)

        assert rig.relay.on
        assert await unit.read("3") is PowerState.OFF


async def test_a_reversed_relay_that_contradicts_itself_is_no_state() -> None:
    async with ipal_rig(quirks=("reversed",)) as rig, rig.session() as unit:
        unit_of(rig).shows["3"] = "5"
        with pytest.raises(DialogueError):
            await unit.read("3")


@BOTH
@pytest.mark.parametrize("outlet", ["A", "0", "9", "", "12"])
async def test_all_outlets_at_once_are_none(transport: str, outlet: str) -> None:
    async with ipal_rig(transport) as rig, rig.session() as unit:
        with pytest.raises(DeviceError):
            await unit.switch(outlet, PowerState.OFF)

        assert not rig.unit.log.destructive()


async def test_a_sleepy_prompt_is_woken() -> None:
    async with ipal_rig("telnet", quirks=("wake-up",)) as rig, rig.session() as unit:
        assert await unit.read("3") is PowerState.ON


async def test_silence_to_a_wrong_password_is_told_as_silence() -> None:
    async with ipal_rig() as rig:
        with pytest.raises(UnreachableError) as caught:
            async with rig.session(password="guess-47", step=IMPATIENT):
                pass

    assert "no answer within" in caught.value.why


async def test_a_request_shows_its_letter_and_hides_its_password() -> None:
    async with ipal_rig() as rig, rig.session() as unit:
        await unit.switch("3", PowerState.OFF)

    assert "> <3D>" in rig.lines
    assert PASSWORD[1:] not in "\n".join(rig.lines)


async def test_an_answer_that_is_no_row_of_digits_is_unknown_after_the_command() -> None:
    async with ipal_rig("telnet") as rig, rig.session() as unit:
        unit_of(rig).faults.drop_at = "after-commit"
        with pytest.raises(OutcomeUnknownError):
            await unit.switch("3", PowerState.OFF)


@BOTH
@pytest.mark.parametrize("password", ["pä ß", "9%d \"it'", "[<O>3D"])
async def test_any_password_is_sent_as_it_is_and_never_shown(password: str, transport: str) -> None:
    async with ipal_rig(transport, password=password) as rig, rig.session() as unit:
        await unit.read("3")

        assert password not in "\n".join(rig.lines)


async def test_its_pulse_is_not_offered() -> None:
    async with ipal_rig() as rig, rig.session() as unit:
        assert not unit.native_cycle
        with pytest.raises(UnsupportedError):
            await unit.cycle("3")
