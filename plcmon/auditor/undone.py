"""Taken back (12): no boot state that an issue set, and no issue that it opened, outlives it."""

from collections import defaultdict
from datetime import datetime
from functools import partial

from plcmon.auditor.book import Book
from plcmon.auditor.family import Ears, Found, broken
from plcmon.auditor.limits import Limits
from plcmon.model.events import AuditRow

SETS = "boot-state"
UNDO = "undo "  # the topic of the alert that a value stays, for nobody knows of one before it


class Undone:
    """What each issue set, until something is planned that takes it back."""

    def __init__(self, book: Book, _limits: Limits) -> None:
        self._book = book
        self._set: defaultdict[str, dict[str, str]] = defaultdict(dict)  # issue -> intent -> value
        self._opened: defaultdict[str, set[str]] = defaultdict(set)  # issue -> what it opened

    @property
    def ears(self) -> Ears:
        return {
            "intent": self.intent,
            "issue opened": self.opened,
            "issue reopened": self.opened,
            "issue found": self.found,
            "issue closed": self.closed,
            "alert": self.alert,
        }

    def opened(self, row: AuditRow) -> Found:
        opener = row.gates.get("opened by", "")
        if opener:
            self._opened[opener].add(row.issue)
        yield from ()

    def found(self, row: AuditRow) -> Found:
        """It stands by itself from now on."""
        for opened in self._opened.values():
            opened.discard(row.issue)
        yield from ()

    def intent(self, row: AuditRow) -> Found:
        intent = self._book.intents[row.intent]
        if intent.kind != SETS:
            return
        if intent.undoes:
            self.forget(intent.undoes)
        elif intent.state == "sent" and intent.issue:
            self._set[intent.issue][intent.id] = intent.argument
        elif intent.state == "failed":
            self.forget(intent.id)
        yield from ()

    def alert(self, row: AuditRow) -> Found:
        if row.detail.startswith(UNDO):
            self.forget(row.detail.removeprefix(UNDO))
        yield from ()

    def forget(self, intent: str) -> None:
        for values in self._set.values():
            values.pop(intent, None)

    def closed(self, row: AuditRow) -> Found:
        yield from self.found(row)
        if self._set.get(row.issue) or self._opened.get(row.issue):
            self._book.remind(row.at, partial(self.outlives, row))
        yield from ()

    def outlives(self, row: AuditRow, _now: datetime) -> Found:
        for value in self._set.pop(row.issue, {}).values():
            yield broken(12, row, f"boot state {value} outlives the issue that set it")
        for issue in sorted(self._opened.pop(row.issue, ())):
            yield broken(12, row, f"issue {issue} outlives the issue that opened it")
