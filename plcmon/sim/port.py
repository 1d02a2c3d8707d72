"""One TCP port of the virtual world, which can change what it does while it is watched."""

import asyncio
import socket
from collections.abc import Callable
from enum import StrEnum

from plcmon.sim.silence import accept, fall_silent, listen_at, speak_again, turn_away

Serve = Callable[[socket.socket], None]


class Answers(StrEnum):
    """What a port does with whoever knocks."""

    OPEN = "open"  # accepts and serves
    MUTE = "mute"  # accepts and says nothing, for as long as the caller likes
    SILENT = "silent"  # no answer at all
    CLOSED = "closed"  # a reset


class Port:
    """A TCP port; `serve` is handed each connection and owns it from then on.

    Everything is done at once, without awaiting: a machine whose power is cut is gone.
    """

    def __init__(self, host: str, number: int, serve: Serve | None = None) -> None:
        self.host = host
        self.number = number
        self.answers = Answers.CLOSED
        self._serve = serve or self._hold
        self._listener: socket.socket | None = None
        self._filler: socket.socket | None = None
        self._held: set[socket.socket] = set()

    def become(self, answers: Answers) -> None:
        """Behave so from now on. Raises OSError when the address is taken."""
        if answers == self.answers:
            return
        self._rest()
        self.answers = answers
        if answers is Answers.CLOSED:
            self._leave()
            return
        listener = self._listener = self._listener or listen_at(self.host, self.number)
        if answers is Answers.SILENT:
            self._filler = fall_silent(listener)
        else:
            asyncio.get_running_loop().add_reader(listener, self._let_in)

    def close(self) -> None:
        """Answer with resets and let go of everything."""
        self.become(Answers.CLOSED)

    def _rest(self) -> None:
        """Stop doing what we did; the address stays ours."""
        for connection in tuple(self._held):
            self._let_go(connection)
        if self._listener is None:
            return
        if self._filler is None:
            asyncio.get_running_loop().remove_reader(self._listener)
        else:
            speak_again(self._listener, self._filler)
            self._filler = None

    def _leave(self) -> None:
        if self._listener is not None:
            turn_away(self._listener)
            self._listener.close()
            self._listener = None

    def _let_in(self) -> None:
        while self._listener is not None and (connection := accept(self._listener)) is not None:
            if self.answers is Answers.OPEN:
                self._serve(connection)
            else:
                self._hold(connection)

    def _hold(self, connection: socket.socket) -> None:
        """Keep a connection without a word until the caller leaves."""
        self._held.add(connection)
        asyncio.get_running_loop().add_reader(connection, self._listen_to, connection)

    def _listen_to(self, connection: socket.socket) -> None:
        try:
            left = not connection.recv(4096)
        except BlockingIOError:
            return
        except OSError:
            left = True
        if left:
            self._let_go(connection)

    def _let_go(self, connection: socket.socket) -> None:
        self._held.discard(connection)
        asyncio.get_running_loop().remove_reader(connection)
        connection.close()
