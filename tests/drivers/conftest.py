"""Fixtures of the drivers' room."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.drivers.rigs import RIGS, Rig


@pytest.fixture(params=RIGS)
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    """Every family over every transport it speaks."""
    async with RIGS[request.param](tmp_path) as made:
        yield made
