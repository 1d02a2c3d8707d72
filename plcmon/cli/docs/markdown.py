"""Markdown: tables and words of a page."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what stands in a cell is Markdown already, but for its bars."""
    lines = [line(head), "|" + "---|" * len(head)]
    return "\n".join([*lines, *(line(row) for row in rows)]) + "\n"


def line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def code(text: str) -> str:
    """As code, or nothing where there is nothing."""
    return f"`{text}`" if text else ""


MADE = re.compile(r"(?<=<!-- made: )(\w+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)


def renewed(page: str, parts: Mapping[str, Callable[[], str]]) -> str:
    """The page with everything between its marks made anew. Raises KeyError: an unknown mark."""
    return MADE.sub(lambda found: f"{found[1]}{found[2]}\n{parts[found[1]]()}\n", page)
