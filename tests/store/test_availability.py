"""Availability: what was seen counts, gaps don't."""

from datetime import timedelta

import pytest

from plcmon.model.beliefs import Status
from plcmon.model.readings import Evidence, Observed
from plcmon.store import Availability, Database
from plcmon.store.availability import sample
from plcmon.store.database import KEEP_HOURS
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

    pruned = await db.prune(NOON + KEEP_HOURS + HOUR)

    assert pruned.hours == 1
    assert [row.at for row in await db.hours(NODE, NOON)] == [NOON + HOUR]
    assert [row.up for row in await db.days(NODE, MIDNIGHT)] == [2]


def test_share_leaves_gaps_out() -> None:
    assert Availability(NODE, NOON, up=3, bad=1, unknown=96).share == 0.75


def test_share_of_nothing_known_is_none() -> None:
    assert Availability(NODE, NOON, up=0, bad=0, unknown=4).share is None
