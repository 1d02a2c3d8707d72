"""A place to run the service at: a folder, a monitor.toml, and the service in it."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from plcmon.app.service import serve
from plcmon.client import Client
from plcmon.config import Settings
from plcmon.errors import DeskError
from plcmon.inventory.toml import load
from plcmon.model.subjects import Inventory
from plcmon.operations.desk import Desk
from plcmon.sim.units import VirtualUnit
from tests.drivers.rigs import PASSWORD

SOON = 30.0  # seconds; a busy machine is no failure

HEAD = """
[policy]
mode = "observe"
{policy}
[policy.wire]
tcp_deadline = "500ms"
ssh_deadline = "1s"
pcu_settle = "10ms"
pcu_command = "3s"
dark = "{dark}"
outlet_poll = "50ms"
[service]
log_format = "{form}"
[secrets]
directory = "secrets"
[sites.here]
name = "Here"
"""
NODE = """
[nodes.n{number}]
hostname = "n{number}.example.org"
site = "here"
addresses = ["127.0.1.{number}"]
ssh_port = {port}
"""
FED = """power = [{ outlets = ["apc:3"], proven = true }]
"""
UNIT = """
[pcus.apc]
site = "here"
family = "apc"
host = "127.0.0.1"
transports = ["telnet:{port}"]
user = "apc"
credential = "apc"
"""


@dataclass
class Place:
    """One folder with a configuration."""

    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "monitor.toml"

    def write(
        self,
        *,
        nodes: int = 2,
        more: str = "",
        unit: VirtualUnit | None = None,
        dark: str = "20ms",
        form: str = "json",
        policy: str = "",
        port: int = 1,
    ) -> None:
        text = HEAD.format(dark=dark, form=form, policy=policy)
        if unit is not None:
            text += UNIT.format(port=unit.port)
            self._hide(PASSWORD)
        for number in range(nodes):
            text += NODE.format(number=number, port=port) + (FED if unit and not number else "")
        self.config.write_text(more + text)

    def _hide(self, secret: str) -> None:
        folder = self.folder / "secrets"
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / "apc").write_text(secret)
        (folder / "apc").chmod(0o600)

    def load(self) -> tuple[Settings, Inventory]:
        return load(self.config, {})

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Client]:
        """The service in this process, from start to stop, and a desk with it."""
        settings, inventory = self.load()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(serve(settings, inventory), name="service")
            async with await answering(settings.socket, task) as desk:
                yield desk
            os.kill(os.getpid(), signal.SIGTERM)
            async with asyncio.timeout(SOON):
                await asyncio.wait([task])

    @asynccontextmanager
    async def started(self, *program: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """The service (or a program in its place) as its own process; gone afterwards."""
        words = program or ("-m", "plcmon", "serve", "--config", str(self.config))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()


async def ended(process: asyncio.subprocess.Process) -> str:
    """What the process wrote to its log until its end."""
    async with asyncio.timeout(2 * SOON):
        _, err = await process.communicate()
    return err.decode()


async def answering(socket: Path, task: "asyncio.Task[None] | None" = None) -> Client:
    """A client, not yet entered, once the service answers."""
    async with asyncio.timeout(SOON):
        while task is None or not task.done():
            try:
                async with Client(socket) as desk:
                    await desk.summary()
            except DeskError:
                await asyncio.sleep(0.05)
            else:
                return Client(socket)
    raise AssertionError("the service ended before it answered")


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON):
        while not is_so():  # noqa: ASYNC110 - another process's doings have no event
            await asyncio.sleep(0.02)


async def until_told(desk: Desk, words: str) -> str:
    """The first event that says these words; waits for it."""
    told: list[str] = []
    try:
        async with asyncio.timeout(SOON):
            while True:
                told = [event.text for event in await desk.events(0)]
                for text in told:
                    if words in text:
                        return text
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"nobody said {words!r}: {told}") from None


async def until_nodes(desk: Desk, number: int) -> None:
    async with asyncio.timeout(SOON):
        while len(await desk.nodes()) != number:  # noqa: ASYNC110 - behind a socket
            await asyncio.sleep(0.02)
