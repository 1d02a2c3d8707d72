"""Draws the real app over a FakeDesk: `python -m tests.tui.picture OUT.svg [WxH] [KEY ...]`."""

import asyncio
import sys
from pathlib import Path

from plcmon.tui.app import PlcmonApp
from tests.fakes.clock import StillClock
from tests.fakes.desk import FakeDesk


async def draw(keys: list[str], size: tuple[int, int], **options: object) -> str:
    """The screen as SVG after these keys."""
    app = PlcmonApp(FakeDesk(), clock=StillClock(), **options)  # type: ignore[arg-type] # options are the app's
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        return app.export_screenshot(title="plcmon")


def main(arguments: list[str]) -> None:
    out, rest = Path(arguments[0]), arguments[1:]
    size = (120, 32)
    options: dict[str, object] = {"plain": False}
    if rest and rest[0][0].isdigit() and "x" in rest[0]:
        width, _, height = rest.pop(0).partition("x")
        size = (int(width), int(height))
    if rest and rest[0].startswith("--"):
        options = {"plain": True} if rest[0] == "--ascii" else {**options, "theme": rest[0][2:]}
        rest.pop(0)
    out.write_text(asyncio.run(draw(rest, size, **options)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
