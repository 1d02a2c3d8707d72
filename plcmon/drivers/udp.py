"""UDP: whole datagrams on a connected socket. Knows addresses, not what is said."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

from plcmon.drivers.base import Call
from plcmon.drivers.situations import unreachable

WAITING = 64  # datagrams that nobody has read yet; more are dropped, as a network does


class Datagrams(asyncio.DatagramProtocol):
    """What comes from one address; a refusal by its host is heard too."""

    def __init__(self) -> None:
        self._heard: asyncio.Queue[bytes | OSError] = asyncio.Queue(WAITING)
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: object) -> None:
        self._keep(data)

    def error_received(self, exc: Exception) -> None:
        if isinstance(exc, OSError):
            self._keep(exc)

    def send(self, data: bytes) -> None:
        """Send; whether it arrives is for whoever waits to find out."""
        assert self._transport is not None
        self._transport.sendto(data)

    async def receive(self) -> bytes:
        """The next datagram. Raises OSError when the host says that nobody listens."""
        heard = await self._heard.get()
        if isinstance(heard, OSError):
            raise heard
        return heard

    def _keep(self, heard: bytes | OSError) -> None:
        if not self._heard.full():
            self._heard.put_nowait(heard)


@asynccontextmanager
async def connect(call: Call) -> AsyncIterator[Datagrams]:
    """Prepare datagrams to and from the unit's address; nothing is sent yet."""
    loop = asyncio.get_running_loop()
    try:
        transport, datagrams = await loop.create_datagram_endpoint(
            Datagrams, remote_addr=(call.pcu.host, call.transport.port)
        )
    except OSError as exc:
        raise unreachable(call.peer, f"connecting over {call.transport.name}", exc) from exc
    try:
        yield datagrams
    finally:
        transport.close()
