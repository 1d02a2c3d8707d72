"""Silence on loopback: attempts time out, and no moment of it is answered with a reset."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from plcmon.sim.silence import accept, fall_silent, listen_at, speak_again, turn_away

SOON = 0.2  # seconds; on loopback a connection takes microseconds


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with listen_at("127.0.0.1", 0) as listener:
        yield listener


async def connects(listener: socket.socket) -> bool:
    """Whether a connection is made soon; raises ConnectionRefusedError for a reset."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    with closing(sock):
        try:
            async with asyncio.timeout(SOON):
                await asyncio.get_running_loop().sock_connect(sock, listener.getsockname())
        except TimeoutError:
            return False
        return True


async def test_a_listener_lets_everybody_in(listener: socket.socket) -> None:
    assert await connects(listener)
    assert await connects(listener)


async def test_a_silent_listener_answers_nobody(listener: socket.socket) -> None:
    with fall_silent(listener):
        assert not await connects(listener)
        assert not await connects(listener)


async def test_it_stays_silent_after_many_attempts(listener: socket.socket) -> None:
    with fall_silent(listener):
        async with asyncio.TaskGroup() as group:
            attempts = [group.create_task(connects(listener)) for _ in range(20)]
    assert not any(attempt.result() for attempt in attempts)


async def test_speaking_again_lets_everybody_in(listener: socket.socket) -> None:
    filler = fall_silent(listener)

    speak_again(listener, filler)

    assert await connects(listener)
    assert await connects(listener)


async def test_an_attempt_that_began_in_silence_gets_through_afterwards(
    listener: socket.socket,
) -> None:
    """The kernel repeats it after a second; a reset in between would have ended it."""
    filler = fall_silent(listener)
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as sock:
        assert sock.connect_ex(listener.getsockname()) != 0

        speak_again(listener, filler)

        async with asyncio.timeout(30):
            connected = asyncio.Event()
            loop.add_writer(sock, connected.set)
            await connected.wait()
            loop.remove_writer(sock)
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0


async def test_our_own_filler_is_not_taken_for_a_caller(listener: socket.socket) -> None:
    speak_again(listener, fall_silent(listener))

    assert accept(listener) is None


async def test_who_waits_to_be_accepted_is_turned_away_first(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname()) as waiting, fall_silent(listener):
        assert waiting.recv(1) == b""


def test_turning_away_leaves_the_listener_open(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname()) as first:
        turn_away(listener)
        assert first.recv(1) == b""
    with socket.create_connection(listener.getsockname()):
        taken = accept(listener)
    assert taken is not None
    taken.close()


def test_an_accepted_connection_never_blocks(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname()):
        taken = accept(listener)
        assert taken is not None
        with taken:
            assert not taken.getblocking()


def test_nobody_waits_at_a_new_listener(listener: socket.socket) -> None:
    assert accept(listener) is None


def test_an_address_that_is_taken_is_an_error(listener: socket.socket) -> None:
    with pytest.raises(OSError, match="in use"):
        listen_at(*listener.getsockname())
