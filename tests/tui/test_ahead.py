"""Typing ahead: keys that were typed before their dialog stands are that dialog's."""

from textual import events
from textual.widgets import Input

from plcmon.tui.dialogs import Confirm
from tests.tui.stage import Stage, on_stage

NAMED = {"space": " ", "colon": ":", "exclamation_mark": "!"}


async def at_once(stage: Stage, *keys: str) -> None:
    """All keys in one go, as a slow line delivers them."""
    for key in keys:
        character = key if len(key) == 1 else NAMED.get(key)
        stage.app.post_message(events.Key(key, character))
    await stage.pilot.pause()
    await stage.until(lambda: stage.app.ahead.waiting == 0)


async def test_a_reason_typed_ahead_never_freezes_the_fleet() -> None:
    async with on_stage() as stage:
        await at_once(stage, "p", *"Flaky", "space", *"Fan")

        assert stage.desk.said == []
        assert isinstance(stage.app.screen, Confirm)
        assert stage.app.screen.query_one("#reason", Input).value == "Flaky Fan"


async def test_a_whole_dialog_can_be_typed_ahead() -> None:
    async with on_stage() as stage:
        await at_once(stage, "p", *"Flaky", "tab", "tab", "enter")
        await stage.until(lambda: stage.desk.said)

        assert (stage.desk.said[0].verb, stage.desk.said[0].reason) == ("pause", "Flaky")


async def test_what_is_typed_behind_a_menu_is_its_dialogs() -> None:
    async with on_stage() as stage:
        await at_once(stage, "3", "exclamation_mark", "enter", *"Fan")

        assert stage.desk.said == []
        assert isinstance(stage.app.screen, Confirm)
        assert stage.app.screen.asked.verb.name == "maintenance"


async def test_a_command_behind_escape_is_typed_on_the_list() -> None:
    async with on_stage() as stage:
        await at_once(stage, "w", "escape", "colon", *"fleet", "enter")

        assert len(stage.app.screen_stack) == 1
        assert stage.app.current.sheet.id == "fleet"


async def test_a_part_that_is_gone_holds_no_key_up() -> None:
    async with on_stage() as stage:
        await at_once(stage, "w", "q", "w", "q", "j")

        assert len(stage.app.screen_stack) == 1
        assert stage.app.current.place == 1
