"""The virtual fleet: everything in a layout, served by one event loop on loopback."""

import asyncio
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self
from uuid import UUID

from plcmon.sim.crew import Crew
from plcmon.sim.inventory import write_inventory
from plcmon.sim.kit import MAIL, Kit, open_kit
from plcmon.sim.layout import Feed, Layout, NodePlan
from plcmon.sim.machine import Machine
from plcmon.sim.mail import MailRelay
from plcmon.sim.news import News
from plcmon.sim.node import VirtualNode
from plcmon.sim.port import Answers, Port
from plcmon.sim.relay import Relay
from plcmon.sim.unit import Post, build_post

DAY = 86_400.0  # seconds
KERNELS = {"linux": "6.1.0-18-amd64", "planetlab": "4.19.0-26-amd64"}


class Fleet:
    """Serves a layout while its context is entered; secrets, logs and mail lie in `folder`.

    Everything may be changed while it runs (see faults.py) and is so at once.
    """

    def __init__(
        self,
        layout: Layout,
        folder: Path,
        *,
        boot_seconds: float = 3.0,
        shared_key: bool = False,
    ) -> None:
        self.layout = layout
        self.folder = folder
        self.news = News()
        self.relays = {Feed(p.name, o): Relay(o) for p in layout.pcus for o in p.outlets}
        self.nodes: dict[str, VirtualNode] = {}
        self.posts: dict[str, Post] = {}
        self.gateways = {s.key: Port(s.gateway.host, s.gateway.port) for s in layout.sites}
        self.canaries = [Port(canary.host, canary.port) for canary in layout.canaries]
        self.dark_sites: set[str] = set()
        self.all_dark = False
        self.mute_canaries: set[int] = set()
        self.crew = Crew()
        self.mail = MailRelay(layout.mail, folder / MAIL, crew=self.crew, changed=self.news.spread)
        self._boot_seconds = boot_seconds
        self._shared_key = shared_key
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Begin to serve. Raises OSError when an address is taken or the folder unusable."""
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Not told of an error: the task groups within would wrap it once each.
        await self._stack.aclose()

    def draw_lines(self) -> None:
        """Cut and mend the lines as `all_dark`, `dark_sites` and `mute_canaries` say.

        With everything dark it is our own line that is cut, so the canaries go with it. The mail
        relay stays: it stands beside us, and shows that nothing was sent.
        """
        for node in self.nodes.values():
            node.go_dark(self.is_dark(node.plan.site))
        for post in self.posts.values():
            post.go_dark(self.is_dark(post.plan.site))
        for site, gateway in self.gateways.items():
            gateway.become(answers_when(dark=self.is_dark(site)))
        for number, canary in enumerate(self.canaries):
            canary.become(answers_when(dark=self.all_dark or number in self.mute_canaries))
        self.news.spread()

    def rewire(self, one: str, other: str) -> None:
        """Swap the cables of two nodes; the inventory knows nothing of it."""
        first, second = self.nodes[one], self.nodes[other]
        paths = first.paths
        first.plug_in(second.paths)
        second.plug_in(paths)

    def is_dark(self, site: str) -> bool:
        return self.all_dark or site in self.dark_sites

    async def _open(self) -> None:
        kit = await asyncio.to_thread(self._unpack)
        await self._stack.enter_async_context(self.crew)
        await self._open_pcus(kit)
        self._open_nodes(kit)
        for port in (*self.gateways.values(), *self.canaries):
            self._stack.callback(port.close)
            port.become(Answers.OPEN)
        self._stack.callback(self.mail.close)
        await self.mail.open()

    def _unpack(self) -> Kit:
        kit = open_kit(self.layout, self.folder, shared_key=self._shared_key)
        write_inventory(self.layout, kit, self.folder)
        return kit

    async def _open_pcus(self, kit: Kit) -> None:
        for plan in self.layout.pcus:
            relays = {outlet: self.relays[Feed(plan.name, outlet)] for outlet in plan.outlets}
            for relay in relays.values():
                relay.listeners.append(self._hear_relay)
            post = await asyncio.to_thread(
                build_post, plan, relays, kit, self.folder, self.news.spread
            )
            self._stack.callback(post.unit.log.close)
            await self._stack.enter_async_context(post.unit)
            self.posts[plan.name] = post

    def _hear_relay(self, _on: bool) -> None:
        self.news.spread()

    def _open_nodes(self, kit: Kit) -> None:
        for plan in self.layout.nodes:
            paths = [[self.relays[feed] for feed in path] for path in plan.paths]
            for relay in (relay for path in paths for relay in path):
                relay.label = relay.label or plan.name
            node = VirtualNode(
                plan,
                new_machine(plan, self.layout.seed),
                paths,
                host_key=partial(kit.host_key, plan.name),
                caller=kit.caller,
                boot_seconds=self._boot_seconds,
                crew=self.crew,
                changed=self.news.spread,
            )
            self._stack.callback(node.close)
            node.open()
            self.nodes[plan.name] = node


def answers_when(*, dark: bool) -> Answers:
    return Answers.SILENT if dark else Answers.OPEN


def new_machine(plan: NodePlan, seed: int) -> Machine:
    """A machine that has been up for days; how long, and its boot id, depend on the seed."""
    random = Random(f"{seed}/{plan.name}")
    up = random.uniform(2, 200) * DAY
    return Machine(
        name=plan.hostname,
        profile=plan.profile,
        kernel=KERNELS[plan.profile],
        booted_at=asyncio.get_running_loop().time() - up,
        boot_id=str(UUID(int=random.getrandbits(128), version=4)),
    )
