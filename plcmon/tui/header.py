"""The header: two lines that say what needs me, how fresh that is and what may act. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len

from plcmon.operations.views import Summary
from plcmon.tui.book import Book
from plcmon.tui.columns import printable
from plcmon.tui.look import BAD, LEVELS, STILL, Level, counts
from plcmon.tui.rows import Cell, age
from plcmon.tui.sheets import SHEETS

Line = list[Cell]
LAST = -1  # shortened only when all others are
LUXURY = 8  # parts of this rank go before any other is shortened
ROOMY = 100  # cells; below this the gaps shrink
MODES = {"observe": "muted", "propose": "window", "auto": "strong"}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a line. On a short line the highest rank takes its short form, later leaves."""

    cells: tuple[Cell, ...]
    short: tuple[Cell, ...] = ()
    rank: int = 0  # 0: never dropped; below: shortened last, too

    @property
    def width(self) -> int:
        return sum(cell_len(cell.text) for cell in self.cells)

    def brief(self) -> "Part":
        """The same in its short form, where it has one."""
        return Part(self.short or self.cells, (), self.rank)


def part(text: str, tone: str = "plain", *, short: str = "", rank: int = 0) -> Part:
    """A part of one tone."""
    brief = (Cell(short, tone),) if short else ()
    return Part((Cell(printable(text), tone),), brief, rank)


def spread(left: Sequence[Part], right: Sequence[Part], width: int, gap: str = "") -> Line:
    """One line with `left` at its left and `right` at its right end, as much as has room."""
    left, right = list(left), list(right)
    gap = gap or ("   " if width >= ROOMY else "  ")
    for shrink in (_drop_luxury, _shorten, _drop):
        while _width(left, gap) + _width(right, gap) + 2 + len(gap) > width:
            if not shrink(left, right):
                break
    room = width - _width(left, gap) - _width(right, gap) - 2
    middle = Cell(" " * max(1, room))
    return [Cell(" "), *_joined(left, gap), middle, *_joined(right, gap), Cell(" ")]


def _drop_luxury(left: list[Part], right: list[Part]) -> bool:
    """Leave out what nobody misses; False when nothing of the sort is left."""
    return max((one.rank for one in left + right), default=0) >= LUXURY and _drop(left, right)


def _shorten(left: list[Part], right: list[Part]) -> bool:
    """Give the parts of the highest rank their short form; False when all have it."""
    rank = max((one.rank for one in left + right if one.short), default=None)
    if rank is None:
        return False
    for side in (left, right):
        side[:] = [one.brief() if one.rank == rank else one for one in side]
    return True


def _drop(left: list[Part], right: list[Part]) -> bool:
    """Leave the part of the highest rank out; False when the rest must stay."""
    leaving = max((one for one in left + right if one.rank > 0), key=lambda p: p.rank, default=None)
    if leaving is None:
        return False
    (left if leaving in left else right).remove(leaving)
    return True


def _width(parts: Sequence[Part], gap: str) -> int:
    return sum(one.width for one in parts) + len(gap) * max(0, len(parts) - 1)


def _joined(parts: Sequence[Part], gap: str) -> Iterator[Cell]:
    for number, one in enumerate(parts):
        if number:
            yield Cell(gap)
        yield from one.cells


def state_line(book: Book, now: datetime, width: int, *, plain: bool = False) -> Line:
    """The first line: counts that add up, and whether anything may act."""
    summary = book.summary
    if summary is None:
        return spread([part("plcmon", "key"), part("waiting for the service", "muted")], [], width)
    return spread(
        [part("plcmon", "key", rank=6), _nodes(summary, plain=plain)],
        [*_gauges(summary, now)],
        width,
    )


def _nodes(summary: Summary, *, plain: bool) -> Part:
    total = sum(summary.nodes.values())
    cells = [Cell(f"{total:,} nodes", "strong")]
    for level, count in counts(summary.nodes).items():
        if level is Level.APART and not count:
            continue
        look = LEVELS[level]
        cells += [
            Cell("  "),
            Cell(f"{look.mark(plain=plain)} {count:,}", _count_tone(level, count)),
        ]
    brief = tuple(cell for cell in cells[2:] if cell.text)
    return Part(tuple(cells), brief)


def _count_tone(level: Level, count: int) -> str:
    return LEVELS[level].tone if count else "muted"


def _gauges(summary: Summary, now: datetime) -> Iterator[Part]:
    if summary.approvals:
        yield part(f"{summary.approvals} to approve", "accent")
    if summary.in_flight:
        yield part(f"{summary.in_flight} acting", "accent", rank=5)
    if summary.held:
        yield part(f"{summary.held} held", "warning", rank=7)
    if summary.windows:
        yield part(f"{summary.windows} in maintenance", "window", rank=7)
    tone = "alarm" if summary.guard_closed else "muted"
    brief = summary.guard.removeprefix("open, ")
    yield part(f"guard {summary.guard}", tone, short=f"guard {brief}", rank=4)
    for line in summary.closed:
        yield part(line, "alarm", short=line.split(" of ")[0].removesuffix(" closed"), rank=5)
    brief = summary.budget.removesuffix(" this hour")
    yield part(summary.budget, "muted", short=brief, rank=6)
    yield _scan(summary, now)
    tone = MODES.get(summary.mode, "plain")
    yield part(f"mode {summary.mode}", tone, short=summary.mode)


def _scan(summary: Summary, now: datetime) -> Part:
    if summary.overload:
        return part(f"scan behind {summary.overload}", "alarm", short="scan behind")
    if summary.scan_at is None:
        return part("first scan runs", "muted", short="no scan yet")
    old = age(summary.scan_at, now)
    if summary.scan_late:
        return part(f"scan {old} ago, late", "alarm", short=f"scan {old}, late")
    return part(f"scan {old} ago", "muted", short=f"scan {old}", rank=3)


def tab_line(book: Book, sheet: str, now: datetime, width: int, *, plain: bool = False) -> Line:
    """The second line: the six screens, what stands in the way, who and when."""
    left = [_tab(book, number, current=one.id == sheet) for number, one in enumerate(SHEETS)]
    return spread(left, [*_flags(book, now, plain=plain)], width, gap="  ")


def _tab(book: Book, place: int, *, current: bool) -> Part:
    sheet = SHEETS[place]
    tone = "strong" if current else "muted"
    count = len(book.rows["issues"]) if sheet.id == "issues" else 0
    tail = (Cell(f" {count}", "strong" if count else "muted"),) if sheet.id == "issues" else ()
    number = Cell(f"{sheet.number} ", "key" if current else "faint")
    title = (number, Cell(sheet.title, tone), *tail)
    brief = title if current else (Cell(f"{sheet.number}", "muted"),)
    return Part(title, brief)


def _flags(book: Book, now: datetime, *, plain: bool) -> Iterator[Part]:
    summary = book.summary
    if book.lost is not None and book.lost_at is not None:
        brief = f"{BAD.mark(plain=plain)} service away since {book.lost_at:%H:%M}"
        why = book.lost.why.partition(";")[0]
        text = f"{brief}: {why}, again in {book.retry_s} s"
        yield part(text, "error", short=brief, rank=LAST)
    elif summary is not None:
        yield from _stops(summary, plain=plain)
        if summary.role == "viewer":
            yield part("read only", "window")
        yield part(summary.caller, "muted", rank=8)
    yield part(f"UTC {now:%H:%M}", "muted", rank=1)


def _stops(summary: Summary, *, plain: bool) -> Iterator[Part]:
    if not summary.adopted:
        yield part("NOT ADOPTED", "stop")
    if summary.blind:
        yield part("BLIND", "stop")
    if summary.stopped:
        scopes = " ".join(summary.stopped)
        yield part(f"STOPPED {scopes}", "stop", short="STOPPED", rank=LAST)
    if summary.frozen:
        scopes = " ".join(summary.frozen)
        glyph = STILL.mark(plain=plain)
        yield part(f"{glyph} FROZEN {scopes}", "stop", short=f"{glyph} FROZEN", rank=LAST)
