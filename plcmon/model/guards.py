"""What is remembered of many nodes at once: storms, common causes, the pathfinders of a site."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Storm:
    """Nodes that fell together: until they boot, their power comes in waves."""

    id: str
    since: datetime  # bad time that began from here on ...
    until: datetime | None  # ... up to here belongs to it; None: until the fleet guard opens
    cause: str = ""  # the label of the common cause that left these nodes behind
    wave: int = 0  # doublings since the first wave of one
    turns: Mapping[str, str] = field(default_factory=dict)  # of this wave: node -> its intent
    back: int = 0  # of this wave: came back
    failed: tuple[str, ...] = ()  # of this wave: nodes that did not
    vain: tuple[str, ...] = ()  # nodes of earlier waves that did not, since it was last held
    held_until: datetime | None = None  # a wave failed

    @property
    def size(self) -> int:
        """How many nodes the present wave takes."""
        return 1 << self.wave

    @property
    def half(self) -> int:
        """How many of the wave must come back before the next."""
        return (self.size + 1) // 2

    @property
    def taken(self) -> int:
        """How many turns of the wave are taken."""
        return len(self.turns) + self.back + len(self.failed)


@dataclass(frozen=True, slots=True)
class CommonCause:
    """One label whose nodes opened too many issues at once: they are held as a group."""

    label: str
    issue: str  # the issue that they are children of
    since: datetime
    line: int  # more openings than this made it
    kinds: tuple[str, ...]  # the types of issue that belong to it


@dataclass(frozen=True, slots=True)
class SiteGuard:
    """A site most of which fell: its nodes get power one at a time, each proven first."""

    since: datetime
    dark: int  # silent or wedged
    counted: int  # of those that were good lately
    node: str = ""  # the pathfinder that is under way
    intent: str = ""  # its power action
    failures: int = 0  # pathfinders in a row that did not come back
    next_at: datetime | None = None  # after a failure
