"""Where the reader stands in a sheet, and which of its rows are found there. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from plcmon.tui.filter import Filter
from plcmon.tui.sheets import Row, Sheet, order_by


@dataclass
class Where:
    """Where the reader stands in one sheet; each sheet has its own, so that going back is back."""

    sheet: Sheet[Any]
    filter: Filter = field(default_factory=Filter)
    column: str = ""  # sorted by; empty: the sheet's own order
    reverse: bool = False
    troubles: bool = False
    selected: str = ""
    place: int = 0  # of the selected row, for when it is gone
    top: int = 0  # the first row on the screen
    marks: dict[str, None] = field(default_factory=dict)  # ids, in the order of marking
    anchor: str = ""  # the row that was marked last, for a range

    def arrange(self, rows: Sequence[Row]) -> list[Row]:
        """The rows that pass the filter, in order."""
        sheet, wanted = self.sheet, self.filter
        kept = [row for row in rows if wanted.matches(row.hay)] if wanted.terms else list(rows)
        if self.troubles:
            kept = [row for row in kept if sheet.trouble(row.view)]
        order = order_by(sheet, self.column)
        kept.sort(key=lambda row: order(row.view), reverse=self.reverse)
        return kept


class Findings:
    """What a filter found while it was typed: the next letter looks only there.

    The last of them is the narrowest. Each is in order already, so none is sorted again; a letter
    taken back finds what was found before it.
    """

    def __init__(self) -> None:
        self._rows: Sequence[Row] = ()
        self._order: tuple[object, ...] = ()
        self._found: list[tuple[Filter, list[Row]]] = []

    def arrange(self, where: Where, rows: Sequence[Row]) -> list[Row]:
        """What `where` would make of these rows."""
        order = (where.sheet.id, where.column, where.reverse, where.troubles)
        # Rows keep their objects while they are equal, so this compares five thousand at once.
        if order != self._order or rows != self._rows:
            self._order, self._rows = order, rows
            self._found.clear()
        wanted = where.filter
        while self._found and not wanted.narrows(self._found[-1][0]):
            self._found.pop()
        if not self._found:
            self._found.append((wanted, where.arrange(rows)))
        elif wanted.terms != self._found[-1][0].terms:
            among = self._found[-1][1]
            self._found.append((wanted, [row for row in among if wanted.matches(row.hay)]))
        return self._found[-1][1]
