"""Sole use of a PCU: these units have one session."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Leases:
    """Locks by name. The fencing token grows with every lease, over restarts too."""

    def __init__(self, *, fence: int = 0) -> None:
        self._fence = fence << 32  # each run of the service has a range of its own
        self._locks: dict[str, asyncio.Lock] = {}

    def is_held(self, name: str) -> bool:
        lock = self._locks.get(name)
        return lock is not None and lock.locked()

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[int]:
        """Wait for sole use of `name`; yields the fencing token."""
        async with self._locks.setdefault(name, asyncio.Lock()):
            self._fence += 1
            yield self._fence
