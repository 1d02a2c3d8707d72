"""Columns: what each sheet has, how wide, and which leave first on a short line. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from plcmon.tui.look import CUT

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
GAP = 2  # cells between columns


@dataclass(frozen=True, slots=True)
class Column:
    """One column: `width` cells, plus a share of what is left when it has a `stretch`."""

    key: str
    title: str
    width: int
    stretch: int = 0
    most: int = 0  # cells it may stretch to; 0: no limit
    drop: int = 0  # the highest goes first when the line is short; 0: never
    right: bool = False


ISSUE_COLUMNS = (
    Column("what", "ISSUE", 14, stretch=2, most=18),
    Column("name", "NAME", 16, stretch=6, most=34),
    Column("site", "SITE", 11, drop=3),
    Column("open", "BAD FOR", 7, right=True),
    Column("rung", "RUNG", 10, stretch=1, most=20, drop=1),
    Column("next", "NEXT", 16, stretch=2, most=26, drop=2),
    Column("why", "WHY", 40, stretch=3, drop=4),
)
NODE_COLUMNS = (
    Column("status", "STATUS", 11),
    Column("name", "NODE", 18, stretch=6, most=38),
    Column("site", "SITE", 11, drop=3),
    Column("since", "FOR", 8, right=True),
    Column("seen", "SHOWS", 12, drop=2),
    Column("marks", "MARKS", 13, drop=4),
    Column("power", "POWER PATH", 18, stretch=1, most=28, drop=5),
    Column("why", "WHY", 30, stretch=3, drop=6),
)
SITE_COLUMNS = (
    Column("status", "STATUS", 13),
    Column("key", "SITE", 12),
    Column("name", "NAME", 18, stretch=2, most=36, drop=3),
    Column("since", "FOR", 8, right=True, drop=2),
    Column("up", "UP", 7, right=True),
    Column("needed", "NEEDS", 5, right=True),
    Column("pcus", "PCUS", 4, right=True, drop=4),
    Column("issues", "ISSUES", 6, right=True),
    Column("contacts", "CONTACTS", 20, stretch=1, most=34, drop=5),
    Column("why", "WHY", 40, stretch=3, drop=6),
)
PCU_COLUMNS = (
    Column("status", "STATUS", 11),
    Column("name", "PCU", 16, stretch=2, most=28),
    Column("site", "SITE", 11, drop=2),
    Column("family", "FAMILY", 8, drop=3),
    Column("finding", "LAST TEST", 16),
    Column("tested", "TESTED", 8, right=True),
    Column("nodes", "NODES", 5, right=True, drop=1),
    Column("address", "ADDRESS", 19, drop=5),
    Column("why", "DETAIL", 26, stretch=3, drop=4),
)
INTENT_COLUMNS = (
    Column("state", "STATE", 12),
    Column("kind", "ACTION", 12),
    Column("name", "TARGET", 18, stretch=6, most=34),
    Column("site", "SITE", 11, drop=4),
    Column("age", "AGE", 8, right=True),
    Column("stage", "STAGE", 10, drop=1),
    Column("verdict", "VERDICT", 14, drop=2),
    Column("actor", "BY", 9, drop=3),
    Column("why", "DETAIL", 26, stretch=3, drop=5),
)
EVENT_COLUMNS = (
    Column("at", "UTC", 14),
    Column("kind", "EVENT", 16, drop=2),
    Column("name", "ABOUT", 16, stretch=1, most=32, drop=1),
    Column("text", "WHAT HAPPENED", 24, stretch=3),
)


def printable(text: str) -> str:
    """Text without control codes and line breaks: it came from outside."""
    return CONTROL.sub(" ", text)


def fit(columns: Sequence[Column], width: int) -> list[tuple[int, int]]:
    """Which columns a line of `width` cells shows, as (place in `columns`, cells).

    Columns leave in the order of their `drop`; what is left over goes to those that stretch.
    """
    shown = list(enumerate(columns))
    while len(shown) > 1 and _least(shown) > width:
        leaving = max(shown, key=lambda item: item[1].drop)
        if not leaving[1].drop:
            break
        shown.remove(leaving)
    cells = {place: column.width for place, column in shown}
    _share(shown, cells, width - _least(shown))
    return [(place, cells[place]) for place, _ in shown]


def _least(shown: Sequence[tuple[int, Column]]) -> int:
    return sum(column.width for _, column in shown) + GAP * (len(shown) - 1)


def _share(shown: Sequence[tuple[int, Column]], cells: dict[int, int], left: int) -> None:
    while left > 0:
        hungry = [(p, c) for p, c in shown if c.stretch and not (c.most and cells[p] >= c.most)]
        if not hungry:
            return
        parts = sum(column.stretch for _, column in hungry)
        unit = max(1, left // parts)
        for place, column in hungry:
            limit = column.most - cells[place] if column.most else left
            more = min(unit * column.stretch, limit, left)
            cells[place] += more
            left -= more


def clip(text: str, width: int, *, right: bool = False, plain: bool = False) -> str:
    """Text cut or padded to exactly `width` cells; a cut is shown."""
    clean = printable(text)
    if width <= 0:
        return ""
    taken = len(clean) if clean.isascii() else cell_len(clean)
    if taken > width:
        return set_cell_size(clean, width - 1) + CUT.mark(plain=plain)
    spaces = " " * (width - taken)
    return spaces + clean if right else clean + spaces
