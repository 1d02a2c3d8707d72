"""The book: the last snapshot plus the news since; the one truth that all screens read."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from plcmon.errors import PlcmonError
from plcmon.operations.views import EventView, NodeView, Summary, View
from plcmon.tui.feed import News
from plcmon.tui.sheets import BY_ID, Row

ROUTINE = frozenset({"CanaryRound", "IntentClaimed", "ScanCompleted", "WitnessesSeen"})
"""Rounds that come all the time and would bury the story; what they lead to has its own line."""
EVENTS_KEPT = 2000  # lines of the journal; older ones stay with the service


class Book:
    """Rows by sheet and id. A row keeps its object while its view stays equal."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[str, Row]] = {sheet: {} for sheet in BY_ID}
        self.summary: Summary | None = None
        self.lost: PlcmonError | None = None
        self.lost_at: datetime | None = None  # when the service fell silent
        self.retry_s = 0

    def load(self, view: View) -> None:
        """Take a whole snapshot over; rows that did not change keep their objects."""
        self.summary, self.lost, self.lost_at = view.summary, None, None
        for sheet, views in (
            ("issues", view.issues),
            ("fleet", view.nodes),
            ("sites", view.sites),
            ("pcus", view.pcus),
            ("actions", view.intents),
        ):
            self._replace(sheet, views)

    def lose(self, error: PlcmonError, retry_s: int, now: datetime) -> None:
        """The service does not answer; the rows stay as they were."""
        self.lost, self.retry_s = error, retry_s
        self.lost_at = self.lost_at or now

    def take(self, news: News) -> set[str]:
        """Take news over; returns the sheets in which something changed."""
        self.summary = news.summary or self.summary
        changed = {
            sheet
            for sheet, views in (
                ("issues", news.issues),
                ("fleet", news.fleet),
                ("sites", news.sites),
                ("pcus", news.pcus),
                ("actions", news.intents),
            )
            if views is not None and self._replace(sheet, views)
        }
        if self._put_nodes(news.nodes, news.gone):
            changed.add("fleet")
        if self.add_events(news.events):
            changed.add("journal")
        return changed

    def add_events(self, events: Iterable[EventView]) -> bool:
        """Write events into the journal; old ones leave at the other end."""
        rows = self.rows["journal"]
        new = sum(self._put("journal", event) for event in events if event.kind not in ROUTINE)
        for key in sorted(rows, key=int)[: max(0, len(rows) - EVENTS_KEPT)]:
            del rows[key]
        return bool(new)

    def view(self, sheet: str, key: str) -> Any:
        """The view of a row, or None when it is gone."""
        row = self.rows[sheet].get(key)
        return row.view if row else None

    def node(self, subject: str) -> NodeView | None:
        """The node of `node/KEY`."""
        kind, _, key = subject.partition("/")
        found = self.view("fleet", key) if kind == "node" else None
        return found if isinstance(found, NodeView) else None

    def _replace(self, sheet: str, views: Iterable[Any]) -> bool:
        old = self.rows[sheet]
        key_of = BY_ID[sheet].key
        self.rows[sheet] = {}
        changed = 0
        for view in views:
            key = key_of(view)
            known = old.get(key)
            if known is not None and known.view == view:
                self.rows[sheet][key] = known
            else:
                changed += self._put(sheet, view)
        return bool(changed) or len(old) != len(self.rows[sheet])

    def _put(self, sheet: str, view: Any) -> bool:
        what = BY_ID[sheet]
        key = what.key(view)
        known = self.rows[sheet].get(key)
        if known is not None and known.view == view:
            return False
        self.rows[sheet][key] = Row(key, view, what.hay(view))
        return True

    def _put_nodes(self, nodes: Iterable[NodeView], gone: Iterable[str]) -> bool:
        changed = [self._put("fleet", node) for node in nodes]
        left = [self.rows["fleet"].pop(key, None) for key in gone]
        return any(changed) or any(left)
