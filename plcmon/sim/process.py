"""A virtual fleet as a child process: started, greeted, stopped with whoever started it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plcmon.errors import UnreachableError
from plcmon.model.subjects import Endpoint
from plcmon.sim.control import FleetControl

START = 60.0  # seconds until it serves; a thousand nodes need one or two
STOP = 10.0


@dataclass(frozen=True, slots=True)
class RunningFleet:
    """A fleet that serves in its own process."""

    folder: Path
    inventory: Path
    canaries: tuple[Endpoint, ...]
    mail: Endpoint
    control: FleetControl
    pid: int


@asynccontextmanager
async def running_fleet(
    folder: Path,
    *,
    seed: int = 1,
    nodes: int = 60,
    sites: int = 12,
    boot_seconds: float = 3.0,
    more: Sequence[str] = (),
    within: float = START,
) -> AsyncIterator[RunningFleet]:
    """Start a fleet and wait until it serves; leaving stops it. Raises UnreachableError.

    The child ends with its standard input: it cannot outlive us, whatever becomes of us.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "plcmon.sim", "--dir", str(folder), "--stop-on-eof"),
        *(f"--seed={seed}", f"--nodes={nodes}", f"--sites={sites}"),
        *(f"--boot-seconds={boot_seconds}", *more),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # a terminal's ^C is for the program in front
    )
    try:
        yield read_greeting(folder, await _greeting(process, within))
    finally:
        await _stop(process)


async def _greeting(process: asyncio.subprocess.Process, within: float) -> bytes:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(within):
            return await process.stdout.readline()
    except TimeoutError as error:
        raise UnreachableError("the virtual fleet", "starting", "it does not serve") from error


async def _stop(process: asyncio.subprocess.Process) -> None:
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(STOP):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def read_greeting(folder: Path, line: bytes) -> RunningFleet:
    if not line:
        raise UnreachableError("the virtual fleet", "starting", "it ended; see what it said")
    said: dict[str, Any] = json.loads(line)
    return RunningFleet(
        folder=folder,
        inventory=Path(said["inventory"]),
        canaries=tuple(endpoint(text) for text in said["canaries"]),
        mail=endpoint(said["mail"]),
        control=FleetControl(endpoint(said["control"])),
        pid=said["pid"],
    )


def endpoint(text: str) -> Endpoint:
    host, _, port = text.rpartition(":")
    return Endpoint(host, int(port))
