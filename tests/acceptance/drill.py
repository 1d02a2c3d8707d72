"""The restore drill: a backup of before is put back; it must hold still until it is adopted.

A node is silent all the while, so that a service which acted would have something to act on.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from plcmon.errors import PlcmonError
from plcmon.sim.demo.stage import Stage
from plcmon.store.backup import look_through, restore

STILL = 12.0  # seconds that it must do nothing after the silence has become an issue
PATIENCE = 60.0  # seconds for each thing that must come about
POLL = 0.2
LONG_AGO = datetime.min.replace(tzinfo=UTC)


async def drill(stage: Stage, backup: Path) -> list[str]:
    """Restore over the stopped service's state and go on; what was wrong, in words."""
    state_dir = stage.folder / "state"
    rows_then = (await look_through(state_dir))[0].rows
    try:
        done = await restore(backup, state_dir, now=datetime.now(UTC), replace=True)
    except PlcmonError as error:
        return [str(error)]
    aside = done.aside and (await look_through(done.aside))[0].rows
    wrong = [] if aside == rows_then else [f"{aside} of {rows_then} rows were moved aside"]
    await stage.start()
    victim = await untouched(stage)
    await stage.control.fault("silent", node=victim)
    try:
        wrong += await held_still(stage, victim)
        wrong += await went_on(stage, victim)
    finally:
        await stage.control.heal(node=victim)
        await stage.stop()
    return wrong + [
        f"{file.path.name} is damaged" for file in await look_through(state_dir) if not file.whole
    ]


async def untouched(stage: Stage) -> str:
    """A well node behind the unit that was used longest ago: others may wait for good reasons."""
    truth = (await stage.control.state())["nodes"]
    async with stage.desk() as desk:
        ill = {row.site for row in await desk.issues()}
        used: dict[str, datetime] = {}
        for intent in await desk.intents():  # newest first
            for pcu in intent.path.split():
                used.setdefault(pcu, intent.planned_at)

    def worry(name: str) -> tuple[bool, datetime, str]:
        pcus = [outlet.partition(":")[0] for path in truth[name]["paths"] for outlet in path]
        lately = max((used[pcu] for pcu in pcus if pcu in used), default=LONG_AGO)
        return truth[name]["site"] in ill, lately, name

    return min((name for name, node in truth.items() if node["observed"] == "boot"), key=worry)


async def switched(stage: Stage, pcu: str) -> int:
    """How often the unit was told to switch."""
    heard = await stage.control.commands(pcu)
    return sum(command["verb"] in {"off", "on", "cycle"} for command in heard)


async def held_still(stage: Stage, victim: str) -> list[str]:
    """Nothing was sent, though there was something to do."""
    async with stage.desk() as desk:
        if (await desk.summary()).adopted:
            return ["the restored state thought itself adopted"]

        async def is_known() -> bool:
            return bool(await desk.issues(victim))

        if not await came(is_known):
            return [f"{victim} was silent, and no issue opened"]
        before = await sent(stage)
        await asyncio.sleep(STILL)
        after = await sent(stage)
    return [] if after == before else [f"unadopted, it sent: {before} before, {after} after"]


async def went_on(stage: Stage, victim: str) -> list[str]:
    """Once adopted it repairs what it knew all along."""
    boots = (await stage.control.node(victim))["boots"]
    async with stage.desk() as desk:
        await desk.do("db-adopt", reason="the drill")

    async def is_mended() -> bool:
        node = await stage.control.node(victim)
        return bool(node["boots"] > boots and node["observed"] == "boot")

    if await came(is_mended):
        return []
    async with stage.desk() as desk:
        why = (await desk.why(victim)).sentence
    return [f"adopted, it left {victim} as it was: {why}"]


async def sent(stage: Stage) -> tuple[int, int]:
    """Commands that the units heard which switch, and mails that arrived."""
    pcus = (await stage.control.state())["pcus"]
    cuts = sum([await switched(stage, pcu) for pcu in pcus])
    return cuts, len(await stage.control.mails())


async def came(about: Callable[[], Awaitable[bool]]) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if await about():
            return True
        await asyncio.sleep(POLL)
    return False
