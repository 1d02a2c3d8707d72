"""The fleet as a process of its own."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from plcmon.errors import UnreachableError
from plcmon.sim.control import FleetControl
from plcmon.sim.process import endpoint, read_greeting, running_fleet

PARENT = """
import asyncio, sys
from pathlib import Path
from plcmon.sim.process import running_fleet

async def main():
    async with running_fleet(Path(sys.argv[1]), nodes=6, sites=3) as fleet:
        print(fleet.control.endpoint, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_it_serves_and_takes_orders(tmp_path: Path) -> None:
    async with running_fleet(tmp_path, seed=3, nodes=6, sites=3) as fleet:
        await fleet.control.fault("silent", node="n01")
        state = await fleet.control.state()

        assert state["nodes"]["n01"]["observed"] == "silent"
        assert len(state["nodes"]) == 6
        assert len(fleet.canaries) == 3
        assert fleet.inventory == tmp_path / "inventory.toml"
        assert await asyncio.to_thread(fleet.inventory.exists)


async def test_it_is_gone_when_it_is_left(tmp_path: Path) -> None:
    async with running_fleet(tmp_path, nodes=6, sites=3) as fleet:
        assert is_alive(fleet.pid)

    assert not is_alive(fleet.pid)
    with pytest.raises(UnreachableError):
        await fleet.control.state()


async def test_an_error_in_between_passes_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="the story"):
        async with running_fleet(tmp_path, nodes=6, sites=3):
            raise RuntimeError("the story did not come true")


async def test_a_fleet_that_cannot_serve_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="it ended"):
        async with running_fleet(tmp_path, nodes=2, sites=5):
            pass


async def test_it_ends_on_a_signal(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "plcmon.sim", "--dir", str(tmp_path), "--nodes=6", "--sites=3"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    fleet = read_greeting(tmp_path, await process.stdout.readline())

    process.send_signal(signal.SIGTERM)

    async with asyncio.timeout(20):
        assert await process.wait() == 0
    assert fleet.pid == process.pid


async def test_it_does_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PARENT, str(tmp_path)), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    control = FleetControl(endpoint((await parent.stdout.readline()).decode().strip()))
    await control.state()

    parent.kill()
    await parent.wait()

    async with asyncio.timeout(20):
        with pytest.raises(UnreachableError):
            while True:
                await control.state()


def test_no_greeting_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="it ended"):
        read_greeting(tmp_path, b"")
