"""Pages: one level deeper, live, and one key back."""

import asyncio
from dataclasses import replace
from datetime import datetime

import pytest

from plcmon.tui.prose import Line
from plcmon.tui.rows import Cell
from plcmon.tui.screens.page import PageScreen
from tests.fakes.desk import an_event
from tests.tui.stage import Stage, on_stage


async def opened(stage: Stage, *keys: str) -> str:
    await stage.press(*keys)
    await stage.until(lambda: stage.app.frame is not stage.app.lists)
    await stage.pilot.pause()
    return stage.text


async def test_enter_on_an_issue_says_why() -> None:
    async with on_stage() as stage:
        text = await opened(stage, "enter")

        assert "Issues · planetlab-2.in.tum.example.de · Why" in text
        assert "✔ pass  fleet guard   3 nodes turned bad within 30 min (3 of 5) [2m]" in text
        assert "‖ hold  budget" in text
        assert "WHAT WOULD UNBLOCK IT" in text


async def test_why_fits_80_columns() -> None:
    async with on_stage(size=(80, 24)) as stage:
        await opened(stage, "w")

        assert all(len(line) <= 80 for line in stage.lines)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (("d",), "LADDER"),
        (("2", "d"), "MACHINE"),
        (("2", "enter"), "MACHINE"),
        (("3", "d"), "CONTACTS"),
        (("4", "enter"), "OUTLETS"),
        (("5", "enter"), "STEPS"),
        (("6", "enter"), "EVENT"),
        (("y",), '"proposal": true'),
        (("l",), "nothing answers"),
    ],
)
async def test_everything_opens(keys: tuple[str, ...], words: str) -> None:
    async with on_stage() as stage:
        text = await opened(stage, *keys)

        assert words.lower() in text.lower()


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_one_key_back(key: str) -> None:
    async with on_stage() as stage:
        await opened(stage, "w")
        await stage.press(key)

        assert stage.app.frame is stage.app.lists
        assert stage.app.is_running


async def test_page_follows_the_news() -> None:
    async with on_stage() as stage:
        await opened(stage, "w")
        issue = stage.selected
        await stage.desk.change(replace(issue, why="budget: free again at 03:02"))
        await stage.until(lambda: "budget: free again at 03:02" in stage.lines[4])


async def test_journal_of_a_row_grows() -> None:
    async with on_stage() as stage:
        await opened(stage, "2", "l")
        subject = f"node/{stage.selected.key}"
        await stage.desk.push(an_event("it came back", subject))
        await stage.until(lambda: "it came back" in stage.text)


async def test_an_error_is_shown_in_the_place_of_the_text() -> None:
    async with on_stage() as stage:
        await opened(stage, "w")
        stage.desk.lost = None
        await stage.desk.lose("connection refused")
        await stage.until(lambda: "Check that the service runs" in stage.text)


async def test_a_page_says_that_it_asks_until_the_answer_is_there() -> None:
    async with on_stage() as stage:
        answer = asyncio.Event()

        async def build(_now: datetime, _width: int) -> list[Line]:
            await answer.wait()
            return [[Cell("nothing would happen")]]

        stage.app.push_screen(PageScreen("Plan", build))
        await stage.until(lambda: "Asking the service." in stage.text)

        answer.set()
        await stage.until(lambda: "nothing would happen" in stage.text)


async def test_text_scrolls_with_vi_keys() -> None:
    async with on_stage(size=(80, 24)) as stage:
        await opened(stage, "w")
        page = stage.app.frame
        assert isinstance(page, PageScreen)
        await stage.press("G")
        assert page.body.scroll_offset.y == page.body.max_scroll_y > 0

        await stage.press("g", "j", "j", "k")
        assert page.body.scroll_offset.y == 1

        await stage.press("space")
        assert page.body.scroll_offset.y > 5


async def test_text_can_be_copied() -> None:
    async with on_stage() as stage:
        await opened(stage, "d")
        await stage.press("c")

        assert "LADDER" in stage.app.clipboard


async def test_numbers_leave_the_page_for_a_sheet() -> None:
    async with on_stage() as stage:
        await opened(stage, "w")
        await stage.press("3")

        assert "Sites · 12" in stage.lines[2]
