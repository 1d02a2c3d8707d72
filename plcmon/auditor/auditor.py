"""The auditor: rows in, violations out. What it keeps is bounded by the longest window."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Protocol

from plcmon.auditor.book import WAKING, Book
from plcmon.auditor.commands import Commands
from plcmon.auditor.family import Ear, Ears
from plcmon.auditor.flight import Flight
from plcmon.auditor.guards import Guards
from plcmon.auditor.ladders import Ladders
from plcmon.auditor.limits import Limits
from plcmon.auditor.post import Post
from plcmon.auditor.reading import word_of
from plcmon.auditor.stops import Stops
from plcmon.auditor.truth import Truth
from plcmon.auditor.undone import Undone
from plcmon.auditor.verdicts import Verdicts
from plcmon.auditor.violation import Violation
from plcmon.auditor.world import Secrets, World
from plcmon.model.events import AuditRow

Names = Callable[[str], str]
FAMILIES = (Commands, Flight, Ladders, Stops, Guards, Post, Undone, Verdicts)


class Family(Protocol):
    """Some invariants that belong together."""

    @property
    def ears(self) -> Ears:
        """Who of it hears rows of which topic."""
        ...


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
        self._book = Book(self.limits, site_of, pcu_of)
        self._world = World(self._book, self.limits, truth) if truth is not None else None
        self._secrets = Secrets(truth.secrets()) if truth is not None else None
        families: list[Family] = [family(self._book, self.limits) for family in FAMILIES]
        if self._world is not None:
            families.append(self._world)
        self._ears = merged(family.ears for family in families)
        self._last: AuditRow | None = None

    def take(self, row: AuditRow) -> list[Violation]:
        """Read the next row; what it breaks, and what time broke up to then."""
        found = [] if row.verb in WAKING else self.at(row.at)
        self.rows += 1
        found += self._in_order(row)
        if self._secrets is not None:
            found += self._secrets.row(row)
        try:
            self._book.note(row)
            for ear in self._ears.get(word_of(row.verb).topic, ()):
                found += ear(row)
        except ValueError as error:
            found.append(Violation(18, row.at, row.seq, f"{row.verb}: it cannot be read: {error}"))
        return found

    def at(self, now: datetime) -> list[Violation]:
        """What is broken by time alone, up to now."""
        found = list(self._book.overdue(now))
        if self._world is not None:
            found += self._world.dark(now)
        return found

    def rest(self, now: datetime) -> list[Violation]:
        """What must have come to rest by now, long after the last fault; needs a truth."""
        return list(self._world.liveness(now)) if self._world is not None else []

    def _in_order(self, row: AuditRow) -> list[Violation]:
        """Numbers without a gap, each row bound to the one before; the hashes are not computed."""
        last, self._last = self._last, row
        if last is None or not row.seq:
            return []
        if row.seq != last.seq + 1 or row.previous != last.hash:
            return [Violation(18, row.at, row.seq, f"it does not follow row {last.seq}")]
        return []


def merged(families: Iterable[Mapping[str, Ear]]) -> dict[str, list[Ear]]:
    """Who hears rows of which topic."""
    ears: dict[str, list[Ear]] = {}
    for family in families:
        for topic, ear in family.items():
            ears.setdefault(topic, []).append(ear)
    return ears
