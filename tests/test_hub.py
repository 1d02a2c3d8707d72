"""The hub: nothing is lost to a reader that lags, and it costs nobody anything."""

import asyncio

import pytest

from plcmon.hub import Gap, Hub, News, Subscription
from plcmon.model.events import Body, Event, Noticed, StatusChanged
from plcmon.model.subjects import fleet_subject, node_subject
from tests.fakes.book import NOW


def event(seq: int, *, node: str = "toml:1", body: Body | None = None) -> Event:
    return Event(NOW, node_subject(node), body or StatusChanged("good", "offline", ""), seq=seq)


async def take(reader: Subscription, number: int) -> list[News]:
    async with asyncio.timeout(5):
        return [await anext(reader) for _ in range(number)]


async def test_the_first_news_says_where_to_begin_reading() -> None:
    async with Hub().subscribe(7) as reader:
        assert await take(reader, 1) == [Gap(7)]


async def test_events_arrive_in_order() -> None:
    hub = Hub()
    async with hub.subscribe(0) as reader:
        await take(reader, 1)
        hub.publish([event(1), event(2)])
        hub.publish([event(3)])

        assert await take(reader, 3) == [event(1), event(2), event(3)]


async def test_a_reader_waits_until_there_is_news() -> None:
    hub = Hub()
    async with hub.subscribe(0) as reader, asyncio.TaskGroup() as tasks:
        await take(reader, 1)
        waiting = tasks.create_task(take(reader, 1), name="reader")
        await asyncio.sleep(0)
        assert not waiting.done()

        hub.publish([event(1)])

        assert await waiting == [event(1)]


async def test_what_is_committed_before_the_gap_is_taken_is_left_to_the_database() -> None:
    hub = Hub()
    async with hub.subscribe(0) as reader:
        hub.publish([event(1)])
        assert await take(reader, 1) == [Gap(0)]

        hub.publish([event(2)])

        assert await take(reader, 1) == [event(2)]


async def test_a_reader_beyond_its_bound_is_told_to_resume_where_it_was() -> None:
    hub = Hub(bound=3)
    async with hub.subscribe(0) as reader:
        await take(reader, 1)
        hub.publish([event(1), event(2)])
        assert await take(reader, 1) == [event(1)]

        hub.publish([event(n) for n in range(3, 10)])

        assert await take(reader, 1) == [Gap(1)]
        assert len(reader) == 0


async def test_a_reader_that_lags_holds_no_more_than_its_bound() -> None:
    hub = Hub(bound=10)
    async with hub.subscribe(0) as reader:
        await take(reader, 1)
        for number in range(1, 1000):
            hub.publish([event(number)])
            assert len(reader) <= 10


async def test_after_a_gap_news_flows_again() -> None:
    hub = Hub(bound=1)
    async with hub.subscribe(0) as reader:
        await take(reader, 1)
        hub.publish([event(1), event(2)])
        await take(reader, 1)

        hub.publish([event(3)])

        assert await take(reader, 1) == [event(3)]


async def test_one_readers_lag_is_not_anothers() -> None:
    hub = Hub(bound=2)
    async with hub.subscribe(0) as slow, hub.subscribe(0) as quick:
        await take(slow, 1)
        await take(quick, 1)
        for number in range(1, 6):
            hub.publish([event(number)])
            assert await take(quick, 1) == [event(number)]

        assert await take(slow, 1) == [Gap(0)]


async def test_numbers_that_a_reader_knows_are_not_told_again() -> None:
    hub = Hub()
    async with hub.subscribe(5) as reader:
        await take(reader, 1)

        hub.publish([event(4), event(5), event(6)])

        assert await take(reader, 1) == [event(6)]


async def test_coalescing_keeps_the_latest_of_each_kind_and_subject() -> None:
    hub = Hub()
    async with hub.subscribe(0, coalesce=True) as reader:
        await take(reader, 1)
        hub.publish([event(1), event(2, node="toml:2"), event(3)])
        hub.publish([event(4, body=Noticed("disk", on=True, detail=""))])

        found = await take(reader, 3)

        assert [news.seq for news in found if isinstance(news, Event)] == [2, 3, 4]


async def test_leaving_ends_the_subscription() -> None:
    hub = Hub()
    async with hub.subscribe(0):
        assert hub.readers == 1

    hub.publish([Event(NOW, fleet_subject(), Noticed("x", on=True, detail=""), seq=1)])
    assert hub.readers == 0


async def test_an_error_in_the_reader_ends_its_subscription() -> None:
    hub = Hub()

    async def read() -> None:
        async with hub.subscribe(0):
            raise ValueError("reader")

    with pytest.raises(ValueError, match="reader"):
        await read()
    assert hub.readers == 0
