"""Events: the one story, in one order."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime

from plcmon.errors import StoreError
from plcmon.model.events import Event, InventoryRead, Tick
from plcmon.model.subjects import Inventory, Subject
from plcmon.store.codec import BODIES, converted, decode, encode
from plcmon.store.connection import Reader, Row, Writer
from plcmon.store.head import Tx
from plcmon.times import from_ms, to_ms

INSERT = """
INSERT INTO events (seq, at, kind, subject, vantage, intent, body)
VALUES (:seq, :at, :kind, :subject, :vantage, :intent, :body)
"""
AFTER = """
SELECT seq, at, kind, subject, vantage, intent, body
FROM events
WHERE seq > :after
ORDER BY seq
LIMIT :limit
"""
BETWEEN = """
SELECT seq, at, kind, subject, vantage, intent, body
FROM events
WHERE at >= :since AND at < :until
ORDER BY at, seq
LIMIT :limit
"""
BETWEEN_KINDS = """
SELECT seq, at, kind, subject, vantage, intent, body
FROM events
WHERE at >= :since AND at < :until AND kind IN (SELECT value FROM json_each(:kinds))
ORDER BY at, seq
LIMIT :limit
"""
OF_SUBJECT = """
SELECT seq, at, kind, subject, vantage, intent, body
FROM events
WHERE subject = :subject AND kind NOT IN (SELECT value FROM json_each(:besides))
    AND (:until IS NULL OR at < :until)
ORDER BY seq DESC
LIMIT :limit
"""
# What was observed last before the period says what it began with.
TOLD_OF = """
SELECT seq, at, kind, subject, vantage, intent, body
FROM events
WHERE subject = :subject AND kind IN (SELECT value FROM json_each(:kinds)) AND at < :until
    AND seq >= coalesce((
        SELECT max(seq) FROM events
        WHERE subject = :subject AND kind = 'NodeObserved' AND at < :since
    ), 0)
    AND (at >= :since OR kind = 'NodeObserved')
ORDER BY seq DESC
LIMIT :limit
"""
TIMES = """
SELECT seq, at
FROM events
ORDER BY seq DESC
LIMIT :limit
"""
FIRST = """
SELECT at
FROM events
ORDER BY seq
LIMIT 1
"""
# The oldest rows come first by number, so a batch needs no index on time.
PRUNE = """
DELETE FROM events
WHERE seq IN (SELECT seq FROM (SELECT seq, at FROM events ORDER BY seq LIMIT :batch)
    WHERE at < :before)
"""


async def append_events(tx: Tx, *, events: Sequence[Event]) -> None:
    """Write events; their numbers must go up. Ticks are dropped, an inventory is left out.

    Raises StoreError when a number does not follow: two writers would make one story false.
    """
    stored = [event for event in events if not isinstance(event.body, Tick)]
    for event in stored:
        if event.seq <= tx.head.last_event:
            why = f"event {event.seq} does not follow {tx.head.last_event}"
            raise StoreError(str(tx.path), "writing", why)
        tx.head.last_event = event.seq
    await tx.many(INSERT, await converted(stored, columns))


def columns(event: Event) -> dict[str, str | int]:
    body = event.body
    if isinstance(body, InventoryRead):
        body = InventoryRead(Inventory(), body.digest, body.actor)
    return {
        "seq": event.seq,
        "at": to_ms(event.at),
        "kind": event.kind,
        "subject": str(event.subject),
        "vantage": event.vantage,
        "intent": event.intent,
        "body": encode(BODIES[event.kind], body),
    }


def event_of(row: Row) -> Event:
    seq, at, kind, subject, vantage, intent, body = row
    adapter = BODIES.get(kind)
    if adapter is None:
        raise StoreError("the database", f"reading event {seq}", f"{kind!r} is no kind of event")
    return Event(
        from_ms(at),
        Subject.parse(subject),
        decode(adapter, body, f"event {seq}"),
        seq=seq,
        vantage=vantage,
        intent=intent,
    )


async def times_of_events(reader: Reader, *, limit: int) -> dict[int, datetime]:
    """When the last `limit` events were, by number."""
    rows = await reader.rows(TIMES, {"limit": limit})
    return {seq: from_ms(at) for seq, at in rows}


async def first_event_at(reader: Reader) -> datetime | None:
    """When the oldest event that is kept was."""
    rows = await reader.rows(FIRST, {})
    return from_ms(rows[0][0]) if rows else None


async def events_after(reader: Reader, *, after: int, limit: int) -> list[Event]:
    rows = await reader.rows(AFTER, {"after": after, "limit": limit})
    return await converted(rows, event_of)


async def events_between(
    reader: Reader,
    *,
    since: datetime,
    until: datetime,
    kinds: Collection[str] | None,
    limit: int,
) -> list[Event]:
    span = {"since": to_ms(since), "until": to_ms(until), "limit": limit}
    if kinds is None:
        rows = await reader.rows(BETWEEN, span)
    else:
        rows = await reader.rows(BETWEEN_KINDS, {**span, "kinds": json.dumps(sorted(kinds))})
    return await converted(rows, event_of)


async def events_of(
    reader: Reader,
    *,
    subject: Subject,
    limit: int,
    besides: Collection[str] = (),
    until: datetime | None = None,
) -> list[Event]:
    """The last `limit` of them (before `until`), oldest first; kinds in `besides` are left out."""
    wanted = {
        "subject": str(subject),
        "limit": limit,
        "besides": json.dumps(sorted(besides)),
        "until": to_ms(until) if until is not None else None,
    }
    rows = await reader.rows(OF_SUBJECT, wanted)
    return await converted(rows[::-1], event_of)


async def told_of(
    reader: Reader,
    *,
    subject: Subject,
    since: datetime,
    until: datetime,
    kinds: Collection[str],
    limit: int,
) -> list[Event]:
    """The last `limit` of these kinds in a period, and the observation before it; oldest first."""
    wanted = {
        "subject": str(subject),
        "since": to_ms(since),
        "until": to_ms(until),
        "kinds": json.dumps(sorted(kinds)),
        "limit": limit,
    }
    rows = await reader.rows(TOLD_OF, wanted)
    return await converted(rows[::-1], event_of)


async def prune_events(writer: Writer, *, before: datetime, batch: int) -> int:
    """Delete old events, one batch; returns how many went."""
    return await writer.execute(PRUNE, {"before": to_ms(before), "batch": batch})
