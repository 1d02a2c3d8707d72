"""The scanner runs on the service's loop: whatever blocks it here fails the test."""

from collections.abc import Iterator

import pytest
from blockbuster import blockbuster_ctx

from tests.fakes.wire import wire

__all__ = ["wire"]


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop() -> Iterator[None]:
    with blockbuster_ctx("plcmon"):
        yield
