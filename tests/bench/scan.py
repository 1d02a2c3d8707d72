"""A thousand virtual nodes under the real service: CPU, memory, and how soon it answers."""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

from plcmon.sim.demo.stage import Stage, write_config
from plcmon.sim.process import RunningFleet, running_fleet
from tests.bench.measures import cpu_s, memory_mb, percentile

NODES, SITES = 1000, 100
PERIOD = 40  # seconds in which every node is asked once by each probe
PERIODS = 2  # measured
POLICY = f"""
[policy]
mode = "observe"
[policy.intervals]
tcp = "{PERIOD}s"
ssh = "{PERIOD}s"
witness = "{PERIOD}s"
[policy.wire]
tcp_deadline = "2s"
ssh_deadline = "10s"
"""
FIRST_SCAN = 120.0  # seconds at most


async def measure(*, nodes: int = NODES, sites: int = SITES) -> dict[str, float]:
    """Everything that is measured with the fleet up."""
    with tempfile.TemporaryDirectory(prefix="plcmon-bench-") as folder:
        return await on_fleet(Path(folder), nodes, sites)


async def on_fleet(folder: Path, nodes: int, sites: int) -> dict[str, float]:
    more = ["--shared-host-key"]
    async with running_fleet(folder / "fleet", nodes=nodes, sites=sites, more=more) as fleet:
        write_config(folder, fleet, POLICY)
        found = await on_service(Stage(folder, fleet), nodes)
        base = await baseline(fleet)
        found["baseline_cpu_ms_per_node"] = base["cpu_ms_per_node"]
        found["times_baseline"] = found["cpu_ms_per_node"] / base["cpu_ms_per_node"]
        return {"nodes": nodes, **found}


async def on_service(stage: Stage, nodes: int) -> dict[str, float]:
    try:
        began = time.monotonic()
        await stage.start()
        up_s = time.monotonic() - began
        assert stage.process is not None
        pid = stage.process.pid
        await first_scan(stage)
        scanned_s = time.monotonic() - began
        await first_tests(stage)
        return {
            "start_s": up_s,
            "first_scan_s": scanned_s,
            **await quiet(stage, pid, nodes),
            **await asked(stage),
            "memory_mb": memory_mb(pid),
        }
    finally:
        await stage.stop()


async def first_scan(stage: Stage, within: float = FIRST_SCAN) -> None:
    async with asyncio.timeout(within), stage.desk() as desk:
        while (await desk.summary()).scan_at is None:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.25)


async def first_tests(stage: Stage, within: float = FIRST_SCAN) -> None:
    """Every PCU is logged in at once after a start, then every six hours: that is no scan."""
    async with asyncio.timeout(within), stage.desk() as desk:
        while any(pcu.tested_at is None for pcu in await desk.pcus()):  # noqa: ASYNC110 - as above
            await asyncio.sleep(1)


async def quiet(stage: Stage, pid: int, nodes: int) -> dict[str, float]:
    """CPU over whole scans, while nobody asks anything. A late scan says that too few were made."""
    before, began = cpu_s(pid), time.monotonic()
    await asyncio.sleep(PERIOD * PERIODS)
    spent, took = cpu_s(pid) - before, time.monotonic() - began
    async with session_of(stage) as session:
        _, health = await timed(session, "/healthz")
    per_node, late = 1000 * spent / (nodes * took / PERIOD), said(health, "scan_lateness")
    return {"cpu_ms_per_node": per_node, "cpu_share": spent / took, "scan_late_s": late}


async def asked(stage: Stage) -> dict[str, float]:
    """How long answers take during one more scan; the small one shows how the loop lags."""
    rows: list[float] = []
    health: list[float] = []
    async with session_of(stage) as session:
        until = time.monotonic() + PERIOD
        while time.monotonic() < until:
            rows.append((await timed(session, "/api/nodes"))[0])
            for _ in range(5):
                health.append((await timed(session, "/healthz"))[0])
                await asyncio.sleep(0.1)
    return {
        "nodes_p50_ms": percentile(rows, 50),
        "nodes_p95_ms": percentile(rows, 95),
        "healthz_p99_ms": percentile(health, 99),
    }


def session_of(stage: Stage) -> aiohttp.ClientSession:
    connector = aiohttp.UnixConnector(str(stage.socket))
    return aiohttp.ClientSession("http://plcmon", connector=connector)


async def timed(session: aiohttp.ClientSession, path: str) -> tuple[float, str]:
    """Milliseconds to the whole answer, and the answer."""
    began = time.perf_counter()
    async with session.get(path) as answer:
        text = await answer.text()
    return (time.perf_counter() - began) * 1000, text


def said(text: str, wanted: str) -> float:
    """Seconds of this name on the health page: how late the scan is, or the loop."""
    for line in text.splitlines():
        name, _, rest = line.partition(" ")
        if name == wanted:
            return float(rest.split()[0])
    return 0.0


async def baseline(fleet: RunningFleet) -> dict[str, Any]:
    """The bare logins, in a process of their own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.baseline", str(fleet.inventory)),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    found: dict[str, Any] = json.loads(out)
    return found
