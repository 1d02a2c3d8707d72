"""The lines below the table, and what stands in an empty one. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from plcmon.operations.phrases import count
from plcmon.operations.views import IntentView, IssueView, NodeView, PcuView, SiteView
from plcmon.tui.book import Book
from plcmon.tui.filter import nearest
from plcmon.tui.prose import Line, paragraph
from plcmon.tui.rows import Cell, RowView, age, words
from plcmon.tui.sheets import Row
from plcmon.tui.where import Where


def lines(
    where: Where, row: Row | None, rows: Sequence[Row], now: datetime, size: tuple[int, int]
) -> list[Line]:
    """The selected row's reason in a sentence, and its place among the rows shown."""
    width, height = size
    if row is None:
        return [[Cell("")]]
    position = f"{where.place + 1:,} of {len(rows):,}"
    room = width - len(position) - 3
    name = where.sheet.name(row.view).split(".", 1)[0]
    lead = [Cell(name, "strong"), Cell(": ", "muted")]
    found: list[Line] = list(paragraph(where.sheet.why(row.view), room, lead=lead))[:height]
    taken = sum(len(cell.text) for cell in found[0])
    air = Cell(" " * max(1, width - taken - len(position) - 2))
    found[0] = [*found[0], air, Cell(position, "muted")]
    for text in more(row.view, now):
        found += paragraph(text, width, tone="muted")
    return found[:height]


def more(view: RowView, now: datetime) -> Iterator[str]:
    """What else is worth knowing of a row, when there is room for it."""
    if isinstance(view, IssueView):
        verdict = f"its last action: {words(view.verdict)}" if view.verdict else ""
        yield "; ".join(text for text in (view.summary, verdict) if text)
    elif isinstance(view, NodeView):
        answered = f"answered {age(view.seen_at, now)} ago" if view.seen_at else "never answered"
        yield f"{answered}; {view.detail}; power: {view.power or 'no path'}"
    elif isinstance(view, SiteView):
        yield f"{view.name}; contacts: {', '.join(view.contacts) or 'nobody'}"
    elif isinstance(view, PcuView):
        yield f"{view.family} at {view.address or 'a person'}; {'; '.join(view.nodes)}"
    elif isinstance(view, IntentView):
        sent = count(len(view.commands), "command")
        through = f" through {view.path}; {sent}" if view.path else ""
        yield f"by {view.actor}{through}"
    else:
        yield f"event {view.seq}, {view.at:%Y-%m-%d %H:%M:%S} UTC"


def empty(where: Where, book: Book, now: datetime) -> list[str]:
    """What an empty table says instead of rows."""
    total = len(book.rows[where.sheet.id])
    if book.summary is None:
        return _waiting(book)
    if where.filter.text and total:
        near = nearest(where.filter.text.split(":")[-1], _words(book))
        hint = f" Did you mean {near}?" if near and near != where.filter.text else ""
        return [f"Nothing matches “{where.filter.text}”. esc clears.{hint}"]
    if where.troubles and total:
        return [f"No troubles among {total:,}. z shows all."]
    if where.sheet.id == "issues":
        return ["No open issues.", _freshness(book, now)]
    return [f"No {where.sheet.title.lower()} yet."]


def _waiting(book: Book) -> list[str]:
    if book.lost is None:
        return ["Waiting for the service."]
    return [
        "The service does not answer; it is asked again by itself, and q leaves.",
        str(book.lost),
    ]


def _freshness(book: Book, now: datetime) -> str:
    summary = book.summary
    assert summary is not None, "asked only once there is one"
    nodes = f"{sum(summary.nodes.values()):,} nodes"
    if summary.scan_at is None:
        return f"{nodes}, the first scan still runs."
    return f"Last scan {age(summary.scan_at, now)} ago, {nodes}."


def _words(book: Book) -> set[str]:
    names = {row.view.name.split(".", 1)[0] for row in book.rows["issues"].values()}
    return names | set(book.rows["sites"])
