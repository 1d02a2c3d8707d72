"""The frame: classes by size and terminal, flashes, the prompt in the footer's place."""

import pytest
from textual import events

from tests.tui.stage import on_stage


@pytest.mark.parametrize(
    ("size", "narrow", "tall"),
    [((60, 20), True, False), ((80, 24), False, False), ((120, 40), False, True)],
)
async def test_size_is_told_to_the_style(size: tuple[int, int], narrow: bool, tall: bool) -> None:
    async with on_stage(size=size) as stage:
        frame = stage.app.frame

        assert frame.has_class("narrow") is narrow
        assert frame.has_class("tall") is tall


async def test_resizing_fits_everything_anew() -> None:
    async with on_stage(size=(120, 40)) as stage:
        assert "SITE" in stage.lines[3]
        await stage.pilot.resize_terminal(80, 24)
        await stage.until(lambda: "SITE" not in stage.lines[3])

        assert max(len(line) for line in stage.lines) <= 80
        assert len(stage.lines) == 24


async def test_flash_takes_the_footers_place_and_gives_it_back() -> None:
    async with on_stage() as stage:
        stage.app.frame.flash("copied it")
        assert stage.app.frame.query_one("#footer").plain.strip() == "copied it"  # type: ignore[attr-defined] # it is a Lines

        stage.app.frame.unflash()
        await stage.pilot.pause()
        assert stage.lines[-1].startswith(" enter Open")


async def test_prompt_takes_the_footers_place() -> None:
    async with on_stage() as stage:
        await stage.press("colon")
        assert stage.lines[-1].strip() == ":"

        await stage.press("escape")
        assert stage.lines[-1].startswith(" enter Open")


@pytest.mark.parametrize("key", ["2", "w", "exclamation_mark", "question_mark", "p"])
async def test_ascii_terminal_has_nothing_but_ascii(key: str) -> None:
    async with on_stage(plain=True, size=(80, 20)) as stage:
        await stage.press(key)

        assert [line for line in stage.lines if not line.isascii()] == []


async def test_pages_offer_their_own_keys() -> None:
    async with on_stage() as stage:
        await stage.press("w")

        assert stage.lines[-1].startswith(" esc Back   c Copy")


async def test_keys_typed_ahead_go_to_the_prompt_not_to_the_list() -> None:
    """Over a slow line a whole command arrives at once; none of its letters may act."""
    async with on_stage() as stage:
        for key in ("colon", *"fleet"):
            stage.app.post_message(events.Key(key, ":" if key == "colon" else key))
        await stage.until(lambda: stage.lines[-1].strip() == ":fleet")

        await stage.press("enter")
        assert stage.app.current.sheet.id == "fleet"


async def test_the_panic_key_stands_on_the_narrowest_screen() -> None:
    async with on_stage(size=(60, 20)) as stage:
        assert stage.lines[-1].rstrip().endswith("F Freeze")


async def test_news_after_the_end_hurts_nobody() -> None:
    async with on_stage() as stage:
        lists = stage.app.lists
        await lists.remove_children()

        lists.news({"issues"})
        assert not lists.is_there
