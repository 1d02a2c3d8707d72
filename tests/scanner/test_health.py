"""Is it us? Lag and descriptors."""

import asyncio
import contextlib
import resource
import time
from datetime import timedelta

import pytest

from plcmon.model.ports import OwnHealth
from plcmon.scanner.health import Health, descriptors_used


def test_nothing_sampled_is_well() -> None:
    health = Health()

    assert health.loop_lag() == timedelta()
    assert not health.is_poor


def test_one_hiccup_in_a_minute_is_forgiven() -> None:
    health = Health()
    for _ in range(599):
        health.note(0.001)
    health.note(5.0)

    assert health.loop_lag() == timedelta(milliseconds=1)


def test_a_hiccup_of_the_start_is_forgiven() -> None:
    health = Health()
    health.note(5.0)

    assert not health.is_poor


def test_lag_that_comes_back_again_and_again_is_poor() -> None:
    health = Health()
    for number in range(600):
        health.note(0.4 if number % 50 == 0 else 0.001)

    assert health.loop_lag() == timedelta(milliseconds=400)
    assert health.is_poor


def test_lag_is_forgotten_after_a_minute() -> None:
    health = Health()
    for _ in range(20):
        health.note(1.0)
    assert health.is_poor
    for _ in range(600):
        health.note(0.0)

    assert not health.is_poor


async def test_a_loop_that_is_held_up_is_noticed() -> None:
    health = Health(step=0.01, window=0.5)
    async with asyncio.TaskGroup() as group:
        sampling = group.create_task(health.run())
        async with asyncio.timeout(30):
            while not health.is_poor:
                stall(0.3)
                await asyncio.sleep(0.011)
        sampling.cancel()

    assert health.loop_lag() > timedelta(milliseconds=250)


def test_few_descriptors_are_in_use() -> None:
    assert 0 < descriptors_used() < 0.8


async def test_descriptors_near_their_limit_are_poor() -> None:
    health = Health(step=0.01)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (round(descriptors_used() * soft) + 1, hard))
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await health.run()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert health.is_poor


def test_no_descriptor_left_counts_as_all_in_use() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        used = descriptors_used()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert used == pytest.approx(1.0)


def stall(seconds: float) -> None:
    """Keep the loop from turning."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def test_what_is_wrong_with_us_is_said() -> None:
    health = Health(window=1.0)
    assert health.report(7) == OwnHealth(dropped=7)
    health.note(0.4)

    assert health.report(7).unwell == "our own loop is 400 ms late"
