"""An engine's door that remembers what came through it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from plcmon.model.events import Body, Event
from plcmon.model.readings import Reading
from plcmon.model.subjects import Subject

T = TypeVar("T")


class FakeInbox:
    """Keeps readings and told facts in order, and wakes those who wait for them."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.readings: list[Reading] = []
        self.events: list[Event] = []
        self._now = now
        self._news = asyncio.Event()

    async def tell(self, subject: Subject, body: Body, *, intent: str = "") -> Event:
        event = Event(self._now(), subject, body, seq=len(self.events) + 1, intent=intent)
        self.events.append(event)
        self._news.set()
        return event

    def ingest(self, reading: Reading) -> None:
        self.readings.append(reading)
        self._news.set()

    def told(self, kind: type[T]) -> list[T]:
        """The bodies of one kind, in order."""
        return [event.body for event in self.events if isinstance(event.body, kind)]

    async def until(self, holds: Callable[[], Any], *, within: float = 10) -> None:
        """Return once `holds` is true of what came in. Raises TimeoutError."""
        async with asyncio.timeout(within):
            while not holds():
                self._news.clear()
                await self._news.wait()
