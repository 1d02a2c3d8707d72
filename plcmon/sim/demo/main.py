"""Opening night: the story as text, or the screen over the same stage."""

import asyncio
import signal
import sys
import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from plcmon.sim.demo.stage import Stage, read_preset, set_stage
from plcmon.sim.demo.story import Story
from plcmon.sim.demo.tale import Tale
from plcmon.tui.app import run as run_screen

DEADLINE = 170.0  # seconds for the whole; the story takes less than two minutes
INTRO = """\
plcmon watches machines that nobody can walk up to. This is a virtual fleet on loopback: real SSH
servers, real power-control units behind telnet, SSH and HTTPS, a mail relay; and the real service.
"""


def main(*, headless: bool, seed: int) -> int:
    """Run the demo; 0 when the story came true, else 1."""
    with tempfile.TemporaryDirectory(prefix="plcmon-demo-") as folder:
        show = tell_headless if headless else tell_on_screen
        return asyncio.run(until_told_to_stop(show(Path(folder), seed)))


async def until_told_to_stop(show: Coroutine[Any, Any, int]) -> int:
    """A closed terminal or a TERM ends the show in order, so that nothing is left running."""
    loop, stage = asyncio.get_running_loop(), asyncio.current_task()
    assert stage is not None
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stage.cancel)
    try:
        return await show
    except asyncio.CancelledError:
        return 1


def out(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def tell_headless(folder: Path, seed: int) -> int:
    """The story as text. The policy it runs on is printed first, for it is not the shipped one."""
    out(INTRO)
    for line in read_preset().splitlines():
        out(f"          # {line}" if not line.startswith("#") else f"          {line}")
    out("")
    tale = Tale(out)
    try:
        async with asyncio.timeout(DEADLINE), set_stage(folder, seed=seed) as stage:
            tale.say(f"fleet and service are up (seed {seed})")
            await tell(stage, tale, seed)
    except TimeoutError:
        tale.failed.append(f"the story did not end within {DEADLINE:g} s")
    return conclude(tale, out)


async def tell(stage: Stage, tale: Tale, seed: int) -> None:
    async with stage.desk() as desk:
        await Story(stage, tale, desk, seed).tell()


async def tell_on_screen(folder: Path, seed: int) -> int:
    """The screen over the stage, while the story goes on; what it told is printed afterwards."""
    out(INTRO)
    lines: list[str] = []
    tale = Tale(lines.append)
    async with set_stage(folder, seed=seed) as stage, asyncio.TaskGroup() as group:
        story = group.create_task(tell(stage, tale, seed), name="story")
        async with stage.desk() as desk:
            await run_screen(desk)
        ended = story.done()
        story.cancel()
    for line in lines:
        out(line)
    if not ended:
        out("          the story was left before its end")
        return 0
    return conclude(tale, out)


def conclude(tale: Tale, tell_line: Callable[[str], None]) -> int:
    if tale.failed:
        tell_line("")
        tell_line(f"the story did not come true: {len(tale.failed)} of its claims")
        for text in tale.failed:
            tell_line(f"  ✗ {text.strip()}")
        return 1
    tale.say("the story came true")
    return 0
