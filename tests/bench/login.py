"""What one SSH login with facts costs the service, beside the same logins made in other ways.

The service logs in at every node every PERIOD seconds and asks nothing else, so its CPU over a few
periods is that of its logins: probe, reading, engine, store, and what it does anyway, all in. Then
other processes log in at the same nodes at the same rate, in the same seconds, as
tests/bench/logins.py says; whatever else the machine does, they to each other too, slows all of
them alike. What follows is as fast as it goes.

login_ms       the service, a login, all in; the fleet's own count of logins
beside_ms      the same while the others log in, less their logins
probe_ms       its probe alone: the rest of beside_ms is scanner, engine, store and what is idle
bare_ms        asyncssh alone with chosen algorithms and neither configuration nor agent read
times_bare     beside_ms / bare_ms
*_busy_ms      the same without pauses: a process that is never idle finds its code in the cache
default_*      asyncssh alone as it comes
libssh*_ms     libssh2 and libssh, where `ssh2-python` and `ssh-python` are installed

Of the probe's time some 7 % go to connecting, 6 % to sending, 9 % to the cipher of packets, 8 % to
key exchange and signatures; the rest is asyncssh's and asyncio's Python, spread evenly.
"""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

from plcmon.sim.demo.stage import Stage, write_config
from plcmon.sim.process import RunningFleet, running_fleet
from tests.bench.measures import cpu_s
from tests.bench.scan import first_scan, first_tests

NODES, SITES = 300, 30
PERIOD = 20  # seconds in which the service logs in once at every node
RATE = NODES / PERIOD
SECONDS = 2 * PERIOD  # measured
BUSY = 8  # seconds without pauses
POLICY = f"""
[policy]
mode = "observe"
[policy.intervals]
tcp = "1h"
witness = "1h"
ssh = "{PERIOD}s"
[policy.wire]
tcp_deadline = "2s"
ssh_deadline = "10s"
"""
BESIDE = ("bare", "probe")
ALONE = ("bare", "default", "probe")
LIBRARIES = {"libssh2": "ssh2", "libssh": "ssh"}  # way -> the package that it needs


async def measure() -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="plcmon-bench-") as name:
        folder = Path(name)
        more = ["--shared-host-key"]
        async with running_fleet(folder / "fleet", nodes=NODES, sites=SITES, more=more) as fleet:
            write_config(folder, fleet, POLICY)
            found = await of_the_service(Stage(folder, fleet))
            for way in ALONE:
                found[f"{way}_busy_ms"] = (await alone(fleet, way, 0, BUSY))["ms"]
            for way in installed():
                found[f"{way}_ms"] = (await alone(fleet, way, 0, BUSY))["ms"]
            return found


async def of_the_service(stage: Stage) -> dict[str, float]:
    """The service's own logins, then once more and in the same seconds those of others."""
    try:
        await stage.start()
        await first_scan(stage)
        await first_tests(stage)
        login_ms, _ = await logins(stage, ())
        beside_ms, told = await logins(stage, BESIDE)
    finally:
        await stage.stop()
    return {
        "login_ms": login_ms,
        "beside_ms": beside_ms,
        **{f"{way}_ms": found["ms"] for way, found in told.items()},
        "times_bare": beside_ms / told["bare"]["ms"],
        "load": os.getloadavg()[0],
    }


async def logins(stage: Stage, beside: Iterable[str]) -> tuple[float, dict[str, dict[str, float]]]:
    """CPU ms of the service a login, over SECONDS; what the others found meanwhile."""
    assert stage.process is not None
    pid, before = stage.process.pid, await answered(stage.fleet)
    spent = -cpu_s(pid)
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(SECONDS), name="seconds")
        others = {
            way: group.create_task(alone(stage.fleet, way, RATE, SECONDS), name=way)
            for way in beside
        }
    spent += cpu_s(pid)
    made = await answered(stage.fleet) - before
    told = {way: task.result() for way, task in others.items()}
    made -= sum(int(found["made"]) for found in told.values())
    return 1000 * spent / made, told


async def answered(fleet: RunningFleet) -> int:
    """So many times a node was asked for its facts since the fleet began."""
    nodes = (await fleet.control.state())["nodes"]
    return sum(node["answered"] for node in nodes.values())


async def alone(fleet: RunningFleet, way: str, rate: float, seconds: float) -> dict[str, float]:
    """Logins in a process of their own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.logins", way, str(fleet.inventory)),
        *(str(rate), str(seconds)),
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate()
    found: dict[str, float] = json.loads(out)
    return found


def installed() -> Iterable[str]:
    return [way for way, package in LIBRARIES.items() if find_spec(package)]
