"""The transport under a login, between two sockets on loopback."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from plcmon.probes.pipe import EndlessError, Pipe
from tests.fakes.peers import HOST

MOST = 4 * 1024 * 1024
PATIENCE = 10.0


class Listener(asyncio.Protocol):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.heard = b""
        self.more = asyncio.Event()
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self.heard += data
        self.more.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(exc)

    async def hears(self, wanted: bytes) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.heard != wanted:
                self.more.clear()
                await self.more.wait()

    async def ends(self) -> Exception | None:
        async with asyncio.timeout(PATIENCE):
            return await self.lost


def pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server((HOST, 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
    for sock in (ours, theirs):
        sock.setblocking(False)
    return ours, theirs


@asynccontextmanager
async def pipe(most: int = MOST) -> AsyncIterator[tuple[Pipe, socket.socket, socket.socket]]:
    """A pipe, the socket under it, and the peer's."""
    ours, theirs = await asyncio.to_thread(pair)
    made = Pipe(ours, most=most)
    try:
        yield made, ours, theirs
    finally:
        made.abort()
        ours.close()
        theirs.close()


async def greeted(made: Pipe, theirs: socket.socket) -> Listener:
    """Whoever listens after the peer's first word."""
    theirs.send(b"hello")
    assert await made.hears(bool)
    listener = Listener()
    made.attach(listener)
    return listener


def reset(sock: socket.socket) -> None:
    """Close it so that the other side is told that all is lost."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


async def test_what_is_said_in_one_turn_goes_out_together() -> None:
    async with pipe() as (made, _, theirs):
        made.write(b"one ")
        made.write(b"two")
        with pytest.raises(BlockingIOError):
            theirs.recv(100)
        await asyncio.sleep(0)

        assert theirs.recv(100) == b"one two"


async def test_the_first_word_waits_for_whoever_listens() -> None:
    async with pipe() as (made, _, theirs):
        listener = await greeted(made, theirs)

        assert listener.heard == b"hello"


async def test_what_comes_while_nobody_listens_is_not_lost() -> None:
    async with pipe() as (made, _, theirs):
        loop = asyncio.get_running_loop()
        theirs.send(b"1")
        assert await made.hears(bool)
        for digit in (b"2", b"3"):
            theirs.send(digit)
            await loop.run_in_executor(None, bool)  # the loop turns, and sees that there is more
        listener = Listener()
        made.attach(listener)

        await listener.hears(b"123")


async def test_a_peer_that_hangs_up_says_nothing() -> None:
    async with pipe() as (made, _, theirs):
        theirs.close()

        assert not await made.hears(bool)


async def test_a_peer_that_breaks_off_before_a_word_is_an_error() -> None:
    async with pipe() as (made, _, theirs):
        reset(theirs)

        with pytest.raises(ConnectionResetError):
            await made.hears(bool)


async def test_a_peer_that_is_slow_to_listen_hears_all_of_it() -> None:
    text = bytes(range(256)) * 32 * 1024  # more than the kernel holds
    heard = b""
    async with pipe() as (made, _, theirs), asyncio.timeout(PATIENCE):
        made.write(text[:-1])
        await asyncio.sleep(0)
        made.write(text[-1:])
        while len(heard) < len(text):
            heard += await asyncio.get_running_loop().sock_recv(theirs, 1024 * 1024)

    assert heard == text


async def test_a_peer_that_hangs_up_ends_it() -> None:
    async with pipe() as (made, ours, theirs):
        listener = await greeted(made, theirs)
        theirs.close()

        assert await listener.ends() is None
        await asyncio.sleep(0)
        assert made.is_closing()
        assert ours.fileno() < 0


async def test_a_peer_that_breaks_off_ends_it_with_the_reason() -> None:
    async with pipe() as (made, _, theirs):
        listener = await greeted(made, theirs)
        reset(theirs)

        assert isinstance(await listener.ends(), ConnectionResetError)


async def test_a_peer_that_says_too_much_is_not_heard_any_more() -> None:
    async with pipe(most=8) as (made, _, theirs):
        listener = await greeted(made, theirs)
        theirs.send(b"and so on")

        assert isinstance(await listener.ends(), EndlessError)
        assert listener.heard == b"hello"


async def test_after_the_end_nothing_is_said() -> None:
    async with pipe() as (made, ours, theirs):
        listener = await greeted(made, theirs)
        made.abort()
        made.write(b"late")
        await listener.ends()
        await asyncio.sleep(0)

        assert ours.fileno() < 0
        assert theirs.recv(100) == b""


async def test_what_was_said_before_the_end_of_the_turn_goes_out_before_a_later_abort() -> None:
    """asyncssh says its goodbye, and ends the transport in the next turn."""
    async with pipe() as (made, _, theirs):
        await greeted(made, theirs)
        made.write(b"goodbye")
        asyncio.get_running_loop().call_soon(made.abort)
        await asyncio.sleep(0)

        assert theirs.recv(100) == b"goodbye"
