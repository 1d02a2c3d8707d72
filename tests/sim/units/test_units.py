"""What virtual units do that no driver asks for: odd callers, faults in mid-session."""

import asyncio
import json
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from plcmon.sim.relay import Relay
from plcmon.sim.units import ApcUnit, Certificate, IloUnit, IpmiUnit, write_ipmitool
from plcmon.sim.units.terminal import TerminalUnit
from tests.drivers.rigs import relays


class Teletype:
    """A caller who types without looking, over a bare socket that ignores telnet options."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def until(self, words: str) -> str:
        heard = b""
        async with asyncio.timeout(10):
            while words.encode() not in heard:
                data = await self._reader.read(4096)
                assert data, f"hung up before {words!r}, after {heard!r}"
                heard += data
        return heard.decode("latin-1")

    async def type(self, text: str) -> None:
        self._writer.write(text.encode())
        await self._writer.drain()

    async def end(self) -> bytes:
        async with asyncio.timeout(10):
            return await self._reader.read(-1)


@asynccontextmanager
async def calling(unit: TerminalUnit) -> AsyncIterator[Teletype]:
    reader, writer = await asyncio.open_connection(unit.host, unit.port)
    try:
        yield Teletype(reader, writer)
    finally:
        writer.close()


async def log_in(caller: Teletype) -> None:
    await caller.until("User Name : ")
    await caller.type("apc\r")
    await caller.until("Password  : ")
    await caller.type("pw\r")
    await caller.until("\r\n> ")


async def test_one_session_at_a_time() -> None:
    async with ApcUnit(relays(), password="pw") as unit, calling(unit) as first:
        await log_in(first)
        async with calling(unit) as second:
            assert b"Access to the Control Console will be denied" in await second.end()

        await first.type("4\r")
        await first.end()
        async with calling(unit) as third:
            await log_in(third)


async def test_the_card_hangs_up_after_three_wrong_passwords() -> None:
    async with ApcUnit(relays(), password="pw") as unit, calling(unit) as caller:
        for _ in range(3):
            await caller.until("User Name : ")
            await caller.type("apc\rwrong\r")
        await caller.end()

        assert [row.verb for row in unit.log.rows] == ["login"] * 3


async def test_the_password_is_not_echoed() -> None:
    async with ApcUnit(relays(), password="pw") as unit, calling(unit) as caller:
        await caller.until("User Name : ")
        await caller.type("apc\r")
        await caller.until("Password  : ")
        await caller.type("pw\r")

        assert "pw" not in await caller.until("Device Manager")


async def test_anything_but_yes_in_capitals_cancels() -> None:
    async with ApcUnit(relays(), password="pw", layout="12p3") as unit, calling(unit) as caller:
        await log_in(caller)
        for keys in ("1\r", "2\r", "3\r"):
            await caller.type(keys)
            await caller.until("\r\n> ")
        await caller.type("2\r")
        await caller.until("to cancel : ")
        await caller.type("yes\r")
        await caller.until("\r\n> ")

        assert unit.relays["3"].on
        assert not unit.log.destructive()


async def test_a_fault_set_in_mid_session_counts_from_the_next_key() -> None:
    async with ApcUnit(relays(), password="pw", layout="12p3") as unit, calling(unit) as caller:
        await log_in(caller)
        unit.faults.drop_at = "before-commit"
        for keys in ("1\r", "2\r", "3\r"):
            await caller.type(keys)
            await caller.until("\r\n> ")
        await caller.type("2\r")
        await caller.end()

        assert not unit.log.destructive()


async def test_a_read_only_ilo_request_cannot_write() -> None:
    body = (
        '<RIBCL VERSION="2.0"><LOGIN USER_LOGIN="Administrator" PASSWORD="pw">'
        '<SERVER_INFO MODE="read"><HOLD_PWR_BTN/></SERVER_INFO></LOGIN></RIBCL>'
    )
    async with IloUnit({"1": Relay("1")}, password="pw") as unit:
        async with (
            aiohttp.ClientSession() as session,
            session.post(
                f"https://{unit.host}:{unit.port}/ribcl",
                data=body,
                ssl=aiohttp.Fingerprint(bytes.fromhex(unit.fingerprint)),
            ) as response,
        ):
            assert "read-only access" in await response.text()

        assert unit.relay.on


def test_a_certificate_pins_what_it_serves() -> None:
    certificate = Certificate.make("127.0.0.1")

    assert len(bytes.fromhex(certificate.fingerprint)) == 32
    assert isinstance(certificate.context(), ssl.SSLContext)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    return write_ipmitool(tmp_path / "ipmitool")


def recorded(program: Path) -> list[str]:
    argv: list[str] = json.loads(Path(f"{program}.calls").read_text())["argv"]
    return argv


async def test_the_stand_in_for_ipmitool_records_and_answers(program: Path) -> None:
    async with IpmiUnit({"1": Relay("1")}, password="pw") as unit:
        argv = f"-I lanplus -H {unit.host} -p {unit.port} -U admin -E -C 3 chassis power status"
        process = await asyncio.create_subprocess_exec(
            program, *argv.split(), env={"IPMI_PASSWORD": "pw"}, stdout=subprocess.PIPE
        )
        out, _ = await process.communicate()

    assert out == b"Chassis Power is on\n"
    assert await asyncio.to_thread(recorded, program) == argv.split()


def test_the_stand_in_runs_without_the_package() -> None:
    source = Path(sys.modules["plcmon.sim.units.ipmi"].__file__ or "").with_name("ipmitool.py")

    assert "plcmon" not in source.read_text("utf-8").split('"""', 2)[2]
