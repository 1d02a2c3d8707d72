"""The frame: classes by size and terminal, flashes, the prompt in the footer's place."""

import pytest

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


async def test_ascii_terminal_has_ascii_frames() -> None:
    async with on_stage(plain=True) as stage:
        await stage.press("w")

        assert all(line.isascii() for line in stage.lines)


async def test_pages_offer_their_own_keys() -> None:
    async with on_stage() as stage:
        await stage.press("w")

        assert stage.lines[-1].startswith(" c Copy")
