"""Bulk: one word of a person for many nodes, carried out in waves."""

from dataclasses import dataclass
from datetime import datetime

from plcmon.model.subjects import NodeKey


@dataclass(frozen=True, slots=True)
class Bulk:
    """A power verb over a selection: at most so many at once, and an end when it goes badly."""

    id: str
    kind: str  # an ActionKind
    selection: str
    actor: str
    reason: str
    forced: bool
    begun_at: datetime
    left: tuple[NodeKey, ...]  # not begun yet
    running: tuple[str, ...] = ()  # intents
    done: int = 0
    bad: int = 0
    skipped: int = 0  # declined by a rule
    until: datetime | None = None  # power-off: the end of each node's window
