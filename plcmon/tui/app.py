"""The app: one person's screen over one Desk. It may see every verb and view, and nothing else."""

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from textual import events, work
from textual.app import App
from textual.binding import BindingType
from textual.message import Message

from plcmon.errors import DeskError, PlcmonError, explain
from plcmon.memory import collect_seldom
from plcmon.operations.desk import VERBS, Desk
from plcmon.operations.views import Answer, NodeView
from plcmon.times import Clock, SystemClock
from plcmon.tui import command, keys, pages, verbs
from plcmon.tui import filter as sieve
from plcmon.tui.ahead import Ahead
from plcmon.tui.asking import ASKED, LastAnswers
from plcmon.tui.book import Book
from plcmon.tui.dialogs import Choice, Confirm, Given, Help, Menu
from plcmon.tui.feed import Changed, Feed, Loaded, Lost
from plcmon.tui.look import wants_ascii, why_not
from plcmon.tui.prose import Line
from plcmon.tui.screens.frame import Frame
from plcmon.tui.screens.page import Build, PageScreen
from plcmon.tui.screens.sheet import SheetScreen
from plcmon.tui.sheets import BY_ID, SHEETS, Row, Sheet
from plcmon.tui.themes import CLERK, THEMES
from plcmon.tui.verbs import Request, Target
from plcmon.tui.where import Where

MINUTE = timedelta(minutes=1)
EVERYTHING = frozenset(BY_ID)


class Minute(Message):
    """A minute has passed: ages may read differently."""


class PlcmonApp(App[int]):
    """The terminal face of plcmon."""

    TITLE = "plcmon"
    CSS_PATH = "style.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [*keys.bindings("app")]

    def __init__(
        self,
        desk: Desk,
        *,
        clock: Clock | None = None,
        plain: bool | None = None,
        keymap: Mapping[str, str] | None = None,
        theme: str = CLERK.name,
        settled: Callable[[], None] | None = None,
    ) -> None:
        super().__init__()
        self.desk = desk
        self.clock = clock or SystemClock()
        self.plain = wants_ascii(os.environ) if plain is None else plain
        self.keymap = dict(keymap or {})
        self.book = Book()
        self.places = {sheet.id: Where(sheet) for sheet in SHEETS}
        self.current = self.places["issues"]
        self._settled = settled  # called once, when the first view is on the screen
        self.feed = Feed(desk, self.post_message, self.clock)
        self.ahead = Ahead(self, super().on_event)
        self.animation_level = "none"
        for one in THEMES:
            self.register_theme(one)
        self.theme = theme

    def get_default_screen(self) -> SheetScreen:
        return SheetScreen(self.current)

    def on_mount(self) -> None:
        self.set_keymap(self.keymap)
        self.run_worker(self.ahead.run(), name="keys")
        self.run_worker(self.feed.run(), name="feed")
        self.run_worker(self._minutes(), name="minutes")

    @property
    def role(self) -> str:
        """The caller's role; a viewer's until the desk has said more."""
        summary = self.book.summary
        return summary.role or "operator" if summary else "viewer"

    @property
    def lists(self) -> SheetScreen:
        """The screen of lists, at the bottom of all."""
        screen = self.screen_stack[0]
        assert isinstance(screen, SheetScreen), "the default screen is the lists"
        return screen

    @property
    def frame(self) -> Frame:
        """The topmost full screen, below any dialog."""
        frames = [screen for screen in self.screen_stack if isinstance(screen, Frame)]
        return frames[-1]

    def permits(self, action: str, parameters: tuple[object, ...], kind: str) -> bool:
        """Whether an action may run here and now; others than ours always may."""
        key = keys.of_action(action, parameters)
        if key is None:
            return True
        lost = self.book.lost is not None
        return keys.allowed(key, self.role, lost=lost) and keys.fits(key, kind)

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.Key) and not event.is_forwarded:
            self.ahead.put(event)
        else:
            await super().on_event(event)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.permits(action, parameters, "")

    def complete(self, text: str) -> str:
        """What a command line may become."""
        return command.complete(text, command.Names.of(self.book), self.role)

    # News.

    def on_loaded(self, message: Loaded) -> None:
        self.book.load(message.view)
        self.book.add_events(message.events)
        self._tell(set(EVERYTHING))
        if self._settled is not None:
            self.call_after_refresh(self._settled)
            self._settled = None

    def on_changed(self, message: Changed) -> None:
        self._tell(self.book.take(message.news))

    def on_lost(self, message: Lost) -> None:
        self.book.lose(message.error, message.retry_s, self.clock.now())
        self._tell(set())

    def on_minute(self) -> None:
        self.feed.ask("issue")
        self._tell(set())

    def _tell(self, changed: set[str]) -> None:
        self.lists.news(changed)
        if self.frame is not self.lists:
            self.frame.news(changed)

    async def _minutes(self) -> None:
        while True:
            now = self.clock.now()
            past = timedelta(seconds=now.second, microseconds=now.microsecond)
            await self.clock.sleep(MINUTE - past)
            self.post_message(Minute())

    # Going.

    def action_sheet(self, sheet: str) -> None:
        self.go(sheet)

    def go(self, sheet: str, *, text: str | None = None, key: str = "") -> None:
        """Show a sheet, narrowed by `text` where given, with the row `key` selected."""
        while len(self.screen_stack) > 1:
            self.pop_screen()
        self.current = self.places[sheet]
        if text is not None:
            self.current.filter = sieve.parse(text)
        self.lists.show(self.current)
        if key and not self.lists.table.select_id(key):
            self.current.filter, self.current.troubles = sieve.parse(""), False
            self.lists.show(self.current)
            self.lists.table.select_id(key)
        self.lists.paint()

    def action_step_back(self) -> None:
        self.frame_back()

    def frame_back(self) -> None:
        """One level back; never out."""
        screen = self.frame
        if isinstance(screen, PageScreen | SheetScreen):
            screen.back()

    @work(group="leave", exclusive=True)
    async def action_leave(self) -> None:
        if self.frame is not self.lists:
            self.frame_back()
            return
        text = "The service goes on watching without you."
        asked = Choice("Leave?", text, {"stay": "Stay", "leave": "Leave"})
        if await self.push_screen_wait(asked) == "leave":
            self.exit(0)

    def action_command(self) -> None:
        self.frame.open_prompt(":")

    def action_help(self) -> None:
        self.push_screen(Help(self.frame.place, self.role, self.keymap))

    def action_repaint(self) -> None:
        self.lists.table.forget()
        self.screen.refresh(layout=True)

    def obey(self, line: str) -> None:
        """Do what a command line says."""
        said = command.read(line, command.Names.of(self.book), self.role)
        if isinstance(said, command.Go):
            self.go(said.sheet, text=said.filter if said.filter else None, key=said.key)
        elif isinstance(said, command.Unknown):
            self.frame.flash(said.why, "warning")
        elif isinstance(said, command.Do):
            self._do(said)
        elif said.sheet:
            row = self.book.rows[said.sheet].get(said.key)
            self.say(said.verb, BY_ID[said.sheet], [row] if row else [])
        else:
            targets = (Target(said.scope, said.scope),) if said.scope else ()
            self.carry_out(Request(VERBS[said.verb], targets))

    def _do(self, said: command.Do) -> None:
        if said.what == "help":
            self.action_help()
        elif said.what == "quit":
            self.exit(0)
        elif said.what in ASKED:
            self.answer(said.what, said.argument)
        elif said.argument in command.THEMES:
            self.theme = said.argument
            self.lists.table.forget()
        else:
            self.frame.flash(f"themes: {', '.join(command.THEMES)}", "muted")

    def answer(self, what: str, argument: str) -> None:
        """A question about the whole, or about another time; its answer is made once."""
        try:
            ask = ASKED[what](self.desk, argument, self.clock.now(), self.plain)
        except ValueError as error:
            self.frame.flash(str(error), "warning")
            return
        kept: list[Any] = []

        async def build(_now: datetime, width: int) -> Iterable[Line]:
            if not kept:
                kept.append(await ask.view())
            return ask.page(kept[0], width)

        self.push_screen(PageScreen(self._titled(*ask.title), build))

    # Deeper.

    def open_row(self, sheet: Sheet[Any], row: Row) -> None:
        """One level deeper: an issue's why, a site's nodes, anything else described."""
        if sheet.kind == "issue":
            self.open_why(sheet, row)
        elif sheet.kind == "intent":
            self.open_progress(row.id, sheet.name(row.view))
        elif sheet.kind == "site":
            self.go("fleet", text=f"site:{row.id}")
        else:
            self.open_description(sheet, row)

    def open_why(self, sheet: Sheet[Any], row: Row) -> None:
        async def build(now: datetime, width: int) -> Iterable[Line]:
            why = await self.desk.why(sheet.subject(row.view))
            return pages.why_page(why, now, width, plain=self.plain)

        self._open("Why", sheet, row, build)

    def open_description(self, sheet: Sheet[Any], row: Row) -> None:
        answers = LastAnswers(self.desk)

        async def build(now: datetime, width: int) -> Iterable[Line]:
            view = self.book.view(sheet.id, row.id) or row.view
            lines = [*pages.describe(view, now, width)]
            if isinstance(view, NodeView):
                lines += await answers.lines(view, now, width)
            return lines

        self._open("Describe", sheet, row, build)

    def open_journal(self, sheet: Sheet[Any], row: Row) -> None:
        about, _ = verbs.subject_of(sheet.kind, row.view)
        wanted = {about, f"{sheet.kind}/{row.id}"}

        async def build(now: datetime, width: int) -> Iterable[Line]:
            events = [one.view for one in self.book.rows["journal"].values()]
            told = [event for event in events if wanted & {event.subject, *event.keys}]
            return pages.journal_page(told, now, width, plain=self.plain)

        self._open("Journal", sheet, row, build)

    def open_progress(self, intent: str, name: str) -> None:
        """An action, step by step, for as long as the page is open."""

        async def build(now: datetime, width: int) -> Iterable[Line]:
            events = [one.view for one in self.book.rows["journal"].values()]
            steps = [event for event in events if f"intent/{intent}" in event.keys]
            view = self.book.view("actions", intent)
            return pages.progress_page(view, steps, now, width, plain=self.plain)

        self.push_screen(PageScreen(self._titled("Actions", name, "Progress"), build))

    def open_json(self, sheet: Sheet[Any], row: Row) -> None:
        async def build(now: datetime, width: int) -> Iterable[Line]:
            return pages.json_page(self.book.view(sheet.id, row.id) or row.view)

        self._open("JSON", sheet, row, build)

    def _open(self, what: str, sheet: Sheet[Any], row: Row, build: Build) -> None:
        title = self._titled(sheet.title, sheet.name(row.view), what)
        self.push_screen(PageScreen(title, build))

    def _titled(self, *words: str) -> str:
        return (" - " if self.plain else " · ").join(words)

    # Acting.

    def say(self, verb: str, sheet: Sheet[Any], rows: Sequence[Row]) -> None:
        """Say a verb to rows, asking first as its weight demands."""
        asked = verbs.request(self.book, verb, sheet, rows)
        if not asked.targets:
            self.frame.flash(f"{verb}: there is nothing to {verb} here", "warning")
            return
        self.carry_out(asked)

    @work(group="menu", exclusive=True)
    async def offer(self, sheet: Sheet[Any], row: Row, rows: Sequence[Row]) -> None:
        """The action menu of a row."""
        offered = [
            (verb, VERBS[verb].summary, verbs.opinion(self.book, verb, row.view))
            for verb in verbs.offers(sheet.kind, row.view, self.role)
        ]
        if not offered:
            self.frame.flash("nothing can be done with this row", "muted")
            return
        name = f"{len(rows)} rows" if len(rows) > 1 else sheet.name(row.view)
        if verb := await self.push_screen_wait(Menu(f"Act on {name}", offered)):
            self.say(verb, sheet, rows)

    def action_freeze(self) -> None:
        self.carry_out(Request(VERBS["freeze"], (Target("all", "all"),)))

    @work(group="act")
    async def carry_out(self, asked: Request) -> None:
        """Ask where the verb asks, then say it, and tell what became of it."""
        given: Given | None = Given()
        spec = asked.verb
        if spec.asks and (spec.weight > 1 or spec.reason or spec.arguments):
            given = await self.push_screen_wait(Confirm(asked))
        if given is None:
            self.frame.flash("nothing was done", "muted")
            return
        said: list[Answer] = []
        for target in asked.targets or (Target("", ""),):
            try:
                answer = await self.desk.do(
                    spec.name, target.subject, reason=given.reason, arguments=given.arguments
                )
            except DeskError as error:
                await self._failed(asked, error, said)
                return
            said.append(answer)
        self.current.marks.clear()
        self.lists.paint()
        await self._done(asked, said)

    async def _done(self, asked: Request, said: Sequence[Answer]) -> None:
        good = sum(answer.ok for answer in said)
        text = said[-1].text if len(said) == 1 else f"{asked.verb.name}: {good} done"
        if good < len(said) > 1:
            text += f", {len(said) - good} not"
        self.frame.flash(text, "plain" if good == len(said) else "warning")
        if len(said) == 1 and said[0].intent and asked.verb.name.startswith("power-"):
            self.open_progress(said[0].intent, asked.targets[0].name)
        more = [line for answer in said for line in answer.lines if line != text]
        if more:
            blocks = "\n\n".join([text, *more])
            await self.push_screen_wait(Choice(asked.title, blocks, {"close": "Close"}))

    async def _failed(self, asked: Request, error: DeskError, said: Sequence[Answer]) -> None:
        before = "; ".join(answer.text for answer in said)
        did = f"Done before it: {before}" if said else "Nothing was done."
        buttons = {"close": "Close", "journal": "Journal"}
        choice = Choice(f"{asked.title}: failed", explain(error, did=did), buttons)
        if await self.push_screen_wait(choice) == "journal":
            self.go("journal")


async def run(
    desk: Desk,
    *,
    clock: Clock | None = None,
    plain: bool | None = None,
    keymap: Mapping[str, str] | None = None,
) -> int:
    """Show the screen until it is left; returns the exit status.

    Raises PlcmonError, before anything is drawn, where the terminal cannot show it.
    """
    # Textual draws on standard error, so that standard output stays free for pipes.
    if why := why_not(os.environ, tty=sys.stdin.isatty() and sys.stderr.isatty()):
        raise PlcmonError("terminal", "opening the screen", why)
    app = PlcmonApp(desk, clock=clock, plain=plain, keymap=keymap, settled=collect_seldom)
    await app.run_async()
    return app.return_code or 0
