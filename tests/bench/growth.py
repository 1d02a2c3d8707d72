"""Growth: what 1,000, 10,000 and 50,000 nodes cost, and the power of the size that each grows by.

1 is linear. Everything is CPU time but memory. A round decides over the open issues of one node in
fifty; a small round over ten of them, which should not grow at all, nor should the history of one
node. The start is that beyond a start without nodes, its nodes at sites of ten and, once more, at
five large sites.
"""

import asyncio
import math
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path

from plcmon.inventory.toml import load as read
from plcmon.model.subjects import node_subject
from plcmon.operations.history import TOLD
from plcmon.operations.local import HISTORY
from plcmon.store import Database, open_database
from plcmon.times import SystemClock
from tests.bench.engine import rounds_of
from tests.bench.fleet import loaded, write_toml
from tests.bench.history import commit_runs, key_of, lay
from tests.bench.measures import cpu_s
from tests.bench.restart import fill, started, write_config

SIZES = (1000, 10_000, 50_000)
OF_A_SITE = 10
LARGE_SITES = 5
RUNS = 4  # of each node in its past
DAYS, HOURS = 30, 48  # of history; a year of the largest fleet would fill the disk
TURNS = 20
Found = dict[str, float]


def measure() -> Found:
    found: Found = {}
    for part in (load, rounds, history, Starts()):
        by_name: dict[str, dict[int, float]] = {}
        for size in SIZES:
            for key, value in part(size).items():
                found[f"{key}_at_{size}"] = value
                by_name.setdefault(key, {})[size] = value
        found |= {f"{key}_exponent": slope(values) for key, values in by_name.items()}
        sys.stderr.write(f"grown: {', '.join(by_name)}\n")
    return found


def load(size: int) -> Found:
    with tempfile.TemporaryDirectory(prefix="plcmon-bench-") as folder:
        files = loaded(write_toml(Path(folder), size))
    return {"load_cpu_s": files["cpu_s"], "memory_mb": files["held_mb"]}


def rounds(size: int) -> Found:
    return rounds_of(size // OF_A_SITE, size // 50)


def history(size: int) -> Found:
    return asyncio.run(told(size))


async def told(size: int) -> Found:
    """Milliseconds for what one node did, and for how available all were."""
    now = SystemClock().now()
    with tempfile.TemporaryDirectory(prefix="plcmon-bench-") as name:
        folder = Path(name) / "state"
        async with open_database(folder, clock=SystemClock()) as database:
            await commit_runs(database, size, now, RUNS)
        await asyncio.to_thread(lay, folder / "history.db", size, now, DAYS, HOURS)
        async with open_database(folder, clock=SystemClock()) as database:
            return await asked(database, size)


async def asked(database: Database, size: int) -> Found:
    now = SystemClock().now()
    month, year = now - timedelta(days=DAYS), now - timedelta(days=365)

    async def node(number: int) -> None:
        key = key_of(number)
        await database.told_of(node_subject(key), year, now, TOLD, HISTORY)
        await database.samples(month, now, [key])

    async def fleet() -> None:
        await database.samples(month, now)

    each = [await cpu_ms(lambda n=n: node(n * size // TURNS)) for n in range(TURNS)]  # type: ignore[misc]
    return {
        "history_ms": statistics.median(each),
        "availability_ms": min([await cpu_ms(fleet) for _ in range(3)]),
    }


async def cpu_ms(ask: Callable[[], Awaitable[None]]) -> float:
    """CPU time, that of the database's threads too."""
    began = time.process_time()
    await ask()
    return (time.process_time() - began) * 1000


class Starts:
    """CPU seconds from the start of the process to ready, beyond those of an empty fleet."""

    def __init__(self) -> None:
        self.base: float | None = None

    def __call__(self, size: int) -> Found:
        if self.base is None:
            self.base = asyncio.run(start(LARGE_SITES, LARGE_SITES))
        many = asyncio.run(start(size, size // OF_A_SITE))
        large = asyncio.run(start(size, LARGE_SITES))
        return {"start_cpu_s": many - self.base, "start_of_large_sites_cpu_s": large - self.base}


async def start(size: int, sites: int) -> float:
    """CPU seconds to ready, with a past; the second start, when all is in the system's cache."""
    with tempfile.TemporaryDirectory(prefix="plcmon-bench-") as name:
        folder = Path(name)
        write_config(folder, size, sites)
        _, inventory = await asyncio.to_thread(read, folder / "monitor.toml", {})
        await fill(folder / "state", inventory, RUNS * size)
        spent: list[float] = []
        for _ in range(2):
            async with started(folder) as service:
                spent.append(cpu_s(service.pid))
                service.end(signal.SIGTERM)
        return spent[-1]


def slope(values: Mapping[int, float]) -> float:
    """Of the straight line through the points, both axes logarithmic, by least squares."""
    points = [(math.log(size), math.log(value)) for size, value in values.items()]
    mean_x, mean_y = (sum(axis) / len(points) for axis in zip(*points, strict=True))
    above = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return above / sum((x - mean_x) ** 2 for x, _ in points)
