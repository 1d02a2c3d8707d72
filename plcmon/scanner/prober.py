"""The prober: puts one question to one node or site now, and hands on what counts as an answer."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count

from plcmon.model.events import WitnessesSeen
from plcmon.model.policy import Policy
from plcmon.model.ports import Inbox
from plcmon.model.readings import Evidence, Observation, Observed, Probe, Reading
from plcmon.model.subjects import Inventory, Node, NodeKey, Profile, SiteKey, site_subject
from plcmon.policy.sight import Finding, classify, failed
from plcmon.probes.canary import ask_witnesses, witnesses_of
from plcmon.probes.ping import Pinger, probe_ping
from plcmon.probes.ssh import Deadlines, SshProbe
from plcmon.probes.tcp import NoEvidenceError, probe_tcp
from plcmon.scanner.health import Health
from plcmon.times import Clock

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
        health: Health,
        boot: str,
    ) -> None:
        self.dropped = 0  # failed readings that were not counted because we were unwell
        self._inbox = inbox
        self._clock = clock
        self._ssh = ssh
        self._pinger = pinger
        self._health = health
        self._boot = boot
        self._sequence = count(1)
        self._unlearned: set[tuple[NodeKey, Probe]] = set()
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
        try:
            reading = await self._put(node, probe)
        except NoEvidenceError as error:
            self._note(node, probe, str(error))
            return None
        except Exception:
            # The one probe is lost, the scan of all others is not.
            log.exception("probe broke", extra={"node": node.key, "probe": probe.value})
            return None
        self._note(node, probe, "")
        if failed(reading) and self._health.is_poor:
            self.dropped += 1
            return None
        reading = replace(reading, boot=self._boot, sequence=next(self._sequence))
        self._inbox.ingest(reading)
        return reading

    def probes_of(self, node: Node) -> list[Probe]:
        """What can be asked of a node from here."""
        pings = [Probe.PING] if self._pinger.places(node) else []
        return [*pings, Probe.TCP, Probe.SSH]

    async def ask_witnesses(self, key: SiteKey) -> None:
        """One round over a site's witnesses, told to the engine; nothing where there are none."""
        site = self._inventory.sites.get(key)
        if site is None:
            return
        witnesses = witnesses_of(site, self._inventory.pcus_by_site.get(key, ()))
        answered = await ask_witnesses(witnesses, self.patience(self._policy.wire.tcp_deadline))
        if self._health.is_poor and not all(answered.values()):
            return
        if answered:
            await self._inbox.tell(site_subject(key), WitnessesSeen(answered))

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
        deadlines = Deadlines(self.patience(wire.tcp_deadline), self.patience(wire.ssh_deadline))
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

    def _note(self, node: Node, probe: Probe, why: str) -> None:
        """Log once when a node can't be probed for our own reasons, and once when it can again."""
        key = (node.key, probe)
        if bool(why) == (key in self._unlearned):
            return
        self._unlearned ^= {key}
        about = {"node": node.key, "probe": probe.value}
        if why:
            log.warning("nothing learned", extra={**about, "why": why})
        else:
            log.info("learning again", extra=about)


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
