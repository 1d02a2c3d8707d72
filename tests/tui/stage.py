"""A stage for the app: a FakeDesk, a still clock, and the screen as lines of text."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from textual.pilot import Pilot

from plcmon.tui.app import PlcmonApp
from tests.fakes.clock import StillClock
from tests.fakes.desk import FakeDesk
from tests.fakes.fleet import Fleet

PATIENCE = 200  # turns of the loop that a condition may take


@dataclass
class Stage:
    """Everything a test of the running app wants."""

    app: PlcmonApp
    pilot: Pilot[int]
    desk: FakeDesk
    clock: StillClock

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        await self.press(*("space" if letter == " " else letter for letter in text))

    async def until(self, condition: Callable[[], object]) -> None:
        """Let the app work until the condition holds; fails when it never does."""
        for _ in range(PATIENCE):
            if condition():
                return
            await self.pilot.pause()
        raise AssertionError("it did not come true")

    @property
    def lines(self) -> list[str]:
        """The whole screen as text."""
        return lines(self.app)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def names(self) -> list[str]:
        """The names of the rows shown, in order."""
        sheet = self.app.current.sheet
        return [sheet.name(row.view) for row in self.app.lists.table.rows]

    @property
    def selected(self) -> Any:
        """The view of the selected row."""
        row = self.app.lists.table.selected
        return row.view if row else None


def lines(app: PlcmonApp) -> list[str]:
    """What the top screen shows, line by line, without trailing room."""
    strips = app.screen._compositor.render_strips(app.size)
    return [strip.text.rstrip() for strip in strips]


@asynccontextmanager
async def on_stage(
    fleet: Fleet | None = None,
    *,
    size: tuple[int, int] = (120, 40),
    role: str = "operator",
    **options: Any,
) -> AsyncIterator[Stage]:
    """A running app over a FakeDesk, its snapshot painted."""
    desk, clock = FakeDesk(fleet, role=role), StillClock()
    app = PlcmonApp(desk, clock=clock, **{"plain": False, **options})
    async with app.run_test(size=size) as pilot:
        stage = Stage(app, pilot, desk, clock)
        await stage.until(lambda: app.book.summary)
        await pilot.pause()
        yield stage
