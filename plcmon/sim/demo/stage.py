"""The stage: the fleet and the service, each its own process; the service may be killed."""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from plcmon.client import Client
from plcmon.errors import DeskError
from plcmon.sim.control import FleetControl
from plcmon.sim.process import RunningFleet, running_fleet

START = 30.0  # seconds for the service to open its socket
STOP = 15.0


@dataclass
class Stage:
    """Both processes, and the ways to talk to them."""

    folder: Path
    fleet: RunningFleet
    starts: int = 0
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)

    @property
    def control(self) -> FleetControl:
        return self.fleet.control

    @property
    def socket(self) -> Path:
        return self.folder / "state" / "plcmon.sock"

    @property
    def log(self) -> Path:
        return self.folder / "service.log"

    def desk(self) -> Client:
        return Client(self.socket)

    async def start(self) -> None:
        """Start the service and wait until its socket answers. Raises DeskError."""
        await self.spawn()
        await self._answers()

    async def spawn(self) -> None:
        """Start the service; it may not answer yet."""
        self.starts += 1
        prefix = await asyncio.to_thread(dies_with_us)
        how = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        descriptor = await asyncio.to_thread(os.open, self.log, how, 0o600)
        try:
            self.process = await asyncio.create_subprocess_exec(
                *prefix,
                *(sys.executable, "-m", "plcmon", "serve"),
                *("--config", str(self.folder / "monitor.toml")),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                start_new_session=True,  # a terminal's ^C is for the program in front
            )
        finally:
            os.close(descriptor)

    async def _answers(self) -> None:
        try:
            async with asyncio.timeout(START):
                while not await self._answered():  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.1)
        except TimeoutError:
            why = f"it does not answer; see {self.log}"
            raise DeskError("the service", "starting", why) from None

    async def _answered(self) -> bool:
        assert self.process is not None
        if self.process.returncode is not None:
            raise DeskError("the service", "starting", f"it ended; see {self.log}")
        try:
            async with self.desk() as desk:
                await desk.summary()
        except DeskError:
            return False
        return True

    async def kill(self) -> None:
        """End the service as a crash would: no goodbye."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def stop(self) -> int:
        """Ask the service to stop; its exit status."""
        if self.process is None or self.process.returncode is not None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP):
                return await self.process.wait()
        except TimeoutError:
            await self.kill()
            return 1


def dies_with_us() -> list[str]:
    """A prefix that ends the child when we are gone, however that came; util-linux has it."""
    program = shutil.which("setpriv")
    return [program, "--pdeathsig", "TERM", "--"] if program else []


def read_preset() -> str:
    """The demo's own policy."""
    return files("plcmon.sim.demo").joinpath("preset.toml").read_text(encoding="utf-8")


def write_config(folder: Path, fleet: RunningFleet, preset: str) -> None:
    """Put a preset and what belongs to this fleet into monitor.toml."""
    canaries = json.dumps([str(canary) for canary in fleet.canaries])
    lines = [
        preset,
        "[canaries]",
        f"endpoints = {canaries}",
        "[inventory]",
        f"files = [{json.dumps(str(fleet.inventory))}]",
        "[secrets]",
        f"directory = {json.dumps(str(fleet.folder / 'secrets'))}",
        "[mail]",
        f"host = {json.dumps(fleet.mail.host)}",
        f"port = {fleet.mail.port}",
        'tls = "none"',
        'sender = "plcmon@demo.example.org"',
        'operators = ["ops@demo.example.org"]',
    ]
    (folder / "monitor.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


@asynccontextmanager
async def set_stage(folder: Path, *, seed: int) -> AsyncIterator[Stage]:
    """Start the fleet and the service; leaving stops both."""
    async with running_fleet(folder / "fleet", seed=seed) as fleet:
        await asyncio.to_thread(write_config, folder, fleet, read_preset())
        stage = Stage(folder, fleet)
        try:
            await stage.start()
            yield stage
        finally:
            await stage.stop()
