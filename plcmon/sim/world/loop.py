"""Virtual time: an event loop whose clock stands still while anything is ready, then jumps."""

import asyncio
import selectors
from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from plcmon.engine.agenda import Agenda

T = TypeVar("T", bound=Hashable)
R = TypeVar("R")

TURNS = 200_000  # of the loop at one moment: more than any real work needs
BEGIN = datetime(2027, 1, 4, 0, 0, tzinfo=UTC)  # a Monday


class NothingLeftError(Exception):
    """Nothing is ready and nothing is due: the program would wait for ever."""


class StandsStillError(Exception):
    """Something is ready again and again, and time never moves: the program would spin for ever."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs at once what is ready; where nothing is, time jumps to the next timer.

    Work for threads is done at once and in place, so that a run is the same each time.
    """

    def __init__(self) -> None:
        self._virtual = 0.0
        self._turns = 0
        super().__init__(Jumping(self))
        # Beyond some months a nanosecond is less than what a float of seconds can tell apart, and
        # a timer that is due exactly now would never be run.
        self._clock_resolution = 1e-6

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._virtual

    def jump(self, seconds: float) -> None:
        self._virtual += seconds
        self._turns = 0

    def turned(self) -> None:
        """Count a turn in which time stood still. Raises StandsStillError beyond all reason."""
        self._turns += 1
        if self._turns > TURNS:
            raise StandsStillError(f"time stands still at {self._virtual} s")

    def run_in_executor(  # type: ignore[override] # a task is the future that is asked for
        self, _executor: Any, func: Callable[..., R], *args: Any
    ) -> "asyncio.Task[R]":
        async def call() -> R:
            return func(*args)

        # Not a part of anybody's work that could outlive it: it ends in the next turn.
        return asyncio.Task(call(), loop=self, name="in place of a thread")


class Jumping(selectors.SelectSelector):
    """Waits for nothing: a wait is a jump of the loop's time."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        if timeout == 0:  # something is ready; whatever comes from outside is asked for after it
            self._loop.turned()
            return []
        if found := super().select(0):
            self._loop.turned()
            return found
        if timeout is None:
            raise NothingLeftError("nothing is ready and nothing is due")
        self._loop.jump(max(0.0, timeout))
        return []


async def until_due(agenda: Agenda[T], news: asyncio.Event, clock: "VirtualClock") -> None:
    """Wait until something on the agenda is due, by the world's time, or until there is news."""
    news.clear()
    at = agenda.next_at()
    patience = (at - clock.true_now()).total_seconds() if at is not None else None
    try:
        async with asyncio.timeout(patience):
            await news.wait()
    except TimeoutError:
        return


class VirtualClock:
    """The loop's time as a Clock; the wall clock may be set wrong, the other one never."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._skews = [(BEGIN, timedelta())]  # since when, by how much the wall clock is wrong

    @property
    def skew(self) -> timedelta:
        """By how much the wall clock is wrong now."""
        return self._skews[-1][1]

    def set_wrong(self, skew: timedelta) -> None:
        self._skews.append((self.true_now(), skew))

    def true_of(self, wall: datetime) -> datetime:
        """The world's time at which the wall clock last showed this; the nearest where never."""
        until = None
        for since, skew in reversed(self._skews):
            at = wall - skew
            if at >= since and (until is None or at < until):
                return at
            until = since
        return wall - self.skew

    def now(self) -> datetime:
        return self.true_now() + self.skew

    def true_now(self) -> datetime:
        """The world's own time, whatever the wall clock of the service says."""
        return BEGIN + timedelta(seconds=self._loop.time())

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, delay: timedelta) -> None:
        await asyncio.sleep(max(0.0, delay.total_seconds()))
