"""The table: draws the rows of one sheet, line by line, and only those that can be seen.

It holds ids, an order, a filter and marks, never rows of its own truth. The selected row stays
selected, by id, and in its place on the screen as far as that can be.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import ClassVar, Self

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from plcmon.tui.columns import GAP, clip, fit
from plcmon.tui.look import ASCENDING, CURSOR, DESCENDING, MARKED, TONES
from plcmon.tui.rows import Cell
from plcmon.tui.sheets import Row
from plcmon.tui.where import Findings, Where

GUTTER = 2  # cells for cursor and mark
STRIPS_KEPT = 400  # lines remembered; a tall screen several times over


def padded(text: str, style: Style, base: Style) -> Iterable[Segment]:
    """One cell; a reversed tone covers its words only, not the room around them."""
    if not style.reverse:
        return [Segment(text, style)]
    words = text.rstrip()
    return [Segment(words, style), Segment(text[len(words) :], base)]


class Table(ScrollView, can_focus=True, inherit_bindings=False):
    """The visible lines of one sheet, with a head that stays."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--head",
        "table--cursor",
        "table--stale",
    }

    class Selected(Message):
        """Another row is selected, or the selected one has changed."""

    class Opened(Message):
        """The selected row was asked to open."""

    def __init__(self, where: Where, now: Callable[[], datetime], *, plain: bool = False) -> None:
        super().__init__()
        self.where = where
        self.plain = plain
        self.now = now
        self.empty: list[str] = []  # what is said when there are no rows
        self.stale = False  # the desk is lost: rows are what was last known
        self.rows: list[Row] = []
        self._findings = Findings()
        self._strips: OrderedDict[str, tuple[Row, tuple[Cell, ...], Strip]] = OrderedDict()
        self._fit: list[tuple[int, int]] = []
        self._tones: dict[str, Style] = {}
        self._title = ""
        self._titling = self._growing = False

    # What it is told.

    def show(self, where: Where, rows: Sequence[Row]) -> None:
        """Turn to another sheet, or to another part of this one."""
        if where.sheet is not self.where.sheet:
            self._strips.clear()
        self.where = where
        self._measure()
        self._arrange(rows, keep_place=False)
        self.refresh()

    def update_rows(self, rows: Sequence[Row]) -> None:
        """Take changed rows over; repaints the lines that differ and no other."""
        before = self._visible()
        top = self._top
        self._arrange(rows, keep_place=True)
        after = self._visible()
        if top != self._top:
            self.refresh()
            return
        for line in range(max(len(before), len(after))):
            old = before[line] if line < len(before) else None
            new = after[line] if line < len(after) else None
            if old is not new:
                self._refresh_line(line)

    def tick(self) -> None:
        """Repaint the lines whose ages read differently now."""
        visible = self._visible()
        seen = {row.id for row in visible}
        for key in [key for key in self._strips if key not in seen]:
            del self._strips[key]
        for line, row in enumerate(visible):
            known = self._strips.get(row.id)
            if known is not None and known[1] != self._cells(row):
                del self._strips[row.id]
                self._refresh_line(line)

    def set_stale(self, *, stale: bool) -> None:
        """Dim all rows while the desk is out of reach."""
        if stale is not self.stale:
            self.stale = stale
            self.forget()

    def entitle(self, title: str) -> None:
        """Set the title in the border; repaints that line and no other."""
        if title == self._title:
            return
        self._title, self._titling = title, True
        self.border_title = Content(title)  # not markup: a filter may hold brackets
        self._titling = False

    def refresh(
        self,
        *regions: Region,
        repaint: bool = True,
        layout: bool = False,
        recompose: bool = False,
    ) -> Self:
        """Repaint. Textual means all of it when a title is set, of which one line is enough, and
        when rows come or go, of which the changed ones are.
        """
        if self._titling:
            regions = (Region(-1, -1, self.outer_size.width, 1),)
        repaint = repaint and not self._growing
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def forget(self) -> None:
        """Draw everything anew: the theme, the glyphs or the width changed."""
        self._strips.clear()
        self._tones.clear()
        self._measure()
        self.refresh()

    # What it can say.

    @property
    def selected(self) -> Row | None:
        """The selected row, if any is shown."""
        place = self.where.place
        return self.rows[place] if 0 <= place < len(self.rows) else None

    def chosen(self) -> list[Row]:
        """The marked rows, or else the selected one. Marks that the filter hides count."""
        by_id = {row.id: row for row in self.rows}
        marked = [by_id[key] for key in self.where.marks if key in by_id]
        if marked:
            return marked
        return [self.selected] if self.selected else []

    # Moving.

    def move(self, by: int) -> None:
        self.move_to(self.where.place + by)

    def move_to(self, place: int) -> None:
        """Select the row at `place`, or the nearest there is, and bring it into sight."""
        place = max(0, min(place, len(self.rows) - 1))
        old = self.where.place
        self._select(place)
        self._scroll_into_sight()
        if old != place:
            self._refresh_line(old - self._top)
            self._refresh_line(place - self._top)

    def select_id(self, key: str) -> bool:
        """Select the row with this id; False when it is not shown."""
        for place, row in enumerate(self.rows):
            if row.id == key:
                self.move_to(place)
                return True
        return False

    @property
    def page(self) -> int:
        """Rows that fit on the screen."""
        return max(1, self.scrollable_content_region.height - 1)

    # Marks.

    def toggle_mark(self) -> None:
        """Mark or unmark the selected row and go to the next."""
        row = self.selected
        if row is None:
            return
        if row.id in self.where.marks:
            del self.where.marks[row.id]
        else:
            self.where.marks[row.id] = None
        self.where.anchor = row.id
        self._refresh_line(self.where.place - self._top)
        self.move(1)

    def mark_range(self) -> None:
        """Mark everything from the row marked last to the selected one."""
        places = {row.id: place for place, row in enumerate(self.rows)}
        start = places.get(self.where.anchor, self.where.place)
        low, high = sorted((start, self.where.place))
        for row in self.rows[low : high + 1]:
            self.where.marks[row.id] = None
        self.refresh()

    def clear_marks(self) -> bool:
        """Drop all marks; False when there were none."""
        if not self.where.marks:
            return False
        self.where.marks.clear()
        self.refresh()
        return True

    # Inside.

    @property
    def _top(self) -> int:
        return self.scroll_offset.y

    def _visible(self) -> list[Row]:
        return self.rows[self._top : self._top + self.page]

    def _arrange(self, rows: Sequence[Row], *, keep_place: bool) -> None:
        where = self.where
        on_screen = where.place - self._top
        in_sight = 0 <= on_screen < self.page
        before = self.selected
        self.rows = self._findings.arrange(where, rows)
        self._growing = keep_place  # else all is repainted anyway
        self.virtual_size = Size(0, len(self.rows) + 1)
        self._growing = False
        found = next((n for n, row in enumerate(self.rows) if row.id == where.selected), None)
        place = where.place if found is None else found
        self._select(max(0, min(place, len(self.rows) - 1)), quiet=self.selected is before)
        # Who looks at the top of the list must see what comes there, the worst first.
        stays = keep_place and self._top > 0
        self._scroll_y(where.place - on_screen if stays else where.top)
        if in_sight or not keep_place:
            self._scroll_into_sight()

    def _select(self, place: int, *, quiet: bool = False) -> None:
        where = self.where
        where.place = place
        where.selected = self.rows[place].id if self.rows else where.selected
        if not quiet or not self.rows:
            self.post_message(self.Selected())

    def _scroll_into_sight(self) -> None:
        top, place = self._top, self.where.place
        if place < top:
            self._scroll_y(place)
        elif place >= top + self.page:
            self._scroll_y(place - self.page + 1)
        self.where.top = self._top

    def _scroll_y(self, top: int) -> None:
        most = max(0, len(self.rows) - self.page)
        self.scroll_to(y=max(0, min(top, most)), animate=False, immediate=True)

    def _refresh_line(self, line: int) -> None:
        if 0 <= line < self.page:
            self.refresh(Region(0, line + 1, self.size.width, 1))

    def _measure(self) -> None:
        width = self.scrollable_content_region.width
        self._fit = fit(self.where.sheet.columns, max(0, width - GUTTER))

    def _cells(self, row: Row) -> tuple[Cell, ...]:
        return self.where.sheet.cells(row.view, self.now(), plain=self.plain)

    # Painting.

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0:
            return self._head().adjust_cell_length(width, self._base("table--head"))
        place = self._top + y - 1
        if place >= len(self.rows):
            return self._blank(y, width)
        row = self.rows[place]
        if place == self.where.place or row.id in self.where.marks:
            return self._draw(row, self._cells(row), chosen=place == self.where.place)
        known = self._strips.get(row.id)
        if known is not None and known[0] is row and known[2].cell_length == width:
            self._strips.move_to_end(row.id)
            return known[2]
        cells = self._cells(row)
        strip = self._draw(row, cells, chosen=False)
        self._strips[row.id] = (row, cells, strip)
        if len(self._strips) > STRIPS_KEPT:
            self._strips.popitem(last=False)
        return strip

    def _blank(self, y: int, width: int) -> Strip:
        said = self.empty[y - 2] if not self.rows and 2 <= y < 2 + len(self.empty) else ""
        text = f"  {clip(said, max(0, width - 2), plain=self.plain)}" if said else ""
        return Strip([Segment(text, self.rich_style)]).adjust_cell_length(width, self.rich_style)

    def _draw(self, row: Row, cells: tuple[Cell, ...], *, chosen: bool) -> Strip:
        base = self._base("table--cursor") if chosen else self.rich_style
        if self.stale and not chosen:
            base = base + self._base("table--stale")
        segments = [*self._gutter(row, base, chosen=chosen)]
        for number, (place, width) in enumerate(self._fit):
            column, cell = self.where.sheet.columns[place], cells[place]
            text = clip(cell.text, width, right=column.right, plain=self.plain)
            if number:
                segments.append(Segment(" " * GAP, base))
            style = base if self.stale else base + self._tone(cell.tone)
            segments += padded(text, style, base)
        return Strip(segments).adjust_cell_length(self.size.width, base)

    def _gutter(self, row: Row, base: Style, *, chosen: bool) -> Iterable[Segment]:
        cursor = CURSOR.mark(plain=self.plain) if chosen else " "
        marked = MARKED.mark(plain=self.plain) if row.id in self.where.marks else " "
        yield Segment(cursor, base + self._tone(CURSOR.tone))
        yield Segment(marked, base + self._tone(MARKED.tone))

    def _head(self) -> Strip:
        style = self._base("table--head")
        segments = [Segment(" " * GUTTER, style)]
        for number, (place, width) in enumerate(self._fit):
            column = self.where.sheet.columns[place]
            title = column.title
            if column.key == self.where.column:
                arrow = DESCENDING if self.where.reverse else ASCENDING
                title = f"{title[: width - 1]}{arrow.mark(plain=self.plain)}"
            if number:
                segments.append(Segment(" " * GAP, style))
            segments.append(Segment(clip(title, width, right=column.right), style))
        return Strip(segments)

    def _base(self, component: str) -> Style:
        return self.get_component_rich_style(component)

    def _tone(self, tone: str) -> Style:
        if tone not in self._tones:
            text = TONES[tone]
            parsed = self.app.stylesheet.parse_style(text).rich_style if text else Style.null()
            self._tones[tone] = parsed
        return self._tones[tone]

    def on_resize(self, _: events.Resize) -> None:
        self.forget()
        self._scroll_into_sight()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self.where.top = self._top

    def on_click(self, event: events.Click) -> None:
        """A click selects, a second one opens."""
        offset = event.get_content_offset(self)
        if offset is None or not 0 < offset.y <= len(self.rows) - self._top:
            return
        self.move_to(self._top + offset.y - 1)
        if event.chain > 1:
            self.post_message(self.Opened())
