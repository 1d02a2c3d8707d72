"""Draws the real app over the real service: `python -m tests.tui.demo_picture OUT.svg`.

The virtual fleet has the demo's troubles; the picture is taken once they have become issues.
"""

import asyncio
import re
import sys
import tempfile
from pathlib import Path

from plcmon.sim.demo.cast import choose
from plcmon.sim.demo.stage import Stage, set_stage
from plcmon.tui.app import PlcmonApp

FONTS = re.compile(r"@font-face \{.*?\}", re.DOTALL)  # a picture fetches nothing from elsewhere
SEED = 1
SIZE = (118, 26)
ISSUES = 5
PATIENCE = 70.0  # seconds: a site is out of reach only after 30


async def trouble(stage: Stage) -> None:
    """Break what the demo breaks, and wait until all of it is known."""
    control, cast = stage.control, choose(await stage.control.state(), seed=SEED)
    await control.fault("lies", pcu=cast.lied_to.pcu)
    await control.fault("dead", node=cast.lied_to.node)
    await control.fault("silent", node=cast.silent.node, then="silent")
    await control.fault("deaf", node=cast.deaf.node)
    await control.fault("dark", site=cast.dark_site)
    async with asyncio.timeout(PATIENCE), stage.desk() as desk:
        while len(await desk.issues()) < ISSUES:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.5)


async def draw() -> str:
    with tempfile.TemporaryDirectory(prefix="plcmon-picture-") as folder:
        async with set_stage(Path(folder), seed=SEED) as stage:
            await trouble(stage)
            async with stage.desk() as desk:
                app = PlcmonApp(desk, plain=False)
                async with app.run_test(size=SIZE) as pilot:
                    await pilot.pause(1.0)
                    return FONTS.sub("", app.export_screenshot(title="plcmon"))


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(asyncio.run(draw()), encoding="utf-8")
