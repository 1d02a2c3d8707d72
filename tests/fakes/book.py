"""An engine's book, its ear, and the archive behind it, in memory: what a LocalDesk stands on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from plcmon.config.sources import Source
from plcmon.errors import DeviceError, UnsupportedError
from plcmon.hub import Hub
from plcmon.model.beliefs import (
    Canary,
    Finding,
    FleetBelief,
    NodeBelief,
    PcuBelief,
    SiteBelief,
    Span,
    Status,
)
from plcmon.model.decisions import Effect, Gate, GateName, Mode, Pass, Want
from plcmon.model.events import (
    Actor,
    Body,
    Event,
    IssueChanged,
    NodeSeen,
    PcuTested,
    Started,
    StatusChanged,
    Verb,
)
from plcmon.model.intents import (
    ActionKind,
    Command,
    Intent,
    IntentId,
    IntentState,
    Outcome,
    PowerState,
    Stage,
)
from plcmon.model.issues import Cause, Climb, Issue, IssueId, IssueStatus, IssueType, Proposal
from plcmon.model.policy import Ladder, Policy, Rung, Wire
from plcmon.model.ports import Said
from plcmon.model.readings import Evidence, Observation, Observed
from plcmon.model.state import State
from plcmon.model.subjects import (
    Contact,
    Inventory,
    Node,
    NodeKey,
    Outlet,
    Pcu,
    PcuKey,
    PowerPath,
    Role,
    Site,
    SiteKey,
    Subject,
    fleet_subject,
    node_subject,
)
from plcmon.operations.local import LocalDesk
from plcmon.sources.gatherer import Gatherer
from tests.fakes.archive import FakeArchive
from tests.fakes.inbox import FakeInbox

NOW = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)

OPERATOR = Actor("ann", "operator", "socket")
DOWN = IssueId("01HQXDOWN00000000000000001")
ASKS = IssueId("01HQXASKS00000000000000002")
STILL = IssueId("01HQXSTILL0000000000000003")
OVER = IssueId("01HQXOVER00000000000000004")
CYCLE = IntentId("01HQXCYCLE0000000000000005")

NODE_DOWN = Ladder(
    IssueType.NODE_DOWN,
    (
        Rung("cycle", (Effect(ActionKind.POWER_CYCLE),), order=10),
        Rung("tell", (Effect(ActionKind.NOTIFY, "down tech"),), order=30, after=DAY),
    ),
)


class FixedClock:
    """A clock that stands until it is moved, and never waits."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at
        self.slept: list[timedelta] = []

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    async def sleep(self, delay: timedelta) -> None:
        self.slept.append(delay)
        self.at += delay


@dataclass
class FakeBook:
    """A Book whose rows a test may change."""

    state: State = field(default_factory=State)
    policy: Policy = field(default_factory=Policy)
    wants: dict[IssueId, Want] = field(default_factory=dict)

    def look(self, issue: IssueId) -> Want | None:
        return self.wants.get(issue)

    def seen(self, key: NodeKey) -> NodeSeen | None:
        return self.state.seen.get(key)

    def put_issue(self, issue: Issue, want: Want | None = None) -> None:
        self.state._keep_issue(issue)
        if want is not None:
            self.wants[issue.id] = want


@dataclass
class FakeEar:
    """Remembers what was said; commits it as an event; declines when told to."""

    commit: Callable[[Subject, Body], Event]
    heard: list[tuple[Subject, Verb]] = field(default_factory=list)
    declines: str = ""

    async def say(self, subject: Subject, verb: Verb) -> Said:
        self.heard.append((subject, verb))
        if self.declines:
            return Said(False, self.declines)
        event = self.commit(subject, verb)
        return Said(True, f"{verb.verb} done", seq=event.seq)


@dataclass
class FakeEyes:
    """Remembers what was to be scanned."""

    scanned: list[Subject] = field(default_factory=list)

    async def scan(self, subject: Subject) -> None:
        self.scanned.append(subject)

    async def look(self, node: Node, *, tries: int) -> list[Observation]:
        raise AssertionError("a desk never looks again by itself")


@dataclass
class FakeHands:
    """PCUs that answer from a table."""

    outlets: dict[tuple[PcuKey, str], PowerState] = field(default_factory=dict)
    finding: Finding = Finding.OK
    fails: DeviceError | None = None
    asked_by: str = ""

    async def test(self, pcu: Pcu, *, asked_by: str = "") -> PcuTested:
        self.asked_by = asked_by
        return PcuTested(self.finding, f"{pcu.name} said hello", 0.4)

    async def read(self, pcu: Pcu, outlets: Sequence[str]) -> Mapping[str, PowerState]:
        if self.fails is not None:
            raise self.fails
        return {o: self.outlets.get((pcu.key, o), PowerState.ON) for o in outlets}


class NoSecrets:
    """None is needed here."""

    def find(self, name: str) -> str:
        raise UnsupportedError("secrets", "looking", "there is none")


class House:
    """Everything a LocalDesk stands on, wired together, with a small fleet in it."""

    def __init__(self, book: FakeBook | None = None, *, bound: int = 100) -> None:
        self.clock = FixedClock()
        self.book = book or small_book()
        self.archive = FakeArchive(closed=[closed_issue()])
        self.hub = Hub(bound=bound)
        self.eyes = FakeEyes()
        self.hands = FakeHands()
        self.ear = FakeEar(self.commit)
        self.inbox = FakeInbox()
        self.intake = Gatherer(
            {
                "nagios": Source(kind="webhook", posters=("vera",)),
                "prom": Source(kind="prometheus", url="http://127.0.0.1", query="up"),
            },
            inbox=self.inbox,
            state=self.book.state,
            secrets=NoSecrets(),
            clock=self.clock,
            wire=Wire(),
        )

    def commit(self, subject: Subject, body: Body, *, intent: str = "") -> Event:
        """Number one event, keep it, then publish it."""
        seq = self.book.state.seq + 1
        event = Event(self.clock.now(), subject, body, seq=seq, intent=intent)
        self.book.state.seq = seq
        self.archive.story.append(event)
        self.hub.publish([event])
        return event

    def desk(self, actor: Actor = OPERATOR) -> LocalDesk:
        return LocalDesk(
            self.book,
            ear=self.ear,
            eyes=self.eyes,
            hands=self.hands,
            archive=self.archive,
            hub=self.hub,
            clock=self.clock,
            actor=actor,
            intake=self.intake,
        )


def house_with_a_story() -> House:
    """A house in which a few things have been written down."""
    house = House()
    house.commit(fleet_subject(), Started("0.1.0", "p1", adopted=True))
    house.commit(node_subject("toml:2"), StatusChanged("online", "offline", "silent since then"))
    house.commit(
        node_subject("toml:2"), IssueChanged(DOWN, "node_down", "opened", "silent for 24h")
    )
    return house


def small_inventory() -> Inventory:
    paths = tuple(PowerPath((Outlet(PcuKey("toml:apc1"), str(n)),), proven=True) for n in (1, 2))
    nodes = (
        Node(NodeKey("toml:1"), "alpha.example.org", SiteKey("north"), ("127.0.1.1",)),
        Node(
            NodeKey("toml:2"),
            "beta.example.org",
            SiteKey("north"),
            ("127.0.1.2",),
            paths=(paths[1],),
            labels={"rack": "r7"},
        ),
        Node(NodeKey("toml:3"), "gamma.example.net", SiteKey("south"), ("127.0.2.1",)),
        Node(NodeKey("toml:4"), "delta.example.net", SiteKey("south"), ("127.0.2.2",)),
    )
    first = replace(nodes[0], paths=(paths[0],))
    ann = Contact("tech@north.example", frozenset({Role.TECH}), "Tess")
    return Inventory(
        {node.key: node for node in (first, *nodes[1:])},
        {
            SiteKey("north"): Site(SiteKey("north"), "North University", (ann,)),
            SiteKey("south"): Site(SiteKey("south"), "South College"),
        },
        {
            PcuKey("toml:apc1"): Pcu(
                PcuKey("toml:apc1"), SiteKey("north"), "apc1", "127.0.9.1", "apc"
            ),
            PcuKey("toml:ilo1"): Pcu(
                PcuKey("toml:ilo1"), SiteKey("south"), "ilo1", "127.0.9.2", "ilo"
            ),
        },
        read_at=NOW - DAY,
    )


def small_state() -> State:
    state = State(inventory=small_inventory(), seq=0)
    for belief in small_beliefs():
        state.nodes[belief.key] = belief
    state.seen = {
        NodeKey("toml:1"): NodeSeen(NodeKey("toml:1"), NOW, NOW - timedelta(seconds=40)),
        NodeKey("toml:2"): NodeSeen(NodeKey("toml:2"), NOW - 30 * HOUR, NOW - 31 * HOUR),
    }
    north, south, apc = SiteKey("north"), SiteKey("south"), PcuKey("toml:apc1")
    state.sites = {
        north: SiteBelief(north, Status.OFFLINE, NOW - DAY, up=1, needed=2),
        south: SiteBelief(south, Status.GOOD, NOW - DAY, up=2, needed=2),
    }
    state.pcus = {
        apc: PcuBelief(
            apc,
            Status.GOOD,
            NOW - 2 * DAY,
            Finding.OK,
            NOW - 2 * DAY,
            tested_at=NOW - 2 * HOUR,
            tested_good_at=NOW - 2 * HOUR,
        )
    }
    state.fleet = FleetBelief(
        canaries_good=3,
        canaries_asked=3,
        canaries_at=NOW,
        canaries={f"192.0.2.{n}:443": Canary(True, NOW - DAY) for n in range(3)},
        turned_bad=(("node/toml:2", NOW - 10 * MINUTE),),
        guard_line=5,
        in_service=4,
        started_at=NOW - DAY,
        scan_complete_at=NOW - 2 * MINUTE,
        inventory_at=NOW - DAY,
    )
    return state


def small_beliefs() -> list[NodeBelief]:
    return [
        NodeBelief(
            NodeKey("toml:1"),
            Status.GOOD,
            NOW - timedelta(days=3, hours=4),
            Observed.BOOT,
            NOW - timedelta(days=4),
            Evidence.FRESH,
            NOW - timedelta(days=4),
            first_seen_at=NOW - timedelta(days=9),
            boot_id="b-1",
            booted_at=NOW - timedelta(days=4),
            detail="SSH login works",
        ),
        NodeBelief(
            NodeKey("toml:2"),
            Status.OFFLINE,
            NOW - 30 * HOUR,
            Observed.SILENT,
            NOW - 30 * HOUR,
            Evidence.FRESH,
            NOW - 30 * HOUR,
            first_seen_at=NOW - timedelta(days=9),
            spans={
                "silent": Span(running_since=NOW - 30 * HOUR),
                "bad": Span(running_since=NOW - 30 * HOUR),
            },
            detail="nothing answers",
        ),
        NodeBelief(
            NodeKey("toml:3"),
            Status.OFFLINE,
            NOW - 3 * HOUR,
            Observed.DEAF,
            NOW - 3 * HOUR,
            Evidence.FRESH,
            NOW - 3 * HOUR,
            first_seen_at=NOW - timedelta(days=9),
            spans={"deaf": Span(running_since=NOW - 3 * HOUR)},
            detail="an SSH server answers and refuses our login",
        ),
    ]


def small_book() -> FakeBook:
    """A healthy node, a dead one with a held cycle, a deaf one, one not seen yet."""
    book = FakeBook(
        small_state(),
        Policy("p1", mode=Mode.AUTO, ladders={IssueType.NODE_DOWN: NODE_DOWN}),
    )
    book.put_issue(down_issue(), held_want())
    return book


def down_issue() -> Issue:
    return Issue(
        DOWN,
        IssueType.NODE_DOWN,
        node_subject("toml:2"),
        opened_at=NOW - 6 * HOUR,
        bad_since=NOW - 30 * HOUR,
        summary="silent for 24h: nothing answers",
        bad=Span(running_since=NOW - 6 * HOUR),
    )


def asking_issue() -> Issue:
    """One that waits for approve or reject."""
    return replace(
        down_issue(),
        id=ASKS,
        subject=node_subject("toml:1"),
        proposal=Proposal("cycle", NOW - 2 * HOUR),
    )


def paused_issue() -> Issue:
    return replace(
        down_issue(),
        id=STILL,
        subject=node_subject("toml:4"),
        status=IssueStatus.PAUSED,
        paused_until=NOW + 3 * HOUR,
        paused_by="ann",
        pause_reason="the site is moving",
    )


def closed_issue() -> Issue:
    return replace(
        down_issue(),
        id=OVER,
        subject=node_subject("toml:1"),
        status=IssueStatus.CLOSED,
        climb=Climb("cycle", 10, NOW - 3 * DAY),
        closed_at=NOW - 2 * DAY,
        cause=Cause.HEALTHY,
        closer="engine",
    )


def held_want(*gates: Gate) -> Want:
    """The cycle of `down_issue`, held by the freeze unless other gates are given."""
    shut = gates or (
        Gate(GateName.EVIDENCE, Pass.PASS, "silent, by evidence 20s old"),
        Gate(GateName.FREEZE, Pass.HOLD, "everything is frozen by ann", NOW - HOUR),
    )
    return Want(
        DOWN,
        node_subject("toml:2"),
        "north",
        "cycle",
        10,
        (Effect(ActionKind.POWER_CYCLE),),
        shut,
        NOW + MINUTE,
        Mode.AUTO,
        NOW - 30 * HOUR,
        path=PowerPath((Outlet(PcuKey("toml:apc1"), "2"),), proven=True),
    )


def running_cycle() -> Intent:
    return Intent(
        CYCLE,
        ActionKind.POWER_CYCLE,
        node_subject("toml:2"),
        planned_at=NOW - MINUTE,
        expires_at=NOW + HOUR,
        actor="engine",
        reason="node_down cycle",
        issue=DOWN,
        rung="cycle",
        path=PowerPath((Outlet(PcuKey("toml:apc1"), "2"),)),
        site="north",
        state=IntentState.SENT,
        state_at=NOW - 30 * timedelta(seconds=1),
        sent_at=NOW - 30 * timedelta(seconds=1),
        stage=Stage.DARK,
        stage_at=NOW - 4 * timedelta(seconds=1),
    )


def off_command() -> Command:
    return Command(
        CYCLE,
        1,
        "off",
        Outlet(PcuKey("toml:apc1"), "2"),
        NOW - 30 * timedelta(seconds=1),
        NOW - 29 * timedelta(seconds=1),
        Outcome.OK,
        PowerState.OFF,
    )
