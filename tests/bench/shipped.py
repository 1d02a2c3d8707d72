"""Five thousand virtual nodes at the shipped intervals: what the service costs while it is calm.

No setting but those of the place: every default probe is on, with SSH logins at every node. It runs
in a network namespace of its own, where the nodes have addresses that are not loopback's, so that
they are pinged, and where a name server stands at the address that this machine asks. Where the
kernel refuses a namespace, nodes have addresses of loopback: these are neither pinged nor looked
up, and `pinged` says so. CPU is that of the service alone, user and kernel, not the fleet's.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from plcmon.sim.demo.stage import Stage, write_config
from plcmon.sim.process import RunningFleet, running_fleet
from tests.bench.measures import cpu_s, memory_mb, percentile, resident_mb
from tests.bench.scan import first_scan, first_tests, said, session_of, timed
from tests.fakes.names import name_server
from tests.fakes.wire import NEWNET, libc

NODES, SITES = 5000, 200
NETWORK, LOOPBACK = 10, 127
MEASURED = 900.0  # seconds, in which SSH asks each node once and the others thrice
FIRST_SCAN = 1800.0  # seconds at most
ASKS_EVERY = 1.0  # seconds
Found = dict[str, float]


def measure(nodes: int = NODES, sites: int = SITES, seconds: float = MEASURED) -> Found:
    network = NETWORK if is_apart() else LOOPBACK
    with tempfile.TemporaryDirectory(prefix="plcmon-bench-") as folder:
        found = asyncio.run(on_fleet(Path(folder), nodes, sites, network, seconds))
    return {"nodes": nodes, "pinged": float(network != LOOPBACK), **found}


def is_apart() -> bool:
    """Go into a network of our own, where every address of 10/8 is ours; False: not allowed."""
    try:
        libc("unshare", NEWNET)
        ip("link set lo up")
        ip(f"route add local {NETWORK}.0.0.0/8 dev lo")
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"nodes on loopback alone, neither pinged nor looked up: {error}\n")
        return False
    return True


def ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True)


async def on_fleet(folder: Path, nodes: int, sites: int, network: int, seconds: float) -> Found:
    more = ["--shared-host-key", f"--network={network}"]
    async with AsyncExitStack() as stack:
        fleet = await stack.enter_async_context(
            running_fleet(folder / "fleet", nodes=nodes, sites=sites, more=more, within=FIRST_SCAN)
        )
        write_config(folder, fleet, "")
        if network != LOOPBACK:
            await stack.enter_async_context(names_of(fleet))
        return await on_service(Stage(folder, fleet), seconds)


@asynccontextmanager
async def names_of(fleet: RunningFleet) -> AsyncIterator[None]:
    """Whoever this machine asks for names knows those of the fleet."""
    listed = tomllib.loads(fleet.inventory.read_text(encoding="utf-8"))["nodes"].values()
    table = {node["hostname"]: node["addresses"] for node in listed}
    async with AsyncExitStack() as stack:
        for server in resolvers():
            await asyncio.to_thread(ip, f"route replace local {server} dev lo")
            await stack.enter_async_context(name_server(table, at=(server, 53)))
        yield


def resolvers() -> list[str]:
    lines = Path("/etc/resolv.conf").read_text(encoding="utf-8").splitlines()
    words = [line.split() for line in lines]
    return [row[1] for row in words if len(row) > 1 and row[0] == "nameserver"]


async def on_service(stage: Stage, seconds: float) -> Found:
    try:
        began = time.monotonic()
        await stage.start()
        ready_s = time.monotonic() - began
        assert stage.process is not None
        pid = stage.process.pid
        await first_scan(stage, FIRST_SCAN)
        await first_tests(stage, FIRST_SCAN)
        settled_s, first_cpu_s = time.monotonic() - began, cpu_s(pid)
        calm = await steady(stage, pid, seconds)
        return {
            "start_s": ready_s,
            "first_scan_s": settled_s,
            "first_scan_cpu_s": first_cpu_s,
            **calm,
            "good": await good_nodes(stage),
            "resident_mb": resident_mb(pid),
            "memory_mb": memory_mb(pid),
        }
    finally:
        await stage.stop()


async def steady(stage: Stage, pid: int, seconds: float) -> Found:
    """CPU over the time without what the questions of this bench cost, then with a screen's."""
    before, began = cpu_s(pid), time.monotonic()
    await asyncio.sleep(seconds)
    spent, took = cpu_s(pid) - before, time.monotonic() - began
    asked = await answers(stage, seconds / 10)
    return {"measured_s": took, "cpu_share": spent / took, **asked}


async def answers(stage: Stage, seconds: float) -> Found:
    """How long all rows take while the scan goes on, and how late the loop is meanwhile."""
    rows: list[float] = []
    async with session_of(stage) as session:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            rows.append((await timed(session, "/api/nodes"))[0])
            await asyncio.sleep(ASKS_EVERY)
        _, health = await timed(session, "/healthz")
    return {
        "nodes_p95_ms": percentile(rows, 95),
        "loop_lag_p99_ms": said(health, "loop_lag") * 1000,
        "scan_late_s": said(health, "scan_lateness"),
    }


async def good_nodes(stage: Stage) -> int:
    async with stage.desk() as desk:
        return sum(node.status in ("good", "online") for node in await desk.nodes())
