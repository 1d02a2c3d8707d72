"""A small fleet with every kind of equipment; whatever blocks its loop fails the test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from plcmon.sim.blocks import borrowed_block
from plcmon.sim.fleet import Fleet
from plcmon.sim.layout import Layout, plan_layout
from tests.sim.eyes import Eyes, open_eyes

BOOT_SECONDS = 0.05


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop() -> Iterator[None]:
    with blockbuster_ctx("plcmon"):
        yield


@pytest.fixture
def block() -> Iterator[int]:
    with borrowed_block() as block:
        yield block


@pytest.fixture
def layout(block: int) -> Layout:
    return plan_layout(5, block=block, nodes=14, sites=7)


@pytest.fixture
async def fleet(layout: Layout, tmp_path: Path) -> AsyncIterator[Fleet]:
    async with Fleet(layout, tmp_path, boot_seconds=BOOT_SECONDS) as fleet:
        yield fleet


@pytest.fixture
async def eyes(fleet: Fleet) -> Eyes:
    return await open_eyes(fleet)
