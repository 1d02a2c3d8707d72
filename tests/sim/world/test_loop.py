import asyncio
import time
from datetime import timedelta

import pytest

from plcmon.sim.world.loop import (
    BEGIN,
    NothingLeftError,
    StandsStillError,
    VirtualClock,
    VirtualLoop,
)

DAY = timedelta(days=1)


@pytest.fixture
def loop() -> VirtualLoop:
    return VirtualLoop()


def test_a_year_of_waiting_takes_no_time(loop: VirtualLoop) -> None:
    clock, began = VirtualClock(loop), time.monotonic()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(clock.sleep(365 * DAY))

    assert clock.now() == BEGIN + 365 * DAY
    assert time.monotonic() - began < 10


def test_waiters_wake_in_the_order_of_their_times(loop: VirtualLoop) -> None:
    woken = []

    async def wait(days: int) -> None:
        await asyncio.sleep(days * 86400)
        woken.append(days)

    async def all_of_them() -> None:
        async with asyncio.TaskGroup() as group:
            for days in (3, 1, 2):
                group.create_task(wait(days), name=f"wait-{days}")

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(all_of_them())

    assert woken == [1, 2, 3]


def test_waiting_for_what_never_comes_is_an_error(loop: VirtualLoop) -> None:
    async def wait() -> None:
        await asyncio.Event().wait()

    runner = asyncio.Runner(loop_factory=lambda: loop)
    with pytest.raises(NothingLeftError):
        runner.run(wait())
    loop.close()


def test_spinning_at_one_moment_is_an_error(loop: VirtualLoop) -> None:
    async def spin() -> None:
        while True:  # noqa: ASYNC110 - to spin is the point
            await asyncio.sleep(0)

    runner = asyncio.Runner(loop_factory=lambda: loop)
    with pytest.raises(StandsStillError):
        runner.run(spin())
    loop.close()


def test_work_for_threads_is_done_in_place(loop: VirtualLoop) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(asyncio.to_thread(lambda: 7)) == 7
        with pytest.raises(ZeroDivisionError):
            runner.run(asyncio.to_thread(lambda: 1 // 0))


def test_the_wall_clock_may_be_wrong_and_is_understood_all_the_same(loop: VirtualLoop) -> None:
    clock, noted = VirtualClock(loop), []

    async def day() -> None:
        for skew in (timedelta(), 2 * timedelta(hours=1), timedelta()):
            clock.set_wrong(skew)
            await clock.sleep(DAY / 2)
            noted.append((clock.now(), clock.true_now()))
            await clock.sleep(DAY / 2)

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(day())

    assert noted[1][0] - noted[1][1] == timedelta(hours=2)
    assert [clock.true_of(wall) for wall, _ in noted] == [true for _, true in noted]
