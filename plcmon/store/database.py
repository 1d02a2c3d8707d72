"""The database: one state that decides, one history that is nice to have, behind one door."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from plcmon.errors import StoreError
from plcmon.model.audit import Selection
from plcmon.model.beliefs import NodeBelief
from plcmon.model.events import AuditRow, Event, NodeSeen
from plcmon.model.intents import Intent, IntentId, Transcript
from plcmon.model.issues import Issue
from plcmon.model.readings import Reading, Samples
from plcmon.model.state import Changes, State
from plcmon.model.subjects import NodeKey, PcuKey, Subject
from plcmon.store.audit import audit_after, audit_head, first_broken_audit, last_audit
from plcmon.store.availability import (
    Availability,
    add_samples,
    days_of,
    hours_of,
    prune_hours,
    samples_between,
)
from plcmon.store.brain import Mark, MarkFile, Place, adopted, refuse_removal
from plcmon.store.connection import SqliteFile, Writer
from plcmon.store.events import (
    events_after,
    events_between,
    events_of,
    prune_events,
    told_of,
)
from plcmon.store.head import Head, Tx, advance, read_head, replace_head
from plcmon.store.intents import one_intent, remembered_intents
from plcmon.store.issues import closed_issues
from plcmon.store.readings import append_readings, last_readings, prune_readings
from plcmon.store.state import load_state, write_changes
from plcmon.store.transcripts import append_transcript, transcripts_of
from plcmon.times import Clock, to_ms

REMEMBERED = timedelta(days=31)  # what is over stays in memory for this long: the longest limit
EVERYTHING = Selection(limit=1000)
KEEP_EVENTS = timedelta(days=400)
KEEP_HOURS = timedelta(days=30)
KEEP_READINGS = timedelta(days=3)
BATCH = 2000  # rows deleted at a time, so that no commit waits for long


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows went."""

    events: int
    hours: int
    readings: int


class Database:
    """An open state folder. Made by `open_database`; every call may raise StoreError."""

    def __init__(
        self,
        state: SqliteFile,
        history: SqliteFile,
        *,
        mark: MarkFile,
        place: Place,
        head: Head,
        clock: Clock,
    ) -> None:
        self.fence = head.fence  # greater than in any run before
        self.why_not = head.why_not  # why the state is not adopted; empty: it is
        self._state = state
        self._history = history
        self._mark = mark
        self._place = place
        self._clock = clock

    @property
    def adopted(self) -> bool:
        """False: the state was restored, copied or cloned; nothing may be sent until `adopt`."""
        return not self.why_not

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Tx]:
        """The one way to write to state.db: commits when the block ends well, else rolls back.

        A cancelled commit may have been made: whoever was cancelled here does not know, and must
        load again before going on.
        """
        async with self._state.transaction() as writer:
            head = await read_head(writer)
            if head is None:
                raise StoreError(str(self._state.path), "writing", "its head is missing")
            tx = Tx(writer, head)
            yield tx
            await advance(tx)
        await self._follow(tx.head)

    async def _follow(self, head: Head) -> None:
        """Bring the mark up to a commit that is durable; a doubted state leaves it alone."""

        def follow() -> None:
            refuse_removal(self._state.path, self._place.inode)
            if not head.why_not:
                self._mark.follow(Mark(head.state, head.fence, head.commits))

        await asyncio.to_thread(follow)

    async def load(self) -> State:
        """Everything that decides, as of one moment between two commits."""
        since = self._clock.now() - REMEMBERED
        async with self._state.transaction() as writer:
            return await load_state(writer, since=since)

    async def write(self, tx: Tx, changes: Changes) -> None:
        """Every row of one commit. Events bring their numbers; the journal gets its own here."""
        await write_changes(tx, changes)

    async def commit(self, changes: Changes) -> None:
        """Write the changes, all or nothing; durable when this returns."""
        async with self.transaction() as tx:
            await self.write(tx, changes)

    async def flush_seen(self, seen: Sequence[NodeSeen]) -> None:
        """Write when nodes were last heard of."""
        if seen:
            await self.commit(Changes(seen=list(seen)))

    async def adopt(self) -> None:
        """Take a restored, copied or cloned state as our own, by a person's word."""
        mark = await asyncio.to_thread(self._mark.read)
        async with self.transaction() as tx:
            tx.head = adopted(tx.head, mark, self._place)
            await replace_head(tx, tx.head)
        self.why_not = ""

    async def close_head(self) -> None:
        """Write down that the state was left in order; without this the next open checks it."""
        async with self.transaction() as tx:
            tx.head.closed_at = to_ms(self._clock.now())
            await replace_head(tx, tx.head)

    # What was written down

    async def events(self, after: int, limit: int) -> list[Event]:
        """Events with a greater number, oldest first."""
        return await events_after(self._state.reader, after=after, limit=limit)

    async def events_between(
        self,
        since: datetime,
        until: datetime,
        kinds: Collection[str] | None = None,
        limit: int = 10_000,
    ) -> list[Event]:
        """Events of these kinds (None: all) with since <= at < until, oldest first."""
        return await events_between(
            self._state.reader, since=since, until=until, kinds=kinds, limit=limit
        )

    async def events_of(
        self,
        subject: Subject,
        limit: int,
        besides: Collection[str] = (),
        until: datetime | None = None,
    ) -> list[Event]:
        """The last events about one subject, before `until` if that is given, oldest first; kinds
        in `besides` are left out.
        """
        reader = self._state.reader
        return await events_of(reader, subject=subject, limit=limit, besides=besides, until=until)

    async def told_of(
        self,
        subject: Subject,
        since: datetime,
        until: datetime,
        kinds: Collection[str],
        limit: int,
    ) -> list[Event]:
        """The last events of these kinds about one subject with since <= at < until, and the one
        observation before them; oldest first.
        """
        return await told_of(
            self._state.reader, subject=subject, since=since, until=until, kinds=kinds, limit=limit
        )

    async def audit(self, selection: Selection = EVERYTHING) -> list[AuditRow]:
        """The last rows of the selection, oldest first."""
        return await last_audit(self._state.reader, selection=selection)

    async def audit_after(self, after: int, limit: int) -> list[AuditRow]:
        """Rows of the journal with a greater number, oldest first."""
        return await audit_after(self._state.reader, after=after, limit=limit)

    async def audit_head(self) -> int:
        """The number of the journal's last row."""
        return await audit_head(self._state.reader)

    async def verify_audit(self) -> int | None:
        """The number of the first row that was changed, removed or cut off; None: all is well."""
        return await first_broken_audit(self._state.reader)

    async def issues_closed(self, limit: int) -> list[Issue]:
        """Closed issues, the latest first."""
        return await closed_issues(self._state.reader, limit=limit)

    async def intents_since(self, since: datetime) -> list[Intent]:
        """Intents planned since then, oldest first; older ones too that are not over."""
        return await remembered_intents(self._state.reader, since=since)

    async def intent(self, intent_id: IntentId) -> Intent | None:
        return await one_intent(self._state.reader, intent_id=intent_id)

    # History

    async def keep_readings(self, readings: Sequence[Reading]) -> None:
        """Keep raw readings for some days."""
        if readings:
            async with self._history.transaction() as writer:
                await append_readings(writer, readings=readings)

    async def readings(self, subject: Subject, limit: int) -> list[Reading]:
        """The last raw readings of one subject, oldest first."""
        return await last_readings(self._history.reader, subject=subject, limit=limit)

    async def keep_transcript(self, pcu: PcuKey, at: datetime, intent: str, text: str) -> None:
        """Keep what a session with a PCU said and heard; only the last few stay."""
        async with self._history.transaction() as writer:
            await append_transcript(writer, transcript=Transcript(pcu, at, intent, text))

    async def transcripts(self, pcu: PcuKey) -> list[Transcript]:
        """The latest first."""
        return await transcripts_of(self._history.reader, pcu=pcu)

    async def roll_up(self, at: datetime, beliefs: Iterable[NodeBelief]) -> None:
        """Count one sample of every node for its hour and day. Ask at a steady pace."""
        async with self._history.transaction() as writer:
            await add_samples(writer, at=at, beliefs=beliefs)

    async def hours(self, node: NodeKey, since: datetime) -> list[Availability]:
        return await hours_of(self._history.reader, node=node, since=since)

    async def days(self, node: NodeKey, since: datetime) -> list[Availability]:
        return await days_of(self._history.reader, node=node, since=since)

    async def samples(
        self, since: datetime, until: datetime, nodes: Collection[NodeKey] | None = None
    ) -> Samples:
        """Samples of these nodes (None: all) in a period, widened to whole hours or days."""
        hours_from = self._clock.now() - KEEP_HOURS + timedelta(hours=1)
        return await samples_between(
            self._history.reader, since=since, until=until, hours_from=hours_from, nodes=nodes
        )

    async def prune(self, now: datetime) -> Pruned:
        """Delete what is older than it is kept, batch by batch; others may write in between."""
        return Pruned(
            events=await pruned(self._state, prune_events, now - KEEP_EVENTS),
            hours=await pruned(self._history, prune_hours, now - KEEP_HOURS),
            readings=await pruned(self._history, prune_readings, now - KEEP_READINGS),
        )


class Prune(Protocol):
    """Deletes one batch of old rows; returns how many went."""

    async def __call__(self, writer: Writer, *, before: datetime, batch: int) -> int: ...


async def pruned(file: SqliteFile, prune: Prune, before: datetime) -> int:
    """Delete batches until one is not full; returns how many rows went."""
    total = 0
    while True:
        async with file.transaction() as writer:
            went = await prune(writer, before=before, batch=BATCH)
        total += went
        if went < BATCH:
            return total
