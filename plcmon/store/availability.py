"""Availability: samples of what was believed of each node, counted by the hour and by the day.

A sample without evidence is counted apart: a gap is neither up nor bad.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from plcmon.model.beliefs import NodeBelief, Status
from plcmon.model.readings import Evidence, Observed, Samples
from plcmon.model.subjects import NodeKey
from plcmon.store.connection import Reader, Writer
from plcmon.times import EPOCH, from_ms, to_ms

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

ADD_HOURLY = """
INSERT INTO hourly (node, hour_at, up, bad, unknown)
VALUES (:node, :hour_at, :up, :bad, :unknown)
ON CONFLICT (node, hour_at) DO UPDATE
SET up = up + excluded.up, bad = bad + excluded.bad, unknown = unknown + excluded.unknown
"""
ADD_DAILY = """
INSERT INTO daily (node, day_at, up, bad, unknown)
VALUES (:node, :day_at, :up, :bad, :unknown)
ON CONFLICT (node, day_at) DO UPDATE
SET up = up + excluded.up, bad = bad + excluded.bad, unknown = unknown + excluded.unknown
"""
HOURS = """
SELECT node, hour_at, up, bad, unknown
FROM hourly
WHERE node = :node AND hour_at >= :since
ORDER BY hour_at
"""
DAYS = """
SELECT node, day_at, up, bad, unknown
FROM daily
WHERE node = :node AND day_at >= :since
ORDER BY day_at
"""
SUM_HOURS = """
SELECT node, sum(up), sum(bad), sum(unknown)
FROM hourly
WHERE hour_at >= :since AND hour_at < :until
GROUP BY node
"""
SUM_DAYS = """
SELECT node, sum(up), sum(bad), sum(unknown)
FROM daily
WHERE day_at >= :since AND day_at < :until
GROUP BY node
"""
# By node first: a CROSS JOIN keeps its order, so that no other node's row is read.
SUM_HOURS_OF = """
SELECT node, sum(up), sum(bad), sum(unknown)
FROM json_each(:nodes) AS wanted CROSS JOIN hourly
WHERE node = wanted.value AND hour_at >= :since AND hour_at < :until
GROUP BY node
"""
SUM_DAYS_OF = """
SELECT node, sum(up), sum(bad), sum(unknown)
FROM json_each(:nodes) AS wanted CROSS JOIN daily
WHERE node = wanted.value AND day_at >= :since AND day_at < :until
GROUP BY node
"""
OF = {SUM_HOURS: SUM_HOURS_OF, SUM_DAYS: SUM_DAYS_OF}
PRUNE = """
DELETE FROM hourly
WHERE (node, hour_at) IN (SELECT node, hour_at FROM hourly WHERE hour_at < :before LIMIT :batch)
"""

UP = frozenset({Observed.BOOT})
NO_EVIDENCE = frozenset({Observed.BLIND, Observed.UNREACHABLE, Observed.STALE})
TRUSTED = frozenset({Evidence.FRESH, Evidence.SUSPECT})


@dataclass(frozen=True, slots=True)
class Availability:
    """One node in one hour or day, in samples."""

    node: NodeKey
    at: datetime  # the beginning of the hour or day, UTC
    up: int
    bad: int
    unknown: int

    @property
    def share(self) -> float | None:
        """The share of good samples; None when nothing was known."""
        known = self.up + self.bad
        return self.up / known if known else None


async def add_samples(writer: Writer, *, at: datetime, beliefs: Iterable[NodeBelief]) -> None:
    """Count one sample of each node that is not retired."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    spans = {"hour_at": to_ms(hour), "day_at": to_ms(hour.replace(hour=0))}
    rows = [
        {"node": belief.key, **spans, **sample(belief)}
        for belief in beliefs
        if belief.status is not Status.RETIRED
    ]
    await writer.many(ADD_HOURLY, rows)
    await writer.many(ADD_DAILY, rows)


def sample(belief: NodeBelief) -> dict[str, int]:
    """One of three counts is 1."""
    unknown = belief.evidence not in TRUSTED or belief.observed in NO_EVIDENCE
    up = not unknown and belief.observed in UP
    return {"up": int(up), "bad": int(not up and not unknown), "unknown": int(unknown)}


async def hours_of(reader: Reader, *, node: NodeKey, since: datetime) -> list[Availability]:
    return await read(reader, HOURS, node, since)


async def days_of(reader: Reader, *, node: NodeKey, since: datetime) -> list[Availability]:
    return await read(reader, DAYS, node, since)


async def read(reader: Reader, sql: str, node: NodeKey, since: datetime) -> list[Availability]:
    rows = await reader.rows(sql, {"node": node, "since": to_ms(since)})
    return [Availability(key, from_ms(at), *counts) for key, at, *counts in rows]


async def samples_between(
    reader: Reader,
    *,
    since: datetime,
    until: datetime,
    hours_from: datetime,
    nodes: Collection[NodeKey] | None = None,
) -> Samples:
    """Add up the samples of these nodes (None: all) over a period, widened to whole hours or days.

    `hours_from` is since when hours are kept; an edge of the period before it is widened to days.
    """
    found: dict[NodeKey, tuple[int, int, int]] = {}
    begin, end = widened(since, until, hours_from)
    wanted = json.dumps(sorted(set(nodes))) if nodes is not None else None
    for sql, first, last in parts(begin, end):
        span = {"since": to_ms(first), "until": to_ms(last), "nodes": wanted}
        for node, *counts in await reader.rows(sql if wanted is None else OF[sql], span):
            up, bad, unknown = found.get(node, (0, 0, 0))
            found[node] = (up + counts[0], bad + counts[1], unknown + counts[2])
    return Samples(begin, end, found)


def widened(since: datetime, until: datetime, hours_from: datetime) -> tuple[datetime, datetime]:
    """The smallest period of whole hours, or days, that holds this one."""
    begin = floor(since, HOUR if since >= hours_from else DAY)
    step = HOUR if until >= hours_from else DAY
    end = floor(until, step)
    return begin, end if end == until else end + step


def parts(begin: datetime, end: datetime) -> Iterator[tuple[str, datetime, datetime]]:
    """Whole days are read as days, what is left at the edges as hours."""
    first, last = floor(begin, DAY), floor(end, DAY)
    first += DAY if first < begin else timedelta()
    if first >= last:
        yield SUM_HOURS, begin, end
        return
    for sql, since, until in (
        (SUM_HOURS, begin, first),
        (SUM_DAYS, first, last),
        (SUM_HOURS, last, end),
    ):
        if since < until:
            yield sql, since, until


def floor(at: datetime, step: timedelta) -> datetime:
    """The beginning of the hour or day, UTC."""
    return at - (at - EPOCH) % step


async def prune_hours(writer: Writer, *, before: datetime, batch: int) -> int:
    """Delete old hours, one batch; returns how many went."""
    return await writer.execute(PRUNE, {"before": to_ms(before), "batch": batch})
