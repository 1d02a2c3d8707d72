"""The record: a state folder read beside whoever works in it, on a connection that cannot write."""

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import aiosqlite

from plcmon.errors import StoreError
from plcmon.model.beliefs import FleetBelief
from plcmon.model.events import Event, PcuTested
from plcmon.model.issues import IssueType
from plcmon.model.subjects import Inventory, Subject
from plcmon.store.beliefs import all_beliefs
from plcmon.store.connection import Reader, Row, prepare_reader, translated
from plcmon.store.events import event_of
from plcmon.store.folder import STATE
from plcmon.store.inventory import last_inventory
from plcmon.store.migrate import inspect, shipped
from plcmon.times import from_ms, to_ms

PAGE = 10_000  # rows read at a time
COLUMNS = "seq, at, kind, subject, vantage, intent, body"
TESTED, WELL = PcuTested.__name__, '"finding":"ok"'  # as a body says it
SPAN = "SELECT min(seq), max(seq), min(at), max(at) FROM events"
FIRST = "SELECT min(seq) FROM events WHERE at >= :since"
AFTER = f"""
SELECT {COLUMNS}
FROM events
WHERE seq > :after AND at <= :until AND kind IN (SELECT value FROM json_each(:kinds))
ORDER BY seq
LIMIT :limit
"""
# Of each subject the last word of these kinds, and every word of the others.
BEFORE = f"""
SELECT {COLUMNS}
FROM events
WHERE seq IN (
    SELECT max(seq) FROM events
    WHERE seq < :first AND kind IN (SELECT value FROM json_each(:last))
    GROUP BY kind, subject
) OR (seq < :first AND kind IN (SELECT value FROM json_each(:all)))
ORDER BY seq
"""
ISSUES = "SELECT id, type, subject FROM issues"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One row of the story; its body is read only when it is asked for."""

    row: Row

    @property
    def seq(self) -> int:
        return int(self.row[0])

    @property
    def at(self) -> datetime:
        return from_ms(self.row[1])

    @property
    def kind(self) -> str:
        return str(self.row[2])

    @property
    def subject(self) -> str:
        return str(self.row[3])

    @property
    def says(self) -> str:
        """Its body as it is stored."""
        return str(self.row[6])

    @property
    def tests_well(self) -> bool:
        """Whether it is a test that succeeded."""
        return self.row[2] == TESTED and WELL in self.row[6]

    def event(self) -> Event:
        """The event itself. Raises StoreError when its body cannot be read back."""
        return event_of(self.row)


@dataclass(frozen=True, slots=True)
class Extent:
    """How far the story reaches; there is none when `last` is 0."""

    first: int
    last: int
    since: datetime
    until: datetime


class Record:
    """What was written down. Every call may raise StoreError."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def extent(self) -> Extent:
        row = await self._reader.row(SPAN)
        first, last, since, until = row or (None, None, None, None)
        return Extent(first or 0, last or 0, from_ms(since or 0), from_ms(until or 0))

    async def first_since(self, since: datetime) -> int | None:
        """The number of the first event from then on."""
        row = await self._reader.row(FIRST, {"since": to_ms(since)})
        return int(row[0]) if row and row[0] is not None else None

    async def before(
        self, first: int, *, last: Collection[str], every: Collection[str]
    ) -> list[Recorded]:
        """What was said before event `first`: of the kinds in `last` only each subject's last."""
        words = {"first": first, "last": as_json(last), "all": as_json(every)}
        return [Recorded(row) for row in await self._reader.rows(BEFORE, words)]

    async def pages(
        self, after: int, until: datetime, kinds: Collection[str]
    ) -> AsyncIterator[list[Recorded]]:
        """Everything of these kinds after event `after`, page by page, in order."""
        wanted = {"until": to_ms(until), "kinds": as_json(kinds), "limit": PAGE}
        while rows := await self._reader.rows(AFTER, {**wanted, "after": after}):
            after = int(rows[-1][0])
            yield [Recorded(row) for row in rows]

    async def inventory(self) -> Inventory:
        """The last good one."""
        return await last_inventory(self._reader)

    async def fleet(self) -> FleetBelief:
        """What is believed of the whole at the end of the story."""
        found = (await all_beliefs(self._reader)).get((FleetBelief, ""))
        return found if isinstance(found, FleetBelief) else FleetBelief()

    async def issues(self) -> Mapping[str, tuple[IssueType, Subject]]:
        """What each issue was about."""
        rows = await self._reader.rows(ISSUES)
        return {issue: (IssueType(kind), Subject.parse(subject)) for issue, kind, subject in rows}


def as_json(kinds: Collection[str]) -> str:
    return json.dumps(sorted(kinds))


@asynccontextmanager
async def open_record(state_dir: Path) -> AsyncIterator[Record]:
    """Open the folder's database for reading only; a service may go on writing to it.

    Raises StoreError when there is none, or it is not ours to read.
    """
    path = state_dir / STATE
    if not await asyncio.to_thread(path.is_file):
        raise StoreError(str(path), "opening for reading", "there is no such file")
    with translated(path, "opening for reading"):
        connection = await aiosqlite.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        if not await inspect(connection, path, await asyncio.to_thread(shipped, path.stem)):
            raise StoreError(str(path), "opening for reading", "nothing is in it yet")
        await prepare_reader(connection, path)
        yield Record(Reader(connection, path))
    finally:
        with translated(path, "closing"):
            await connection.close()
