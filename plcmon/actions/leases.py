"""Sole use of a PCU: these units have one session, and want a pause between two."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from plcmon.times import Clock


class Leases:
    """Locks by name. The fencing token grows with every lease, over restarts too."""

    def __init__(self, clock: Clock, *, fence: int = 0, settle: timedelta) -> None:
        self._clock = clock
        self._fence = fence << 32  # each run of the service has a range of its own
        self._settle = settle
        self._locks: dict[str, asyncio.Lock] = {}
        self._free_at: dict[str, float] = {}

    def is_held(self, name: str) -> bool:
        lock = self._locks.get(name)
        return lock is not None and lock.locked()

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[int]:
        """Wait for sole use of `name`, and for the pause after its last use."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            pause = self._free_at.get(name, 0.0) - self._clock.monotonic()
            if pause > 0:
                await self._clock.sleep(timedelta(seconds=pause))
            self._fence += 1
            try:
                yield self._fence
            finally:
                self._free_at[name] = self._clock.monotonic() + self._settle.total_seconds()
