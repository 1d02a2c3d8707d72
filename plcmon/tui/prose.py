"""Prose: lines of toned cells for texts, wrapped to a width. Pure."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from textual.content import Content

from plcmon.tui.columns import clip, printable
from plcmon.tui.look import TONES
from plcmon.tui.rows import Cell

Line = Sequence[Cell]
MARGIN = 2  # cells at the left of every text


def content(lines: Iterable[Line]) -> Content:
    """The lines as Textual draws them."""
    return Content("\n").join(
        Content.assemble(*((cell.text, TONES[cell.tone]) for cell in line)) for line in lines
    )


def heading(text: str) -> Iterator[Line]:
    """A heading with air above it."""
    yield []
    yield [Cell(" " * MARGIN), Cell(text.upper(), "muted")]


def paragraph(text: str, width: int, *, tone: str = "plain", lead: Line = ()) -> Iterator[Line]:
    """Text in as many lines as it needs; `lead` stands before the first, room before the rest."""
    taken = MARGIN + sum(len(cell.text) for cell in lead)
    wrapped = textwrap.wrap(printable(text), max(20, width - taken - MARGIN)) or [""]
    for number, line in enumerate(wrapped):
        if number:
            yield [Cell(" " * taken), Cell(line, tone)]
        else:
            yield [Cell(" " * MARGIN), *lead, Cell(line, tone)]


def pairs(values: Iterable[tuple[str, Cell]], width: int, label: int = 14) -> Iterator[Line]:
    """Label and value, one below the other; empty values are left out."""
    for name, value in values:
        if value.text:
            lead = [Cell(clip(name, label), "muted")]
            yield from paragraph(value.text, width, tone=value.tone, lead=lead)


def bullets(texts: Iterable[str], width: int, *, tone: str = "plain", dot: str) -> Iterator[Line]:
    """One paragraph for each text, behind a dot."""
    for text in texts:
        yield from paragraph(text, width, tone=tone, lead=[Cell(f"{dot} ", "muted")])
