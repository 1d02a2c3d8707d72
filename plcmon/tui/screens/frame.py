"""The frame: what every full screen has, header above and footer below."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from plcmon.tui import header, keys
from plcmon.tui.prose import Line
from plcmon.tui.rows import Cell
from plcmon.tui.widgets import Lines, Prompt, bars_of_ascii

if TYPE_CHECKING:
    from plcmon.tui.app import PlcmonApp

FLASH_S = 6.0  # how long an answer stays in the footer's place
NARROW = 64  # cells; below this the table has no sides
TALL = 30  # lines; from here on the detail has room for more


class Frame(Screen[None]):
    """A full screen with header, footer and prompt; a subclass puts its own part between."""

    place: ClassVar[str] = "sheet"
    kind = ""  # of the rows that keys apply to

    def __init__(self) -> None:
        super().__init__()
        self._flash: list[Cell] = []
        self._fading: Timer | None = None

    @property
    def host(self) -> "PlcmonApp":
        """The app, by its real type."""
        return cast("PlcmonApp", self.app)

    def compose(self) -> ComposeResult:
        yield Lines(id="header")
        yield from self.middle()
        yield Lines(id="footer")
        yield Prompt(self.host.complete)

    def middle(self) -> Iterator[Widget]:
        """The screen's own part."""
        raise NotImplementedError

    def news(self, changed: set[str]) -> None:
        """Rows of these sheets changed, or time went on."""
        raise NotImplementedError

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < NARROW, "narrow")
        self.set_class(event.size.height >= TALL, "tall")
        self.paint_frame()

    def on_screen_resume(self) -> None:
        self.set_class(self.host.plain, "ascii")
        if self.host.plain:
            bars_of_ascii(self)
        self.set_class(self.host.no_color, "nocolor")

    def paint_frame(self) -> None:
        """Bring header and footer up to date."""
        host, width = self.host, self.size.width
        if not self.is_there or not width:
            return
        now = host.clock.now()
        sheet = host.current.sheet.id
        self.query_one("#header", Lines).say(
            [
                header.state_line(host.book, now, width, plain=host.plain),
                header.tab_line(host.book, sheet, now, width, plain=host.plain),
            ]
        )
        self.query_one("#footer", Lines).say([self._flash or self._footer(width)])

    def _footer(self, width: int) -> Line:
        host = self.host
        shown = keys.footer(self.place, self.kind, host.role, lost=host.book.lost is not None)
        safe = [self._key_part(key) for key in shown if not key.dangerous]
        dangerous = [self._key_part(key) for key in shown if key.dangerous]
        return header.spread(safe, dangerous, width)

    def _key_part(self, key: keys.Key) -> header.Part:
        shown = keys.shown(key, self.host.keymap)
        tone = "danger" if key.dangerous else "key"
        word = Cell(f" {key.word}", "muted")
        # The panic key must stand on the narrowest screen: safe words give way first.
        rank = 0 if key.dangerous else min(key.footer, header.LUXURY - 1)
        return header.Part((Cell(shown, tone), word), (Cell(shown, tone),), rank=rank)

    @property
    def is_there(self) -> bool:
        """Whether its widgets exist: news may come before they do, and after."""
        return self.is_mounted and bool(self.query("#header"))

    def flash(self, text: str, tone: str = "plain") -> None:
        """Say something in the footer's place for a while."""
        if self.host.plain:
            text = text.replace("“", '"').replace("”", '"')
        self._flash = [Cell(f" {text}", tone)]
        if self._fading is not None:
            self._fading.stop()
        self._fading = self.set_timer(FLASH_S, self.unflash)
        self.paint_frame()

    def unflash(self) -> None:
        """Give the footer back its place."""
        self._flash = []
        self.paint_frame()

    # The prompt.

    def open_prompt(self, sign: str, text: str = "") -> None:
        """Type a filter or a command in the footer's place."""
        self.add_class("prompting")
        self.query_one(Prompt).open(sign, text)

    def close_prompt(self) -> bool:
        """Leave the prompt; False when it was not open."""
        if not self.has_class("prompting"):
            return False
        self.remove_class("prompting")
        self.focus_middle()
        return True

    def focus_middle(self) -> None:
        """Give the keys back to the screen's own part."""
        raise NotImplementedError

    def on_prompt_entered(self, event: Prompt.Entered) -> None:
        self.close_prompt()
        if event.sign == ":" and event.text.strip():
            self.host.obey(event.text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.host.permits(action, parameters, self.kind)
