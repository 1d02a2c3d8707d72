"""How soon a service with a long past is ready again: after a stop in order, and after a kill.

A million runs of observations lie in the database, of ten thousand nodes; each start is a process
of its own, and is ready when it says so to its service manager.
"""

import asyncio
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from plcmon.engine.core import merge
from plcmon.engine.rerun import Rerun
from plcmon.inventory.toml import load
from plcmon.model.events import CanaryRound, Event, InventoryRead, NodeObserved, Started
from plcmon.model.readings import Observation, Observed
from plcmon.model.state import Changes
from plcmon.model.subjects import Inventory, fleet_subject, node_subject
from plcmon.store import open_database
from plcmon.times import SystemClock
from tests.bench.measures import cpu_s, memory_mb
from tests.policy.clerk import POLICY

RUNS, NODES, OF_A_SITE = 1_000_000, 10_000, 10
PAST = timedelta(days=90)
COMMIT = 20_000  # events
READY_WITHIN = 900.0  # seconds, before something else must be wrong; the machine may be busy

HEAD = """
[policy]
mode = "observe"
[inventory]
files = ["inventory.toml"]
"""
NODE = """
[nodes.n{number}]
hostname = "n{number}.example.org"
site = "s{site}"
addresses = ["127.1.{high}.{low}"]
ssh_port = 1
"""


def measure(runs: int = RUNS, nodes: int = NODES) -> dict[str, float]:
    """Seconds from the start of the process to ready."""
    with tempfile.TemporaryDirectory(prefix="plcmon-bench-") as folder:
        return asyncio.run(restarts(Path(folder), runs, nodes))


async def restarts(folder: Path, runs: int, nodes: int) -> dict[str, float]:
    write_config(folder, nodes, max(1, nodes // OF_A_SITE))
    _, inventory = await asyncio.to_thread(load, folder / "monitor.toml", {})
    await fill(folder / "state", inventory, runs)
    size = sum(path.stat().st_size for path in (folder / "state").glob("state.db*"))
    async with started(folder) as first:  # what the file system reads for the first time
        first.end(signal.SIGTERM)
    async with started(folder) as after_stop:
        cpu = cpu_s(after_stop.pid)
        after_stop.end(signal.SIGKILL)
    async with started(folder) as after_kill:
        memory, spent = memory_mb(after_kill.pid), cpu_s(after_kill.pid)
        after_kill.end(signal.SIGTERM)
    return {
        "runs": runs,
        "nodes": nodes,
        "database_mb": size / 2**20,
        "ready_s": after_stop.took,
        "ready_cpu_s": cpu,
        "ready_after_kill_s": after_kill.took,
        "ready_after_kill_cpu_s": spent,
        "memory_mb": memory,
    }


def write_config(folder: Path, nodes: int, sites: int) -> None:
    tables = [f'[sites.s{number}]\nname = "S{number}"' for number in range(sites)]
    tables += [node_table(number, number % sites) for number in range(nodes)]
    (folder / "monitor.toml").write_text(HEAD, encoding="utf-8")
    (folder / "inventory.toml").write_text("\n".join(tables), encoding="utf-8")


def node_table(number: int, site: int) -> str:
    return NODE.format(number=number, site=site, high=number // 256, low=number % 256)


async def fill(folder: Path, inventory: Inventory, runs: int) -> None:
    """The first run of each node is folded, so that it is believed; the others are written."""
    clock = SystemClock()
    rerun = Rerun(POLICY, inventory, thrifty=True)
    async with open_database(folder, clock=clock) as database:
        steps = rerun.take(first_facts(inventory, clock))
        await database.commit(merge(part for _, parts in steps for part in parts))
        rows = later_runs(inventory, clock, rerun.state.seq, runs)
        while page := [event for _, event in zip(range(COMMIT), rows, strict=False)]:
            await database.commit(Changes(events=page))


def first_facts(inventory: Inventory, clock: SystemClock) -> Iterator[Event]:
    at = clock.now() - PAST
    yield Event(at, fleet_subject(), Started("bench", "recorded", adopted=True))
    yield Event(at, fleet_subject(), InventoryRead(inventory, "digest"))
    yield Event(at, fleet_subject(), CanaryRound(3, 3))
    for key in inventory.nodes:
        seen = Observation(Observed.BOOT, at, at, boot_id="first", booted_at=at, detail="boots")
        yield Event(at, node_subject(key), NodeObserved(seen))


def later_runs(inventory: Inventory, clock: SystemClock, seq: int, runs: int) -> Iterator[Event]:
    """Nodes in turn, each silent and back again, up to just now."""
    keys, began = list(inventory.nodes), clock.now() - PAST
    for number in range(runs):
        at = began + PAST * (number / runs)
        state = Observed.SILENT if number // len(keys) % 2 else Observed.BOOT
        seen = Observation(state, at, at, boot_id="first", detail=state.value)
        body = NodeObserved(seen)
        yield Event(at, node_subject(keys[number % len(keys)]), body, seq=seq + number + 1)


@dataclass
class Start:
    """One service, and how long it took to be ready."""

    process: asyncio.subprocess.Process
    took: float

    @property
    def pid(self) -> int:
        return self.process.pid

    def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[Start]:
    """A service that is ready; leaving waits for its end."""
    loop, address = asyncio.get_running_loop(), folder / "notify.sock"
    address.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.setblocking(False)
        manager.bind(str(address))
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "plcmon", "serve", "--config", str(folder / "monitor.toml")),
            env={**os.environ, "NOTIFY_SOCKET": str(address)},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(READY_WITHIN):
                while b"READY=1" not in await loop.sock_recv(manager, 4096):
                    pass
            yield Start(process, time.monotonic() - began)
        except BaseException:
            process.kill()
            raise
        finally:
            await process.wait()
