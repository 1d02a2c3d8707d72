"""What of the readings is kept, when, and that a slow history harms no scan."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from plcmon.errors import StoreError
from plcmon.model.events import Noticed
from plcmon.model.readings import Login, NodeFacts, PortAnswer, Probe, Reading
from plcmon.model.subjects import fleet_subject, node_subject
from plcmon.scanner.keeper import BATCH, KEEP_EVERY, MOST_WAITING, WRITE_EVERY, Keeper, saying
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.inbox import FakeInbox

MINUTE = timedelta(minutes=1)


def a_reading(minute: float = 0, node: str = "t:n", **more: Any) -> Reading:
    at = NOON + minute * MINUTE
    reading = Reading(node_subject(node), Probe.TCP, at, at, ports={80: PortAnswer.OPEN})
    return replace(reading, **more)


@dataclass
class History:
    """Keeps batches, unless its disk is full."""

    batches: list[list[Reading]] = field(default_factory=list)
    full: bool = False

    async def keep(self, readings: Sequence[Reading]) -> None:
        if self.full:
            raise StoreError("history.db", "writing", "the disk is full")
        self.batches.append(list(readings))

    @property
    def kept(self) -> list[Reading]:
        return [reading for batch in self.batches for reading in batch]


@dataclass
class Room:
    """A keeper at work, and what is around it."""

    inbox: FakeInbox = field(default_factory=FakeInbox)
    history: History = field(default_factory=History)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.keeper = Keeper(self.inbox, keep=self.history.keep, clock=self.clock)

    async def pass_on(self, by: timedelta = WRITE_EVERY) -> None:
        await settle()
        self.clock.advance(by)
        await settle()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@asynccontextmanager
async def keeping() -> AsyncIterator[Room]:
    room = Room()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(room.keeper.run())
        try:
            yield room
        finally:
            running.cancel()


async def test_readings_reach_the_engine_at_once_and_the_history_in_batches() -> None:
    readings = [a_reading(node=f"t:{number}") for number in range(BATCH + 1)]
    async with keeping() as room:
        for reading in readings:
            room.keeper.ingest(reading)
        assert room.inbox.readings == readings
        assert room.history.batches == []
        await room.pass_on()

        assert [len(batch) for batch in room.history.batches] == [BATCH, 1]
        assert room.history.kept == readings


async def test_facts_pass_through() -> None:
    inbox = FakeInbox()
    keeper = Keeper(inbox, keep=History().keep, clock=FakeClock())

    await keeper.tell(fleet_subject(), Noticed("disk", True, "full"))

    assert inbox.told(Noticed) == [Noticed("disk", True, "full")]


async def test_one_that_says_the_same_is_kept_once_an_hour() -> None:
    async with keeping() as room:
        for minute in range(0, 125, 5):
            room.keeper.ingest(a_reading(minute, took_ms=minute))
        await room.pass_on()

    assert [reading.at for reading in room.history.kept] == [
        NOON,
        NOON + KEEP_EVERY,
        NOON + 2 * KEEP_EVERY,
    ]


async def test_one_that_differs_is_kept_and_so_is_the_next() -> None:
    refused = {80: PortAnswer.REFUSED}
    readings = [a_reading(0), a_reading(5, ports=refused), a_reading(10)]
    async with keeping() as room:
        for reading in [*readings, a_reading(15)]:
            room.keeper.ingest(reading)
        await room.pass_on()

    assert room.history.kept == readings


async def test_each_vantage_is_kept_by_itself() -> None:
    async with keeping() as room:
        for minute in (0, 5):
            room.keeper.ingest(a_reading(minute, vantage="prometheus", up=True))
            room.keeper.ingest(a_reading(minute, vantage="comon", up=False))
        await room.pass_on()

    assert [reading.vantage for reading in room.history.kept] == ["prometheus", "comon"]


async def test_a_clock_that_is_set_back_stops_nothing() -> None:
    async with keeping() as room:
        room.keeper.ingest(a_reading(600))
        room.keeper.ingest(a_reading(0))
        await room.pass_on()

    assert len(room.history.kept) == 2


async def test_what_waits_at_the_end_is_written() -> None:
    async with keeping() as room:
        await settle()
        room.keeper.ingest(a_reading())

    assert room.history.kept == [a_reading()]


async def test_what_would_be_kept_again_anyway_is_forgotten() -> None:
    async with keeping() as room:
        room.keeper.ingest(a_reading(0))
        room.keeper.ingest(a_reading(30, "t:other"))
        await room.pass_on(KEEP_EVERY)

        assert [about.key for about, *_ in room.keeper._last] == ["t:other"]


async def test_a_slow_history_loses_the_oldest_and_says_how_many(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with keeping() as room:
        for number in range(MOST_WAITING + 3):
            room.keeper.ingest(a_reading(node=f"t:{number}"))
        await room.pass_on()

    assert (room.keeper.shed, len(room.inbox.readings)) == (3, MOST_WAITING + 3)
    assert room.history.kept[0].subject.key == "t:3"
    assert [record.__dict__["shed"] for record in caplog.records] == [3]


async def test_a_full_disk_is_told_once_and_what_comes_after_is_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with keeping() as room:
        room.history.full = True
        for minute in range(3):
            room.keeper.ingest(a_reading(minute))
            await room.pass_on()
        room.history.full = False
        room.keeper.ingest(a_reading(3))
        await room.pass_on()

    assert [record.getMessage() for record in caplog.records] == ["readings not kept"]
    assert room.history.kept == [a_reading(3)]
    assert room.keeper.shed == 3


@pytest.mark.parametrize(
    "more",
    [
        {"ports": {80: PortAnswer.FILTERED}},
        {"login": Login.REFUSED},
        {"host_key": "SHA256:x"},
        {"facts": NodeFacts("b2", NOON, "6.1")},
        {"sent": 3, "heard": 2},
        {"pages": {"http://n/": 503}},
        {"up": False},
        {"detail": "no answer"},
    ],
    ids=lambda more: next(iter(more)),
)
def test_what_a_reading_tells(more: dict[str, Any]) -> None:
    assert saying(a_reading(**more)) != saying(a_reading())


def test_times_and_facts_that_always_move_are_no_news() -> None:
    one = NodeFacts("b1", NOON, "6.1", more={"rootfs": "41 %"})
    other = NodeFacts("b1", NOON + MINUTE, "6.1", more={"rootfs": "42 %"})

    assert saying(a_reading(0, facts=one)) == saying(a_reading(5, facts=other, took_ms=9.0))
