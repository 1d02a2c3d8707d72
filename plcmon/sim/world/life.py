"""One life of the service in virtual time: the real staff over the world's ports, until it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from plcmon.actions import EffectRoom, Leases, PcuTester, PowerRoom, recorders
from plcmon.actions.reach import Reach
from plcmon.alerts import Alerts
from plcmon.app.attention import Attention
from plcmon.app.house import News
from plcmon.engine import Engine
from plcmon.inventory.guards import shrink
from plcmon.mail.postroom import Letterhead, Pace, PostRoom
from plcmon.mail.templating import Templates
from plcmon.model.events import InventoryRead, Started
from plcmon.model.policy import Policy
from plcmon.model.state import Changes
from plcmon.model.subjects import Inventory, fleet_subject
from plcmon.sim.world.inline import connect_inline
from plcmon.sim.world.loop import VirtualClock
from plcmon.sim.world.post import WorldPager, WorldRelay
from plcmon.sim.world.rounds import PcuRounds
from plcmon.sim.world.truth import Truth
from plcmon.sim.world.units import WorldUnits
from plcmon.sim.world.watch import SkippingSights, Watch
from plcmon.store import Database, open_database
from plcmon.store.connection import Durability

IDLE = timedelta(days=1)
SWEEP = timedelta(hours=6)
PACE = Pace(every=timedelta(minutes=30))


class CrashError(Exception):
    """The process died: whatever was not durable is gone."""


@dataclass
class Ground:
    """What outlives a life of the service."""

    truth: Truth
    clock: VirtualClock
    folder: Path
    machine: Path
    policy: Callable[[], Policy]
    inventory: Callable[[], Inventory]
    relay: WorldRelay
    pager: WorldPager
    committed: Callable[[Changes], None]  # told after each durable commit
    before: Callable[[Changes], bool]  # True: the process dies before this commit
    after: Callable[[Changes], bool]  # True: it dies just after
    templates: Templates
    stepping: bool = False


class Life:
    """From a start to a crash or a stop."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.alive = True
        self.engine: Engine
        self.database: Database
        self.power: PowerRoom
        self.watch: Watch
        self.rounds: PcuRounds

    async def run(self, begun: Callable[["Life"], Awaitable[None]]) -> None:
        """Live; `begun` is told once everybody works. Raises CrashError when it died."""
        async with AsyncExitStack() as stack:
            self.database = await stack.enter_async_context(
                open_database(
                    self.ground.folder,
                    clock=self.ground.clock,
                    machine_id=self.ground.machine,
                    connect=connect_inline,
                    durability=Durability.OFF,
                )
            )
            await self._live(begun)

    async def _live(self, begun: Callable[["Life"], Awaitable[None]]) -> None:
        ground = self.ground
        state, news = await self.database.load(), News()
        attention = Attention(state)
        self.engine = engine = Engine(
            state=state,
            policy=ground.policy(),
            commit=self._commit,
            publish=news.publish,
            clock=ground.clock,
            attend=attention.doubt,
            sights=SkippingSights,
            idle=IDLE,
            sweep=SWEEP,
        )
        self.watch = watch = Watch(
            ground.truth, ground.clock, tell=engine.tell, stepping=ground.stepping
        )
        watch.serve(engine)
        attention.serve(watch)
        reach = Reach(
            units=WorldUnits(ground.truth, ground.clock, lambda: self.alive),
            leases=Leases(fence=self.database.fence),
            inbox=engine,
            state=state,
            wire=engine.policy.wire,
            clock=ground.clock,
        )
        self.power = power = PowerRoom(
            inbox=engine,
            judge=engine,
            state=state,
            policy=lambda: engine.policy,
            eyes=watch,
            reach=reach,
        )
        effects = EffectRoom(
            inbox=engine,
            judge=engine,
            state=state,
            policy=lambda: engine.policy,
            effectors=recorders(engine.policy.installed, state),
            leases=reach.leases,
            clock=ground.clock,
        )
        tester = PcuTester(reach=reach, state=state, policy=lambda: engine.policy)
        self.rounds = rounds = PcuRounds(tester, reach.leases, state, ground.truth, ground.clock)
        alerts = Alerts([ground.pager], inbox=engine, clock=ground.clock)
        post = PostRoom(
            inbox=engine,
            judge=engine,
            state=state,
            policy=lambda: engine.policy,
            relay=ground.relay,
            letterhead=Letterhead("plcmon@example.org", "noc@example.org", ground.templates),
            clock=ground.clock,
            pace=PACE,
        )
        news.listeners += [watch.hear, attention.hear, power.hear, effects.hear]
        news.listeners += [alerts.hear, post.hear, rounds.hear]
        ground.truth.stir = watch.stir
        async with asyncio.TaskGroup() as group:
            engine_task = group.create_task(engine.run(), name="engine")
            staff = [
                group.create_task(run(), name=name)
                for name, run in (
                    ("power", power.run),
                    ("effects", effects.run),
                    ("alerts", alerts.run),
                    ("post", post.run),
                    ("pcu-rounds", rounds.run),
                )
            ]
            await self._begin()
            staff.append(group.create_task(watch.run(), name="watch"))
            await begun(self)
            await self._wind_down()
            self.alive = False
            for task in reversed(staff):
                task.cancel()
            await asyncio.wait(staff)
            engine_task.cancel()

    async def _wind_down(self) -> None:
        """What is dark is lit first; the supervisor kills what takes too long."""
        try:
            async with asyncio.timeout(self.engine.policy.wire.stop_grace.total_seconds()):
                await self.power.stop()
        except TimeoutError:
            return

    async def _begin(self) -> None:
        engine, database = self.engine, self.database
        await engine.tell(
            fleet_subject(),
            Started("simulated", engine.policy.version, database.adopted, database.why_not),
        )
        await self.read_inventory()

    async def read_inventory(self) -> str:
        """The real guard stands before it, as in the reception; returns why it was refused."""
        inventory, present = self.ground.inventory(), self.engine.state.inventory
        why = shrink(present, inventory) if present.nodes else ""
        if why:
            return why
        if inventory != present or not present.nodes:
            await self.engine.tell(fleet_subject(), InventoryRead(inventory, "simulated"))
        self.watch.update()
        return ""

    async def _commit(self, changes: Changes) -> None:
        """Durable, unless the process dies first; then nothing that it does reaches anybody."""
        if self.ground.before(changes):
            self._die()
        await self.database.commit(changes)
        self.ground.committed(changes)
        if self.ground.after(changes):
            self._die()

    def _die(self) -> None:
        self.alive = False
        raise CrashError
