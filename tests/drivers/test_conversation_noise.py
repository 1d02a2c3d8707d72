"""Families against units that say anything: they end in time, say once, and tell nobody."""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plcmon.drivers import DriverUnits
from plcmon.errors import DeviceError, OutcomeUnknownError
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from tests.drivers.rigs import Purse, wire
from tests.drivers.wires import served

SECRET = "s3cret-pass"
STEP = timedelta(seconds=0.7)
# By family: the line after which there is no return, as the unit receives it.
LINES = {
    "apc": rb"YES\r",
    "apc-cli": rb"olOff 3\r",
    "baytech": rb"(?i)off 3\r",
    "drac": rb"serveraction powerdown",
    "ilo-smash": rb"(?i)(?:stop|power off)[^\r]*\r",
    "ipal": rb"D3\r",
    "wti": rb"(?i)/off 3",
}
WORDS = [
    *(
        "\r\n",
        " ",
        "> ",
        "\n> ",
        "$ ",
        "\x1b[2J",
        "\xff\xfb\x01",
        "\x00",
        "(Y/N)? ",
        "3",
        "ON",
        "OFF",
    ),
    *("\r\nUser Name : ", "\r\nPassword  : ", "\r\nlogin: ", "Password: ", "\r\nEnter Password: "),
    *("1- Device Manager\r\n", "2- Outlet Management\r\n", "1- Outlet Control\r\n", "\r\n> "),
    *("3- planetlab-3    ON\r\n", "2- Immediate Off\r\n", "Press <ENTER> to continue...\r\n"),
    *("Enter 'YES' to continue or <ENTER> to cancel : ", "Command successfully issued.\r\n"),
    *("\r\napc>", "E000: Success\r\n", "3: Outlet 3: On\r\n", "E102: Parameter error\r\n"),
    *("\r\nRPC3-NC>", "Enter user name:", "3)...Outlet 3  : On\r\n", "Turn Off Outlet 3 (Y/N)?"),
    *("\r\nIPS> ", "Sure? (Y/N): ", "  3 | n3 | (undefined) | ON | 0.5 |\r\n"),
    *("Server power status: ON\r\n", "Server power operation successful\r\n", "/admin1-> "),
    *("</>hpiLO-> ", "status=0\r\n", "EnabledState=enabled\r\n", "power: server power is on\r\n"),
    *("\r\nPassword > ", "\r\nEnter > ", "10110111\r\n"),
    f"echo {SECRET}\r\n",
]


@dataclass
class Babbler:
    """Says its pieces, each once something was typed or the driver waits; then hangs or leaves."""

    pieces: list[str]
    hangs: bool
    heard: bytearray = field(default_factory=bytearray)

    async def speak(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in self.pieces:
            writer.write(piece.encode("latin-1"))
            with suppress(TimeoutError):
                async with asyncio.timeout(0.13):  # a little longer than a prompt must be silent
                    self.heard += await reader.read(4096)
        while self.hangs and (data := await reader.read(4096)):
            self.heard += data


BABBLERS = st.lists(
    st.builds(
        Babbler,
        st.lists(st.lists(st.sampled_from(WORDS), max_size=3).map("".join), max_size=10),
        st.booleans(),
    ),
    min_size=8,
    max_size=16,
)


async def meet(family: str, babbler: Babbler) -> tuple[DeviceError | None, list[str]]:
    """Switch outlet 3 off at such a unit; what came of it, and the transcript."""
    lines: list[str] = []
    async with served(babbler.speak) as port:
        pcu = Pcu(
            PcuKey("toml:pcu-1"),
            SiteKey("s"),
            "pcu-1",
            "127.0.0.1",
            family,
            (Transport("telnet", port),),
            user="admin",
            credential="secret",
        )
        units = DriverUnits(Purse(secret=SECRET), wire(STEP))
        try:
            async with units.session(pcu, transcript=lines.append) as unit:
                await unit.switch("3", PowerState.OFF)
        except DeviceError as error:
            return error, lines
    return None, lines


@pytest.mark.parametrize("family", LINES)
@given(babblers=BABBLERS)
@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_whatever_is_said_ends_in_time_without_a_repetition_or_a_leak(
    family: str, babblers: list[Babbler]
) -> None:
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(meet(family, babbler), name=f"{family}-{number}")
            for number, babbler in enumerate(babblers)
        ]

    for babbler, task in zip(babblers, tasks, strict=True):
        error, lines = task.result()
        commands = len(re.findall(LINES[family], bytes(babbler.heard)))
        assert commands <= 1
        assert error is not None or commands == 1
        assert commands or not isinstance(error, OutcomeUnknownError)
        assert SECRET not in "\n".join(lines) + f"{error!r} {error}"
