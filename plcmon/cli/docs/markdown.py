"""Markdown: tables and words of a page."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what stands in a cell is Markdown already, but for its bars."""
    lines = [line(head), "|" + "---|" * len(head)]
    return "\n".join([*lines, *(line(row) for row in rows)]) + "\n"


def line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def code(text: str) -> str:
    """As code, or nothing where there is nothing."""
    return f"`{text}`" if text else ""
