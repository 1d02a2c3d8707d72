"""The agenda: when to look at what again, with only the latest word for each thing."""

import heapq
from collections.abc import Hashable
from datetime import datetime
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Agenda(Generic[T]):
    """A heap of times in which setting a thing anew replaces its earlier time."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, T]] = []
        self._at: dict[T, datetime] = {}
        self._order = count()

    def set(self, thing: T, at: datetime | None) -> None:
        """Look at `thing` at `at`; None takes it off."""
        if at is None:
            self._at.pop(thing, None)
        elif self._at.get(thing) != at:
            self._at[thing] = at
            heapq.heappush(self._heap, (at, next(self._order), thing))

    def at(self, thing: T) -> datetime | None:
        """When the thing is due; None: it is not on the agenda."""
        return self._at.get(thing)

    def next_at(self) -> datetime | None:
        self._drop_stale()
        return self._heap[0][0] if self._heap else None

    def due(self, now: datetime, *, most: int | None = None) -> list[T]:
        """Take off and return what has come due, earliest first; the rest stays due."""
        found: list[T] = []
        self._drop_stale()
        while self._heap and self._heap[0][0] <= now and (most is None or len(found) < most):
            _, _, thing = heapq.heappop(self._heap)
            del self._at[thing]
            found.append(thing)
            self._drop_stale()
        return found

    def _drop_stale(self) -> None:
        while self._heap and self._at.get(self._heap[0][2]) != self._heap[0][0]:
            heapq.heappop(self._heap)

    def __len__(self) -> int:
        return len(self._at)
