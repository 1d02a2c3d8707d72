"""The list: one sheet's rows, the selected row's reason below, and the verbs for it."""

from collections.abc import Iterator
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from plcmon.tui import detail, keys
from plcmon.tui import filter as sieve
from plcmon.tui.look import ASCENDING, DESCENDING
from plcmon.tui.screens.frame import Frame
from plcmon.tui.table import Table
from plcmon.tui.where import Where
from plcmon.tui.widgets import Lines, Prompt


class SheetScreen(Frame):
    """All six lists in turn; each keeps its filter, order, place and marks."""

    place: ClassVar[str] = "sheet"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("sheet")]

    def __init__(self, where: Where) -> None:
        super().__init__()
        self.where = where
        self.kind = where.sheet.kind

    def middle(self) -> Iterator[Widget]:
        yield Table(self.where, self.host.clock.now, plain=self.host.plain)
        yield Lines(id="detail")

    @property
    def table(self) -> Table:
        return self.query_one(Table)

    def on_mount(self) -> None:
        self.table.focus()
        self.show(self.where)

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.paint()

    def show(self, where: Where) -> None:
        """Turn to a sheet, or to another part of the one shown."""
        self.where = where
        self.kind = where.sheet.kind
        self.table.show(where, self._rows())
        self.paint()

    def news(self, changed: set[str]) -> None:
        if not self.is_there:
            return
        if self.where.sheet.id in changed:
            self.table.update_rows(self._rows())
        else:
            self.table.tick()
        self.table.set_stale(stale=self.host.book.lost is not None)
        self.paint()

    def _rows(self) -> list[Any]:
        return list(self.host.book.rows[self.where.sheet.id].values())

    # Painting.

    def paint(self) -> None:
        """Bring title, detail, header and footer up to date."""
        if not self.is_there:
            return
        self.paint_frame()
        self.table.entitle(self._title())
        self.table.empty = [] if self.table.rows else self._empty()
        self._paint_detail()

    def _paint_detail(self) -> None:
        row = self.table.selected
        width, height = self.size.width, 3 if self.has_class("tall") else 2
        lines = detail.lines(
            self.where, row, self.table.rows, self.host.clock.now(), (width, height)
        )
        self.query_one("#detail", Lines).say(lines)

    def _title(self) -> str:
        where, total = self.where, len(self.host.book.rows[self.where.sheet.id])
        shown = len(self.table.rows)
        parts = [where.sheet.title]
        parts.append(f"{shown:,} of {total:,}" if shown != total else f"{total:,}")
        if where.column:
            arrow = DESCENDING if where.reverse else ASCENDING
            column = next(c for c in where.sheet.columns if c.key == where.column)
            parts.append(f"by {column.title.lower()} {arrow.mark(plain=self.host.plain)}")
        elif where.reverse:
            parts.append("reversed")
        if where.troubles:
            parts.append("troubles only")
        if where.filter.text:
            parts.append(f"/{where.filter.text}")
        if where.marks:
            parts.append(f"{len(where.marks)} marked")
        return (" - " if self.host.plain else " · ").join(parts)

    def _empty(self) -> list[str]:
        return detail.empty(self.where, self.host.book, self.host.clock.now())

    def on_table_selected(self) -> None:
        self._paint_detail()

    def on_table_opened(self) -> None:
        self.action_open()

    # Moving.

    def action_down(self) -> None:
        self.table.move(1)

    def action_up(self) -> None:
        self.table.move(-1)

    def action_top(self) -> None:
        self.table.move_to(0)

    def action_bottom(self) -> None:
        self.table.move_to(len(self.table.rows) - 1)

    def action_page_down(self) -> None:
        self.table.move(self.table.page)

    def action_page_up(self) -> None:
        self.table.move(-self.table.page)

    def back(self) -> None:
        """One level back: the prompt, the filter, the marks; never out."""
        where = self.where
        if self.close_prompt():
            return
        if where.filter.text:
            self._narrow("")
        elif self.table.clear_marks():
            self.paint()
        elif where.troubles:
            self.action_troubles()

    # Finding.

    def action_filter(self) -> None:
        self.open_prompt("/", self.where.filter.text)

    def on_prompt_typed(self, event: Prompt.Typed) -> None:
        if event.sign == "/":
            self._narrow(event.text)

    def on_prompt_walked(self, event: Prompt.Walked) -> None:
        self.table.move(event.by)

    def _narrow(self, text: str) -> None:
        self.where.filter = sieve.parse(text)
        self.show(self.where)

    def action_troubles(self) -> None:
        self.where.troubles = not self.where.troubles
        self.show(self.where)

    def action_sort(self) -> None:
        """Sort by the next column, and after the last by worry again."""
        columns = ["", *(column.key for column in self.where.sheet.columns)]
        place = columns.index(self.where.column)
        self.where.column = columns[(place + 1) % len(columns)]
        self.where.reverse = False
        self.show(self.where)

    def action_reverse(self) -> None:
        self.where.reverse = not self.where.reverse
        self.show(self.where)

    def action_mark(self) -> None:
        self.table.toggle_mark()
        self.paint()

    def action_mark_range(self) -> None:
        self.table.mark_range()
        self.paint()

    def action_unmark(self) -> None:
        self.table.clear_marks()
        self.paint()

    def action_copy(self) -> None:
        if row := self.table.selected:
            name = self.where.sheet.name(row.view)
            self.host.copy_to_clipboard(name)
            self.flash(f"copied {name}")

    def focus_middle(self) -> None:
        self.table.focus()

    # Deeper.

    def action_open(self) -> None:
        if row := self.table.selected:
            self.host.open_row(self.where.sheet, row)

    def action_why(self) -> None:
        if row := self.table.selected:
            self.host.open_why(self.where.sheet, row)

    def action_describe(self) -> None:
        if row := self.table.selected:
            self.host.open_description(self.where.sheet, row)

    def action_journal(self) -> None:
        if row := self.table.selected:
            self.host.open_journal(self.where.sheet, row)

    def action_json(self) -> None:
        if row := self.table.selected:
            self.host.open_json(self.where.sheet, row)

    # Acting.

    def action_say(self, verb: str) -> None:
        self.host.say(verb, self.where.sheet, self.table.chosen())

    def action_act(self) -> None:
        if row := self.table.selected:
            self.host.offer(self.where.sheet, row, self.table.chosen())
