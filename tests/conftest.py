"""What tests of every room may ask for."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture
def usual_collector() -> Iterator[None]:
    """Whatever is set for a whole process stays with this test."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()
