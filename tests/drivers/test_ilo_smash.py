"""The iLO command line: kinds of iLO, and what a status means."""

import asyncio
from datetime import timedelta

import pytest

from plcmon.drivers.dialogue import Dialogue
from plcmon.drivers.ilo_smash import MP, POWER, PROMPT, USER, answer
from plcmon.drivers.situations import DeniedError
from plcmon.errors import (
    DeviceError,
    DialogueError,
    OutcomeUnknownError,
    RefusedError,
    UnsupportedError,
)
from plcmon.model.intents import PowerState
from plcmon.sim.units import SmashUnit
from plcmon.sim.units.smash import PROMPTS, SYNTAX
from tests.drivers.rigs import Rig, smash_rig
from tests.drivers.wires import served

IMPATIENT = timedelta(seconds=1.5)
FAILED = "status=2\r\nstatus_tag=COMMAND PROCESSING FAILED\r\nerror_tag="


class Socket:
    """A bare link."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        return await self._reader.read(4096)

    async def write(self, data: bytes) -> None:
        self._writer.write(data)


def unit_of(rig: Rig) -> SmashUnit:
    assert isinstance(rig.unit, SmashUnit)
    return rig.unit


@pytest.mark.parametrize("transport", ["ssh", "telnet"])
@pytest.mark.parametrize("kind", PROMPTS)
async def test_every_kind_is_spoken_to(kind: str, transport: str) -> None:
    async with smash_rig(transport, kind) as rig, rig.session() as unit:
        await unit.switch("", PowerState.OFF)
        assert await unit.read("") is PowerState.OFF
        await unit.switch("", PowerState.ON)
        assert await unit.read("") is PowerState.ON

        assert [row.verb for row in rig.unit.log.destructive()] == ["off"]


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (FAILED + "COMMAND SYNTAX ERROR", RefusedError),
        (FAILED + "INSUFFICIENT PRIVILEGE", DeniedError),
        ("status=3\r\nstatus_tag=COMMAND EXECUTION FAILED", OutcomeUnknownError),
        ("Server powering off .......", OutcomeUnknownError),
    ],
)
async def test_a_status_other_than_success_is_no_success(
    said: str, error: type[DeviceError]
) -> None:
    async with smash_rig() as rig, rig.session() as unit:
        unit_of(rig).says = (said,)
        with pytest.raises(error) as caught:
            await unit.switch("", PowerState.OFF)

        assert type(caught.value) is error
        assert not rig.unit.log.destructive()


async def test_a_refusal_names_its_reason() -> None:
    async with smash_rig() as rig, rig.session() as unit:
        unit_of(rig).says = SYNTAX
        with pytest.raises(RefusedError) as caught:
            await unit.switch("", PowerState.OFF)

    assert "COMMAND SYNTAX ERROR" in caught.value.why


async def test_what_is_there_already_is_success() -> None:
    async with smash_rig() as rig, rig.session() as unit:
        await unit.switch("", PowerState.ON)

        assert not rig.unit.log.destructive()


async def test_an_answer_over_two_pages_is_read_whole() -> None:
    async def page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"status=0\r\n--More--")
        await reader.readuntil(b" ")
        writer.write(b"\r\npower: server power is currently: Off\r\n\r\n</>hpiLO-> ")
        await reader.read()

    async with served(page) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        said = await answer(Dialogue(Socket(reader, writer), peer="ilo"), "reading")
        writer.close()

    assert "currently: Off" in said


async def test_its_reset_is_not_offered() -> None:
    async with smash_rig() as rig, rig.session() as unit:
        assert not unit.native_cycle
        with pytest.raises(UnsupportedError):
            await unit.cycle("")


async def test_the_prompt_of_another_device_is_told() -> None:
    async with smash_rig("telnet") as rig:
        unit_of(rig).user_prompt = "User Name : "
        unit_of(rig).faults.wrong_password = True
        with pytest.raises(DialogueError) as caught:
            async with rig.session(step=IMPATIENT):
                pass

    assert "User Name" in caught.value.why


@pytest.mark.parametrize("text", ["</>hpiLO-> ", "\n</system1>hpiLO-> ", "</>iLO->"])
def test_prompts_of_every_kind_are_known(text: str) -> None:
    assert PROMPT.pattern.search(text)
    assert not PROMPT.pattern.search(f"text {text.strip()}")


def test_the_older_processor_has_its_own_prompt() -> None:
    assert MP.pattern.search("[gstlhpg1] MP> ")
    assert not MP.pattern.search("see MP> ")


def test_the_login_prompt_may_end_in_blanks() -> None:
    assert USER.pattern.search("\nLogin Name:  ")


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("power: server power is currently: On", "On"),
        ("    enabledstate=disabled", "disabled"),
        ("EnabledState=enabled", "enabled"),
    ],
)
def test_both_ways_of_showing_the_state_are_read(line: str, word: str) -> None:
    found = POWER.search(f"status=0\n{line}\n")

    assert found is not None
    assert (found[1] or found[2]) == word
