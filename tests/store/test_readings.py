"""Raw readings: kept for days, by subject."""

from datetime import timedelta

from plcmon.model.readings import Login, NodeFacts, Probe
from plcmon.model.retention import Retention
from plcmon.model.subjects import node_subject
from plcmon.store import Database
from tests.fakes.clock import NOON
from tests.store.examples import NODE, a_reading

SUBJECT = node_subject(NODE)


async def test_reading_comes_back_whole(db: Database) -> None:
    facts = NodeFacts("3f1c", NOON, "6.1.0", more={"disk": "ok"})
    reading = a_reading(probe=Probe.SSH, login=Login.OK, facts=facts, banner="SSH-2.0-x")

    await db.keep_readings([reading])

    assert await db.readings(SUBJECT, 5) == [reading]


async def test_last_ones_are_read_oldest_first(db: Database) -> None:
    readings = [a_reading(minute) for minute in range(5)]
    await db.keep_readings(readings)

    assert await db.readings(SUBJECT, 2) == readings[3:]


async def test_late_arrivals_are_read_in_their_place(db: Database) -> None:
    await db.keep_readings([a_reading(2), a_reading(1)])

    assert await db.readings(SUBJECT, 5) == [a_reading(1), a_reading(2)]


async def test_other_subjects_are_left_out(db: Database) -> None:
    await db.keep_readings([a_reading(subject=node_subject("toml:other"))])

    assert await db.readings(SUBJECT, 5) == []


async def test_nothing_to_keep_is_no_work(db: Database) -> None:
    await db.keep_readings([])


async def test_old_ones_are_pruned(db: Database) -> None:
    await db.keep_readings([a_reading(0), a_reading(60)])

    pruned = await db.prune(NOON + Retention().readings + timedelta(minutes=30))

    assert pruned.readings == 1
    assert await db.readings(SUBJECT, 5) == [a_reading(60)]
