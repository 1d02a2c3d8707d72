"""Fixtures of the drivers' room."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from tests.drivers.rigs import RIGS, Rig


@pytest.fixture(autouse=True)
def nothing_blocks() -> Iterator[None]:
    """Any call of the drivers that would block the loop is an error."""
    with blockbuster_ctx("plcmon.drivers") as blockbuster:
        # Starting a program waits for its exec, a millisecond, on a pipe that nobody else can see.
        blockbuster.functions["os.read"].can_block_in("subprocess.py", "_execute_child")
        yield


@pytest.fixture(params=RIGS)
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    """Every family over every transport it speaks."""
    async with RIGS[request.param](tmp_path) as made:
        yield made
