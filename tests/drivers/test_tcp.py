"""Bare TCP: bytes come and go as they are; a link that is gone says so."""

import asyncio

import pytest

from plcmon.drivers.base import Call, RememberedKeys
from plcmon.drivers.situations import NotListeningError
from plcmon.drivers.tcp import connect
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from tests.drivers.wires import served


def call(port: int) -> Call:
    pcu = Pcu(PcuKey("p"), SiteKey("s"), "pcu-1", "127.0.0.1", "ipal")
    return Call(pcu, Transport("tcp", port), RememberedKeys(), lambda _: None)


async def test_bytes_pass_unchanged() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(3))
        await reader.read()

    async with served(echo) as port, connect(call(port)) as link:
        await link.write(b"\x1b\xff\x00")

        assert await link.read() == b"\x1b\xff\x00"


async def test_a_link_that_was_closed_reads_as_nothing() -> None:
    async def close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with served(close) as port, connect(call(port)) as link:
        assert await link.read() == b""


async def test_a_closed_port_is_named() -> None:
    async def nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with served(nothing) as port:
        pass

    with pytest.raises(NotListeningError):
        async with connect(call(port)):
            pass
