"""Own health: whether this process is well enough for a failed probe to mean anything."""

import asyncio
import resource
import socket
from collections import deque
from datetime import timedelta

STEP = 0.1  # seconds between two samples
WINDOW = 60.0  # seconds of samples that are kept
MOST_LAG = timedelta(milliseconds=250)
MOST_DESCRIPTORS = 0.8  # share of what the process may open


class Health:
    """Samples how late the loop is and how many descriptors are open."""

    def __init__(self, *, step: float = STEP, window: float = WINDOW) -> None:
        self._step = step
        self._lags: deque[float] = deque(maxlen=max(1, round(window / step)))
        self._descriptors = 0.0
        self._p99 = 0.0

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
        self._p99 = sorted(self._lags)[-1 - self._few] if len(self._lags) > self._few else 0.0

    def loop_lag(self) -> timedelta:
        """What 99 % of the last minute's samples stayed under."""
        return timedelta(seconds=self._p99)

    @property
    def is_poor(self) -> bool:
        """True when a failed probe may be our own failure."""
        return self.loop_lag() > MOST_LAG or self._descriptors > MOST_DESCRIPTORS

    @property
    def _few(self) -> int:
        """How many samples of a whole window may be worse."""
        return (self._lags.maxlen or 0) // 100


def descriptors_used() -> float:
    """The share of descriptors in use: the next free number is about how many are open."""
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        with socket.socket() as probe:
            return probe.fileno() / most
    except OSError:
        return 1.0
