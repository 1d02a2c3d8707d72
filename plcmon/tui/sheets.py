"""The six sheets as data: columns, cells, order, trouble, and what each row is called."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar

from plcmon.operations.views import (
    EventView,
    IntentView,
    IssueView,
    NodeView,
    PcuView,
    SiteView,
)
from plcmon.tui import columns, rows
from plcmon.tui.columns import Column
from plcmon.tui.filter import Hay
from plcmon.tui.look import INTENT, STATUS, Level, look_of
from plcmon.tui.rows import Cell

V = TypeVar("V")
V_contra = TypeVar("V_contra", contravariant=True)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
Order = Callable[[Any], Any]


class ToCells(Protocol[V_contra]):
    """How a view becomes cells, one for each column."""

    def __call__(
        self, view: V_contra, now: datetime, /, *, plain: bool = False
    ) -> tuple[Cell, ...]: ...


@dataclass(frozen=True)
class Sheet(Generic[V]):
    """One list of rows of one kind."""

    id: str
    number: int
    title: str
    kind: str  # node, site, pcu, issue, intent, event
    columns: tuple[Column, ...]
    cells: ToCells[V]
    key: Callable[[V], str]
    name: Callable[[V], str]
    subject: Callable[[V], str]  # what the Desk is asked by
    why: Callable[[V], str]
    fields: Callable[[V], Mapping[str, str]]  # what a filter may ask for by name
    order: Callable[[V], Any]  # the order it starts with
    trouble: Callable[[V], bool]
    orders: Mapping[str, Order] = field(default_factory=dict)  # column key -> order; else text

    def hay(self, view: V) -> Hay:
        """What the filter searches in."""
        found = {name: text.lower() for name, text in self.fields(view).items()}
        return Hay(" ".join([*found.values(), self.why(view).lower()]), found)


@dataclass(frozen=True, slots=True)
class Row:
    """A view in a sheet; a new object exactly when the view is a new one."""

    id: str
    view: Any
    hay: Hay


def _issue_order(issue: IssueView) -> tuple[Any, ...]:
    unknown = issue.verdict == "unknown"
    paused = issue.status == "paused"
    return (not issue.proposal, paused, issue.worry, not unknown, issue.bad_since, issue.name)


def _status_order(view: NodeView | SiteView | PcuView) -> tuple[Any, ...]:
    return (look_of(STATUS, view.status).level, view.site if isinstance(view, NodeView) else "")


def _newest(at: datetime | None) -> float:
    return -(at or LONG_AGO).timestamp()


def _status_level(view: NodeView | SiteView | PcuView) -> Any:
    return (look_of(STATUS, view.status).level, view.status)


def _bad(view: NodeView | SiteView | PcuView) -> bool:
    return look_of(STATUS, view.status).level < Level.WELL or bool(view.issues)


ISSUES: Sheet[IssueView] = Sheet(
    "issues",
    1,
    "Issues",
    "issue",
    columns.ISSUE_COLUMNS,
    rows.issue_cells,
    key=lambda v: v.id,
    name=lambda v: v.name,
    subject=lambda v: v.id,
    why=lambda v: v.why,
    fields=lambda v: {
        "name": v.name,
        "site": v.site,
        "status": _issue_words(v),
        "type": rows.words(v.type),
        "kind": v.subject.partition("/")[0],
    },
    order=_issue_order,
    trouble=lambda v: v.worry < 2 or v.proposal,
    orders={
        "what": lambda v: v.type,
        "open": lambda v: v.bad_since,
        "rung": lambda v: (-v.rung_number, v.rung),
        "next": lambda v: (v.next_at is None, v.next_at or LONG_AGO),
    },
)


def _issue_words(issue: IssueView) -> str:
    asks = "proposal approve" if issue.proposal else ""
    held = f"held {issue.held_by}" if issue.held_by else ""
    return f"{issue.status} {asks} {held} {issue.verdict}"


FLEET: Sheet[NodeView] = Sheet(
    "fleet",
    2,
    "Fleet",
    "node",
    columns.NODE_COLUMNS,
    rows.node_cells,
    key=lambda v: v.key,
    name=lambda v: v.name,
    subject=lambda v: f"node/{v.key}",
    why=lambda v: v.why,
    fields=lambda v: {
        "name": v.name,
        "site": v.site,
        "status": f"{v.status} {v.observed}",
        "evidence": v.evidence,
        "mark": " ".join(v.marks),
        "pcu": v.power,
        "kind": "node",
    },
    order=lambda v: (*_status_order(v), v.name),
    trouble=_bad,
    orders={
        "status": _status_level,
        "since": lambda v: _newest(v.since),
        "marks": lambda v: (not v.marks, v.marks),
    },
)

SITES: Sheet[SiteView] = Sheet(
    "sites",
    3,
    "Sites",
    "site",
    columns.SITE_COLUMNS,
    rows.site_cells,
    key=lambda v: v.key,
    name=lambda v: v.key,
    subject=lambda v: f"site/{v.key}",
    why=lambda v: v.why,
    fields=lambda v: {
        "name": f"{v.key} {v.name}",
        "site": v.key,
        "status": v.status,
        "kind": "site",
        "by": " ".join(v.contacts),
    },
    order=lambda v: (*_status_order(v), not v.issues, v.key),
    trouble=lambda v: _bad(v) or v.up < v.needed,
    orders={
        "status": _status_level,
        "since": lambda v: _newest(v.since),
        "up": lambda v: v.up - v.nodes,
        "needed": lambda v: -v.needed,
        "pcus": lambda v: -v.pcus,
        "issues": lambda v: -len(v.issues),
    },
)

PCUS: Sheet[PcuView] = Sheet(
    "pcus",
    4,
    "PCUs",
    "pcu",
    columns.PCU_COLUMNS,
    rows.pcu_cells,
    key=lambda v: v.key,
    name=lambda v: v.name,
    subject=lambda v: f"pcu/{v.key}",
    why=lambda v: v.why,
    fields=lambda v: {
        "name": f"{v.name} {' '.join(v.nodes)}",
        "site": v.site,
        "family": v.family,
        "status": f"{v.status} {v.finding}",
        "pcu": v.name,
        "kind": "pcu",
    },
    order=lambda v: (*_status_order(v), v.finding == "ok", v.name),
    trouble=lambda v: _bad(v) or v.finding not in ("ok", ""),
    orders={
        "status": _status_level,
        "tested": lambda v: _newest(v.tested_at),
        "nodes": lambda v: -len(v.nodes),
    },
)

ACTIONS: Sheet[IntentView] = Sheet(
    "actions",
    5,
    "Actions",
    "intent",
    columns.INTENT_COLUMNS,
    rows.intent_cells,
    key=lambda v: v.id,
    name=lambda v: v.name,
    subject=lambda v: v.target,
    why=lambda v: f"{v.reason}: {v.detail}" if v.detail else v.reason,
    fields=lambda v: {
        "name": v.name,
        "site": v.site,
        "status": f"{v.state} {v.stage} {v.verdict}",
        "type": v.kind,
        "by": v.actor,
        "pcu": v.path,
        "kind": "intent",
    },
    order=lambda v: (v.state not in ("unknown", "sent", "claimed"), _newest(v.planned_at)),
    trouble=lambda v: v.state in ("unknown", "failed", "sent", "claimed", "planned"),
    orders={
        "state": lambda v: (look_of(INTENT, v.state).level, v.state),
        "age": lambda v: _newest(v.planned_at),
    },
)

JOURNAL: Sheet[EventView] = Sheet(
    "journal",
    6,
    "Journal",
    "event",
    columns.EVENT_COLUMNS,
    rows.event_cells,
    key=lambda v: str(v.seq),
    name=lambda v: v.name or v.subject,
    subject=lambda v: v.subject,
    why=lambda v: v.text,
    fields=lambda v: {
        "name": f"{v.name} {v.subject}",
        "type": rows.spaced(v.kind),
        "kind": v.subject.partition("/")[0],
    },
    order=lambda v: -v.seq,
    trouble=lambda v: v.kind not in ("NodeObserved", "PcuTested"),
    orders={"at": lambda v: -v.seq},
)

SHEETS: tuple[Sheet[Any], ...] = (ISSUES, FLEET, SITES, PCUS, ACTIONS, JOURNAL)
BY_ID: Mapping[str, Sheet[Any]] = {sheet.id: sheet for sheet in SHEETS}
BY_KIND: Mapping[str, Sheet[Any]] = {sheet.kind: sheet for sheet in SHEETS}


def order_by(sheet: Sheet[Any], column: str) -> Order:
    """The order of a column: its own, or that of its words; empty: the sheet's."""
    if not column:
        return sheet.order
    if column in sheet.orders:
        return sheet.orders[column]
    place = [c.key for c in sheet.columns].index(column)
    return lambda view: sheet.cells(view, LONG_AGO)[place].text
