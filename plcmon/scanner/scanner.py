"""The scanner: looks at everything in turn, at what is doubtful soon, at what is asked for first.

It decides nothing about nodes: readings go to the engine, and the engine says what is suspect.
"""

import asyncio
import logging
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import datetime, timedelta

from plcmon.errors import StoreError
from plcmon.model.policy import Policy
from plcmon.model.ports import Inbox, Overload, OwnHealth
from plcmon.model.readings import Observation, Probe, Reading
from plcmon.model.subjects import (
    AS_OFTEN_AS_ALL,
    BootState,
    Endpoint,
    Inventory,
    Node,
    NodeKey,
    PcuKey,
    SiteKey,
    Subject,
    SubjectKind,
    fleet_subject,
    node_subject,
    site_subject,
)
from plcmon.policy.intervals import interval_of, slower
from plcmon.policy.sight import failed
from plcmon.probes.agent import Agent
from plcmon.probes.canary import ask_canaries, witnesses_of
from plcmon.probes.dns import Resolver
from plcmon.probes.keys import KnownKeys
from plcmon.probes.pace import Handshakes
from plcmon.probes.ping import Pinger
from plcmon.probes.ssh import SshProbe
from plcmon.scanner.agenda import Agenda, Check, Place, Question
from plcmon.scanner.families import Families
from plcmon.scanner.health import Health
from plcmon.scanner.prober import Prober
from plcmon.scanner.rounds import ROUND, Rounds
from plcmon.times import Clock

PER_SITE = 8  # checks out at one site at a time: its line is not ours to fill
SAVE_EVERY = timedelta(seconds=5)  # host keys met since then are pinned again after a crash
LONGEST_PAUSE = 20.0  # seconds; a loop that is seen to turn need not be started anew

log = logging.getLogger(__name__)


class Scanner:
    """Workers over one agenda; beside them the canaries and our own health."""

    def __init__(
        self,
        inbox: Inbox,
        *,
        clock: Clock,
        inventory: Inventory,
        policy: Policy,
        canaries: Sequence[Endpoint],
        known_keys: KnownKeys,
        agent: Agent | None = None,
        boot: str,
        workers: int = 200,
        ssh_workers: int = 32,
        ssh_rate: int = 100,
        health: Health | None = None,
        pinger: Pinger | None = None,
        resolver: Resolver | None = None,
        doubted: Callable[[NodeKey], bool] = lambda key: False,
        pages: Callable[[NodeKey], str] = lambda key: "",
        calm: Callable[[SiteKey], bool] = lambda key: False,
    ) -> None:
        self._inbox = inbox
        self._clock = clock
        self._canaries = canaries
        self._known_keys = known_keys
        self._workers = workers
        self._health = health or Health()
        self._families = Families()
        handshakes = Handshakes(ssh_workers, ssh_rate)
        self._ssh = SshProbe(clock=clock, known=known_keys, agent=agent, handshakes=handshakes)
        self._pings = pinger is not None
        self._pinger = pinger or Pinger()
        self._resolves = resolver is not None
        self._resolver = resolver or Resolver()
        self._prober = Prober(
            inbox,
            clock=clock,
            ssh=self._ssh,
            pinger=self._pinger,
            resolver=self._resolver,
            doubted=doubted,
            pages=pages,
            calm=calm,
            health=self._health,
            families=self._families,
            boot=boot,
        )
        self._agenda = Agenda(per_site=PER_SITE, workers=workers)
        self._rounds = Rounds(clock.monotonic())
        self._ready: asyncio.Queue[Check] = asyncio.Queue(maxsize=1)
        self._pause: asyncio.Task[None] | None = None
        self._pause_ends = -math.inf
        self._failing: set[Check] = set()
        self._behind_since: datetime | None = None
        self._left_out = 0  # turns, before we fell behind
        self.turned_at = clock.monotonic()  # when the loop last turned, for the watchdog
        self.update(inventory, policy)

    @property
    def dropped(self) -> int:
        """Failed readings that were not counted because we were unwell."""
        return self._prober.dropped

    @property
    def agent_trouble(self) -> str:
        """Why the SSH agent could not be used last; empty: it could, or nobody asked it."""
        return self._ssh.agent_trouble

    @property
    def lost_family(self) -> str:
        """Why IPv4 or IPv6 seems to be lost to us alone; empty: neither is."""
        return self._families.why_lost()

    def lateness(self) -> timedelta:
        """For how long the most overdue check has been waiting for a worker."""
        return timedelta(seconds=self._agenda.lateness(self._clock.monotonic()))

    def overload(self) -> Overload:
        """Which looks are put off, since when; none of it says anything of the nodes."""
        self._note_load()
        if self._behind_since is None:
            return Overload()
        put_off, longest = self._agenda.put_off(self._clock.monotonic())
        left_out = self._agenda.left_out.total() - self._left_out
        named = {question.value: number for question, number in sorted(put_off.items())}
        return Overload(self._behind_since, named, timedelta(seconds=longest), left_out)

    def _note_load(self) -> None:
        """Note when looks begin to be put off, and when that is over."""
        if not self._agenda.is_behind(self._clock.monotonic()):
            self._behind_since = None
        elif self._behind_since is None:
            self._behind_since = self._clock.now()
            self._left_out = self._agenda.left_out.total()

    def loop_lag(self) -> timedelta:
        """How late the event loop is, 99 % of the last minute."""
        return self._health.loop_lag()

    def own_health(self) -> OwnHealth:
        """Whether our failed probes count just now, and why not."""
        return self._health.report(self.dropped)

    def update(self, inventory: Inventory, policy: Policy) -> None:
        """Take over a new inventory and policy; what is already going on goes on."""
        self._inventory = inventory
        self._policy = policy
        self._prober.update(inventory, policy)
        places = dict(places_of(inventory, policy, self._prober))
        suspect = policy.intervals.suspect.total_seconds()
        self._agenda.update(places, suspect=suspect, now=self._clock.monotonic())
        in_service = [n.key for n in inventory.nodes.values() if is_in_service(n)]
        self._rounds.update(
            in_service,
            policy.safety.complete_share,
            slow=slow_checks(places, inventory, policy),
            pace=max(policy.intervals.tcp, policy.intervals.ssh).total_seconds(),
        )
        self._failing &= places.keys()
        self._wake()

    def hasten(self, keys: Collection[NodeKey]) -> None:
        """These are suspect: every probe of theirs is due soon, again and again, until `relax`."""
        now = self._clock.monotonic()
        self._agenda.hasten([node_subject(key) for key in keys], now)
        for site in {node.site for node in map(self._inventory.nodes.get, keys) if node}:
            self._agenda.doubt(site_subject(site), now)
        self._wake()

    def relax(self, keys: Collection[NodeKey]) -> None:
        """These are no longer suspect."""
        self._agenda.relax([node_subject(key) for key in keys])

    async def scan(self, subject: Subject) -> None:
        """A person asked: every probe of the subject and its nodes goes before all others."""
        self._agenda.ask(self._within(subject), self._clock.monotonic())
        self._wake()

    async def look(self, node: Node, *, tries: int) -> list[Observation]:
        """Probe everything afresh `tries` times, spread over the configured time."""
        return await self._prober.look(node, tries=tries)

    async def run(self) -> None:
        """Scan for ever. The canaries speak first, so that no node is judged by a deaf vantage."""
        async with AsyncExitStack() as stack:
            if self._pings:
                stack.enter_context(self._pinger)
            if self._resolves:
                await stack.enter_async_context(self._resolver)
            self._take_stock()
            await self._ask_canaries()
            await self._scan()

    def _take_stock(self) -> None:
        """What this machine lets us ask is asked; the rest is one line of log."""
        if self._pinger.why_not:
            log.warning("nodes are not pinged", extra={"why": self._pinger.why_not})
        if self._resolver.why_not:
            log.warning("names are not checked", extra={"why": self._resolver.why_not})
        self.update(self._inventory, self._policy)

    async def _scan(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._health.run(), name="scan-health")
                group.create_task(self._watch_canaries(), name="scan-canaries")
                group.create_task(self._keep_keys(), name="scan-keys")
                group.create_task(self._pace(), name="scan-pace")
                for number in range(self._workers):
                    group.create_task(self._work(), name=f"scan-{number:03}")
        finally:
            await self._save_keys()

    async def _pace(self) -> None:
        """Hand out what is due; where nothing is, rest until something will be."""
        while True:
            now = self.turned_at = self._clock.monotonic()
            check = self._agenda.take(now)
            self._note_load()
            if check is not None:
                await self._ready.put(check)
                continue
            pause = min(self._agenda.next_due() - now, LONGEST_PAUSE)
            self._pause_ends = now + pause
            async with asyncio.TaskGroup() as group:
                sleep = self._clock.sleep(timedelta(seconds=pause))
                self._pause = group.create_task(sleep, name="scan-pause")

    def _wake(self) -> None:
        """End the pause when something is due before its end."""
        if self._pause is not None and self._agenda.next_due() < self._pause_ends:
            self._pause.cancel()

    async def _work(self) -> None:
        while True:
            check = await self._ready.get()
            try:
                changed = await self._carry_out(check)
            finally:
                self._agenda.done(check, self._clock.monotonic())
            if changed:
                self._doubt(check.subject)
            self._wake()

    async def _carry_out(self, check: Check) -> bool:
        """Put the question; True when its answer is the first bad or good one after others."""
        if check.question is Question.WITNESSES:
            await self._prober.ask_witnesses(SiteKey(check.subject.key))
            return False
        node = self._inventory.nodes.get(NodeKey(check.subject.key))
        if node is None:
            return False
        if check.question is Question.DNS:
            await self._prober.check_name(node)
            return False
        reading = await self._prober.probe(node, Probe(check.question.value))
        if reading is None:
            return False
        news = self._rounds.note(check, self._clock.monotonic())
        if news is not None:
            log.info("scan finished", extra={"nodes": news.attempted, "took_s": news.took_s})
            await self._inbox.tell(fleet_subject(), news)
        return self._changes(check, reading)

    def _changes(self, check: Check, reading: Reading) -> bool:
        """Whether the answer is another than the last; before the first a node is well."""
        if reading.probe is Probe.HTTP:  # pages alone cast no doubt
            return False
        if failed(reading) is (check in self._failing):
            return False
        self._failing ^= {check}
        return True

    def _doubt(self, subject: Subject) -> None:
        """A node fails or comes back: all its probes and its site's witnesses are due at once."""
        now = self._clock.monotonic()
        self._agenda.doubt(subject, now)
        node = self._inventory.nodes.get(NodeKey(subject.key))
        if node is not None:
            self._agenda.doubt(site_subject(node.site), now)

    async def _watch_canaries(self) -> None:
        while True:
            await self._clock.sleep(self._policy.intervals.canaries)
            await self._ask_canaries()

    async def _ask_canaries(self) -> None:
        if not self._canaries:
            return
        deadline = self._prober.patience(self._policy.wire.tcp_deadline)
        news = await ask_canaries(self._canaries, deadline)
        if news.good == news.asked or not self._health.is_poor:
            by_canary = {canary: news.answered[str(canary)] for canary in self._canaries}
            self._families.note(by_canary, self._policy.canaries)
            await self._inbox.tell(fleet_subject(), news)

    async def _keep_keys(self) -> None:
        while True:
            await self._clock.sleep(SAVE_EVERY)
            await self._save_keys()

    async def _save_keys(self) -> None:
        """Keys that cannot be saved now are saved later: they are still in memory."""
        try:
            await self._known_keys.save()
        except StoreError as error:
            log.warning("host keys not saved", extra={"why": str(error)})

    def _within(self, subject: Subject) -> Iterable[Subject]:
        """The subject, and the nodes and sites that asking for it means."""
        inventory = self._inventory
        if subject.kind is SubjectKind.FLEET:
            return [*map(node_subject, inventory.nodes), *map(site_subject, inventory.sites)]
        if subject.kind is SubjectKind.SITE:
            nodes = inventory.nodes_by_site.get(SiteKey(subject.key), ())
            return [*(node_subject(node.key) for node in nodes), subject]
        if subject.kind is SubjectKind.PCU:
            nodes = inventory.nodes_by_pcu.get(PcuKey(subject.key), ())
            return [node_subject(node.key) for node in nodes]
        return [subject]


def places_of(
    inventory: Inventory, policy: Policy, prober: Prober
) -> Iterable[tuple[Check, Place]]:
    """Every check there is to make, with its site and interval in seconds."""
    for node in inventory.nodes.values():
        subject = node_subject(node.key)
        names = [Probe.DNS] if prober.has_name(node) else []
        for probe in (*prober.probes_of(node), *names):
            every = interval_of(node, probe, policy).total_seconds()
            yield Check(subject, Question(probe.value)), Place(node.site, every)
    for key, site in inventory.sites.items():
        if witnesses_of(site, inventory.pcus_by_site.get(key, ())):
            place = Place(key, policy.intervals.witness.total_seconds())
            yield Check(site_subject(key), Question.WITNESSES), place


def slow_checks(
    places: Mapping[Check, Place], inventory: Inventory, policy: Policy
) -> dict[Check, float]:
    """The checks of nodes that are asked less often than the fleet, with their own intervals."""
    own = [node for node in inventory.nodes.values() if node.intervals != AS_OFTEN_AS_ALL]
    found = {}
    for node in own:
        for question in ROUND:
            check = Check(node_subject(node.key), question)
            if check in places and slower(node, Probe(question.value), policy):
                found[check] = places[check].interval
    return found


def is_in_service(node: Node) -> bool:
    """By the inventory's word alone: the scanner knows no status."""
    return node.boot_state is not BootState.DISABLED
