"""A tiny truth whose time is turned by hand."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from plcmon.model.subjects import NodeKey, Outlet, PcuKey, SiteKey
from plcmon.sim.world.loop import BEGIN
from plcmon.sim.world.truth import TrueNode, TruePcu, Truth

N, P, S = NodeKey("toml:n"), PcuKey("toml:p"), SiteKey("s")
OUTLET = Outlet(P, "1")


@dataclass
class Place:
    """One node on one outlet of one unit."""

    now: datetime = BEGIN
    stirred: list[NodeKey] = field(default_factory=list)
    _due: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _order: count = field(default_factory=count)  # type: ignore[type-arg] # of the standard library

    def __post_init__(self) -> None:
        self.truth = Truth(lambda: self.now, later=self.later, stir=self.stirred.append)
        self.node = TrueNode(N, S, (OUTLET,), 120.0, "f8", boots=1, booted_at=self.now)
        self.pcu = TruePcu(P, S, {"1": True})
        self.truth.nodes[N], self.truth.pcus[P] = self.node, self.pcu
        self.truth.by_feed = {OUTLET: self.node}

    def later(self, delay: timedelta, do: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self.now + delay, next(self._order), do))

    def forward(self, delay: timedelta) -> None:
        end = self.now + delay
        while self._due and self._due[0][0] <= end:
            self.now, _, do = heapq.heappop(self._due)
            do()
        self.now = end
