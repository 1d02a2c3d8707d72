"""Who is traced, when, and how many."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.events import Event, NodeObserved, RouteSeen
from plcmon.model.policy import Policy
from plcmon.model.policy import Wire as WirePolicy
from plcmon.model.readings import Observation, Observed
from plcmon.model.subjects import Node, NodeKey, SiteKey, node_subject
from plcmon.scanner.tracer import MOST_WAITING, Tracer, way_to
from plcmon.times import SystemClock
from tests.fakes.clock import FakeClock
from tests.fakes.inbox import FakeInbox
from tests.fakes.wire import NO_WAY, PEERS, THERE, Wire
from tests.policy.clerk import START

QUICK = WirePolicy(trace_hops=2, trace_deadline=timedelta(milliseconds=100), traces_a_minute=600)
NODE = Node(NodeKey("t:n"), "n.example.org", SiteKey("s"), ("127.0.0.1", NO_WAY))
OTHER = replace(NODE, key=NodeKey("t:o"), addresses=(f"{PEERS}.1",))
NODES = {node.key: node for node in (NODE, OTHER)}


def fell(
    node: Node = NODE, state: Observed = Observed.SILENT, *, ago: timedelta = timedelta()
) -> Event:
    seen = Observation(state, START, START - ago)
    return Event(START, node_subject(node.key), NodeObserved(seen), seq=1)


@asynccontextmanager
async def tracing(inbox: FakeInbox) -> AsyncIterator[Tracer]:
    tracer = Tracer(
        inbox, clock=SystemClock(), nodes=lambda: NODES, policy=lambda: Policy(wire=QUICK)
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(tracer.run())
        try:
            yield tracer
        finally:
            running.cancel()


async def test_a_node_that_falls_silent_is_traced(wire: Wire) -> None:
    inbox = FakeInbox()
    async with tracing(inbox) as tracer:
        tracer.hear([fell()])
        await inbox.until(lambda: inbox.told(RouteSeen))

    (seen,) = inbox.told(RouteSeen)
    assert (seen.address, [hop.address for hop in seen.hops]) == (NO_WAY, [THERE])
    assert inbox.events[0].subject == node_subject(NODE.key)


async def test_one_silence_is_traced_once_and_the_next_again(wire: Wire) -> None:
    inbox = FakeInbox()
    async with tracing(inbox) as tracer:
        tracer.hear([fell(), fell()])
        tracer.hear([fell(state=Observed.UNREACHABLE)])
        tracer.hear([fell(OTHER)])
        await inbox.until(lambda: len(inbox.told(RouteSeen)) == 2)
        tracer.hear([fell(ago=timedelta(minutes=5))])
        await inbox.until(lambda: len(inbox.told(RouteSeen)) == 3)

    assert [seen.address for seen in inbox.told(RouteSeen)] == [NO_WAY, f"{PEERS}.1", NO_WAY]


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(fell(state=Observed.BOOT), id="it boots"),
        pytest.param(fell(state=Observed.WEDGED), id="it answers"),
        pytest.param(fell(ago=timedelta(hours=2)), id="an old story"),
        pytest.param(fell(replace(NODE, key=NodeKey("t:gone"))), id="it is gone"),
    ],
)
async def test_others_are_not_traced(wire: Wire, event: Event) -> None:
    inbox = FakeInbox()
    async with tracing(inbox) as tracer:
        tracer.hear([event, fell(OTHER)])
        await inbox.until(lambda: inbox.told(RouteSeen))

    assert [seen.address for seen in inbox.told(RouteSeen)] == [f"{PEERS}.1"]


async def test_when_many_fall_at_once_the_first_stand_for_all(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="plcmon")
    many = {
        NodeKey(f"t:{n}"): replace(OTHER, key=NodeKey(f"t:{n}"), addresses=(f"{PEERS}.{n}",))
        for n in range(1, 31)
    }
    inbox = FakeInbox()
    policy = Policy(wire=QUICK)
    tracer = Tracer(inbox, clock=SystemClock(), nodes=lambda: many, policy=lambda: policy)
    tracer.hear([fell(node) for node in many.values()])
    async with asyncio.TaskGroup() as group:
        running = group.create_task(tracer.run())
        await inbox.until(lambda: len(inbox.told(RouteSeen)) == MOST_WAITING)
        running.cancel()

    said = [record.getMessage() for record in caplog.records]
    assert said == ["too many fall silent at once to trace them all"]


async def test_traces_keep_their_distance(wire: Wire) -> None:
    inbox, clock = FakeInbox(), FakeClock()
    policy = Policy(wire=replace(QUICK, traces_a_minute=6))
    tracer = Tracer(inbox, clock=clock, nodes=lambda: NODES, policy=lambda: policy)
    tracer.hear([fell(), fell(OTHER)])
    async with asyncio.TaskGroup() as group:
        running = group.create_task(tracer.run())
        await inbox.until(lambda: inbox.told(RouteSeen))
        assert len(inbox.told(RouteSeen)) == 1
        clock.advance(timedelta(seconds=11))
        await inbox.until(lambda: len(inbox.told(RouteSeen)) == 2)
        running.cancel()


def test_loopback_has_no_way() -> None:
    assert way_to(NODE) == NO_WAY
    assert way_to(replace(NODE, addresses=("127.0.0.1", "::1"))) == ""
