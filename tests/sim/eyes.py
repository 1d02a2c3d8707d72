"""Looks at a virtual node as the service would: its probes, its inventory, its judgement."""

import asyncio
from datetime import timedelta

from plcmon.inventory.toml import read_inventory
from plcmon.model.readings import Observed, Probe, Reading
from plcmon.model.subjects import Inventory, Node, NodeKey
from plcmon.policy.sight import Finding, classify
from plcmon.probes.keys import KeysInMemory
from plcmon.probes.ssh import Deadlines, SshProbe
from plcmon.probes.tcp import probe_tcp
from plcmon.sim.fleet import Fleet
from plcmon.sim.inventory import FILE
from plcmon.times import SystemClock

CONNECT = timedelta(seconds=0.3)
LOGIN = timedelta(seconds=1.5)


class Eyes:
    """One observer with its own memory of host keys."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.clock = SystemClock()
        self._ssh = SshProbe(clock=self.clock, known=KeysInMemory())

    def node(self, name: str) -> Node:
        return self.inventory.nodes[NodeKey(f"toml:{name}")]

    async def read(self, name: str) -> dict[Probe, Reading]:
        """Ask the node everything once."""
        node = self.node(name)
        profile = self.inventory.profiles[node.profile]
        deadlines = Deadlines(CONNECT, LOGIN)
        return {
            Probe.TCP: await probe_tcp(node, clock=self.clock, deadline=CONNECT),
            Probe.SSH: await self._ssh.probe(node, profile, deadlines),
        }

    async def look(self, name: str) -> Finding:
        """What one complete round of questions shows."""
        node = self.node(name)
        profile = self.inventory.profiles[node.profile]
        finding = classify(node, profile, await self.read(name))
        assert finding is not None
        return finding

    async def state(self, name: str) -> Observed:
        return (await self.look(name)).state


async def open_eyes(fleet: Fleet) -> Eyes:
    return Eyes(await asyncio.to_thread(read_inventory, [fleet.folder / FILE]))


def debuggable(fleet: Fleet) -> str:
    """A node whose profile tells debug from boot."""
    return next(name for name, node in fleet.nodes.items() if node.plan.profile == "planetlab")
