"""Bare TCP: bytes as they are. Knows addresses, not what is said."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plcmon.drivers.base import Call, Link, LinkLostError
from plcmon.drivers.situations import unreachable

CHUNK = 4096  # bytes


class TcpLink:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        try:
            return await self._reader.read(CHUNK)
        except OSError:
            return b""

    async def write(self, data: bytes) -> None:
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as exc:
            raise LinkLostError from exc


@asynccontextmanager
async def connect(call: Call) -> AsyncIterator[Link]:
    """Open a connection."""
    try:
        reader, writer = await asyncio.open_connection(call.pcu.host, call.transport.port)
    except OSError as exc:
        raise unreachable(call.peer, "connecting over tcp", exc) from exc
    try:
        yield TcpLink(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
