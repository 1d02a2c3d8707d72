"""The keeper: writes raw readings into the history, in batches, beside the scan.

Only what tells something is kept: a reading that differs from the one before, and one an hour of
those that do not. A history that cannot keep up loses its oldest readings; the engine none.
"""

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

from plcmon.errors import StoreError
from plcmon.model.events import Body, Event
from plcmon.model.ports import Inbox
from plcmon.model.readings import Probe, Reading
from plcmon.model.subjects import Subject
from plcmon.times import Clock

KEEP_EVERY = timedelta(hours=1)  # one that says the same as the one before
WRITE_EVERY = timedelta(seconds=5)
BATCH = 1000  # readings of one transaction
MOST_WAITING = 20_000  # readings: about 20 MB

log = logging.getLogger(__name__)


class Keeper:
    """An inbox before the engine's, which notes the readings that pass."""

    def __init__(
        self,
        inbox: Inbox,
        *,
        keep: Callable[[Sequence[Reading]], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self.shed = 0  # readings that were not kept, since the start
        self._inbox = inbox
        self._keep = keep
        self._clock = clock
        self._waiting: deque[Reading] = deque()
        self._last: dict[tuple[Subject, Probe, str], tuple[int, datetime]] = {}
        self._told = 0  # of those shed
        self._fails = False

    async def tell(self, subject: Subject, body: Body, *, intent: str = "") -> Event:
        return await self._inbox.tell(subject, body, intent=intent)

    def ingest(self, reading: Reading) -> None:
        """The engine first: the history is only nice to have."""
        self._inbox.ingest(reading)
        about = reading.subject, reading.probe, reading.vantage
        says = saying(reading)
        last = self._last.get(about)
        if last is not None and last[0] == says and is_young(last[1], reading.at):
            return
        self._last[about] = says, reading.at
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self.shed += 1
        self._waiting.append(reading)

    async def run(self) -> None:
        """Write for ever; what waits at the end is written too."""
        swept_at = self._clock.now()
        try:
            while True:
                await self._clock.sleep(WRITE_EVERY)
                await self._write()
                if (now := self._clock.now()) - swept_at >= KEEP_EVERY:
                    swept_at = now
                    self._sweep(now)
        finally:
            await self._write()

    async def _write(self) -> None:
        """Write what waits, batch by batch; a batch that fails is lost."""
        if self.shed > self._told:
            log.warning("history too slow, readings shed", extra={"shed": self.shed - self._told})
            self._told = self.shed
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
            try:
                await self._keep(batch)
            except StoreError as error:
                if not self._fails:
                    log.warning("readings not kept", extra={"why": str(error)})
                self._fails = True
                self.shed += len(batch)
                self._told += len(batch)
                self._last.clear()  # the next of each is kept again, whatever it says
                return
            self._fails = False

    def _sweep(self, now: datetime) -> None:
        """Forget what would be kept again anyway, so that nothing stays of nodes that went."""
        self._last = {about: last for about, last in self._last.items() if is_young(last[1], now)}


def is_young(kept_at: datetime, now: datetime) -> bool:
    """Whether another one is too soon; one of the future is from before the clock was put right."""
    return timedelta() <= now - kept_at < KEEP_EVERY


def saying(reading: Reading) -> int:
    """A number for what a reading tells: not when, how long it took, or facts that always move."""
    facts = reading.facts
    steady = (facts.boot_id, facts.kernel, facts.debug, facts.old_boot_cd) if facts else None
    return hash(
        (
            tuple(reading.ports.items()),
            reading.port,
            reading.login,
            reading.banner,
            reading.host_key,
            steady,
            tuple(reading.pages.items()),
            reading.sent,
            reading.heard,
            reading.up,
            reading.detail,
        )
    )
