"""Tallies: how many nodes of a site show what. They follow each belief: nobody walks the site."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from plcmon.model.beliefs import NodeBelief, Status
from plcmon.model.readings import Evidence, Observed
from plcmon.model.subjects import Inventory, NodeKey, SiteKey

UNKNOWN = frozenset({Status.NEW, Status.RETIRED, Status.DISABLED})
WELL = frozenset({Status.GOOD, Status.ONLINE})
AILING = frozenset(Status) - UNKNOWN - WELL


class Face(NamedTuple):
    """What of a node bears on its site."""

    status: Status
    evidence: Evidence
    observed: Observed


@dataclass
class Tally:
    """One site's nodes, counted."""

    faces: Counter[Face] = field(default_factory=Counter)  # only such as are shown
    ailing: set[NodeKey] = field(default_factory=set)  # in service, and neither good nor online

    def add(self, belief: NodeBelief) -> None:
        self.faces[face_of(belief)] += 1
        if belief.status in AILING:
            self.ailing.add(belief.key)

    def drop(self, belief: NodeBelief) -> None:
        face = face_of(belief)
        self.faces[face] -= 1
        if not self.faces[face]:
            del self.faces[face]
        self.ailing.discard(belief.key)

    def copy(self) -> "Tally":
        return Tally(Counter(self.faces), set(self.ailing))


@dataclass
class Tallies:
    """The tally of every site, by one inventory."""

    inventory: Inventory = field(default_factory=Inventory)
    sites: dict[SiteKey, Tally] = field(default_factory=dict)

    def note(self, before: NodeBelief | None, after: NodeBelief) -> None:
        """A node's belief changed."""
        node = self.inventory.nodes.get(after.key)
        if node is None or (before is not None and face_of(before) == face_of(after)):
            return
        tally = self.sites.setdefault(node.site, Tally())
        if before is not None:
            tally.drop(before)
        tally.add(after)


def counted(beliefs: Iterable[NodeBelief]) -> Tally:
    tally = Tally()
    for belief in beliefs:
        tally.add(belief)
    return tally


def all_counted(inventory: Inventory, beliefs: Iterable[NodeBelief]) -> Tallies:
    tallies = Tallies(inventory)
    for belief in beliefs:
        tallies.note(None, belief)
    return tallies


def face_of(belief: NodeBelief) -> Face:
    return Face(belief.status, belief.evidence, belief.observed)
