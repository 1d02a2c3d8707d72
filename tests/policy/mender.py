"""A world that answers: every planned cycle is carried out, and the node comes back, or not."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from plcmon.model.readings import Observed
from plcmon.model.subjects import NodeKey
from tests.policy.clerk import MINUTE, Clerk

STEP = 10 * MINUTE


@dataclass
class Mender:
    """Lets time pass as on a working day: scans, tests of PCUs, power that runs when planned."""

    clerk: Clerk
    dead: Collection[NodeKey] = ()  # nothing brings these back
    cycled: list[tuple[datetime, NodeKey]] = field(default_factory=list)
    came_back: list[NodeKey] = field(default_factory=list)

    def work(self, duration: timedelta) -> None:
        until = self.clerk.now + duration
        while self.clerk.now < until:
            self.clerk.forward(STEP)
            self.clerk.refresh()
            self.power()

    def power(self) -> None:
        """One action at a time, until no more are planned at once."""
        while planned := self.clerk.planned():
            key = NodeKey(planned[0].target.key)
            if self.clerk.carry_out(planned[0]).sent_at is None:
                continue  # judged again at the claim, and cancelled
            self.cycled.append((self.clerk.now, key))
            if key not in self.dead:
                self.clerk.boot(key, f"boot-{len(self.cycled)}")
                self.came_back.append(key)

    def fall(self, *keys: NodeKey) -> None:
        for key in keys:
            self.clerk.observe(key, Observed.SILENT, since=self.clerk.now)

    @property
    def keys(self) -> list[NodeKey]:
        return [key for _, key in self.cycled]
