"""Own health: whether this process is well enough for a failed probe to mean anything."""

import asyncio
import resource
import socket
from bisect import bisect_left, insort
from collections import deque
from datetime import timedelta

from plcmon.model.ports import OwnHealth

STEP = 0.1  # seconds between two samples
WINDOW = 60.0  # seconds of samples that are kept
MILLISECOND = timedelta(milliseconds=1)
MOST_LAG = 250 * MILLISECOND
MOST_DESCRIPTORS = 0.8  # share of what the process may open


class Health:
    """Samples how late the loop is and how many descriptors are open."""

    def __init__(self, *, step: float = STEP, window: float = WINDOW) -> None:
        self._step = step
        self._most = max(1, round(window / step))
        self._lags: deque[float] = deque()
        self._sorted: list[float] = []
        self._descriptors = 0.0

    async def run(self) -> None:
        """Sample for ever, on the loop's own clock: it is the loop that is measured."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + self._step
            await asyncio.sleep(self._step)
            self.note(loop.time() - due)
            self._descriptors = descriptors_used()

    def note(self, lag: float) -> None:
        """Take one sample, in seconds."""
        self._lags.append(lag)
        insort(self._sorted, lag)
        if len(self._lags) > self._most:
            del self._sorted[bisect_left(self._sorted, self._lags.popleft())]

    def loop_lag(self) -> timedelta:
        """What 99 % of the last minute's samples stayed under."""
        few = self._most // 100  # so many samples of a whole window may be worse
        worst = self._sorted[-1 - few] if len(self._sorted) > few else 0.0
        return timedelta(seconds=worst)

    @property
    def is_poor(self) -> bool:
        """True when a failed probe may be our own failure."""
        return bool(self.why_poor())

    def why_poor(self) -> str:
        """What is wrong with us; empty when a failed probe means something."""
        lag = self.loop_lag()
        if lag > MOST_LAG:
            return f"our own loop is {lag / MILLISECOND:.0f} ms late"
        if self._descriptors > MOST_DESCRIPTORS:
            return f"{self._descriptors:.0%} of our file descriptors are in use"
        return ""

    def report(self, dropped: int) -> OwnHealth:
        """As people are told it."""
        return OwnHealth(self.loop_lag(), self._descriptors, dropped, self.why_poor())


def descriptors_used() -> float:
    """The share of descriptors in use: the next free number is about how many are open."""
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        with socket.socket() as probe:
            return probe.fileno() / most
    except OSError:
        return 1.0
