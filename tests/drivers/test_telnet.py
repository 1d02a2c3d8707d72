"""Telnet: options are answered, bytes pass, a lost link is the dialogue's to judge."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from plcmon.drivers import telnet
from plcmon.drivers.base import Call, Link, LinkLostError, RememberedKeys
from plcmon.drivers.situations import NoRouteError, NotListeningError
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from tests.drivers.wires import Handler, served

PCU = Pcu(PcuKey("toml:pcu-1"), SiteKey("s"), "pcu-1", "127.0.0.1", "apc")


@asynccontextmanager
async def linked(handler: Handler) -> AsyncIterator[Link]:
    async with served(handler) as port, telnet.connect(call_to(port)) as link:
        yield link


def call_to(port: int, pcu: Pcu = PCU) -> Call:
    return Call(pcu, Transport("telnet", port), RememberedKeys(), lambda _: None)


async def test_options_are_answered_and_hidden() -> None:
    answers: list[bytes] = []
    done = asyncio.Event()

    async def demand(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\xff\xfd\x18\xff\xfb\x01User Name :")
        answers.append(await reader.readexactly(3))
        done.set()

    async with linked(demand) as link, asyncio.timeout(30):
        words = await link.read()
        await done.wait()

    assert words == b"User Name :"
    assert answers[0][:1] == b"\xff"


async def test_a_unit_that_knows_no_telnet_is_heard_at_once() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")

    async with linked(plain) as link, asyncio.timeout(2):
        assert await link.read() == b"hello"
        assert await link.read() == b""


async def test_a_reset_reads_as_the_end() -> None:
    async def slam(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with linked(slam) as link, asyncio.timeout(30):
        assert await link.read() == b""


async def test_writing_to_a_lost_link_is_told_sooner_or_later() -> None:
    async def slam(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with linked(slam) as link, asyncio.timeout(30):
        await link.read()
        try:
            await link.write(b"x")
        except LinkLostError:
            return
        assert await link.read() == b""


async def test_a_closed_port_is_not_listening() -> None:
    async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Nobody calls while it is open."""

    async with served(nothing) as port:
        pass

    with pytest.raises(NotListeningError, match="connection refused"):
        async with telnet.connect(call_to(port)):
            pass


async def test_a_name_that_does_not_resolve_is_no_route() -> None:
    with pytest.raises(NoRouteError, match="resolve"):
        async with telnet.connect(call_to(23, replace(PCU, host="pcu.invalid"))):
            pass
