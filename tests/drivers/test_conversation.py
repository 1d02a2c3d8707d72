"""From four functions to a driver."""

import asyncio

import pytest

from plcmon.drivers.base import Call, RememberedKeys
from plcmon.drivers.conversation import Script, converse
from plcmon.drivers.dialogue import Dialogue, cue
from plcmon.errors import UnsupportedError
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from tests.drivers.wires import served

ECHO = cue("an echo", r"^heard (\S+)")


async def login(d: Dialogue, call: Call) -> None:
    await d.say("hello")
    await d.expect(ECHO, doing="logging in")


async def read(d: Dialogue, call: Call, outlet: str) -> PowerState:
    await d.say(f"read{outlet}")
    return PowerState((await d.expect(ECHO, doing="reading")).match[1])


async def switch(d: Dialogue, call: Call, outlet: str, state: PowerState) -> None:
    await d.commit(f"{state.value}{outlet}")


async def logout(d: Dialogue) -> None:
    await d.say("bye")


SCRIPT = Script(login, read, switch, logout)


@pytest.mark.parametrize(
    ("usual", "quirks", "end"),
    [
        ("\r", (), b"\r"),
        ("\r", ("crlf",), b"\r\n"),
        ("\r\n", (), b"\r\n"),
        ("\r\n", ("cr",), b"\r"),
    ],
)
async def test_lines_end_as_the_record_or_the_family_says(
    usual: str, quirks: tuple[str, ...], end: bytes
) -> None:
    typed: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        typed.append(await reader.readexactly(len(b"hello" + end)))
        writer.write(b"heard hello\r\n")
        typed.append(await reader.readexactly(len(b"read3" + end)))
        writer.write(b"heard off\r\n")
        await reader.read(-1)

    pcu = Pcu(PcuKey("p"), SiteKey("s"), "pcu-1", "127.0.0.1", "apc", quirks=quirks)
    async with served(listen) as port:
        call = Call(pcu, Transport("telnet", port), RememberedKeys(), lambda _: None)
        async with asyncio.timeout(30), converse(SCRIPT, eol=usual)(call) as control:
            await control.login()
            assert await control.read("3") is PowerState.OFF
            before = call.point.passed
            await control.switch("3", PowerState.ON)
            assert (before, call.point.passed) == (False, True)
            with pytest.raises(UnsupportedError):
                await control.cycle("3")

    assert typed == [b"hello" + end, b"read3" + end]
