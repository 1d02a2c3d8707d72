"""The listening side of a virtual unit: open while it lives, a silent address while it is dead."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Protocol, Self

from plcmon.sim.units.unit import UnitFaults


class Listener(Protocol):
    """What every kind of server can do."""

    def close(self) -> None: ...

    async def wait_closed(self) -> None: ...


Opener = Callable[[str, int], Awaitable[tuple[Listener, int]]]  # gives the port that was bound


class Hush:
    """A listener whose queue is full with a connection of our own: later ones get no answer."""

    def __init__(self, host: str, port: int) -> None:
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((host, port))
        self._listener.listen(0)
        self._filler = socket.socket()
        self._filler.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            self._filler.connect((host, port))

    def close(self) -> None:
        self._filler.close()
        self._listener.close()

    async def wait_closed(self) -> None:
        """Nothing is left to wait for."""


class Door:
    """Keeps a port as its unit's health demands; a change of `faults.dead` is followed at once."""

    def __init__(self, host: str, port: int, faults: UnitFaults, opener: Opener) -> None:
        self.host = host
        self.port = port
        self._faults = faults
        self._opener = opener
        self._changed = asyncio.Event()
        self._listener: Listener | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._listener, self.port = await self._opener(self.host, self.port)
        self._faults.watchers.append(self._changed.set)
        self._tasks = await asyncio.TaskGroup().__aenter__()
        self._keeper = self._tasks.create_task(self._keep(), name=f"door {self.host}:{self.port}")
        if self._faults.dead:
            self._changed.set()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._faults.watchers.remove(self._changed.set)
        assert self._keeper is not None
        assert self._tasks is not None
        self._keeper.cancel()
        await self._tasks.__aexit__(kind, error, trace)
        await self._shut()

    async def _keep(self) -> None:
        silent = False
        while True:
            await self._changed.wait()
            self._changed.clear()
            if silent == self._faults.dead:
                continue
            silent = self._faults.dead
            await self._shut()
            if silent:
                self._listener = Hush(self.host, self.port)
            else:
                self._listener, self.port = await self._opener(self.host, self.port)

    async def _shut(self) -> None:
        if self._listener is not None:
            self._listener.close()
            await self._listener.wait_closed()
            self._listener = None
