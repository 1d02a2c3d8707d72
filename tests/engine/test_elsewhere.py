"""What sources outside said lately: one event for each change, and an end when it is old."""

from dataclasses import replace
from datetime import timedelta

from plcmon.model.events import HearsayChanged
from plcmon.model.policy import SourceRule
from plcmon.model.readings import Evidence, Probe, Reading
from plcmon.model.subjects import NodeKey, node_subject, site_subject
from tests.engine.desk import NODE, Desk, N, running

MINUTE = timedelta(minutes=1)


def listen(desk: Desk) -> None:
    sources = {"comon": SourceRule(5 * MINUTE)}
    desk.engine.policy = replace(desk.engine.policy, sources=sources)


def said(desk: Desk, up: bool | None, ago: timedelta = timedelta(), **more: object) -> Reading:
    now = desk.clock.now()
    reading = Reading(NODE, Probe.EXTERNAL, now - ago, now, "comon", up=up)
    return replace(reading, **more)  # type: ignore[arg-type] # fields of a reading


def words(desk: Desk) -> list[bool | None]:
    return [body.up for body in desk.bodies(HearsayChanged) if isinstance(body, HearsayChanged)]


async def test_only_a_change_is_an_event() -> None:
    async with running() as desk:
        listen(desk)
        for up in (True, True, False, False, True):
            desk.engine.ingest(said(desk, up))
            desk.clock.shift += timedelta(seconds=1)
        await desk.settle()

        assert words(desk) == [True, False, True]
        assert desk.engine.state.nodes[N].hearsay["comon"].up


async def test_it_is_no_reading_of_ours() -> None:
    async with running() as desk:
        listen(desk)
        desk.engine.ingest(said(desk, False))
        await desk.settle()

        assert desk.engine.state.nodes[N].evidence is Evidence.STALE
        assert desk.engine.seen(N) is None
        assert not desk.attended


async def test_what_is_late_old_ahead_unknown_or_empty_leaves_no_trace() -> None:
    async with running() as desk:
        listen(desk)
        desk.engine.ingest(said(desk, True))
        desk.engine.ingest(said(desk, False, MINUTE))
        desk.engine.ingest(said(desk, False, 11 * MINUTE, vantage="comon"))
        desk.engine.ingest(said(desk, False, -2 * MINUTE))
        desk.engine.ingest(said(desk, None, -MINUTE / 2))
        desk.engine.ingest(said(desk, False, -MINUTE / 2, vantage="nobody"))
        desk.engine.ingest(said(desk, True, subject=node_subject(NodeKey("toml:gone"))))
        desk.engine.ingest(said(desk, True, subject=site_subject("s0")))
        await desk.settle()

        assert words(desk) == [True]
        assert desk.engine.state.heard == {N: {"comon": desk.engine.state.heard[N]["comon"]}}


async def test_a_word_ends_when_its_last_sample_is_older_than_two_intervals() -> None:
    async with running() as desk:
        listen(desk)
        desk.engine.ingest(said(desk, True))
        desk.clock.shift += timedelta(minutes=9)
        await desk.settle()
        before = words(desk)
        desk.clock.shift += timedelta(minutes=2)
        await desk.settle()

        assert before == [True]
        assert words(desk) == [True, None]
        assert desk.engine.state.nodes[N].hearsay == {}


async def test_a_word_from_before_the_start_ends_and_may_begin_again() -> None:
    async with running() as desk:
        listen(desk)
        await desk.engine.tell(NODE, HearsayChanged("comon", True, desk.clock.now()))
        desk.clock.shift += MINUTE
        await desk.settle()
        desk.engine.ingest(said(desk, True))
        await desk.settle()

        assert words(desk) == [True, None, True]


async def test_after_a_jump_of_the_clock_nothing_is_fresh_and_the_next_sample_counts() -> None:
    async with running() as desk:
        listen(desk)
        desk.engine.ingest(said(desk, True))
        await desk.settle()
        desk.clock.jump = -timedelta(hours=3)
        await desk.settle()
        desk.clock.shift += MINUTE
        await desk.settle()
        desk.engine.ingest(said(desk, False))
        await desk.settle()

        assert words(desk) == [True, None, False]


async def test_who_is_not_asked_any_more_says_nothing_from_the_next_turn_on() -> None:
    async with running() as desk:
        listen(desk)
        desk.engine.ingest(said(desk, True))
        await desk.settle()
        desk.engine.adopt_policy(replace(desk.engine.policy, sources={}))
        await desk.settle()

        assert words(desk) == [True, None]
        assert desk.engine.state.nodes[N].hearsay == {}
