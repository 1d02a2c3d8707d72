"""The auditor: rows in, violations out. What it keeps is bounded by the longest window."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from plcmon.auditor.book import WAKING, Book
from plcmon.auditor.limits import Limits
from plcmon.auditor.reading import word_of
from plcmon.auditor.truth import Truth
from plcmon.auditor.violation import Violation
from plcmon.model.events import AuditRow

Ear = Callable[[AuditRow], Iterable[Violation]]
Names = Callable[[str], str]


class Auditor:
    """Reads the journal row by row, from its first row on.

    `site_of` and `pcu_of` answer for rows that do not name the site or PCUs of their subject
    themselves; with a `truth` the invariants that only the world can judge are checked too.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        site_of: Names = lambda _subject: "",
        pcu_of: Names = lambda _subject: "",
        truth: Truth | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.rows = 0
        self._book = Book(self.limits)
        self._ears: dict[str, list[Ear]] = {}
        self._truth = truth
        self._now: datetime | None = None

    def take(self, row: AuditRow) -> list[Violation]:
        """Read the next row; what it breaks, and what time broke up to then."""
        found = [] if row.verb in WAKING else self.at(row.at)
        self.rows += 1
        try:
            self._book.note(row)
            for ear in self._ears.get(word_of(row.verb).topic, ()):
                found += ear(row)
        except ValueError as error:
            found.append(Violation(18, row.at, row.seq, f"{row.verb}: it cannot be read: {error}"))
        return found

    def at(self, now: datetime) -> list[Violation]:
        """What is broken by time alone, up to now."""
        return list(self._book.overdue(now))


def merged(families: Iterable[Mapping[str, Ear]]) -> dict[str, list[Ear]]:
    """Who hears rows of which topic."""
    ears: dict[str, list[Ear]] = {}
    for family in families:
        for topic, ear in family.items():
            ears.setdefault(topic, []).append(ear)
    return ears
