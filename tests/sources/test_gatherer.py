"""Asking sources in their interval: what is heard is handed over, and silence is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from plcmon.config.sources import Source
from plcmon.errors import DeclinedError, MistypedError, NotFoundError, UnsupportedError
from plcmon.model.events import Noticed
from plcmon.model.issues import Issue, IssueId, IssueType
from plcmon.model.policy import Wire
from plcmon.model.ports import Posted
from plcmon.model.state import State
from plcmon.model.subjects import fleet_subject
from plcmon.sources.gatherer import Gatherer
from tests.fakes.clock import NOON, FakeClock
from tests.fakes.inbox import FakeInbox
from tests.policy.clerk import make_inventory, node
from tests.sources.test_web import serving

N = node(0, 0)
MINUTE = timedelta(minutes=1)


class NoSecrets:
    def find(self, name: str) -> str:
        raise UnsupportedError("secrets", "looking", "there is none")


@dataclass
class Round:
    """A gatherer over a server whose answer a test may change."""

    gatherer: Gatherer
    inbox: FakeInbox
    clock: FakeClock
    source: Source
    state: State
    asked: list[float] = field(default_factory=list)
    status: int = 200
    rows: Any = None
    hangs: bool = False

    async def ask(self) -> None:
        await self.gatherer.ask("comon", self.source)


@asynccontextmanager
async def asking(**more: Any) -> AsyncIterator[Round]:
    made: list[Round] = []

    async def answer(_: web.Request) -> web.Response:
        made[0].asked.append(made[0].clock.monotonic())
        if made[0].hangs:
            await asyncio.Event().wait()
        return web.Response(status=made[0].status, text=json.dumps(made[0].rows))

    async with serving(answer) as url:
        given = {"kind": "json", "url": url, "interval": MINUTE, "deadline": MINUTE / 6}
        source = Source(**(given | more))
        clock, inbox, state = FakeClock(), FakeInbox(), State(inventory=make_inventory())
        gatherer = Gatherer(
            {"comon": source},
            inbox=inbox,
            state=state,
            secrets=NoSecrets(),
            clock=clock,
            wire=Wire(),
            chance=lambda: 0.5,
        )
        made.append(Round(gatherer, inbox, clock, source, state, rows=[{"node": N, "up": 1}]))
        yield made[0]


async def test_what_is_heard_is_handed_over() -> None:
    async with asking() as one:
        await one.ask()

        (reading,) = one.inbox.readings
        assert (reading.subject.key, reading.vantage, reading.up) == (N, "comon", True)
        assert not one.inbox.events


async def test_a_source_is_out_of_reach_after_two_intervals_and_once() -> None:
    async with asking() as one:
        await one.ask()
        one.status = 503
        for _ in range(3):
            one.clock.advance(MINUTE)
            await one.ask()

        told = one.inbox.told(Noticed)
        assert told[0] == Noticed(
            "source comon", True, "the source comon is out of reach: it answered 503"
        )
        assert len(one.inbox.readings) == 1


async def test_an_answer_of_which_nothing_can_be_used_is_none() -> None:
    async with asking() as one:
        one.rows = [{"node": "nobody", "up": 1}]
        await one.ask()
        one.clock.advance(2 * MINUTE)
        await one.ask()

        (told,) = one.inbox.told(Noticed)
        assert "1 samples of unknown nodes" in told.detail


async def test_a_server_that_hangs_is_left_at_the_deadline() -> None:
    async with asking(deadline=timedelta(milliseconds=50)) as one:
        one.hangs = True
        await one.ask()
        one.clock.advance(2 * MINUTE)
        await one.ask()

        (told,) = one.inbox.told(Noticed)
        assert "no whole answer within 0.05 s" in told.detail


async def test_without_its_credential_nobody_is_asked() -> None:
    async with asking(credential="comon") as one:
        await one.ask()
        one.clock.advance(2 * MINUTE)
        await one.ask()

        (told,) = one.inbox.told(Noticed)
        assert "its credential: there is none" in told.detail
        assert not one.asked


async def test_it_asks_in_its_interval() -> None:
    async with asking() as one, asyncio.TaskGroup() as group:
        task = group.create_task(one.gatherer.run(), name="gatherer")
        for number in range(1, 4):
            await until(lambda: one.clock.sleepers > 0)
            one.clock.advance(MINUTE)
            await one.inbox.until(lambda number=number: len(one.inbox.readings) == number)
        task.cancel()

        assert one.asked == [60.0, 120.0, 180.0]


async def test_a_reload_adds_removes_and_changes_and_leaves_the_others_alone() -> None:
    async with asking() as one, asyncio.TaskGroup() as group:
        one.rows = [{"node": N, "up": 1}]
        task = group.create_task(one.gatherer.run(), name="gatherer")
        kept = {"comon": one.source}
        for sources in (kept, kept | {"other": one.source}, {"other": one.source}):
            one.gatherer.update(sources)
            await until(lambda sources=sources: one.clock.sleepers == len(sources))
            one.clock.advance(MINUTE)
            heard = len(one.inbox.readings) + len(sources)
            await one.inbox.until(lambda heard=heard: len(one.inbox.readings) == heard)
        task.cancel()

        heard_from = [reading.vantage for reading in one.inbox.readings]
        assert heard_from[0] == "comon"
        assert sorted(heard_from[1:3]) == ["comon", "other"]
        assert heard_from[3:] == ["other"]


async def test_nobody_waits_for_a_source_that_a_reload_removed() -> None:
    async with asking() as one, asyncio.TaskGroup() as group:
        one.state._keep_issue(an_issue("source comon"))
        task = group.create_task(one.gatherer.run(), name="gatherer")
        await until(lambda: one.clock.sleepers == 1)
        assert not one.inbox.events
        one.gatherer.update({})
        await one.inbox.until(lambda: one.inbox.events)
        task.cancel()

        assert one.inbox.told(Noticed) == [Noticed("source comon", False, "not asked now")]


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not is_so():  # noqa: ASYNC110 - a sleeper has no event
            await asyncio.sleep(0.002)


@asynccontextmanager
async def posting(**more: Any) -> AsyncIterator[Round]:
    """A gatherer with a webhook, which nobody asks."""
    source = Source(**{"kind": "webhook", "interval": MINUTE, **more})
    clock, inbox, state = FakeClock(), FakeInbox(), State(inventory=make_inventory())
    gatherer = Gatherer(
        {"comon": source},
        inbox=inbox,
        state=state,
        secrets=NoSecrets(),
        clock=clock,
        wire=Wire(),
    )
    yield Round(gatherer, inbox, clock, source, state)


BODY = f'[{{"node": "{N}", "up": 1}}, {{"node": "nobody", "up": 0}}]'.encode()


async def test_a_post_goes_the_way_of_what_was_asked_for() -> None:
    async with posting() as one:
        taken = await one.gatherer.take("comon", BODY, "")

        (reading,) = one.inbox.readings
        assert (reading.subject.key, reading.vantage, reading.up) == (N, "comon", True)
        assert (reading.at, reading.arrived_at) == (one.clock.now(), one.clock.now())
        assert taken == Posted(1, 0, 1, ("nobody",), 0)


async def test_a_post_with_a_mistake_hands_nothing_over() -> None:
    async with posting() as one:
        body = BODY.replace(b'"nobody", "up": 0', f'"{node(0, 1)}", "up": 7'.encode())
        with pytest.raises(MistypedError, match="row 2"):
            await one.gatherer.take("comon", body, "")

        assert not one.inbox.readings


async def test_a_post_beyond_the_cap_of_its_source_is_refused() -> None:
    async with posting(most_bytes=10) as one:
        with pytest.raises(MistypedError, match="and 10 are the most"):
            await one.gatherer.take("comon", BODY, "")


async def test_only_what_is_a_webhook_takes_posts() -> None:
    async with asking() as one:
        with pytest.raises(DeclinedError, match="its kind is json, so it is asked"):
            await one.gatherer.take("comon", BODY, "")
        with pytest.raises(NotFoundError, match="no webhook is configured"):
            await one.gatherer.take("other", BODY, "")
    async with posting(posters=("ann",)) as one:
        with pytest.raises(NotFoundError, match="webhooks: comon"):
            await one.gatherer.take("other", BODY, "")
        assert one.gatherer.posters("comon") == ("ann",)
        assert one.gatherer.posters("other") == ()


async def test_a_webhook_that_stays_away_is_out_of_reach_until_it_posts() -> None:
    async with posting() as one, asyncio.TaskGroup() as group:
        task = group.create_task(one.gatherer.run(), name="gatherer")
        for _ in range(2):
            await until(lambda: one.clock.sleepers == 1)
            one.clock.advance(MINUTE)
        await one.inbox.until(lambda: one.inbox.events)
        task.cancel()

        (told,) = one.inbox.told(Noticed)
        assert told.detail == (
            "the source comon is out of reach: nothing was posted that could be used"
        )
        one.state._keep_issue(an_issue("source comon"))
        await one.gatherer.take("comon", BODY, "")
        assert one.inbox.told(Noticed)[-1] == Noticed("source comon", False, "comon answers")


def an_issue(condition: str) -> Issue:
    return Issue(
        IssueId("I"), IssueType.SELF, fleet_subject(condition), opened_at=NOON, bad_since=NOON
    )
