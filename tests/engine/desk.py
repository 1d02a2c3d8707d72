"""A running engine for tests: what it commits and says is kept, and its commits can be held up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from plcmon.config.load import default_policy
from plcmon.engine import Engine
from plcmon.model.decisions import Mode
from plcmon.model.events import CanaryRound, Event, InventoryRead, Started, Tick
from plcmon.model.readings import Login, NodeFacts, PortAnswer, Probe, Reading
from plcmon.model.state import Changes, State
from plcmon.model.subjects import NodeKey, fleet_subject, node_subject
from tests.actions.scene import ShiftClock
from tests.policy.clerk import make_inventory, node

N = node(0, 0)
NODE = node_subject(N)
FLEET = fleet_subject()


@dataclass
class Desk:
    """An engine that runs, and everything it committed and said."""

    engine: Engine
    clock: ShiftClock
    commits: list[Changes] = field(default_factory=list)
    news: list[Event] = field(default_factory=list)
    log: list[str] = field(default_factory=list)  # "commit" and "news", in order
    attended: list[tuple[NodeKey, bool]] = field(default_factory=list)
    turns: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)  # commits wait for it

    async def begin(self) -> None:
        await self.engine.tell(FLEET, Started("test", "p", adopted=True))
        await self.engine.tell(FLEET, InventoryRead(make_inventory(), "digest"))
        await self.engine.tell(FLEET, CanaryRound(3, 3))

    def bodies(self, kind: type) -> list[object]:
        return [event.body for event in self.news if isinstance(event.body, kind)]

    async def settle(self) -> None:
        """Wait until everything said so far is folded and committed."""
        await self.engine.tell(FLEET, Tick())

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not is_so():  # noqa: ASYNC110 - states have no event
                await asyncio.sleep(0.005)


@asynccontextmanager
async def running(
    *,
    state: State | None = None,
    start: bool = True,
    keep: Callable[[Changes], Awaitable[None]] | None = None,
) -> AsyncIterator[Desk]:
    clock = ShiftClock()
    made: list[Desk] = []

    async def commit(changes: Changes) -> None:
        desk = made[0]
        await desk.gate.wait()
        if keep is not None:
            await keep(changes)
        desk.commits.append(changes)
        desk.log.append("commit")

    def publish(events: Sequence[Event]) -> None:
        made[0].news.extend(events)
        made[0].log.append("news")

    def attend(key: NodeKey, doubtful: bool) -> None:
        made[0].attended.append((key, doubtful))

    engine = Engine(
        state=state or State(),
        policy=replace(default_policy(), mode=Mode.AUTO),
        commit=commit,
        publish=publish,
        clock=clock,
        attend=attend,
    )
    made.append(Desk(engine, clock))
    made[0].gate.set()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(engine.run(), name="engine")
        if start:
            await made[0].begin()
        yield made[0]
        task.cancel()


def ssh(desk: Desk, login: Login, *, boot_id: str = "") -> Reading:
    now = desk.clock.now()
    alive = login is Login.OK
    return Reading(
        NODE,
        Probe.SSH,
        now,
        now,
        port=PortAnswer.OPEN if alive else PortAnswer.FILTERED,
        login=login,
        facts=NodeFacts(boot_id, now - timedelta(days=9)) if alive else None,
    )


def tcp(desk: Desk, answer: PortAnswer) -> Reading:
    now = desk.clock.now()
    return Reading(NODE, Probe.TCP, now, now, ports={22: answer})


def silence(desk: Desk) -> None:
    """One whole look that finds nothing."""
    desk.engine.ingest(tcp(desk, PortAnswer.FILTERED))
    desk.engine.ingest(ssh(desk, Login.NO_CONNECT))
