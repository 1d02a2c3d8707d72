"""Bare TCP: bytes as they are. Knows addresses, not what is said."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plcmon.drivers.base import Call, Link, StreamLink
from plcmon.drivers.situations import unreachable


@asynccontextmanager
async def connect(call: Call) -> AsyncIterator[Link]:
    """Open a connection."""
    try:
        reader, writer = await asyncio.open_connection(call.pcu.host, call.transport.port)
    except OSError as exc:
        raise unreachable(call.peer, "connecting over tcp", exc) from exc
    try:
        yield StreamLink(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
