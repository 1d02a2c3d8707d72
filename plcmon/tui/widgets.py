"""Small widgets: lines of cells, and the prompt for filters and commands."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.screen import Screen
from textual.scrollbar import ScrollBarRender
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from plcmon.tui.prose import Line, content

HISTORY_KEPT = 50  # commands


class AsciiBars(ScrollBarRender):
    """Scroll bars of colour alone, for terminals that have no eighths of a block."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8


def bars_of_ascii(screen: Screen[Any]) -> None:
    """Let every scroll bar of the screen be drawn in ASCII."""
    for widget in screen.query("*").results(Widget):
        if widget.is_scrollable:
            widget.vertical_scrollbar.renderer = AsciiBars  # type: ignore[misc] # as its docs say


class Lines(Static):
    """A few lines of toned cells; repaints only when they differ."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, markup=False)
        self.lines: list[list[tuple[str, str]]] = []

    def say(self, lines: Sequence[Line]) -> None:
        """Show these lines."""
        new = [[(cell.text, cell.tone) for cell in line] for line in lines]
        if new != self.lines:
            self.lines = new
            self.update(content(lines), layout=self.styles.is_auto_height)

    @property
    def plain(self) -> str:
        """What it says, without tones."""
        return "\n".join("".join(text for text, _ in line) for line in self.lines)


class Completer(Suggester):
    """Offers the whole line that the typed text may become."""

    def __init__(self, complete: Callable[[str], str]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self.complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        return self.complete(value) or None


class PromptInput(Input):
    """The prompt's own line; tab takes the suggestion."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "accept", show=False),
        Binding("up", "older", show=False),
        Binding("down", "newer", show=False),
    ]

    def action_accept(self) -> None:
        prompt = self.query_ancestor(Prompt)
        self.value = prompt.complete(self.value) or self.value
        self.cursor_position = len(self.value)

    def action_older(self) -> None:
        self.query_ancestor(Prompt).walk(-1)

    def action_newer(self) -> None:
        self.query_ancestor(Prompt).walk(1)


class Prompt(Horizontal):
    """The bottom line while something is being typed: a filter (`/`) or a command (`:`)."""

    class Typed(Message):
        """The text changed."""

        def __init__(self, sign: str, text: str) -> None:
            super().__init__()
            self.sign = sign
            self.text = text

    class Entered(Typed):
        """The text was finished with enter."""

    class Walked(Message):
        """Up or down was pressed in a filter: that moves in the table."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def __init__(self, completer: Callable[[str], str]) -> None:
        super().__init__(id="prompt")
        self.sign = ""
        self.history: list[str] = []
        self._place = 0
        self._completer = completer

    def compose(self) -> ComposeResult:
        yield Label("", id="sign")
        yield PromptInput(id="typed", compact=True, suggester=Completer(self.complete))

    @property
    def line(self) -> PromptInput:
        return self.query_one(PromptInput)

    def complete(self, text: str) -> str:
        """The suggestion for a command; filters have none."""
        return self._completer(text) if self.sign == ":" else ""

    def open(self, sign: str, text: str = "") -> None:
        """Start typing behind `sign`."""
        self.sign = sign
        self._place = len(self.history)
        self.query_one("#sign", Label).update(sign)
        with self.line.prevent(Input.Changed):
            self.line.value = text
        self.line.cursor_position = len(text)
        # At once, not with the next turn as `focus` would: keys typed ahead are for the prompt.
        self.screen.set_focus(self.line, scroll_visible=False)

    def walk(self, by: int) -> None:
        """Go through the history of commands; in a filter, through the rows."""
        if self.sign == "/":
            self.post_message(self.Walked(by))
            return
        self._place = max(0, min(self._place + by, len(self.history)))
        self.line.value = [*self.history, ""][self._place]
        self.line.cursor_position = len(self.line.value)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(self.sign, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self.sign == ":" and event.value:
            self.history = [*self.history, event.value][-HISTORY_KEPT:]
        self.post_message(self.Entered(self.sign, event.value))
