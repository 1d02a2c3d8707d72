"""Trouble: nodes that fall silent until their power is cut, on a few sites at a time."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from typing import Any

from plcmon.sim.control import FleetControl
from tests.acceptance.moments import Eyes

ROUND = 0.3  # seconds between two looks at the fleet
PATIENCE = 15.0  # seconds with an issue and nothing done, after which a hand helps
AT_THE_END = 2.0  # the same, when no more trouble is made
DEAF_FOR = 8.0  # seconds; long enough for a notice
AILMENTS = ("lies", "drops-after", "drops-before", "busy", "slow")
AILS_FOR = 9.0  # seconds; longer than an outlet has to follow

Truth = dict[str, Any]


@dataclass
class Fault:
    """One silence of one node."""

    node: str
    site: str
    at: datetime
    began: float
    boots: int  # before it
    cured_at: datetime | None = None
    by_hand: bool = False


@dataclass
class Trouble:
    """Keeps `most` nodes silent, each on a site of its own, and remembers all it did."""

    control: FleetControl
    eyes: Eyes
    random: Random
    most: int
    ails: float  # share of faults whose PCU ails as well
    faults: list[Fault] = field(default_factory=list)
    alarms: int = 0  # nodes that were deaf for a while
    _ailing: dict[str, float] = field(default_factory=dict)  # PCU -> when it is healed
    _deaf: tuple[str, float] | None = None
    _moved: dict[str, float] = field(default_factory=dict)  # node -> when its action last moved

    @property
    def silent(self) -> list[Fault]:
        """Those not yet cured."""
        return [fault for fault in self.faults if fault.cured_at is None]

    async def run(self) -> None:
        """Make trouble until cancelled."""
        while True:
            await self.go_round()
            await asyncio.sleep(ROUND)

    async def go_round(self, *, more: bool = True) -> None:
        """See what was cured, help what is stuck, heal PCUs in time, and break what is missing."""
        truth = await self.control.state()
        self._see_cured(truth)
        await self._help_stuck(truth, PATIENCE if more else AT_THE_END)
        await self._heal_pcus(everything=not more)
        await self._be_deaf(truth, more=more)
        if more:
            for node in self._victims(truth):
                await self._silence(node, truth)

    def moved(self, target: str) -> None:
        """Something was done about this subject."""
        self._moved[target.rpartition(":")[2]] = time.monotonic()

    async def let_fail(self, target: str) -> None:
        """Let the unit of this node do nothing for a while."""
        node = (await self.control.state())["nodes"][target.rpartition(":")[2]]
        await self._ail(node, "lies")

    async def _ail(self, node: Truth, what: str) -> None:
        pcu = self.random.choice(node["paths"][0]).partition(":")[0]
        self._ailing[pcu] = time.monotonic() + AILS_FOR
        await self.control.fault(what, pcu=pcu)

    def _see_cured(self, truth: Truth) -> None:
        for fault in self.silent:
            node = truth["nodes"][fault.node]
            if node["observed"] == "boot" and node["boots"] > fault.boots:
                fault.cured_at = datetime.now(UTC)

    async def _help_stuck(self, truth: Truth, patience: float) -> None:
        """A ladder has an end: where power was tried in vain, somebody goes there."""
        troubled = self.eyes.troubled()
        for fault in self.silent:
            since = time.monotonic() - max(fault.began, self._moved.get(fault.node, 0.0))
            fed = all(any(path) for path in truth["nodes"][fault.node]["fed"])
            if since > patience and fed and f"node/toml:{fault.node}" in troubled:
                fault.by_hand, fault.cured_at = True, datetime.now(UTC)
                await self.control.heal(node=fault.node)

    async def _heal_pcus(self, *, everything: bool) -> None:
        now = time.monotonic()
        for pcu in [p for p, until in self._ailing.items() if everything or until <= now]:
            del self._ailing[pcu]
            await self.control.heal(pcu=pcu)

    async def _be_deaf(self, truth: Truth, *, more: bool) -> None:
        """One node at a time lets nobody in: its site is written to, and told when it is over."""
        now = time.monotonic()
        if self._deaf is not None:
            if now >= self._deaf[1] or not more:
                await self.control.heal(node=self._deaf[0])
                self._deaf = None
            return
        free = self._free(truth) if more else []
        if free:
            node = self.random.choice(free)
            await self.control.fault("deaf", node=node)
            self._deaf, self.alarms = (node, now + DEAF_FOR), self.alarms + 1

    def _victims(self, truth: Truth) -> list[str]:
        found: list[str] = []
        while len(self.silent) + len(found) < self.most:
            sites = {truth["nodes"][node]["site"] for node in found}
            free = [n for n in self._free(truth) if truth["nodes"][n]["site"] not in sites]
            if not free:
                break
            found.append(self.random.choice(free))
        return found

    def _free(self, truth: Truth) -> list[str]:
        """Healthy nodes without an issue, on sites where nothing is wrong."""
        busy = {fault.site for fault in self.silent}
        if self._deaf is not None:
            busy.add(truth["nodes"][self._deaf[0]]["site"])
        troubled = self.eyes.troubled()
        return [
            name
            for name, node in truth["nodes"].items()
            if node["observed"] == "boot"
            and node["site"] not in busy
            and f"node/toml:{name}" not in troubled
        ]

    async def _silence(self, node: str, truth: Truth) -> None:
        record = truth["nodes"][node]
        fault = Fault(
            node, record["site"], datetime.now(UTC), time.monotonic(), int(record["boots"])
        )
        self.faults.append(fault)
        await self.control.fault("silent", node=node)
        if self.random.random() < self.ails:
            await self._ail(record, self.random.choice(AILMENTS))
