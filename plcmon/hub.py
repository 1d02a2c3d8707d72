"""The hub: committed events on their way to whoever watches.

It keeps no history and knows no reader's pace. Who falls behind is told so and reads the database.
"""

import asyncio
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from plcmon.model.events import Event

BOUND = 1_000  # events kept for one reader that lags


@dataclass(frozen=True, slots=True)
class Gap:
    """News was let go: read what comes after this number from the database, then go on."""

    after: int


News = Event | Gap


class Subscription:
    """One reader's queue; an async iterator over its news, while entered.

    The first news is always a Gap, so that there is one way to begin and to resume. Events that
    are committed while the reader reads the database are queued meanwhile and may repeat what it
    has read: it skips numbers it knows.
    """

    def __init__(self, hub: "Hub", after: int, bound: int, *, coalesce: bool) -> None:
        self._hub = hub
        self._bound = bound
        self._coalesce = coalesce
        self._last = after
        self._gap = True
        self._waiting: dict[Hashable, Event] = {}
        self._ready = asyncio.Event()
        self._ready.set()

    async def __aenter__(self) -> Self:
        self._hub.join(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._hub.leave(self)
        self._waiting.clear()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> News:
        await self._ready.wait()
        if self._gap:
            self._gap = False
            self._settle()
            return Gap(self._last)
        event = self._waiting.pop(next(iter(self._waiting)))
        self._last = max(self._last, event.seq)
        self._settle()
        return event

    def __len__(self) -> int:
        """How many events wait."""
        return len(self._waiting)

    def put(self, event: Event) -> None:
        """Queue one event; beyond the bound everything waiting becomes one Gap."""
        if self._gap or event.seq <= self._last:
            return
        key = (event.subject, event.kind) if self._coalesce else event.seq
        self._waiting.pop(key, None)  # so that later news stands in later place
        self._waiting[key] = event
        if len(self._waiting) > self._bound:
            self._waiting.clear()
            self._gap = True
        self._ready.set()

    def _settle(self) -> None:
        if not self._waiting and not self._gap:
            self._ready.clear()


class Hub:
    """Passes committed events on; never waits for a reader."""

    def __init__(self, *, bound: int = BOUND) -> None:
        self._bound = bound
        self._readers: set[Subscription] = set()

    @property
    def readers(self) -> int:
        return len(self._readers)

    def publish(self, events: Sequence[Event]) -> None:
        """Pass on what has just been committed, in order. Call it after the commit, never before:
        a reader that is told of a gap looks for these events in the database.
        """
        for reader in self._readers:
            for event in events:
                reader.put(event)

    def subscribe(self, after: int, *, coalesce: bool = False) -> Subscription:
        """A subscription to everything after event number `after`.

        `coalesce`: later news of one kind about one subject replaces earlier that still waits.
        For readers that only want to know what to look at again.
        """
        return Subscription(self, after, self._bound, coalesce=coalesce)

    def join(self, reader: Subscription) -> None:
        self._readers.add(reader)

    def leave(self, reader: Subscription) -> None:
        self._readers.discard(reader)
