"""The feed: a snapshot, then only what events named, and patience when the desk is gone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from textual.message import Message

from plcmon.errors import DeskError
from plcmon.operations.views import EventView, View
from plcmon.tui.feed import ONE_BY_ONE, Changed, Dirt, Feed, Loaded, Lost, fetch, fetch_nodes
from tests.fakes.clock import StillClock
from tests.fakes.desk import FakeDesk, an_event
from tests.fakes.fleet import small_fleet


class Inbox:
    """What the feed posted; `wait` waits for it, with a deadline."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._came = asyncio.Condition()

    def post(self, message: Message) -> None:
        self.messages.append(message)

    async def wait(self, condition: Callable[[], bool]) -> None:
        for _ in range(500):
            if condition():
                return
            await asyncio.sleep(0)
        raise AssertionError(f"it did not come: {self.messages}")

    def count(self, kind: type) -> int:
        return sum(isinstance(message, kind) for message in self.messages)

    @property
    def last(self) -> Message:
        return self.messages[-1]


@asynccontextmanager
async def feeding(desk: FakeDesk, clock: StillClock) -> AsyncIterator[tuple[Feed, Inbox]]:
    inbox = Inbox()
    feed = Feed(desk, inbox.post, clock)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(feed.run())
        await inbox.wait(lambda: bool(inbox.messages))
        yield feed, inbox
        task.cancel()


async def test_starts_with_a_snapshot_and_the_journal() -> None:
    async with feeding(FakeDesk(), StillClock()) as (_, inbox):
        loaded = inbox.last

    assert isinstance(loaded, Loaded)
    assert len(loaded.view.nodes) == 43
    assert [event.seq for event in loaded.events] == list(range(1, 8))


async def test_idle_asks_nothing() -> None:
    desk = FakeDesk()
    async with feeding(desk, StillClock()) as (_, inbox):
        before = desk.calls.copy()
        for _ in range(50):
            await asyncio.sleep(0)

        assert desk.calls - before == {"watch": 1}
        assert inbox.count(Changed) == 0


async def test_a_changed_node_is_fetched_alone() -> None:
    desk = FakeDesk()
    async with feeding(desk, StillClock()) as (_, inbox):
        await desk.change(replace(desk.fleet.nodes["toml:kth-1"], status="offline"))
        await inbox.wait(lambda: inbox.count(Changed) == 1)

    assert isinstance(inbox.last, Changed)
    news = inbox.last.news
    assert [node.key for node in news.nodes] == ["toml:kth-1"]
    assert (news.fleet, news.issues, news.sites, news.pcus) == (None, None, None, None)
    assert [event.text for event in news.events] == ["it changed"]


async def test_a_burst_is_one_refresh() -> None:
    desk = FakeDesk()
    async with feeding(desk, StillClock()) as (_, inbox):
        for number in range(200):
            desk.fleet.events.append(replace(an_event("x", "issue/1"), seq=8 + number))
        await desk.push(an_event("last", "issue/1"))
        await inbox.wait(lambda: inbox.count(Changed) > 0)

        assert desk.calls["issues"] <= 2
        await inbox.wait(lambda: told(inbox) == 201)


def told(inbox: Inbox) -> int:
    return sum(len(one.news.events) for one in inbox.messages if isinstance(one, Changed))


async def test_lost_desk_is_told_and_found_again() -> None:
    desk, clock = FakeDesk(), StillClock()
    async with feeding(desk, clock) as (_, inbox):
        await desk.lose("connection refused")
        await inbox.wait(lambda: inbox.count(Lost) == 1)
        lost = inbox.last
        assert isinstance(lost, Lost)
        assert (lost.error.why, lost.retry_s) == ("connection refused", 1)

        clock.advance(timedelta(seconds=1))
        await inbox.wait(lambda: inbox.count(Lost) == 2)
        await desk.mend()
        clock.advance(timedelta(seconds=2))
        await inbox.wait(lambda: inbox.count(Loaded) == 2)


async def test_waits_longer_after_each_failure() -> None:
    desk, clock = FakeDesk(), StillClock()
    await desk.lose()
    async with feeding(desk, clock) as (_, inbox):
        for number in range(1, 7):
            await inbox.wait(lambda n=number: inbox.count(Lost) == n)  # type: ignore[misc] # mypy and defaults
            clock.advance(timedelta(seconds=15))

    waits = [one.retry_s for one in inbox.messages if isinstance(one, Lost)]
    assert waits[:6] == [1, 2, 4, 5, 5, 5]


async def test_a_stream_that_ends_counts_as_lost() -> None:
    class Ending(FakeDesk):
        async def watch(self, after: int) -> AsyncIterator[EventView]:
            for event in self.fleet.events[after:]:
                yield event

    async with feeding(Ending(), StillClock()) as (_, inbox):
        await inbox.wait(lambda: inbox.count(Lost) == 1)

    assert isinstance(inbox.last, Lost)
    assert "ended" in str(inbox.last.error)


async def test_a_mistake_of_ours_is_not_swallowed() -> None:
    class Broken(FakeDesk):
        async def view(self) -> View:
            raise ZeroDivisionError

    with pytest.raises(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            group.create_task(Feed(Broken(), lambda _: None, StillClock()).run())


async def test_asked_kinds_come_without_news() -> None:
    desk = FakeDesk()
    async with feeding(desk, StillClock()) as (feed, inbox):
        feed.ask("issue")
        await inbox.wait(lambda: inbox.count(Changed) == 1)

    assert isinstance(inbox.last, Changed)
    assert inbox.last.news.issues is not None
    assert inbox.last.news.fleet is None


@pytest.mark.parametrize(
    ("keys", "asked"),
    [
        (("issue/01A", "node/toml:kth-1"), {"issues", "nodes"}),
        (("site/kth",), {"sites"}),
        (("pcu/toml:kth-pdu-1",), {"pcus"}),
        (("intent/01B",), {"intents"}),
        (("fleet/all",), set()),
    ],
)
async def test_fetches_what_the_keys_name(keys: tuple[str, ...], asked: set[str]) -> None:
    desk, dirt = FakeDesk(), Dirt()
    dirt.add(an_event("x", keys=keys))

    await fetch(desk, dirt)

    assert set(desk.calls) == {"summary", *asked}


async def test_many_nodes_are_fetched_as_one_list() -> None:
    desk, dirt = FakeDesk(), Dirt()
    for key in list(desk.fleet.nodes)[: ONE_BY_ONE + 1]:
        dirt.add(an_event("x", f"node/{key}"))

    news = await fetch(desk, dirt)

    assert desk.calls["nodes"] == 1
    assert news.fleet is not None
    assert len(news.fleet) == 43


async def test_a_new_inventory_refreshes_everything() -> None:
    desk, dirt = FakeDesk(), Dirt()
    dirt.add(replace(an_event("read"), kind="InventoryRead"))

    news = await fetch(desk, dirt)

    assert None not in (news.fleet, news.issues, news.sites, news.pcus, news.intents)


async def test_a_node_that_is_no_more_is_gone() -> None:
    fleet = small_fleet()
    del fleet.nodes["toml:kth-1"]

    nodes, gone = await fetch_nodes(FakeDesk(fleet), {"toml:kth-1", "toml:kth-2"})

    assert [node.key for node in nodes] == ["toml:kth-2"]
    assert gone == ("toml:kth-1",)


async def test_desk_error_while_fetching_is_told() -> None:
    desk = FakeDesk()
    desk.lost = DeskError("desk", "asking", "gone")

    with pytest.raises(DeskError):
        await fetch(desk, Dirt())
