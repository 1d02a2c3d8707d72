"""Limits: as many open files as the system allows."""

import resource
from collections.abc import Iterator

import pytest

from plcmon.app.limits import allow_many_files
from tests.app.place import Place

FEW = 512  # soft limit of a test, under any hard limit there is


@pytest.fixture
def few_files() -> Iterator[int]:
    """A soft limit under the hard one, as most systems start a process with."""
    soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, most))
    yield most
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))


def test_the_soft_limit_becomes_the_hard_one(few_files: int) -> None:
    assert allow_many_files() == few_files
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == (few_files, few_files)


def test_once_raised_it_stays(few_files: int) -> None:
    allow_many_files()

    assert allow_many_files() == few_files


async def test_the_service_begins_with_it(few_files: int, place: Place) -> None:
    async with place.serving():
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (few_files, few_files)
