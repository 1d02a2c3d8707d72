"""How many begin in a second, and how many go on at a time."""

import asyncio
import time

import pytest

from plcmon.probes.pace import Handshakes, Pace


async def test_turns_keep_their_distance() -> None:
    pace, began = Pace(1000), time.monotonic()
    for _ in range(100):
        await pace.turn()

    assert 0.08 <= time.monotonic() - began < 2


async def test_a_quiet_time_is_not_caught_up_with() -> None:
    pace = Pace(100)
    await pace.turn()
    await asyncio.sleep(0.2)
    began = time.monotonic()
    for _ in range(10):
        await pace.turn()

    assert time.monotonic() - began >= 0.07


async def test_only_so_many_go_on_at_a_time() -> None:
    handshakes, inside, most = Handshakes(3, 100_000), 0, 0

    async def enter() -> None:
        nonlocal inside, most
        async with handshakes:
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.005)
            inside -= 1

    async with asyncio.TaskGroup() as group:
        for _ in range(12):
            group.create_task(enter())

    assert most == 3


async def test_a_cancelled_wait_gives_its_place_back() -> None:
    handshakes = Handshakes(1, 5)
    async with handshakes:
        pass
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02), handshakes:
            pass

    async with asyncio.timeout(2), handshakes:
        pass
