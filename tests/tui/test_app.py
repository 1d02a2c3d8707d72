"""The app: commands, help, leaving, keymaps, time."""

from datetime import timedelta

import pytest

from plcmon.tui.app import PlcmonApp
from plcmon.tui.feed import Loaded
from tests.fakes.desk import FakeDesk, Said
from tests.tui.stage import on_stage


async def test_command_goes_to_a_row() -> None:
    async with on_stage() as stage:
        await stage.press("colon")
        await stage.type("node planetlab-2.ss")
        assert "planetlab-2.ssvl.example.se" in stage.lines[-1]

        await stage.press("tab", "enter")
        assert stage.app.current.sheet.id == "fleet"
        assert stage.selected.key == "toml:kth-2"


async def test_command_clears_a_filter_that_hides_its_row() -> None:
    async with on_stage() as stage:
        await stage.press("3", "slash", "t", "u", "m", "enter", "colon")
        await stage.type("site kth")
        await stage.press("enter")

        assert stage.selected.key == "kth"


async def test_command_with_a_filter() -> None:
    async with on_stage() as stage:
        await stage.press("colon")
        await stage.type("fleet site:uw")
        await stage.press("enter")

        assert len(stage.names) == 4


async def test_unknown_command_offers_the_nearest() -> None:
    async with on_stage() as stage:
        await stage.press("colon")
        await stage.type("flet")
        await stage.press("enter")

        assert "did you mean fleet?" in stage.lines[-1]


async def test_command_says_a_verb_through_its_dialog() -> None:
    async with on_stage() as stage:
        await stage.press("F", "colon")
        await stage.type("unfreeze all")
        await stage.press("enter")
        assert "Unfreeze all" in stage.text

        await stage.press("tab")
        await stage.type("checked")
        await stage.press("enter", "tab", "enter")
        await stage.until(lambda: len(stage.desk.said) == 2)
        assert stage.desk.said[1] == Said("unfreeze", "all", "checked")


async def test_command_history() -> None:
    async with on_stage() as stage:
        await stage.press("colon")
        await stage.type("sites")
        await stage.press("enter", "colon", "up")

        assert stage.lines[-1].strip() == ":sites"


async def test_command_works_on_a_page_too() -> None:
    async with on_stage() as stage:
        await stage.press("w", "colon")
        await stage.type("pcus")
        await stage.press("enter")

        assert "PCUs · 12" in stage.lines[2]


async def test_an_answer_with_more_to_say_is_shown_whole() -> None:
    async with on_stage() as stage:
        stage.desk.lines = ("outlet 3 reads on", "outlet 4 reads off")
        await stage.press("2", "exclamation_mark", "j", "j", "enter")
        await stage.until(lambda: "outlet 4 reads off" in stage.text)

        assert stage.desk.said[0].verb == "power-status"
        await stage.press("enter")
        assert len(stage.app.screen_stack) == 1


async def test_theme_can_be_changed() -> None:
    async with on_stage() as stage:
        await stage.press("colon")
        await stage.type("theme paper")
        await stage.press("enter")

        assert stage.app.theme == "paper"


async def test_help_opens_on_a_question_mark() -> None:
    async with on_stage() as stage:
        await stage.press("question_mark")
        assert "One row down." in stage.text

        await stage.press("escape")
        assert len(stage.app.screen_stack) == 1


async def test_leaving_asks() -> None:
    async with on_stage() as stage:
        await stage.press("q", "enter")
        assert stage.app.is_running

        await stage.press("q", "tab", "enter")
        await stage.until(lambda: not stage.app.is_running)
        assert stage.app.return_value == 0


async def test_keys_can_be_moved() -> None:
    async with on_stage(keymap={"filter": "f"}) as stage:
        assert "f Filter" in stage.lines[-1]
        await stage.press("f", "k", "t", "h")

        assert stage.app.current.filter.text == "kth"


async def test_the_clock_in_the_header_goes_by_minutes() -> None:
    async with on_stage() as stage:
        stage.clock.advance(timedelta(seconds=30))
        await stage.until(lambda: "UTC 02:15" in stage.lines[1])


async def test_a_minute_asks_for_summary_and_issues_only() -> None:
    async with on_stage() as stage:
        before = stage.desk.calls.copy()
        stage.clock.advance(timedelta(seconds=30))
        await stage.until(lambda: stage.desk.calls["issues"] > before["issues"])
        await stage.pilot.pause()

        assert dict(stage.desk.calls - before) == {"summary": 1, "issues": 1}


async def test_idle_asks_nothing_and_draws_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage() as stage:
        await stage.pilot.pause()
        before = stage.desk.calls.copy()
        drawn: list[object] = []
        monkeypatch.setattr(stage.app, "_display", lambda *arguments: drawn.append(arguments))
        for _ in range(20):
            await stage.pilot.pause()

        assert stage.desk.calls == before
        assert drawn == []


def test_two_apps_share_nothing() -> None:
    one, two = (PlcmonApp(FakeDesk(), plain=False) for _ in range(2))

    assert one.book is not two.book
    assert one.places["fleet"] is not two.places["fleet"]


def test_no_command_palette_writes_on_the_server() -> None:
    assert PlcmonApp.ENABLE_COMMAND_PALETTE is False


async def test_a_question_is_answered_on_a_page_of_its_own() -> None:
    async with on_stage() as stage:
        await stage.press("colon")
        await stage.type("plan 1d")
        await stage.press("enter")
        await stage.until(lambda: "Assumed" in stage.text)

        assert stage.desk.calls["plan"] == 1


async def test_a_question_that_makes_no_sense_is_said_in_the_frame() -> None:
    async with on_stage() as stage:
        await stage.press("colon")
        await stage.type("plan 7")
        await stage.press("enter")
        await stage.until(lambda: "has no unit" in stage.text)

        assert stage.desk.calls["plan"] == 0


async def test_it_says_once_that_the_first_view_is_loaded() -> None:
    seen: list[int] = []
    async with on_stage(settled=lambda: seen.append(1)) as stage:
        await stage.until(lambda: seen)
        stage.app.on_loaded(Loaded(await stage.desk.view(), ()))
        await stage.press("j")

    assert seen == [1]
