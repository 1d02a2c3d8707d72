"""Tables that fit: columns give way by their own rules, numbers stand right."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from plcmon.operations.phrases import plain

GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how a row fills it and how it gives way."""

    head: str
    cell: Callable[[Any], str]
    right: bool = False
    least: int = 0  # characters it may be cut down to; 0: never cut
    drop: int = 0  # 0 stays; of the others the greatest goes first


def render(columns: Sequence[Column], rows: Iterable[Any], width: int | None) -> list[str]:
    """Head and rows as lines of at most `width` characters; None: as wide as they are."""
    grid = [[plain(column.cell(row)) for column in columns] for row in rows]
    kept = list(range(len(columns)))
    widths = [
        max(len(text) for text in texts) for texts in zip(_heads(columns), *grid, strict=True)
    ]
    if width is not None:
        kept, widths = fit(columns, widths, width)
    lines = [_heads(columns), *grid]
    made = [_line(columns, kept, widths, cells) for cells in lines]
    return made if width is None else [cut(line, width) for line in made]


def fit(columns: Sequence[Column], widths: list[int], width: int) -> tuple[list[int], list[int]]:
    """Which columns stay and how wide each is, so that a line has at most `width` characters."""
    kept = list(range(len(columns)))
    while True:
        fitted = _shrunk(columns, kept, widths, width)
        droppable = [place for place in kept if columns[place].drop]
        if _total(kept, fitted) <= width or not droppable:
            return kept, fitted
        kept.remove(max(droppable, key=lambda place: columns[place].drop))


def _shrunk(columns: Sequence[Column], kept: list[int], widths: list[int], width: int) -> list[int]:
    fitted = list(widths)
    while (over := _total(kept, fitted) - width) > 0:
        soft = [p for p in kept if columns[p].least and fitted[p] > columns[p].least]
        if not soft:
            break
        widest = max(soft, key=lambda place: fitted[place])
        fitted[widest] = max(columns[widest].least, fitted[widest] - over)
    return fitted


def _total(kept: list[int], widths: list[int]) -> int:
    return sum(widths[place] for place in kept) + len(GAP) * (len(kept) - 1)


def _heads(columns: Sequence[Column]) -> list[str]:
    return [column.head for column in columns]


def _line(
    columns: Sequence[Column], kept: list[int], widths: list[int], cells: Sequence[str]
) -> str:
    parts = []
    for place in kept:
        text, size = cut(cells[place], widths[place]), widths[place]
        parts.append(text.rjust(size) if columns[place].right else text.ljust(size))
    return GAP.join(parts).rstrip()


def cut(text: str, width: int) -> str:
    """At most `width` characters; what is missing shows as two dots, which every line can print."""
    return text if len(text) <= width else text[: max(0, width - 2)] + ".."[:width]
