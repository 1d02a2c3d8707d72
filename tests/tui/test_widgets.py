"""Small widgets: lines that repaint only when they differ, and the prompt."""

from typing import Any

import pytest

from plcmon.tui.rows import Cell
from plcmon.tui.widgets import HISTORY_KEPT, Completer, Lines, Prompt
from tests.tui.stage import on_stage


async def test_lines_that_did_not_change_are_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage() as stage:
        header = stage.app.lists.query_one("#header", Lines)
        updates: list[Any] = []
        monkeypatch.setattr(header, "update", lambda *a, **_: updates.append(a))

        stage.app.lists.paint()
        assert updates == []

        header.say([[Cell("else")]])
        assert len(updates) == 1


async def test_lines_tell_what_they_say() -> None:
    async with on_stage() as stage:
        header = stage.app.lists.query_one("#header", Lines)

        assert header.plain.splitlines() == [
            line.ljust(120) if len(line) < 120 else line for line in stage.lines[:2]
        ]


async def test_completer_offers_nothing_for_nothing() -> None:
    assert await Completer(lambda _: "").get_suggestion("x") is None
    assert await Completer(lambda text: text + "y").get_suggestion("x") == "xy"


async def test_history_is_bounded_and_walks_both_ways() -> None:
    async with on_stage() as stage:
        prompt = stage.app.lists.query_one(Prompt)
        prompt.history = [f"line {n}" for n in range(HISTORY_KEPT)]
        await stage.press("colon")
        await stage.type("sites")
        await stage.press("enter", "colon", "up")
        assert prompt.line.value == "sites"
        assert len(prompt.history) == HISTORY_KEPT

        await stage.press("up", "down", "down")
        assert prompt.line.value == ""


async def test_tab_without_a_suggestion_keeps_what_was_typed() -> None:
    async with on_stage() as stage:
        await stage.press("colon", "z", "z", "tab")

        assert stage.app.lists.query_one(Prompt).line.value == "zz"
