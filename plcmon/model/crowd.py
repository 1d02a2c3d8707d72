"""Indexes over what began together. They follow each row, so nobody has to walk the fleet."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from plcmon.model.beliefs import NodeBelief
from plcmon.model.issues import Issue, IssueId, IssueType
from plcmon.model.subjects import NodeKey

K = TypeVar("K")

KEPT = timedelta(days=1)  # how long an opening is remembered: far longer than any guard's window

Begun = tuple[datetime, NodeKey]
Opening = tuple[datetime, IssueId]


@dataclass
class Crowd:
    """Which nodes fell when, who is in which storm, and which issues opened under which label."""

    begun: list[Begun] = field(default_factory=list)  # by when their bad time began
    storms: dict[str, set[NodeKey]] = field(default_factory=dict)
    openings: dict[tuple[IssueType, str], list[Opening]] = field(default_factory=dict)
    children: dict[str, set[IssueId]] = field(default_factory=dict)  # open ones, by parent

    def note_node(self, before: NodeBelief | None, after: NodeBelief) -> None:
        """A node's belief changed."""
        was = before.fell_at if before else None
        if was != after.fell_at:
            if was is not None:
                del self.begun[bisect_left(self.begun, (was, after.key))]
            if after.fell_at is not None:
                insort(self.begun, (after.fell_at, after.key))
        storm = before.storm if before else ""
        if storm != after.storm:
            self._leave(storm, after.key)
            if after.storm:
                self.storms.setdefault(after.storm, set()).add(after.key)

    def _leave(self, storm: str, key: NodeKey) -> None:
        members = self.storms.get(storm, set())
        members.discard(key)
        if not members:
            self.storms.pop(storm, None)

    def note_issue(self, before: Issue | None, after: Issue, labels: Collection[str]) -> None:
        """An issue changed; `labels` are those of its node."""
        opened = after.is_open and (before is None or not before.is_open)
        at = after.reopened_at or after.opened_at
        for label in labels if opened else ():
            rows = self.openings.setdefault((after.type, label), [])
            insort(rows, (at, after.id))
            del rows[: bisect_left(rows, (at - KEPT, IssueId("")))]
        if before is not None and before.parent and before.parent != after.parent:
            self._drop_child(before)
        if after.parent and after.is_open:
            self.children.setdefault(after.parent, set()).add(after.id)
        elif after.parent:
            self._drop_child(after)

    def _drop_child(self, issue: Issue) -> None:
        children = self.children.get(issue.parent, set())
        children.discard(issue.id)
        if not children:
            self.children.pop(issue.parent, None)

    def fell(self, after: datetime, until: datetime) -> list[Begun]:
        """Whose bad time began later than `after` and not later than `until`, oldest first."""
        return self.begun[_past(self.begun, after) : _past(self.begun, until)]

    def count_fell(self, after: datetime, until: datetime) -> int:
        return _past(self.begun, until) - _past(self.begun, after)

    def opened(self, kind: IssueType, label: str, after: datetime) -> list[Opening]:
        """Issues of that type that opened later than `after` under that label, oldest first."""
        rows = self.openings.get((kind, label), [])
        return rows[_past(rows, after) :]

    def last_opened(self, kind: IssueType, label: str, most: int) -> list[Opening]:
        return self.openings.get((kind, label), [])[-most:]

    def count_opened(self, kind: IssueType, label: str, after: datetime) -> int:
        rows = self.openings.get((kind, label), [])
        return len(rows) - _past(rows, after)


def _past(rows: list[tuple[datetime, K]], at: datetime) -> int:
    """How many rows are not later than `at`."""
    return bisect_right(rows, at, key=lambda row: row[0])
