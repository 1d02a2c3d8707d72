"""Dialogs: enter alone does nothing, reasons are asked for, names are typed."""

from typing import Any

import pytest
from textual.widgets import Button, Input

from plcmon.operations.desk import VERBS
from plcmon.tui.dialogs import Choice, Confirm, Help, Menu
from plcmon.tui.verbs import Request, Target
from tests.tui.stage import Stage, on_stage

NODE = Target("node/toml:kth-1", "planetlab-1.ssvl.example.se")


async def ask(stage: Stage, verb: str, *targets: Target, **more: Any) -> list[Any]:
    """Open the dialog of a verb; the list gets its answer."""
    answers: list[Any] = []
    asked = Request(VERBS[verb], targets or (NODE,), **more)
    await stage.app.push_screen(Confirm(asked), answers.append)
    await stage.pilot.pause()
    return answers


def focused(stage: Stage) -> str:
    return (stage.app.focused.id if stage.app.focused else "") or ""


@pytest.mark.parametrize("verb", [name for name, spec in VERBS.items() if spec.weight > 1])
async def test_focus_is_on_cancel_and_enter_does_nothing(verb: str) -> None:
    async with on_stage() as stage:
        answers = await ask(stage, verb)
        assert focused(stage) == "cancel"

        await stage.press("enter")
        assert answers == [None]


async def test_light_verb_starts_in_the_first_field_that_is_empty() -> None:
    async with on_stage() as stage:
        await ask(stage, "pause")

        assert focused(stage) == "reason"
        assert stage.app.screen.query_one("#until", Input).value == "12h"


async def test_reason_is_needed() -> None:
    async with on_stage() as stage:
        answers = await ask(stage, "reject")
        assert stage.app.screen.query_one("#go", Button).disabled

        await stage.press("tab")
        await stage.type("disk is dying")
        await stage.press("enter", "tab", "enter")
        assert answers[0].reason == "disk is dying"


async def test_y_goes_on_and_n_does_not() -> None:
    async with on_stage() as stage:
        answers = await ask(stage, "approve")
        await stage.press("n")
        again = await ask(stage, "approve")
        await stage.press("y")

        assert answers == [None]
        assert again[0].reason == ""


async def test_third_weight_wants_the_name_typed() -> None:
    async with on_stage() as stage:
        answers = await ask(stage, "power-cycle")
        await stage.press("y")
        assert answers == []

        await stage.press("tab")
        await stage.type("hung")
        await stage.press("tab")
        await stage.type("planetlab-2")
        assert stage.app.screen.query_one("#go", Button).disabled

        await stage.press("backspace")
        await stage.type("1")
        stage.app.screen.query_one("#go", Button).press()
        await stage.pilot.pause()
        assert answers[0].reason == "hung"


async def test_several_are_listed_and_counted() -> None:
    targets = [Target(f"node/{n}", f"node-{n}.example.net") for n in range(9)]
    async with on_stage() as stage:
        await ask(stage, "power-off", *targets)

        assert "node-5.example.net" in stage.text
        assert "and 3 more" in stage.text
        assert "Type 9 to go on" in stage.text


async def test_cautions_are_said() -> None:
    async with on_stage() as stage:
        await ask(stage, "power-cycle", cautions=("It answers.",), facts=("power path: pdu 3",))

        assert "! It answers." in stage.text
        assert "· power path: pdu 3" in stage.text


async def test_escape_closes() -> None:
    async with on_stage() as stage:
        answers = await ask(stage, "power-cycle")
        await stage.press("escape")

        assert answers == [None]


async def test_choice_gives_the_button() -> None:
    async with on_stage() as stage:
        answers: list[Any] = []
        buttons = {"close": "Close", "journal": "Journal"}
        await stage.app.push_screen(Choice("It failed", "why\n\nadvice", buttons), answers.append)
        await stage.press("tab", "enter")

        assert answers == ["journal"]


@pytest.mark.parametrize(
    ("key", "answer"), [("y", "leave"), ("l", "leave"), ("n", "stay"), ("s", "stay")]
)
async def test_a_letter_presses_the_button_of_a_choice(key: str, answer: str) -> None:
    async with on_stage() as stage:
        answers: list[Any] = []
        buttons = {"stay": "Stay", "leave": "Leave"}
        await stage.app.push_screen(Choice("Leave?", "why", buttons), answers.append)
        await stage.press(key)

        assert answers == [answer]


async def test_menu_moves_with_vi_keys() -> None:
    async with on_stage() as stage:
        answers: list[Any] = []
        offers = [("scan", "Probe now.", ""), ("power-cycle", "Off, wait, on.", "frozen")]
        await stage.app.push_screen(Menu("Act", offers), answers.append)
        await stage.pilot.pause()
        assert "frozen" in stage.text

        await stage.press("j", "k", "j", "enter")
        assert answers == ["power-cycle"]


async def test_help_narrows_while_typing() -> None:
    async with on_stage() as stage:
        await stage.app.push_screen(Help("sheet", "operator", {}))
        await stage.type("freeze")

        assert "Stop all new actions" in stage.text
        assert "One row down." not in stage.text


async def test_help_of_a_viewer_has_no_verbs() -> None:
    page = Help("sheet", "viewer", {})

    assert "Approve" not in str(page.lines(""))
    assert "Filter" in str(page.lines(""))


async def test_help_shows_moved_keys() -> None:
    page = Help("sheet", "operator", {"filter": "f"})

    said = ["".join(cell.text for cell in line).split()[:2] for line in page.lines("")]
    assert ["f", "Filter"] in said
