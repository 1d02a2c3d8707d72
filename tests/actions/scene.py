"""A scene for power actions: real virtual units, a real store, an engine, and a room that acts.

The service's life on it is a `Run`; ending one in the middle of a commit is a crash, and the next
one begins with nothing but what the store kept.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from plcmon.actions import Leases, PcuTester, PowerRoom
from plcmon.actions.reach import Reach
from plcmon.actions.whereabouts import Lookup, as_named
from plcmon.config.load import default_policy
from plcmon.drivers import DriverUnits
from plcmon.engine import Engine
from plcmon.model.beliefs import Finding
from plcmon.model.decisions import Mode
from plcmon.model.events import (
    Actor,
    AlertRaised,
    CanaryRound,
    Event,
    IntentClaimed,
    IntentEnded,
    IntentSent,
    IntentStage,
    InventoryRead,
    NodeObserved,
    PcuTested,
    ScanCompleted,
    Started,
    Tick,
    Verb,
    WitnessesSeen,
)
from plcmon.model.intents import POWER, Intent, IntentState
from plcmon.model.policy import Policy, Wire
from plcmon.model.ports import Said
from plcmon.model.readings import Observation, Observed
from plcmon.model.state import Changes
from plcmon.model.subjects import (
    Endpoint,
    Inventory,
    Node,
    NodeKey,
    Outlet,
    Pcu,
    PcuKey,
    PowerPath,
    Profile,
    Site,
    SiteKey,
    Subject,
    Transport,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from plcmon.sim.relay import Relay
from plcmon.sim.units import ApcUnit, VirtualUnit
from plcmon.store import Database, open_database
from tests.drivers.rigs import PASSWORD, Purse

MS = timedelta(milliseconds=1)
WIRE = Wire(
    tcp_deadline=400 * MS,
    pcu_command=1500 * MS,
    look_tries=3,
    look_for=timedelta(),
    dark=20 * MS,
    outlet_confirm=120 * MS,
    outlet_poll=15 * MS,
    pcu_settle=timedelta(),
    stop_grace=timedelta(seconds=5),
)
PAUSES = (0.02, 0.05, 0.1)  # seconds between tries to light
SITE, PCU, NODE = SiteKey("s"), PcuKey("toml:p"), NodeKey("toml:n")
TARGET = node_subject(NODE)
OPS = Actor("ops", "operator", "socket")
STEPS = (IntentClaimed, IntentSent, IntentStage, IntentEnded)
SOON = 30.0  # seconds; a busy machine is no failure


class ShiftClock:
    """The machine's clock, except that time may be moved on at once; no sleep is shortened."""

    def __init__(self) -> None:
        self.shift = timedelta()
        self.jump = timedelta()  # of the wall alone

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift + self.jump

    def monotonic(self) -> float:
        return time.monotonic() + self.shift.total_seconds()

    async def sleep(self, delay: timedelta) -> None:
        await asyncio.sleep(max(0.0, delay.total_seconds()))


class Eyes:
    """Shows what it is told to; a hook may let things happen while it looks."""

    def __init__(self, clock: ShiftClock) -> None:
        self.shows = Observed.SILENT
        self.looks = 0
        self.scanned: list[Subject] = []
        self.meanwhile: Callable[[], object] = lambda: None
        self._clock = clock

    async def look(self, node: Node, *, tries: int) -> list[Observation]:
        self.looks += 1
        self.meanwhile()
        now = self._clock.now()
        return [Observation(self.shows, now, now, detail=self.shows.value)] * tries

    async def scan(self, subject: Subject) -> None:
        self.scanned.append(subject)


@dataclass
class Crash:
    """Ends the service at the nth journal step: before its commit, or right after it."""

    step: int
    durable: bool
    seen: int = 0
    happened: asyncio.Event = field(default_factory=asyncio.Event)

    async def through(self, changes: Changes, commit: Callable[[Changes], object]) -> bool:
        """Whether the service lives on; a crashed one neither answers nor goes on."""
        steps = sum(isinstance(event.body, STEPS) for event in changes.events)
        self.seen += steps
        return not steps or self.seen < self.step


@dataclass
class Run:
    """One life of the service."""

    engine: Engine
    room: PowerRoom
    tester: PcuTester
    reach: Reach
    db: Database
    events: list[Event]
    stop_room: Callable[[], object]

    def intents(self) -> list[Intent]:
        found = self.engine.state.intents.values()
        return [intent for intent in found if intent.kind in POWER]

    @property
    def intent(self) -> Intent:
        """The latest power action."""
        return self.intents()[-1]

    def alerts(self) -> list[str]:
        return [e.body.text for e in self.events if isinstance(e.body, AlertRaised)]

    async def until(self, is_so: Callable[[], bool], *, within: float = SOON) -> None:
        """Wait for the state to become so; AssertionError where it does not."""
        try:
            async with asyncio.timeout(within):
                while not is_so():  # noqa: ASYNC110 - relays and states have no common event
                    await asyncio.sleep(0.002)
        except TimeoutError:
            shown = [(i.kind.value, i.state.value, i.stage, i.detail) for i in self.intents()]
            raise AssertionError(f"it did not become so: {shown}") from None

    async def until_over(self) -> Intent:
        """Wait until the last action is no longer in flight."""
        await self.until(lambda: bool(self.intents()) and not self.intent.in_flight)
        await self.durable()
        return self.intent

    async def until_state(self, state: IntentState) -> Intent:
        await self.until(lambda: bool(self.intents()) and self.intent.state is state)
        await self.durable()
        return self.intent

    async def durable(self) -> None:
        """Return once everything that is folded so far is committed too."""
        await self.engine.tell(fleet_subject(), Tick())

    async def ask(self, verb: str = "power-cycle", *, force: bool = False, **more: object) -> Said:
        return await self.engine.say(TARGET, Verb(OPS, verb, "because", more, force))

    async def say(self, verb: str, subject: Subject | None = None, **more: object) -> Said:
        spoken = Verb(OPS, verb, "because", more)
        return await self.engine.say(subject or fleet_subject(), spoken)


@dataclass
class Scene:
    """The world: a site, its units, one node; the service comes and goes."""

    folder: Path
    units: list[VirtualUnit]
    relays: list[Relay]
    inventory: Inventory
    clock: ShiftClock = field(default_factory=ShiftClock)
    policy: Policy = field(
        default_factory=lambda: replace(default_policy(), mode=Mode.AUTO, wire=WIRE)
    )
    purse: Purse = field(default_factory=lambda: Purse(secret=PASSWORD))
    lookup: Lookup = as_named
    starts: int = 0

    def __post_init__(self) -> None:
        self.eyes = Eyes(self.clock)

    @property
    def unit(self) -> VirtualUnit:
        return self.units[0]

    @property
    def relay(self) -> Relay:
        return self.relays[0]

    def cuts(self) -> list[tuple[str, str]]:
        """Every destructive command that any unit was told."""
        return [(row.verb, row.outlet) for unit in self.units for row in unit.log.destructive()]

    @asynccontextmanager
    async def run(self, *, crash: Crash | None = None) -> AsyncIterator[Run]:
        """The service, from its start to its end; leaving is a crash, nothing is wound down."""
        async with open_database(self.folder, clock=self.clock) as db:
            events: list[Event] = []
            listeners: list[Callable[[list[Event]], None]] = [events.extend]

            async def commit(changes: Changes) -> None:
                lives = crash is None or await crash.through(changes, db.commit)
                if lives or (crash is not None and crash.durable):
                    await db.commit(changes)
                if not lives and crash is not None:
                    crash.happened.set()
                    await asyncio.Event().wait()

            def publish(news: object) -> None:
                for listener in listeners:
                    listener(list(news))  # type: ignore[call-overload]  # a sequence of events

            state = await db.load()
            engine = Engine(
                state=state, policy=self.policy, commit=commit, publish=publish, clock=self.clock
            )
            reach = Reach(
                units=DriverUnits(self.purse, self.policy.wire),
                leases=Leases(fence=db.fence),
                inbox=engine,
                state=state,
                wire=self.policy.wire,
                clock=self.clock,
                keep_transcript=db.keep_transcript,
                lookup=self.lookup,
                pauses=PAUSES,
            )
            room = PowerRoom(
                inbox=engine,
                judge=engine,
                state=state,
                policy=lambda: engine.policy,
                eyes=self.eyes,
                reach=reach,
            )
            tester = PcuTester(reach=reach, state=state, policy=lambda: engine.policy)
            listeners.append(room.hear)
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(engine.run(), name="engine"),
                    group.create_task(room.run(), name="power"),
                ]
                run = Run(engine, room, tester, reach, db, events, tasks[1].cancel)
                self.starts += 1
                yield run
                for task in reversed(tasks):
                    task.cancel()

    async def begin(self, run: Run) -> None:
        """Start as the service does."""
        adopted, why_not = run.db.adopted, run.db.why_not
        started = Started("test", self.policy.version, adopted, why_not)
        await run.engine.tell(fleet_subject(), started)
        await run.engine.tell(fleet_subject(), InventoryRead(self.inventory, "digest"))

    async def refresh(self, run: Run) -> None:
        """What the rest of the staff does all the time."""
        await self.refresh_canaries(run)
        await run.engine.tell(site_subject(SITE), WitnessesSeen({"127.0.0.1:9": True}))
        await run.engine.tell(fleet_subject(), ScanCompleted(1, 1, 1.0))
        for key in self.inventory.pcus:
            await run.engine.tell(pcu_subject(key), PcuTested(Finding.OK, "logged in"))

    async def refresh_canaries(self, run: Run) -> None:
        await run.engine.tell(fleet_subject(), CanaryRound(3, 3))

    async def observe(self, run: Run, state: Observed, **more: object) -> None:
        now = self.clock.now()
        seen = Observation(state, now, now, detail=state.value)
        seen = replace(seen, **more)  # type: ignore[arg-type]  # keywords are its fields
        await run.engine.tell(TARGET, NodeObserved(seen))

    async def ready(self, run: Run) -> None:
        """Begin, with a node that was well and a PCU that was tested."""
        await self.begin(run)
        await self.refresh(run)
        booted = self.clock.now() - timedelta(days=30)
        await self.observe(run, Observed.BOOT, boot_id="first", booted_at=booted)
        await self.refresh(run)

    async def fall_silent(self, run: Run) -> None:
        """Long enough for the engine to want to power-cycle the node, and past every grace."""
        self.clock.shift += self.policy.safety.grace * 2
        await self.observe(run, Observed.SILENT)
        await self.refresh(run)
        self.clock.shift += self.policy.thresholds.node_down_silent * 1.1
        await self.refresh(run)
        await run.engine.tell(TARGET, Tick())
        await run.until(lambda: bool(run.intents()))


@asynccontextmanager
async def scene_for(
    folder: Path, *, pcus: int = 1, outlets: int = 1, **more: object
) -> AsyncIterator[Scene]:
    """A node whose one power path has `outlets` outlets on each of `pcus` units."""
    units: list[VirtualUnit] = []
    relays: list[Relay] = []
    records: dict[PcuKey, Pcu] = {}
    path: list[Outlet] = []
    for number in range(pcus):
        fed = {str(o): Relay(str(o)) for o in range(1, 9)}
        units.append(ApcUnit(fed, password=PASSWORD))
        key = PcuKey(f"{PCU}{number or ''}")
        path += [Outlet(key, str(outlet)) for outlet in range(3, 3 + outlets)]
        relays += [fed[str(outlet)] for outlet in range(3, 3 + outlets)]
        records[key] = pcu_record(key)
    async with AsyncUnits(units):
        for unit, (key, record) in zip(units, records.items(), strict=True):
            records[key] = replace(record, transports=(Transport("telnet", unit.port),))
        yield Scene(folder, units, relays, inventory_of(records, tuple(path)), **more)  # type: ignore[arg-type]  # keywords are its fields


class AsyncUnits:
    """Every unit serves while this is entered."""

    def __init__(self, units: list[VirtualUnit]) -> None:
        self._units = units

    async def __aenter__(self) -> None:
        for unit in self._units:
            await unit.__aenter__()

    async def __aexit__(self, *_: object) -> None:
        for unit in self._units:
            await unit.__aexit__(None, None, None)


def pcu_record(key: PcuKey, family: str = "apc") -> Pcu:
    return Pcu(
        key, SITE, key.partition(":")[2], "127.0.0.1", family, user="apc", credential="secret"
    )


def inventory_of(pcus: Mapping[PcuKey, Pcu], path: tuple[Outlet, ...]) -> Inventory:
    node = Node(NODE, "n.example.org", SITE, ("127.0.0.1",), paths=(PowerPath(path, proven=True),))
    site = Site(SITE, "S", witnesses=(Endpoint("127.0.0.1", 9),))
    return Inventory({NODE: node}, {SITE: site}, dict(pcus), {"linux": Profile("linux")})
