"""Telnet: bytes over telnetlib3. Knows addresses and options, not prompts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import telnetlib3

from plcmon.drivers.base import Call, Link, StreamLink
from plcmon.drivers.situations import unreachable


@asynccontextmanager
async def connect(call: Call) -> AsyncIterator[Link]:
    """Open a connection; returns as soon as TCP is up, options are answered as they come."""
    try:
        reader, writer = await telnetlib3.open_connection(
            call.pcu.host,
            call.transport.port,
            encoding=False,
            client_factory=telnetlib3.TelnetClient,  # the default depends on a terminal
            connect_maxwait=0.1,  # telnetlib3 waits by itself; only an attached shell needs it
            send_environ=("TERM",),  # the default tells the user's name and language
        )
    except OSError as exc:
        raise unreachable(call.peer, "connecting over telnet", exc) from exc
    assert isinstance(reader, telnetlib3.TelnetReader)
    assert isinstance(writer, telnetlib3.TelnetWriter)
    try:
        yield StreamLink(reader, writer)
    finally:
        writer.close()
