"""Real software as peers: left out unless asked for, and a failure when it is missing."""

import asyncio
import contextlib
import shutil
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SBIN = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark everything here; deselect it unless `-m` speaks of peers."""
    ours = [item for item in items if HERE in item.path.parents]
    for item in ours:
        item.add_marker("peers")
    if "peers" not in config.getoption("markexpr", ""):
        items[:] = [item for item in items if item not in ours]
        config.hook.pytest_deselected(items=ours)


def program(name: str) -> str:
    """The path of a peer; its absence fails the test, since a skipped peer proves nothing."""
    found = shutil.which(name, path=SBIN)
    assert found, f"{name} is not installed; tests/peers/install installs it"
    return found


@asynccontextmanager
async def running(*argv: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a peer in `folder` until the context is left; ended by its own process id."""
    with (folder / "peer.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *argv, cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


async def until(look: Callable[[], Awaitable[object]], wanted: object) -> None:
    """Look until it is so; the peer tells nobody, and the deadline is the caller's."""
    while True:
        if await look() == wanted:
            return
        await asyncio.sleep(0.1)


async def listening(host: str, port: int) -> None:
    """Wait until a TCP port accepts."""
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection(host, port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return
