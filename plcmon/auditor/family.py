"""A family of invariants: who of it hears rows of which topic."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from plcmon.auditor.limits import Windows
from plcmon.auditor.violation import Violation
from plcmon.model.events import AuditRow

Found = Iterator[Violation]
Ear = Callable[[AuditRow], Iterable[Violation]]
Ears = Mapping[str, Ear]


def broken(invariant: int, row: AuditRow, text: str) -> Violation:
    return Violation(invariant, row.at, row.seq, f"{row.subject}: {text}")


class Tally:
    """How often something happened within sliding windows; what no window reaches is forgotten."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._longest = max((window for window, _ in windows), default=timedelta())
        self._times: deque[datetime] = deque()

    def add(self, at: datetime) -> None:
        while self._times and at - self._times[0] >= self._longest:
            self._times.popleft()
        self._times.append(at)

    def within(self, window: timedelta, now: datetime) -> int:
        return sum(now - at < window for at in self._times)

    def too_many(self, now: datetime) -> str:
        """The first window that holds more than it may, in words; empty: none does."""
        for window, most in self._windows:
            number = self.within(window, now)
            if number > most:
                return f"{number} within {window}, where {most} may be"
        return ""
