"""UDP: whole datagrams, and a host that says that nobody listens."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from plcmon.drivers import udp
from plcmon.drivers.base import Call, RememberedKeys
from plcmon.drivers.situations import NoRouteError
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        made.setblocking(False)
        yield made


def call(host: str, port: int) -> Call:
    pcu = Pcu(PcuKey("toml:pcu-1"), SiteKey("s"), "pcu-1", host, "snmp")
    return Call(pcu, Transport("snmp", port), RememberedKeys(), lambda _: None)


async def test_datagrams_come_whole_and_in_order(peer: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(10), udp.connect(call(*peer.getsockname())) as datagrams:
        datagrams.send(b"a question")
        data, caller = await loop.sock_recvfrom(peer, 100)
        for answer in (b"one", b"two"):
            await loop.sock_sendto(peer, answer, caller)

        assert data == b"a question"
        assert [await datagrams.receive(), await datagrams.receive()] == [b"one", b"two"]


async def test_another_address_is_not_heard(peer: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(10), udp.connect(call(*peer.getsockname())) as datagrams:
        datagrams.send(b"a question")
        _, caller = await loop.sock_recvfrom(peer, 100)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.setblocking(False)
            await loop.sock_sendto(stranger, b"forged", caller)
        await loop.sock_sendto(peer, b"true", caller)

        assert await datagrams.receive() == b"true"


async def test_a_port_where_nobody_listens_is_told() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        address = gone.getsockname()
    async with asyncio.timeout(10), udp.connect(call(*address)) as datagrams:
        datagrams.send(b"a question")
        with pytest.raises(ConnectionRefusedError):
            await datagrams.receive()


async def test_a_flood_is_dropped_and_not_kept(peer: socket.socket) -> None:
    datagrams = udp.Datagrams()
    for _ in range(10 * udp.WAITING):
        datagrams.datagram_received(b"x", None)

    async with asyncio.timeout(10):
        assert [await datagrams.receive() for _ in range(udp.WAITING)] == [b"x"] * udp.WAITING


async def test_a_name_that_does_not_resolve_is_no_route() -> None:
    with pytest.raises(NoRouteError):
        async with asyncio.timeout(30), udp.connect(call("no-such-name.invalid", 161)):
            pass
