"""The world's testimony: what the auditor may ask of the hidden truth, in the journal's words."""

from bisect import bisect_right
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from plcmon.auditor.truth import OURS
from plcmon.model.subjects import NodeKey, Outlet, PcuKey
from plcmon.sim.world.truth import CURED_BY_BOOT, Hand, Mood, Shows, Switching, TrueNode, Truth

LATELY = timedelta(hours=1)
ENOUGH = 2  # nodes that a site must have up, where it has so many
KEPT = 50  # switchings remembered of one outlet, and stretches of blindness


@dataclass
class Testimony:
    """Remembers of the truth what the auditor may ask about a little later."""

    truth: Truth
    deeds: dict[Outlet, list[Switching]] = field(default_factory=dict)
    blind: list[tuple[datetime, bool]] = field(default_factory=list)

    # What it is told

    def switched(self, deed: Switching) -> None:
        """A command to an outlet that was obeyed."""
        if deed.obeyed:
            done = self.deeds.setdefault(deed.outlet, [])
            done.append(deed)
            del done[:-KEPT]

    def sight(self, blind: bool) -> None:
        self.blind.append((self.truth.now(), blind))
        del self.blind[:-KEPT]

    # What it is asked

    def signs_of_life(self, node: str, since: datetime, until: datetime) -> bool:
        found = self._node(node)
        seen = found.showed_life_at if found is not None else None
        return seen is not None and since <= seen <= until

    def served(self, node: str, since: datetime, until: datetime) -> bool:
        found = self._node(node)
        if found is None or self.truth.visible(found) is not Shows.BOOT:
            return False
        lit_at = self.truth.lit_at.get(found.site, since)
        return lit_at <= since and all(shown is Shows.BOOT for shown in found.since(since, until))

    def fed_by(self, outlet: str) -> str:
        where = outlet_of(outlet)
        node = self.truth.by_feed.get(where) if where is not None else None
        return f"node/{node.key}" if node is not None and len(node.feeds) == 1 else ""

    def is_enough_up(self, site: str, at: datetime) -> bool:
        nodes = [node.key for node in self.truth.nodes.values() if node.site == site]
        up = sum(self.served(f"node/{key}", at - LATELY, at) for key in nodes)
        return up >= min(ENOUGH, len(nodes))

    def was_vantage_well(self, since: datetime, until: datetime) -> bool:
        before = bisect_right(self.blind, since, key=lambda entry: entry[0])
        then = self.blind[before - 1][1] if before else False
        later = (blind for at, blind in self.blind if since < at <= until)
        return not then or not all(later)

    def power_of(self, outlet: str, at: datetime) -> bool | None:
        deed = self._last(outlet, at)
        if deed is not None:
            return deed.on
        where = outlet_of(outlet)
        pcu = self.truth.pcus.get(where.pcu) if where else None
        return pcu.outlets.get(where.outlet) if pcu is not None and where is not None else None

    def hand_that_switched(self, outlet: str, at: datetime) -> str:
        deed = self._last(outlet, at)
        if deed is None:
            return ""
        return OURS if deed.by is Hand.SERVICE else deed.by.value

    def booted_at(self, node: str, at: datetime) -> datetime | None:
        found = self._node(node)
        return found.booted_at if found is not None else None

    def cause_of(self, node: str, at: datetime) -> str:
        found = self._node(node)
        return found.cause if found is not None else ""

    def silent_with_power(self, now: datetime) -> Iterable[tuple[str, datetime]]:
        for node in self.truth.nodes.values():
            since = self._silent_since(node, now)
            if since is not None and self._can_be_cut(node):
                yield f"node/{node.key}", since

    def well_since(self, node: str, now: datetime) -> datetime | None:
        found = self._node(node)
        if found is None or found.shows(now) is not Shows.BOOT:
            return None
        return found.past[-1][0] if found.past else None

    def secrets(self) -> Collection[str]:
        return ()  # no unit of this world has one

    # Inside

    def _node(self, node: str) -> TrueNode | None:
        return self.truth.nodes.get(NodeKey(node.partition("/")[2]))

    def _last(self, outlet: str, at: datetime) -> Switching | None:
        where = outlet_of(outlet)
        done = self.deeds.get(where, []) if where is not None else []
        return next((deed for deed in reversed(done) if deed.at <= at), None)

    def _silent_since(self, node: TrueNode, now: datetime) -> datetime | None:
        ill = node.fault in CURED_BY_BOOT and node.heals_at is None and node.powered
        if not ill or node.unwanted or not node.past:
            return None
        return max(node.past[-1][0], node.wanted_since or node.past[-1][0])

    def _can_be_cut(self, node: TrueNode) -> bool:
        pcus = [self.truth.pcus[outlet.pcu] for outlet in node.feeds]
        return node.proven and bool(pcus) and all(pcu.mood is Mood.FINE for pcu in pcus)


def outlet_of(text: str) -> Outlet | None:
    """`PCU OUTLET`, as the journal has it."""
    pcu, found, outlet = text.partition(" ")
    return Outlet(PcuKey(pcu), outlet) if found else None
