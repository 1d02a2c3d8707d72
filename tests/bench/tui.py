"""The screen's budgets, measured: `python -m tests.bench.tui` prints JSON.

First paint, a burst of changes and a key are timed in a headless app over 5,000 rows; idle bytes
are counted on a real pseudo-terminal, from a process that stands still.
"""

import asyncio
import fcntl
import json
import os
import pty
import select
import statistics
import struct
import subprocess
import sys
import termios
import time
from dataclasses import replace

from textual.pilot import Pilot

from plcmon.memory import collect_seldom
from plcmon.tui.app import PlcmonApp, run
from plcmon.tui.feed import Changed, News
from tests.fakes.clock import StillClock
from tests.fakes.desk import FakeDesk
from tests.fakes.fleet import large_fleet

ROWS = 5000
CHANGES = 500
SIZE = (120, 40)
SETTLE_S, IDLE_S = 2.0, 5.0
DRAWN_LEAST = 3000  # bytes; less is not a whole screen
BUDGET = {"first_paint_ms": 300, "changes_ms": 50, "key_ms": 50, "filter_key_ms": 50, "idle_b": 0}


async def measure() -> dict[str, float]:
    """Everything that is timed, in milliseconds."""
    desk = FakeDesk(large_fleet(ROWS))
    app = PlcmonApp(desk, clock=StillClock(), plain=False, settled=collect_seldom)
    app.current = app.places["fleet"]
    started = time.perf_counter()
    async with app.run_test(size=SIZE) as pilot:
        while not app.lists.table.rows:
            await pilot.pause()
        await painted(app)
        start = (time.perf_counter() - started) * 1000
        return {
            "start_to_paint_ms": start,
            "first_paint_ms": await first_paint(app),
            "changes_ms": await changes(app),
            "key_ms": await keys(app, pilot, ["j"] * 20 + ["pagedown"] * 5),
            "filter_key_ms": await keys(app, pilot, ["slash", *"planetlab"]),
        }


async def painted(app: PlcmonApp) -> None:
    """Wait until everything that is due has been handled and drawn."""
    done = asyncio.Event()
    app.screen.call_after_refresh(done.set)
    await done.wait()


async def first_paint(app: PlcmonApp) -> float:
    """From a whole snapshot of unknown rows to the painted table."""
    view = await app.desk.view()
    app.book.rows["fleet"].clear()
    started = time.perf_counter()
    app.book.load(view)
    app.lists.news({"fleet"})
    await painted(app)
    return (time.perf_counter() - started) * 1000


async def changes(app: PlcmonApp) -> float:
    """The median time of 500 changed rows, from news to paint."""
    taken: list[float] = []
    for turn in range(9):
        nodes = [row.view for row in list(app.book.rows["fleet"].values())[:: ROWS // CHANGES]]
        changed = tuple(replace(node, why=f"turn {turn}") for node in nodes[:CHANGES])
        started = time.perf_counter()
        app.on_changed(Changed(News(nodes=changed)))
        await painted(app)
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


async def keys(app: PlcmonApp, pilot: Pilot[int], pressed: list[str]) -> float:
    """The worst time from a key to its paint."""
    worst = 0.0
    for key in pressed:
        started = time.perf_counter()
        app.simulate_key(key)
        await painted(app)
        await pilot.pause(0)
        worst = max(worst, (time.perf_counter() - started) * 1000)
    return worst


def idle_bytes() -> int:
    """Bytes that a settled screen writes to its terminal in five seconds."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "tests.bench.tui", "--screen"]
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environment
    ) as process:
        drawn = drain(master, SETTLE_S, quiet_s=SETTLE_S)
        count = drain(master, IDLE_S)
        process.terminate()
    if drawn < DRAWN_LEAST:
        raise SystemExit(f"the screen wrote only {drawn} bytes before it went idle")
    os.close(master)
    os.close(slave)
    return count


def drain(descriptor: int, for_s: float, *, quiet_s: float = 0.0) -> int:
    """Read for a while, or until it has been quiet that long; returns how much came."""
    end, count = time.monotonic() + for_s, 0
    while (left := end - time.monotonic()) > 0:
        ready, _, _ = select.select([descriptor], [], [], left)
        if ready:
            count += len(os.read(descriptor, 65536))
            end = time.monotonic() + quiet_s if quiet_s else end
    return count


def main() -> None:
    """Measure, print, and say by the exit status whether all budgets were kept."""
    if "--screen" in sys.argv:
        sys.exit(asyncio.run(run(FakeDesk(), clock=StillClock())))
    results = {**asyncio.run(measure()), "idle_b": idle_bytes()}
    over = {name: limit for name, limit in BUDGET.items() if results[name] > limit}
    rounded = {name: round(value, 1) for name, value in results.items()}
    print(json.dumps({"rows": ROWS, "changed": CHANGES, **rounded, "over": over}))  # noqa: T201 # a program's output
    sys.exit(1 if over else 0)


if __name__ == "__main__":
    main()
