"""A pipe: the transport under one login, which gathers what is said in one turn of the loop.

The loop's own transport sends each packet by itself, and takes a quarter of a megabyte of memory
each time it listens; with a login's many short packets these are a good part of its cost.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

MOST_AT_ONCE = 16 * 1024  # bytes; a login says and hears less than 1 KiB at a time


class EndlessError(ConnectionAbortedError):
    """The peer says more than it may."""


class Pipe(asyncio.Transport):
    """Carries bytes between an open socket and a protocol. Made on the running loop.

    The first bytes are looked at, and then wait here for a protocol. Of what a transport can do it
    does what a connection of asyncssh asks for. Whoever made it aborts it before the socket closes.

    It breaks when the peer says more than `most` bytes. SSH has packets that mean nothing (RFC
    4253, section 11); a stream of them would keep the whole loop busy until the deadline.
    """

    def __init__(self, sock: socket.socket, *, most: int) -> None:
        super().__init__()
        self._left = most  # bytes that the peer may still say
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        self._number = sock.fileno()  # the loop writes out a socket for each that it doesn't know
        self._protocol: asyncio.Protocol | None = None
        self._heard = b""  # by nobody yet
        self._is_enough: Callable[[bytes], bool] = bool
        self._first: asyncio.Future[None] = self._loop.create_future()
        self._is_listening = False
        self._unsent = b""
        self._is_waiting = False  # to send, for the end of this turn or for room in the kernel
        self._is_full = False  # the kernel
        self._is_over = False
        # What is gathered goes at once: nobody waits for more to send.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def hears(self, is_enough: Callable[[bytes], bool]) -> bytes:
        """What the peer said when that was enough, or when it hung up. Raises OSError.

        Asked once, before a protocol is attached.
        """
        self._is_enough = is_enough
        self._listen()
        await self._first
        return self._heard

    def attach(self, protocol: asyncio.Protocol) -> None:
        """Give `protocol` what was heard so far, and all that comes."""
        self._protocol = protocol
        protocol.connection_made(self)
        protocol.data_received(self._heard)
        if not self._is_listening:
            self._listen()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._sock.getpeername() if name == "peername" else default

    def is_closing(self) -> bool:
        return self._is_over

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._is_over:
            return
        self._unsent += data
        if not self._is_waiting:
            self._is_waiting = True
            self._loop.call_soon(self._send)

    def abort(self) -> None:
        """End it now; what is not sent yet is lost."""
        self._end(None)

    def _listen(self) -> None:
        self._is_listening = True
        self._loop.add_reader(self._number, self._hear)

    def _deafen(self) -> None:
        if self._is_listening:
            self._is_listening = False
            self._loop.remove_reader(self._number)

    def _hear(self) -> None:
        if self._protocol is None and self._first.done():
            self._deafen()  # nobody takes it yet: it waits in the kernel
            return
        try:
            heard = self._sock.recv(MOST_AT_ONCE)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._end(error)
            return
        self._left -= len(heard)
        if self._protocol is None:
            self._heard += heard
            if not heard or self._is_enough(self._heard):
                self._first.set_result(None)
        elif not heard:
            self._protocol.eof_received()
            self._end(None)
        elif self._left < 0:
            self._end(EndlessError("sends without end"))
        else:
            self._protocol.data_received(heard)

    def _send(self) -> None:
        if self._is_over:
            return
        try:
            sent = self._sock.send(self._unsent)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError as error:
            self._end(error)
            return
        self._unsent = self._unsent[sent:]
        if self._unsent and not self._is_full:
            self._is_full = True
            self._loop.add_writer(self._number, self._send)
        elif not self._unsent:
            self._is_waiting = False
            self._drained()

    def _drained(self) -> None:
        if self._is_full:
            self._is_full = False
            self._loop.remove_writer(self._number)

    def _end(self, error: OSError | None) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._unsent = b""
        self._deafen()
        self._drained()
        self._loop.call_soon(self._tell_end, error)

    def _tell_end(self, error: OSError | None) -> None:
        if self._protocol is not None:
            self._protocol.connection_lost(error)
        elif error is not None and not self._first.done():
            self._first.set_exception(error)
        self._sock.close()
