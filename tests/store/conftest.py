"""A database in a fresh folder; whatever blocks the loop inside the store fails the test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from plcmon.store import Database, open_database
from tests.fakes.clock import FakeClock


@pytest.fixture(autouse=True)
def _nothing_blocks() -> Iterator[None]:
    with blockbuster_ctx("plcmon"):
        yield


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
async def db(folder: Path, clock: FakeClock) -> AsyncIterator[Database]:
    async with open_database(folder, clock=clock) as database:
        yield database
