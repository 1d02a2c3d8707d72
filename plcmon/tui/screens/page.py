"""A page: a text one level deeper, live as long as it is open."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import datetime
from typing import ClassVar

from textual import work
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from plcmon.errors import DeskError, explain
from plcmon.tui import keys
from plcmon.tui.prose import MARGIN, Line, paragraph
from plcmon.tui.screens.frame import Frame
from plcmon.tui.widgets import Lines

ASKING = "Asking the service."
Build = Callable[[datetime, int], Awaitable[Iterable[Line]]]


class PageScreen(Frame):
    """Text in a frame; `build` makes it anew from the desk whenever something changed."""

    place: ClassVar[str] = "page"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("page")]

    def __init__(self, title: str, build: Build) -> None:
        super().__init__()
        self.said = title
        self.build = build

    def middle(self) -> Iterator[Widget]:
        body = VerticalScroll(Lines(id="text"), id="page", can_focus=True)
        body.border_title = self.said
        yield body

    def on_mount(self) -> None:
        self.query_one("#text", Lines).say([*paragraph(ASKING, self.size.width, tone="muted")])
        self.focus_middle()

    def news(self, changed: set[str]) -> None:
        self.paint_frame()
        self.reload()

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.paint_frame()
        self.reload()

    @work(exclusive=True, group="page")
    async def reload(self) -> None:
        """Make the text anew; an error is shown in its place."""
        width = max(30, self.size.width - 2 * MARGIN)
        try:
            lines = list(await self.build(self.host.clock.now(), width))
        except DeskError as error:
            lines = [
                line
                for block in explain(error).split("\n\n")
                for line in (*paragraph(block, width), [])
            ]
        if self.is_there:
            self.query_one("#text", Lines).say(lines)

    def focus_middle(self) -> None:
        self.query_one("#page").focus()

    @property
    def body(self) -> VerticalScroll:
        return self.query_one("#page", VerticalScroll)

    def back(self) -> None:
        """One level up."""
        if not self.close_prompt():
            self.dismiss(None)

    def action_scroll(self, by: int) -> None:
        self.body.scroll_relative(y=by, animate=False)

    def action_scroll_page(self, by: int) -> None:
        self.body.scroll_relative(y=by * max(1, self.body.size.height - 2), animate=False)

    def action_scroll_top(self) -> None:
        self.body.scroll_home(animate=False)

    def action_scroll_bottom(self) -> None:
        self.body.scroll_end(animate=False)

    def action_copy(self) -> None:
        self.host.copy_to_clipboard(self.query_one("#text", Lines).plain)
        self.flash("copied the text")
