"""Availability: what was seen counts, gaps don't."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from plcmon.model.beliefs import Status
from plcmon.model.readings import Evidence, Observed
from plcmon.model.retention import Retention
from plcmon.model.subjects import NodeKey
from plcmon.store import Availability, Database
from plcmon.store.availability import OF, sample
from plcmon.store.migrate import FILES
from tests.fakes.clock import NOON
from tests.store.examples import NODE, a_node_belief

HOUR = timedelta(hours=1)
MIDNIGHT = NOON.replace(hour=0)
UP = a_node_belief(observed=Observed.BOOT)
BAD = a_node_belief(observed=Observed.SILENT)


@pytest.mark.parametrize(
    ("observed", "evidence", "counted"),
    [
        (Observed.BOOT, Evidence.FRESH, "up"),
        (Observed.BOOT, Evidence.SUSPECT, "up"),
        (Observed.SILENT, Evidence.FRESH, "bad"),
        (Observed.WEDGED, Evidence.FRESH, "bad"),
        (Observed.DEAF, Evidence.FRESH, "bad"),
        (Observed.DEBUG, Evidence.FRESH, "bad"),
        (Observed.STALE, Evidence.STALE, "unknown"),
        (Observed.BLIND, Evidence.BLIND, "unknown"),
        (Observed.UNREACHABLE, Evidence.UNREACHABLE, "unknown"),
        (Observed.BOOT, Evidence.BLIND, "unknown"),
        (Observed.SILENT, Evidence.STALE, "unknown"),
    ],
)
def test_each_sample_counts_as_one(observed: Observed, evidence: Evidence, counted: str) -> None:
    counts = sample(a_node_belief(observed=observed, evidence=evidence))

    assert counts == {"up": 0, "bad": 0, "unknown": 0} | {counted: 1}


async def test_samples_add_up_by_the_hour(db: Database) -> None:
    for minutes, belief in ((0, UP), (20, BAD), (40, UP), (60, UP)):
        await db.roll_up(NOON + timedelta(minutes=minutes), [belief])

    assert await db.hours(NODE, NOON) == [
        Availability(NODE, NOON, up=2, bad=1, unknown=0),
        Availability(NODE, NOON + HOUR, up=1, bad=0, unknown=0),
    ]


async def test_samples_add_up_by_the_day(db: Database) -> None:
    for hours in (0, 5, 13):
        await db.roll_up(NOON + hours * HOUR, [BAD])

    assert await db.days(NODE, MIDNIGHT) == [
        Availability(NODE, MIDNIGHT, up=0, bad=2, unknown=0),
        Availability(NODE, MIDNIGHT + 24 * HOUR, up=0, bad=1, unknown=0),
    ]


async def test_retired_nodes_are_not_counted(db: Database) -> None:
    await db.roll_up(NOON, [a_node_belief(status=Status.RETIRED)])

    assert await db.hours(NODE, NOON) == []


async def test_reading_begins_where_it_is_asked_to(db: Database) -> None:
    for hours in range(3):
        await db.roll_up(NOON + hours * HOUR, [UP])

    assert [row.at for row in await db.hours(NODE, NOON + 2 * HOUR)] == [NOON + 2 * HOUR]


async def test_hours_are_pruned_and_days_stay(db: Database) -> None:
    await db.roll_up(NOON, [UP])
    await db.roll_up(NOON + HOUR, [UP])

    pruned = await db.prune(NOON + Retention().hours + HOUR)

    assert pruned.hours == 1
    assert [row.at for row in await db.hours(NODE, NOON)] == [NOON + HOUR]
    assert [row.up for row in await db.days(NODE, MIDNIGHT)] == [2]


def test_share_leaves_gaps_out() -> None:
    assert Availability(NODE, NOON, up=3, bad=1, unknown=96).share == 0.75


def test_share_of_nothing_known_is_none() -> None:
    assert Availability(NODE, NOON, up=0, bad=0, unknown=4).share is None


async def test_a_period_adds_up_whole_days_and_the_hours_at_its_edges(db: Database) -> None:
    for hours in (0, 11, 12, 36, 60, 61, 62):
        await db.roll_up(MIDNIGHT + hours * HOUR, [UP if hours % 2 else BAD])

    found = await db.samples(MIDNIGHT + 11 * HOUR, MIDNIGHT + 61 * HOUR + HOUR / 2)

    assert (found.since, found.until) == (MIDNIGHT + 11 * HOUR, MIDNIGHT + 62 * HOUR)
    assert found.nodes == {NODE: (2, 3, 0)}


@pytest.mark.parametrize("first", [0, 1, 23])
@pytest.mark.parametrize("length", [1, 24, 30, 49, 72])
async def test_days_and_hours_say_the_same(db: Database, first: int, length: int) -> None:
    for hour in range(100):
        await db.roll_up(MIDNIGHT + hour * HOUR, [UP])

    found = await db.samples(MIDNIGHT + first * HOUR, MIDNIGHT + (first + length) * HOUR)

    assert found.nodes == {NODE: (length, 0, 0)}


async def test_before_hours_are_kept_whole_days_are_meant(db: Database) -> None:
    """The clock stands at noon of the first day; hours older than 30 days are gone."""
    past = MIDNIGHT - timedelta(days=40)
    await db.roll_up(past + 3 * HOUR, [UP])

    found = await db.samples(past + 5 * HOUR, past + 6 * HOUR)

    assert (found.since, found.until) == (past, past + timedelta(days=1))
    assert found.nodes == {NODE: (1, 0, 0)}


async def test_only_the_nodes_that_are_asked_for_are_counted(db: Database) -> None:
    await db.roll_up(NOON, [UP, a_node_belief(NodeKey("toml:other"))])

    assert set((await db.samples(NOON, NOON + HOUR)).nodes) == {NODE, "toml:other"}
    assert set((await db.samples(NOON, NOON + HOUR, {NODE})).nodes) == {NODE}
    assert (await db.samples(NOON, NOON + HOUR, set())).nodes == {}


@pytest.mark.parametrize("sql", OF.values())
def test_of_some_nodes_no_other_row_is_read(sql: str) -> None:
    span = {"since": 0, "until": 1, "nodes": '["a"]'}
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript((FILES.parent / "schema" / "history.sql").read_text())
        plan = connection.execute(f"EXPLAIN QUERY PLAN {sql}", span).fetchall()

    (read,) = [row[3] for row in plan if "PRIMARY KEY" in row[3]]
    assert read.startswith("SEARCH") and "(node=? AND" in read
