"""The DRAC driver: five generations, and what an answer to a power command means."""

import pytest

from plcmon.drivers.drac import POWER, PROMPT
from plcmon.drivers.situations import DeniedError
from plcmon.errors import (
    DeviceError,
    DialogueError,
    OutcomeUnknownError,
    RefusedError,
    UnsupportedError,
)
from plcmon.model.intents import PowerState
from plcmon.sim.units import DracUnit
from plcmon.sim.units.drac import GENERATIONS
from tests.drivers.rigs import Rig, drac_rig


def unit_of(rig: Rig) -> DracUnit:
    assert isinstance(rig.unit, DracUnit)
    return rig.unit


@pytest.mark.parametrize("transport", ["ssh", "telnet"])
@pytest.mark.parametrize("generation", GENERATIONS)
async def test_every_generation_is_spoken_to(generation: str, transport: str) -> None:
    async with drac_rig(transport, generation) as rig, rig.session() as unit:
        await unit.switch("", PowerState.OFF)
        assert await unit.read("") is PowerState.OFF
        await unit.switch("", PowerState.ON)
        assert await unit.read("") is PowerState.ON

        assert [row.verb for row in rig.unit.log.destructive()] == ["off"]


@pytest.mark.parametrize("transport", ["ssh", "telnet"])
@pytest.mark.parametrize("password", ["pä ß wört", '100%d "it\'s"', "$(id) & <x>"])
async def test_any_password_is_typed_as_it_is_and_never_shown(
    password: str, transport: str
) -> None:
    async with drac_rig(transport, "drac5", password=password) as rig, rig.session() as unit:
        await unit.read("")

        assert password not in "\n".join(rig.lines)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("ERROR: RAC909: unable to perform the requested operation.", RefusedError),
        ("ERROR: Insufficient user privilege level.", DeniedError),
        ("Server is already powered ON.", OutcomeUnknownError),
        ("ERROR: Timeout while waiting for server to perform the action.", OutcomeUnknownError),
        ("Something nobody has seen.", OutcomeUnknownError),
        ("", OutcomeUnknownError),
    ],
)
async def test_an_answer_other_than_success_is_no_success(
    said: str, error: type[DeviceError]
) -> None:
    async with drac_rig() as rig, rig.session() as unit:
        unit_of(rig).says = said or " "
        with pytest.raises(error) as caught:
            await unit.switch("", PowerState.OFF)

        assert type(caught.value) is error
        assert not rig.unit.log.destructive()


async def test_what_is_there_already_is_success() -> None:
    async with drac_rig() as rig, rig.session() as unit:
        unit_of(rig).says = "Server is already powered OFF."

        await unit.switch("", PowerState.OFF)


async def test_its_own_cycle_is_not_offered() -> None:
    async with drac_rig() as rig, rig.session() as unit:
        assert not unit.native_cycle
        with pytest.raises(UnsupportedError):
            await unit.cycle("")


@pytest.mark.parametrize(
    ("greeting", "prompt"),
    [
        ("", "DRAC/MC: "),
        ("Welcome to the CMC firmware version 2.0\r\nChassis Management Controller", "$ "),
    ],
)
async def test_a_chassis_is_left_alone(greeting: str, prompt: str) -> None:
    async with drac_rig("telnet") as rig:
        unit_of(rig).greeting, unit_of(rig).prompt = (greeting,), prompt
        with pytest.raises(UnsupportedError) as caught:
            async with rig.session():
                pass

    assert "chassis" in caught.value.why


async def test_a_shell_without_racadm_is_told_before_anything_is_sent() -> None:
    async with drac_rig(generation="drac5") as rig, rig.session() as unit:
        unit_of(rig).generation = GENERATIONS["drac5"]._replace(status="", prefix="other ")
        with pytest.raises(DialogueError):
            await unit.switch("", PowerState.OFF)

        assert not rig.unit.log.destructive()


@pytest.mark.parametrize("text", ["$ ", "/admin1-> ", "\nracadm>>", "banner\n[root]# "])
def test_prompts_stand_alone_on_their_line(text: str) -> None:
    assert PROMPT.pattern.search(text)


@pytest.mark.parametrize("text", ["it costs $ ", "user@host:~$ ", "see /admin1->", "a [b]# "])
def test_words_in_a_line_are_no_prompt(text: str) -> None:
    assert not PROMPT.pattern.search(text)


@pytest.mark.parametrize(
    ("line", "state"),
    [
        ("Server power status: ON", "ON"),
        ("Server Power Status: OFF", "OFF"),
        ("Power Status          = ON", "ON"),
        ("Server power status: Powering OFF", "OFF"),
    ],
)
def test_states_are_read_in_every_spelling(line: str, state: str) -> None:
    found = POWER.search(f"serveraction powerstatus\n{line}\n")

    assert found is not None
    assert found[1] == state
