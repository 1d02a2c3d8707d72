"""Fixtures: a place for the service, and the logging of the tests as it was before."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.place import Place


@pytest.fixture(autouse=True)
def logging_restored() -> Iterator[None]:
    """The service sets up the process's logging; a test's is not its to keep."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def place(tmp_path: Path, usual_collector: None) -> Place:
    made = Place(tmp_path)
    made.write()
    return made
