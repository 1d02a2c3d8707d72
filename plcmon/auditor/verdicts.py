"""Verdicts: `fixed` only by a boot in our window (13), as far as the journal alone can show it."""

from plcmon.auditor.book import Book
from plcmon.auditor.family import Ears, Found, broken
from plcmon.auditor.limits import Limits
from plcmon.auditor.reading import of_engine, says, time_in
from plcmon.model.events import AuditRow


class Verdicts:
    """What a verdict rests on."""

    def __init__(self, _book: Book, limits: Limits) -> None:
        self._limits = limits

    @property
    def ears(self) -> Ears:
        return {"verdict": self.verdict}

    def verdict(self, row: AuditRow) -> Found:
        """`fixed` needs a new boot in our window; without one, an outlet read off and a return."""
        if row.outcome != "fixed" or not of_engine(row.actor):
            return
        sent_at, booted_at = time_in(row, "sent_at"), time_in(row, "booted_at")
        if sent_at is None or booted_at is None:
            yield broken(13, row, "fixed, without the time of our command or of its boot")
        elif booted_at < sent_at - self._limits.boot_slack:
            yield broken(
                13, row, f"fixed by a boot at {booted_at}, before our command at {sent_at}"
            )
        elif row.gates.get("boot id") != "new" and not says(row, "off seen"):
            yield broken(13, row, "fixed, with neither a new boot id nor an outlet read off")
