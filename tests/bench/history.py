"""A year of ten thousand nodes: how large its history is, and how soon a part of it is told.

Days are first written as the service writes them, to learn the bytes of a node-day; then a whole
year of days, the last month of it in hours, and runs of every node, are laid beside each other.
"""

import asyncio
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from plcmon.model.beliefs import NodeBelief, Status
from plcmon.model.events import Event, NodeObserved, WitnessesSeen
from plcmon.model.policy import Intervals
from plcmon.model.readings import Observation, Observed
from plcmon.model.retention import Retention
from plcmon.model.state import Changes
from plcmon.model.subjects import NodeKey, node_subject, site_subject
from plcmon.operations.history import TOLD
from plcmon.operations.local import HISTORY
from plcmon.scanner.prober import CALM_ROUNDS
from plcmon.store import Database, open_database
from plcmon.times import SystemClock, to_ms

NODES = 10_000
DAYS = 1  # written as the service writes them
YEAR = 365
RUNS = 20  # of each node in its year
FLAPS = 5000  # of one node
COMMIT = 20_000  # events
TURNS = 20
SITES = 500
ROUNDS = 20_000
GB = 10**9
UNSETTLED = NodeKey("toml:n00007")

LAY = """
WITH RECURSIVE node (number) AS (
    SELECT 0 UNION ALL SELECT number + 1 FROM node WHERE number + 1 < :nodes
), span (number) AS (
    SELECT 0 UNION ALL SELECT number + 1 FROM span WHERE number + 1 < :spans
)
INSERT INTO {table}
SELECT printf('toml:n%05d', node.number), :began + span.number * :step, :samples, 0, 0
FROM node, span
"""


def measure(nodes: int = NODES) -> dict[str, float]:
    return asyncio.run(both(nodes))


async def both(nodes: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="plcmon-bench-") as name:
        written = await rolled_up(Path(name) / "days", nodes)
        rounds = await witnessed(Path(name) / "rounds")
        year = await told(Path(name) / "year", nodes)
    return {"nodes": nodes, "runs": RUNS * nodes + FLAPS, **written, **rounds, **year}


async def rolled_up(folder: Path, nodes: int) -> dict[str, float]:
    """Bytes of a node-day: in the month that has hours, and of days alone."""
    keys = [key_of(number) for number in range(nodes)]
    at = datetime(2026, 3, 2, tzinfo=UTC)
    beliefs = [NodeBelief(key, Status.GOOD, at, Observed.BOOT) for key in keys]
    took: list[float] = []
    async with open_database(folder, clock=SystemClock()) as database:
        for hour in range(24 * DAYS):
            began = time.perf_counter()
            await database.roll_up(at + timedelta(hours=hour), beliefs)
            took.append(time.perf_counter() - began)
    sizes = table_bytes(folder / "history.db")
    daily = sizes["daily"] / nodes / DAYS
    hourly = (sizes["hourly"] + sizes["hourly_by_time"]) / nodes / DAYS
    return {
        "roll_up_ms": statistics.median(took) * 1000,
        "bytes_a_node_day": daily,
        "bytes_a_node_day_in_hours": hourly,
        "year_gb": nodes * (daily * YEAR + hourly * Retention().hours.days) / GB,
    }


async def witnessed(folder: Path) -> dict[str, float]:
    """What a year of rounds of witnesses takes, each told, and as calm sites tell them."""
    at, answered = datetime(2026, 3, 2, tzinfo=UTC), {"192.0.2.1:22": True, "pcu:toml:pdu-1": True}
    rows = [
        Event(at, site_subject(f"site-{n % SITES:03}"), WitnessesSeen(answered), seq=n + 1)
        for n in range(ROUNDS)
    ]
    async with open_database(folder, clock=SystemClock()) as database:
        await database.commit(Changes(events=rows))
    sizes = table_bytes(folder / "state.db")
    row = (sizes["events"] + sizes["events_by_time"] + sizes["events_by_subject"]) / ROUNDS
    each = SITES * YEAR * row * (timedelta(days=1) / Intervals().witness) / GB
    return {
        "witness_bytes": row,
        "witness_year_gb_each": each,
        "witness_year_gb": each / CALM_ROUNDS,
    }


def table_bytes(path: Path) -> dict[str, int]:
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name")
        return dict(rows.fetchall())


async def told(folder: Path, nodes: int) -> dict[str, float]:
    """How soon what was kept is told, and how large it is all together."""
    now = SystemClock().now()
    async with open_database(folder, clock=SystemClock()) as database:
        await commit_runs(database, nodes, now)
    await asyncio.to_thread(lay, folder / "history.db", nodes, now)
    async with open_database(folder, clock=SystemClock()) as database:
        return await asked(database, now, nodes)


async def commit_runs(database: Database, nodes: int, now: datetime, each: int = RUNS) -> None:
    events = runs(nodes, now, each)
    while page := [event for _, event in zip(range(COMMIT), events, strict=False)]:
        await database.commit(Changes(events=page))


def runs(nodes: int, now: datetime, each: int) -> Iterator[Event]:
    """Nodes in turn, each silent and back again; one of them far more often."""
    total = each * nodes + FLAPS
    began = now - timedelta(days=YEAR)
    every = total // FLAPS
    for number in range(total):
        key = UNSETTLED if number % every == 0 else key_of(number * 7919 % nodes)
        at = began + timedelta(days=YEAR) * (number / total)
        state = Observed.SILENT if number // nodes % 2 else Observed.BOOT
        seen = Observation(state, at, at, boot_id=f"boot-{number}", detail=state.value)
        yield Event(at, node_subject(key), NodeObserved(seen), seq=number + 1)


def lay(
    path: Path,
    nodes: int,
    now: datetime,
    days: int = YEAR,
    hours: int = Retention().hours.days * 24,
) -> None:
    """Rows as roll-ups would have left them."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    hour = now.replace(minute=0, second=0, microsecond=0)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA cache_size = -500000")  # KiB: pages are not written twice
        for table, spans, last, step, samples in (
            ("daily", days, day, timedelta(days=1), 288),
            ("hourly", hours, hour, timedelta(hours=1), 12),
        ):
            step_ms = step // timedelta(milliseconds=1)
            span = {"began": to_ms(last) - (spans - 1) * step_ms, "step": step_ms}
            rows = {"nodes": nodes, "spans": spans, "samples": samples}
            connection.execute(LAY.format(table=table), span | rows)


async def asked(database: Database, now: datetime, nodes: int) -> dict[str, float]:
    year, quarter = now - timedelta(days=YEAR), now - timedelta(days=90)

    async def history(key: NodeKey) -> None:
        """What `plcmon history` reads of a node, all of its year, and its share."""
        await database.told_of(node_subject(key), year, now, TOLD, HISTORY)
        await database.samples(year, now, [key])

    async def fleet() -> None:
        await database.samples(quarter, now)

    usual = [key_of(number * nodes // TURNS) for number in range(TURNS)]
    each = [await timed_ms(lambda key=key: history(key)) for key in usual]  # type: ignore[misc]
    return {
        "node_first_ms": each[0],
        "node_ms": statistics.median(each),
        "node_most_ms": max(each),
        "unsettled_node_ms": await timed_ms(lambda: history(UNSETTLED)),
        "availability_90d_ms": await timed_ms(fleet),
    }


async def timed_ms(ask: Callable[[], Awaitable[None]]) -> float:
    began = time.perf_counter()
    await ask()
    return (time.perf_counter() - began) * 1000


def key_of(number: int) -> NodeKey:
    return NodeKey(f"toml:n{number:05}")
