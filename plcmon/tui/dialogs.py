"""Dialogs: they say what a verb will do and wait for a person's word. Enter alone does nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from plcmon.operations.desk import ENDS_OFFERED
from plcmon.tui import keys
from plcmon.tui.columns import clip
from plcmon.tui.look import TONES
from plcmon.tui.prose import Line, bullets, content, paragraph
from plcmon.tui.rows import Cell
from plcmon.tui.verbs import OUTCOMES, Request
from plcmon.tui.widgets import bars_of_ascii

T = TypeVar("T")
WIDTH = 72  # cells of text in a dialog
HELP_TAKEN = 28  # cells before a key's sentence
LISTED = 6  # targets named one by one
ESCAPES: list[BindingType] = [Binding("escape", "cancel", show=False)]


@dataclass(frozen=True, slots=True)
class Given:
    """What a person gave to a verb."""

    reason: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)


class Dialog(ModalScreen[T]):
    """What all dialogs share: on a line of ASCII they are drawn in it."""

    @property
    def plain(self) -> bool:
        """Whether the terminal has no better than ASCII."""
        return bool(getattr(self.app, "plain", False))

    def on_screen_resume(self) -> None:
        self.set_class(self.plain, "ascii")
        if self.plain:
            bars_of_ascii(self)


class Confirm(Dialog[Given | None]):
    """Asks before a verb; the third weight asks for the short name to be typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *ESCAPES,
        Binding("y", "yes", show=False),
        Binding("n", "cancel", show=False),
    ]

    def __init__(self, asked: Request) -> None:
        super().__init__(classes="heavy" if asked.verb.weight == 3 else "")
        self.asked = asked

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog") as dialog:
            dialog.border_title = self.asked.title
            with VerticalScroll(id="words", can_focus=False):
                yield Static(content(self.text()))
            yield from self._fields()
            with Horizontal(id="buttons"):
                yield Button("Cancel", id="cancel")
                word = self.asked.verb.name.capitalize()
                yield Button(word, id="go", classes="-dangerous", disabled=True)

    def on_mount(self) -> None:
        self._weigh()
        empty = next((one for one in self.query(Input) if not one.value), None)
        if self.asked.verb.weight == 1 and empty is not None:
            empty.focus()
        else:
            self.query_one("#cancel", Button).focus()

    def text(self) -> list[Line]:
        """What will happen, through what, to what, and what speaks against it."""
        dot = "-" if self.plain else "·"
        lines: list[Line] = [*paragraph(self.asked.verb.summary, WIDTH)]
        targets = self.asked.targets
        if len(targets) > 1:
            names = [target.name for target in targets[:LISTED]]
            more = len(targets) - LISTED
            lines += bullets([*names, f"and {more} more"] if more > 0 else names, WIDTH, dot=dot)
        lines += bullets(self.asked.facts, WIDTH, tone="muted", dot=dot)
        for caution in self.asked.cautions:
            lines += paragraph(caution, WIDTH, tone="warning", lead=[Cell("! ", "error")])
        return lines

    def _fields(self) -> ComposeResult:
        spec = self.asked.verb
        for argument in spec.arguments:
            value = ENDS_OFFERED.get(spec.name, "") if argument == "until" else ""
            hint = "a while, or a time (UTC)" if argument == "until" else ", ".join(OUTCOMES)
            yield entry(argument, argument.capitalize(), value=value, hint=hint)
        if spec.reason:
            yield entry("reason", "Reason", hint="written into the journal, with your name")
        if self.asked.password:
            yield entry("password", f"Type {self.asked.password} to go on")

    def _value(self, name: str) -> str:
        found = self.query(f"#{name}").results(Input)
        return next((one.value.strip() for one in found), "")

    @property
    def complete(self) -> bool:
        """Whether everything asked for is there."""
        spec = self.asked.verb
        if spec.reason and not self._value("reason"):
            return False
        if any(not self._value(argument) for argument in spec.arguments):
            return False
        return self._value("password") == self.asked.password

    def _weigh(self) -> None:
        self.query_one("#go", Button).disabled = not self.complete

    def on_input_changed(self) -> None:
        self._weigh()

    def on_input_submitted(self) -> None:
        self.focus_next()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "go":
            self._go()
        else:
            self.dismiss(None)

    def action_yes(self) -> None:
        if self.asked.verb.weight < 3:
            self._go()

    def action_cancel(self) -> None:
        self.dismiss(None)

    def _go(self) -> None:
        if self.complete:
            arguments = {name: self._value(name) for name in self.asked.verb.arguments}
            self.dismiss(Given(self._value("reason"), arguments))


def entry(name: str, label: str, *, value: str = "", hint: str = "") -> Horizontal:
    """A labelled line to type in."""
    typed = Input(value, placeholder=hint, id=name, compact=True)
    return Horizontal(Label(label), typed, classes="field")


class Choice(Dialog[str]):
    """Says something and offers buttons; the first one is safe and has the focus.

    A button's first letter presses it; where there are two, y presses the second and n the first.
    """

    BINDINGS: ClassVar[list[BindingType]] = ESCAPES

    def __init__(self, title: str, text: str, buttons: Mapping[str, str]) -> None:
        super().__init__()
        self.said = title
        self.text = text
        self.buttons = buttons

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog") as dialog:
            dialog.border_title = self.said
            with VerticalScroll(id="words", can_focus=False):
                lines: list[Line] = []
                for block in self.text.split("\n\n"):
                    lines += [*paragraph(block, WIDTH), []]
                yield Static(content(lines[:-1]))
            with Horizontal(id="buttons"):
                for name, word in self.buttons.items():
                    yield Button(word, id=name)

    def on_mount(self) -> None:
        self.query(Button).first().focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id or "")

    def on_key(self, event: Key) -> None:
        names = list(self.buttons)
        said = {word[0].lower(): name for name, word in reversed(list(self.buttons.items()))}
        if len(names) == 2:
            said = {"n": names[0], "y": names[1]} | said
        if event.key in said:
            event.stop()
            self.dismiss(said[event.key])

    def action_cancel(self) -> None:
        self.dismiss("")


class Menu(Dialog[str]):
    """The verbs for one row, each with what the guards think of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *ESCAPES,
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
        Binding("q", "cancel", show=False),
    ]

    def __init__(self, title: str, offers: Sequence[tuple[str, str, str]]) -> None:
        super().__init__()
        self.said = title
        self.offers = offers  # verb, what it does, what speaks against it

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog") as dialog:
            dialog.border_title = self.said
            yield OptionList(*(self._option(*offer) for offer in self.offers), id="menu")

    def _option(self, verb: str, summary: str, opinion: str) -> Option:
        text = Content.assemble(
            (f" {clip(verb, 16)} ", TONES["strong"]),
            (clip(summary, 34, plain=self.plain), ""),
            "  ",
            (clip(opinion, 18, plain=self.plain) if opinion else "", TONES["warning"]),
        )
        return Option(text, id=verb)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(event.option.id or "")

    def action_down(self) -> None:
        self.query_one(OptionList).action_cursor_down()

    def action_up(self) -> None:
        self.query_one(OptionList).action_cursor_up()

    def action_cancel(self) -> None:
        self.dismiss("")


class Help(Dialog[None]):
    """The keys of a screen, generated from the table of keys; typing narrows them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *ESCAPES,
        Binding("down", "scroll(1)", show=False),
        Binding("up", "scroll(-1)", show=False),
        Binding("pagedown", "scroll(10)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
    ]

    def __init__(self, place: str, role: str, keymap: Mapping[str, str]) -> None:
        super().__init__()
        self.place = place
        self.role = role
        self.keymap = keymap

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog") as dialog:
            dialog.border_title = "Keys"
            yield Input(placeholder="type to narrow, esc closes", id="narrow", compact=True)
            with VerticalScroll(id="help", can_focus=False):
                yield Static(content(self.lines("")), id="text")

    def lines(self, wanted: str) -> list[Line]:
        """The keys whose name or sentence contains `wanted`, under their headings."""
        found: dict[str, list[Line]] = {}
        for key in keys.help_keys(self.place, self.role):
            shown = keys.shown(key, self.keymap)
            if wanted.lower() in f"{shown} {key.word} {key.help}".lower():
                tone = "danger" if key.dangerous else "key"
                line = [
                    Cell(f"  {clip(shown, 12)}", tone),
                    Cell(clip(key.word, 14)),
                    Cell(clip(key.help, WIDTH - HELP_TAKEN), "muted"),
                ]
                found.setdefault(key.group, []).append(line)
        lines: list[Line] = []
        for group, of_group in found.items():
            lines += [[Cell(f" {group}", "strong")], *of_group, []]
        return lines[:-1] or [[Cell("  no such key", "muted")]]

    def on_input_changed(self, event: Input.Changed) -> None:
        self.query_one("#text", Static).update(content(self.lines(event.value)))

    def on_input_submitted(self) -> None:
        self.dismiss(None)

    def action_scroll(self, by: int) -> None:
        self.query_one("#help").scroll_relative(y=by, animate=False)

    def action_cancel(self) -> None:
        self.dismiss(None)
