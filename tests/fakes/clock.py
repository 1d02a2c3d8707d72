"""Clocks that stand still until a test moves them."""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta

from tests.fakes.fleet import NOW

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SHORT = timedelta(seconds=1)  # sleeps up to this long pass at once


class StillClock:
    """Time as a test tells it; long sleepers wait for `advance`."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now = now
        self._sleepers: list[tuple[datetime, int, asyncio.Event]] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._now.timestamp()

    async def sleep(self, delay: timedelta) -> None:
        if delay < SHORT:
            await asyncio.sleep(0)
            return
        woken = asyncio.Event()
        heapq.heappush(self._sleepers, (self._now + delay, id(woken), woken))
        await woken.wait()

    def advance(self, by: timedelta) -> None:
        """Move on, waking those whose time has come."""
        self._now += by
        while self._sleepers and self._sleepers[0][0] <= self._now:
            heapq.heappop(self._sleepers)[2].set()


class FakeClock:
    """Wall and monotonic time move together by `advance` alone; no sleep passes by itself."""

    def __init__(self, start: datetime = NOON) -> None:
        self._start = start
        self._passed = timedelta()
        self._sleepers: list[tuple[timedelta, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._start + self._passed

    def monotonic(self) -> float:
        return self._passed.total_seconds()

    async def sleep(self, delay: timedelta) -> None:
        """Wait until `advance` has gone far enough; no delay still lets others run."""
        if delay <= timedelta():
            await asyncio.sleep(0)
            return
        sleeper = (self._passed + delay, asyncio.get_running_loop().create_future())
        self._sleepers.append(sleeper)
        try:
            await sleeper[1]
        finally:
            self._sleepers.remove(sleeper)

    @property
    def sleepers(self) -> int:
        """How many coroutines wait for time to pass."""
        return len(self._sleepers)

    def advance(self, delta: timedelta) -> None:
        """Let `delta` pass at once; sleepers whose time came wake at the loop's next turn."""
        self._passed += delta
        for due, woken in self._sleepers:
            if due <= self._passed and not woken.done():
                woken.set_result(None)

    def set_wall(self, now: datetime) -> None:
        """Make the wall clock jump; monotonic time doesn't notice."""
        self._start = now - self._passed
