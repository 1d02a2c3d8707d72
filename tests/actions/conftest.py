"""Fixtures of the room that acts: quick units, and nothing that blocks the loop."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx

from plcmon.drivers import dialogue
from tests.actions.scene import Scene, scene_for


@pytest.fixture(autouse=True)
def nothing_blocks() -> Iterator[None]:
    """Any call of the room that would block the loop is an error."""
    with blockbuster_ctx("plcmon.actions"):
        yield


@pytest.fixture(autouse=True)
def quick_prompts(monkeypatch: pytest.MonkeyPatch) -> None:
    """On loopback the pieces of a screen come together; real cards need the longer silence."""
    monkeypatch.setattr(dialogue, "QUIET", 0.001)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """One node on one outlet of one unit."""
    async with scene_for(tmp_path / "state") as made:
        yield made
