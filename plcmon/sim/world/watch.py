"""The world's scanner: readings of the hidden truth, at the shipped intervals, by the real door.

What cannot change anything is skipped: a node that shows what is believed of it is read again only
when the truth about it changes. `stepping` reads everything always; a test compares the two.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from zlib import crc32

from plcmon.engine import Engine
from plcmon.engine.agenda import Agenda
from plcmon.engine.sights import Sights
from plcmon.model.events import Body, CanaryRound, Event, ScanCompleted, WitnessesSeen
from plcmon.model.ids import make_id
from plcmon.model.issues import IssueType
from plcmon.model.policy import Policy
from plcmon.model.readings import (
    Evidence,
    Login,
    NodeFacts,
    Observation,
    Observed,
    PortAnswer,
    Probe,
    Reading,
)
from plcmon.model.replacing import replace
from plcmon.model.state import State
from plcmon.model.subjects import (
    Node,
    NodeKey,
    PcuKey,
    Profile,
    SiteKey,
    Subject,
    SubjectKind,
    fleet_subject,
    node_subject,
    site_subject,
)
from plcmon.policy.intervals import interval_of
from plcmon.policy.sight import Finding, classify, failed
from plcmon.probes.canary import witnesses_of
from plcmon.scanner.prober import observation_of
from plcmon.sim.world.loop import BEGIN, VirtualClock, until_due
from plcmon.sim.world.truth import Shows, Truth

CANARIES = 3
PROBES = (Probe.TCP, Probe.SSH)
PORT_OF = {Shows.SILENT: PortAnswer.FILTERED}
LOGIN_OF = {
    Shows.BOOT: Login.OK,
    Shows.DEBUG: Login.OK,
    Shows.WEDGED: Login.NO_BANNER,
    Shows.DEAF: Login.REFUSED,
    Shows.SILENT: Login.NO_CONNECT,
}
SCAN = timedelta(minutes=1)  # what one takes
SELDOM = timedelta(hours=3)  # between rounds of what can wait
RESTLESS = timedelta(minutes=15)  # a site is asked again and again after something happened there

Check = tuple[str, str]  # what, of whom


@dataclass
class Row:
    """What the watch knows of one node."""

    awake: bool = True  # it is read at its intervals
    hasty: bool = False
    failing: frozenset[Probe] = frozenset()
    read: frozenset[Probe] = frozenset()  # since it woke


class SkippingSights(Sights):
    """Sights whose readings are as young as they would be, had nothing been skipped."""

    def __init__(self, state: State, attend: Callable[[NodeKey, bool], None]) -> None:
        super().__init__(state, attend)
        self.forgotten: Callable[[], None] = lambda: None  # told when all readings are void
        self.times: Callable[[NodeKey], dict[Probe, datetime] | None] = lambda _key: None
        """When a node that is skipped would have been read last; None: it is not skipped."""

    def forget(self) -> None:
        super().forget()
        self.forgotten()

    def review(
        self, keys: Collection[NodeKey], policy: Policy, now: datetime
    ) -> Iterator[tuple[NodeKey, Observation]]:
        for key in keys:
            times = self.times(key)
            if times is not None:
                self.freshen(key, times)
        return super().review(keys, policy, now)

    def freshen(self, key: NodeKey, times: dict[Probe, datetime]) -> None:
        """Move the node's readings to these times: it was read then, and showed the same."""
        sight = self._sights.get(key)
        if sight is None or not sight.readings:
            return
        moved = {
            probe: replace(reading, at=times[probe], arrived_at=times[probe])
            for probe, reading in sight.readings.items()
            if times[probe] > reading.at
        }
        if not moved:
            return
        newest = max(times.values())
        self._sights[key] = replace(
            sight,
            readings={**sight.readings, **moved},
            answered_at=newest if answers(sight.believed) else sight.answered_at,
            login_at=times[Probe.SSH] if logs_in(sight.believed) else sight.login_at,
        )

    def settled(self, key: NodeKey) -> bool:
        """Whether what is believed is also what the last readings showed."""
        sight = self._sights.get(key)
        return sight is not None and sight.believed is not None and not sight.doubtful


def answers(believed: Finding | None) -> bool:
    return believed is not None and believed.state is not Observed.SILENT


def logs_in(believed: Finding | None) -> bool:
    return believed is not None and believed.login is Login.OK


@lru_cache(maxsize=65536)
def share_of(name: str) -> float:
    """How far into its interval a thing is due: its own, and always the same."""
    return crc32(name.encode()) / 2**32


class Watch:
    """Looks at the world for one life of the service."""

    def __init__(
        self,
        truth: Truth,
        clock: VirtualClock,
        *,
        tell: Callable[[Subject, Body], Awaitable[Event]],
        stepping: bool = False,
    ) -> None:
        self._truth = truth
        self._clock = clock
        self._tell = tell
        self._stepping = stepping
        self._agenda: Agenda[Check] = Agenda()
        self._rows: dict[NodeKey, Row] = {}
        self._told: dict[SiteKey, dict[str, bool]] = {}
        self._site_until: dict[SiteKey, datetime] = {}
        self._news = asyncio.Event()
        self._boot = make_id(clock.now(), "watch")
        self._sequence = 0
        self._scan_told = BEGIN
        self._engine: Engine | None = None

    # Wiring

    def serve(self, engine: Engine) -> None:
        """Watch for this engine from now on; everything is looked at once."""
        self._engine = engine
        self.sights.forgotten = self.forgotten
        self.sights.times = lambda key: None if self._is_awake(key) else self._last_times(key)

    @property
    def engine(self) -> Engine:
        assert self._engine is not None
        return self._engine

    @property
    def sights(self) -> SkippingSights:
        sights = self.engine.sights
        assert isinstance(sights, SkippingSights)
        return sights

    @property
    def policy(self) -> Policy:
        return self.engine.policy

    def update(self) -> None:
        """The inventory was read: who is new is looked at."""
        for key in self.engine.state.inventory.nodes:
            if key not in self._rows:
                self._wake(key)
        for site in self.engine.state.inventory.sites:
            if site not in self._told:
                self._set(("witness", site), self._now())

    # Who asks for attention

    def stir(self, key: NodeKey) -> None:
        """The truth about a node changed."""
        if self._engine is None or key not in self._rows:
            return
        node = self.engine.state.inventory.nodes.get(key)
        self._wake(key)
        if node is not None:
            self.ask_site(node.site)
        self._set(("canary", ""), self._grid(timedelta(minutes=1), "canary", self._now()))

    def hasten(self, keys: Collection[NodeKey]) -> None:
        for key in keys:
            row = self._rows.setdefault(key, Row())
            if not row.hasty:
                row.hasty = True
                self._wake(key)

    def relax(self, keys: Collection[NodeKey]) -> None:
        for key in keys:
            self._rows.setdefault(key, Row()).hasty = False

    async def scan(self, subject: Subject) -> None:
        """A person asked."""
        if subject.kind is SubjectKind.NODE:
            self._wake(NodeKey(subject.key))
            for probe in PROBES:
                self._set((probe.value, subject.key), self._now())

    async def look(self, node: Node, *, tries: int) -> list[Observation]:
        """The real look again: every probe afresh, spread over the configured time."""
        seen = []
        gap = self.policy.wire.look_for / max(1, tries)
        for number in range(tries):
            if number:
                await self._clock.sleep(gap)
            else:
                await self._witnesses(node.site)
            readings = {probe: self._read(node, probe) for probe in PROBES}
            for reading in readings.values():
                self.engine.ingest(reading)
            finding = classify(node, self._profile(node), readings)
            now = self._clock.now()
            seen.append(
                observation_of(finding, list(readings.values()))
                if finding is not None
                else Observation(Observed.STALE, now, now, Evidence.STALE)
            )
        return seen

    def forgotten(self) -> None:
        """The engine's memory of readings is empty: everything is read anew."""
        for key in self._rows:
            self._wake(key)

    # The rounds

    async def run(self) -> None:
        """Carry out what is due; for ever."""
        now = self._now()
        self._set(("canary", ""), now)
        self._set(("scan", ""), self._next_scan(now + self.policy.intervals.ssh))
        self.update()
        while True:
            due = self._agenda.due(self._now())
            for what, whom in sorted(due):
                await self._carry_out(what, whom)
            if not due:
                await until_due(self._agenda, self._news, self._clock)

    async def _carry_out(self, what: str, whom: str) -> None:
        if what == "canary":
            await self._canaries()
        elif what == "scan":
            await self._completed()
        elif what == "witness":
            await self._site(SiteKey(whom))
        else:
            self._probe(NodeKey(whom), Probe(what))

    async def _canaries(self) -> None:
        good = 0 if self._truth.blind else CANARIES
        await self._tell(fleet_subject(), CanaryRound(good, CANARIES))
        at_rest = self._truth.blind is self.engine.state.fleet.blind
        if self._stepping or not at_rest or self._truth.blind:
            self._set(
                ("canary", ""), self._grid(self.policy.intervals.canaries, "canary", self._now())
            )

    async def _completed(self) -> None:
        """Every node was attempted since the last time. What nobody waits for is not an event:
        the state alone is as it would be, had each scan been told.
        """
        state, now = self.engine.state, self._now()
        told = self._stepping or self._scan_matters() or now - self._scan_told >= SELDOM
        if told and not state.fleet.blind:
            self._scan_told = now
            count = len(state.inventory.nodes)
            await self._tell(fleet_subject(), ScanCompleted(count, count, SCAN.total_seconds()))
        elif not state.fleet.blind:
            wall = self._clock.now()
            state.fleet = replace(
                state.fleet, scan_complete_at=wall, scan_began_at=wall - SCAN, alive_at=wall
            )
        self._set(("scan", ""), self._next_scan(now))

    def _scan_matters(self) -> bool:
        fleet = self.engine.state.fleet
        return fleet.scan_complete_at is None or fleet.guard_closed or fleet.blind

    def _next_scan(self, after: datetime) -> datetime:
        return self._grid(self.policy.intervals.ssh, "scan", after)

    def hear(self, events: Sequence[Event]) -> None:
        """News after a commit: something may wait for a complete scan."""
        if events and self._scan_matters():
            self._set(("scan", ""), self._next_scan(self._now()))

    async def _site(self, site: SiteKey) -> None:
        await self._witnesses(site)
        issue = self.engine.state.open_issue(site_subject(site), IssueType.SITE_UNREACHABLE)
        restless = issue is not None or self._now() < self._site_until.get(site, BEGIN)
        silent = not all(self._told.get(site, {}).values())
        if restless or self._stepping:
            again = self._grid(self.policy.intervals.witness, site, self._now())
        elif silent:
            again = self._grid(SELDOM, site, self._now())
        else:
            return
        self._set(("witness", site), again)

    async def _witnesses(self, site: SiteKey) -> None:
        inventory = self.engine.state.inventory
        record = inventory.sites.get(site)
        if record is None:
            return
        answered = {}
        for name in witnesses_of(record, inventory.pcus_by_site.get(site, ())):
            pcu = self._truth.pcus.get(PcuKey(name.removeprefix("pcu:")))
            way = site not in self._truth.dark_sites and not self._truth.blind
            answered[name] = way and (pcu is None or pcu.answers)
        before = self._told.get(site)
        if before is not None and before != answered and not self._stepping:
            await self._tell(site_subject(site), WitnessesSeen(before))
        self._told[site] = answered
        if answered:
            await self._tell(site_subject(site), WitnessesSeen(answered))

    def ask_site(self, site: SiteKey) -> None:
        self._site_until[site] = self._now() + RESTLESS
        self._set(("witness", site), self._grid(timedelta(minutes=1), site, self._now()))

    # Nodes

    def _is_awake(self, key: NodeKey) -> bool:
        row = self._rows.get(key)
        return self._stepping or row is None or row.awake

    def _wake(self, key: NodeKey) -> None:
        row = self._rows.setdefault(key, Row(awake=False))
        if not row.awake and not self._stepping:
            self.sights.freshen(key, self._last_times(key))
        row.awake, row.read = True, frozenset()
        for probe in PROBES:
            self._set((probe.value, key), self._next(key, probe))

    def _probe(self, key: NodeKey, probe: Probe) -> None:
        node, row = self.engine.state.inventory.nodes.get(key), self._rows[key]
        if node is None:
            return
        reading = self._read(node, probe)
        self.engine.ingest(reading)
        row.read |= {probe}
        began = failed(reading) and probe not in row.failing
        row.failing = row.failing | {probe} if failed(reading) else row.failing - {probe}
        self._set((probe.value, key), self._next(key, probe))
        if began:
            self._doubt(node)
        elif not self._stepping and len(row.read) == len(PROBES) and self._at_rest(key):
            row.awake = False
            for each in PROBES:
                self._agenda.set((each.value, key), None)

    def _doubt(self, node: Node) -> None:
        """It began to fail: everything about it is due at once."""
        soon = self._grid(timedelta(minutes=1), node.key, self._now())
        for probe in PROBES:
            self._set((probe.value, node.key), soon)
        self.ask_site(node.site)

    def _at_rest(self, key: NodeKey) -> bool:
        """Reading it again would show what is believed already."""
        belief = self.engine.state.nodes.get(key)
        true = self._truth.nodes.get(key)
        if belief is None or true is None or not self.sights.settled(key):
            return False
        shown = self._truth.visible(true).value
        fresh = belief.evidence in (Evidence.FRESH, Evidence.UNREACHABLE)
        said = belief.observed.value
        same = said == shown or (said == "unreachable" and shown == "silent")
        same_boot = shown != "boot" or belief.boot_id == true.boot_id
        return fresh and same and same_boot and not self._truth.blind

    def _read(self, node: Node, probe: Probe) -> Reading:
        now = self._clock.now()
        self._sequence += 1
        true = self._truth.nodes.get(node.key)
        shown = self._truth.visible(true) if true is not None else Shows.SILENT
        port = PORT_OF.get(shown, PortAnswer.OPEN)
        reading = Reading(
            node_subject(node.key), probe, now, now, boot=self._boot, sequence=self._sequence
        )
        if probe is Probe.TCP:
            return replace(reading, ports=dict.fromkeys((node.ssh_port, *node.ports), port))
        facts = None
        if LOGIN_OF[shown] is Login.OK and true is not None:
            booted = true.booted_at
            wall = booted + self._clock.skew if booted is not None else None
            facts = NodeFacts(true.boot_id, wall, debug=shown is Shows.DEBUG)
            true.showed_life_at = self._now()
        return replace(reading, port=port, login=LOGIN_OF[shown], facts=facts)

    def _profile(self, node: Node) -> Profile:
        return self.engine.state.inventory.profiles.get(node.profile) or Profile(node.profile)

    # Times: each thing has its own fixed grid, so that skipping changes no moment.

    def _next(self, key: NodeKey, probe: Probe) -> datetime:
        hasty = self._rows[key].hasty
        every = self.policy.intervals.suspect if hasty else self._interval(key, probe)
        return self._grid(every, f"{key} {probe.value}", self._now())

    def _interval(self, key: NodeKey, probe: Probe) -> timedelta:
        node = self.engine.state.inventory.nodes.get(key)
        if node is None:  # gone from its source; it is woken a last time
            return self.policy.intervals.suspect
        return interval_of(node, probe, self.policy)

    def _last_times(self, key: NodeKey) -> dict[Probe, datetime]:
        """When each probe was last due before now, by the service's wall clock."""
        found, now, skew = {}, self._now(), self._clock.skew
        for probe in PROBES:
            every = self._interval(key, probe)
            due = self._grid(every, f"{key} {probe.value}", now - every)
            found[probe] = min(due, now) + skew
        return found

    def _grid(self, every: timedelta, name: str, after: datetime) -> datetime:
        """The first moment after `after` on the grid of `name`."""
        phase = every * share_of(name)
        return BEGIN + phase + every * ((after - BEGIN - phase) // every + 1)

    def _now(self) -> datetime:
        return self._clock.true_now()

    def _set(self, check: Check, at: datetime) -> None:
        """Due then, or earlier where it is already."""
        known = self._agenda.at(check)
        if known is None or at < known:
            self._agenda.set(check, at)
            self._news.set()
