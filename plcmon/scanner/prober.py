"""The prober: puts one question to one node or site now, and hands on what counts as an answer."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import TypeVar

from plcmon.model.events import PagesSeen, WitnessesSeen
from plcmon.model.policy import Policy
from plcmon.model.ports import Inbox
from plcmon.model.readings import Evidence, Observation, Observed, Probe, Reading
from plcmon.model.subjects import (
    Inventory,
    Node,
    NodeKey,
    Profile,
    SiteKey,
    node_subject,
    site_subject,
)
from plcmon.policy.intervals import interval_of
from plcmon.policy.sight import Finding, classify, failed
from plcmon.probes.agent import AgentError
from plcmon.probes.canary import ask_witnesses, witnesses_of
from plcmon.probes.dns import Resolver, check_name
from plcmon.probes.http import probe_http
from plcmon.probes.ping import Pinger, is_loopback, probe_ping
from plcmon.probes.ssh import Deadlines, SshProbe
from plcmon.probes.tcp import NoEvidenceError, probe_tcp
from plcmon.scanner.families import Families
from plcmon.scanner.health import Health
from plcmon.times import Clock

T = TypeVar("T")

CALM_ROUNDS = 12  # of witnesses that say the same at a calm site, of which one is told

log = logging.getLogger(__name__)


class Prober:
    """Probes for the scanner's rounds and for those who look again before they act."""

    def __init__(
        self,
        inbox: Inbox,
        *,
        clock: Clock,
        ssh: SshProbe,
        pinger: Pinger,
        resolver: Resolver,
        doubted: Callable[[NodeKey], bool] = lambda key: False,
        pages: Callable[[NodeKey], str] = lambda key: "",
        calm: Callable[[SiteKey], bool] = lambda key: False,
        health: Health,
        families: Families | None = None,
        boot: str,
    ) -> None:
        self.dropped = 0  # failed readings that were not counted because we were unwell
        self._inbox = inbox
        self._clock = clock
        self._ssh = ssh
        self._pinger = pinger
        self._resolver = resolver
        self._doubted = doubted  # whether a node's name is believed to be wrong
        self._pages = pages  # what a node's pages are believed to lack
        self._lacking: set[NodeKey] = set()  # whose pages lacked something the last time
        self._disagreed: dict[NodeKey, float] = {}  # when it was last told
        self._inside: dict[NodeKey, bool] = {}  # whether the node itself could look names up
        self._judged: set[NodeKey] = set()  # nodes of which that was told since they said it
        self._calm = calm  # whether nothing hangs on what a site's witnesses say
        self._witnessed: dict[SiteKey, tuple[dict[str, bool], float]] = {}  # what was told, when
        self._health = health
        self._families = families or Families()
        self._boot = boot
        self._sequence = count(1)
        self._unlearned: dict[tuple[NodeKey, Probe], int] = {}  # the level it was told at
        self._inventory = Inventory()
        self._policy = Policy()

    def update(self, inventory: Inventory, policy: Policy) -> None:
        """Take over a new inventory and policy; private keys are read anew."""
        self._inventory = inventory
        self._policy = policy
        self._ssh.forget()

    async def probe(self, node: Node, probe: Probe) -> Reading | None:
        """Put one question to a node; the reading is handed on before it is returned.

        None when nothing was learned: the fault is ours, or may be.
        """
        reading = await self._learn(node, probe, self._put(node, probe))
        if reading is None:
            return None
        if failed(reading) and self._health.is_poor:
            self.dropped += 1
            return None
        if failed(reading) and self._families.doubts(node):
            return None
        reading = replace(reading, boot=self._boot, sequence=next(self._sequence))
        self._look_inside(node, reading)
        self._inbox.ingest(reading)
        if probe is Probe.HTTP:
            await self._tell_pages(node, reading)
        return reading

    async def _tell_pages(self, node: Node, reading: Reading) -> None:
        """Tell people what the pages lack once it is seen twice in a row, and when it is over."""
        again = node.key in self._lacking
        if reading.detail:
            self._lacking.add(node.key)
        else:
            self._lacking.discard(node.key)
        told = self._pages(node.key)
        if self._health.is_poor or reading.detail == told or (reading.detail and not again):
            return
        await self._inbox.tell(node_subject(node.key), PagesSeen(reading.detail))

    def _look_inside(self, node: Node, reading: Reading) -> None:
        """Remember whether the node itself could look a name up, where its profile asks."""
        fact = self._profile_of(node).resolver_fact
        if fact and reading.facts is not None:
            self._inside[node.key] = bool(reading.facts.more.get(fact))
            self._judged.discard(node.key)

    def probes_of(self, node: Node) -> list[Probe]:
        """What can be asked of a node from here."""
        pings = [Probe.PING] if self._pinger.places(node) else []
        pages = [Probe.HTTP] if node.http else []
        return [*pings, Probe.TCP, Probe.SSH, *pages]

    def has_name(self, node: Node) -> bool:
        """Whether the node's name can be held against its addresses from here."""
        return self._resolver.is_open and not any(map(is_loopback, node.addresses))

    async def check_name(self, node: Node) -> None:
        """One round over a node's name; told where it is wrong, or believed to be.

        A person who asks again and again does not make rounds of it, nor does one thing that the
        node said of itself before it fell silent.
        """
        deadline = self.patience(self._policy.wire.dns_deadline)
        old = node.key in self._judged
        inside = None if old else self._inside.get(node.key)
        asking = check_name(node, self._resolver, inside=inside, deadline=deadline)
        found = await self._learn(node, Probe.DNS, asking)
        if found is None:
            return
        if found.agree:
            if old and self._inside.get(node.key) is False:
                return  # it agrees from here; nothing was heard from inside since
            self._disagreed.pop(node.key, None)
            if self._doubted(node.key):
                await self._inbox.tell(node_subject(node.key), found)
            return
        now = self._clock.monotonic()
        soon = self._disagreed.get(node.key, -math.inf)
        soon += interval_of(node, Probe.DNS, self._policy).total_seconds() / 2
        if not self._health.is_poor and now >= soon:
            self._disagreed[node.key] = now
            self._judged.add(node.key)
            await self._inbox.tell(node_subject(node.key), found)

    async def ask_witnesses(self, key: SiteKey) -> None:
        """One round over a site's witnesses, told to the engine; nothing where there are none.

        At a calm site the same again is told now and then only: each one told is a row for good.
        """
        site = self._inventory.sites.get(key)
        if site is None:
            return
        witnesses = witnesses_of(site, self._inventory.pcus_by_site.get(key, ()))
        answered = await ask_witnesses(witnesses, self.patience(self._policy.wire.tcp_deadline))
        if self._health.is_poor and not all(answered.values()):
            return
        if answered and self._is_news(key, answered):
            self._witnessed[key] = answered, self._clock.monotonic()
            await self._inbox.tell(site_subject(key), WitnessesSeen(answered))

    def _is_news(self, key: SiteKey, answered: dict[str, bool]) -> bool:
        said, told_at = self._witnessed.get(key, ({}, -math.inf))
        if answered != said or not all(answered.values()) or not self._calm(key):
            return True
        age = self._clock.monotonic() - told_at
        return age >= CALM_ROUNDS * self._policy.intervals.witness.total_seconds()

    async def look(self, node: Node, *, tries: int) -> list[Observation]:
        """Probe everything afresh `tries` times, spread over the configured time.

        One observation per try, in order; the site's witnesses are asked beside the first.
        """
        gap = self._policy.wire.look_for / max(1, tries)
        began = self._clock.monotonic()
        observations = []
        for number in range(tries):
            begins = began + number * gap.total_seconds()
            await self._clock.sleep(timedelta(seconds=begins - self._clock.monotonic()))
            async with asyncio.TaskGroup() as group:
                if number == 0:
                    group.create_task(self.ask_witnesses(node.site), name=f"look-{node.site}")
                probing = [
                    group.create_task(self.probe(node, probe), name=f"look-{probe}-{node.key}")
                    for probe in self.probes_of(node)
                ]
            readings = [task.result() for task in probing]
            observations.append(self._observe(node, [r for r in readings if r is not None]))
        return observations

    async def _learn(self, node: Node, probe: Probe, asking: Awaitable[T]) -> T | None:
        """What the probe brings; None when nothing was learned, for a reason of ours."""
        try:
            found = await asking
        except NoEvidenceError as error:
            # The housekeeper tells of the agent once; a resolver out of order is many nodes too.
            ours = probe is Probe.DNS or isinstance(error, AgentError)
            self._note(node, probe, str(error), logging.DEBUG if ours else logging.WARNING)
            return None
        except Exception:
            # The one probe is lost, the scan of all others is not.
            log.exception("probe broke", extra={"node": node.key, "probe": probe.value})
            return None
        self._note(node, probe, "")
        return found

    def patience(self, deadline: timedelta) -> timedelta:
        """The deadline, doubled while we are unwell; never more, it would eat freshness."""
        return 2 * deadline if self._health.is_poor else deadline

    async def _put(self, node: Node, probe: Probe) -> Reading:
        wire = self._policy.wire
        if probe is Probe.TCP:
            deadline = self.patience(wire.tcp_deadline)
            return await probe_tcp(node, clock=self._clock, deadline=deadline)
        if probe is Probe.PING:
            deadline = self.patience(wire.ping_deadline)
            return await probe_ping(
                node, self._pinger, clock=self._clock, wire=wire, deadline=deadline
            )
        if probe is Probe.HTTP:
            deadline = self.patience(wire.http_deadline)
            return await probe_http(node, clock=self._clock, deadline=deadline)
        deadlines = Deadlines(
            self.patience(wire.tcp_deadline),
            self.patience(wire.ssh_deadline),
            self.patience(wire.agent_deadline),
        )
        return await self._ssh.probe(node, self._profile_of(node), deadlines)

    def _profile_of(self, node: Node) -> Profile:
        return self._inventory.profiles.get(node.profile) or Profile(node.profile)

    def _observe(self, node: Node, readings: list[Reading]) -> Observation:
        """What one try shows; no evidence when a probe that it depends on taught nothing."""
        by_probe: Mapping[Probe, Reading] = {reading.probe: reading for reading in readings}
        finding = classify(node, self._profile_of(node), by_probe, self.probes_of(node))
        if finding is None:
            now = self._clock.now()
            detail = "nothing was learned, for a reason on our side"
            return Observation(Observed.STALE, now, now, Evidence.STALE, detail=detail)
        return observation_of(finding, readings)

    def _note(self, node: Node, probe: Probe, why: str, level: int = logging.WARNING) -> None:
        """Log once when a node can't be probed for our own reasons, and once when it can again."""
        key = (node.key, probe)
        about = {"node": node.key, "probe": probe.value}
        if why and key not in self._unlearned:
            self._unlearned[key] = level
            log.log(level, "nothing learned", extra={**about, "why": why})
        elif not why and key in self._unlearned:
            level = min(self._unlearned.pop(key), logging.INFO)  # as quietly as it was told
            log.log(level, "learning again", extra=about)


def observation_of(finding: Finding, readings: list[Reading]) -> Observation:
    """A finding of one moment, as old as its oldest reading."""
    at = min(reading.at for reading in readings)
    return Observation(
        finding.state,
        at,
        at,
        marks=finding.marks,
        boot_id=finding.boot_id,
        booted_at=finding.booted_at,
        login=finding.login,
        detail=finding.detail,
    )
