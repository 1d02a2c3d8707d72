"""Whoever waits looks again after every change, and only then."""

import asyncio

import pytest

from plcmon.sim.news import News


async def test_what_is_so_already_is_not_waited_for() -> None:
    async with asyncio.timeout(30):
        await News().until(lambda: True)


async def test_everybody_who_waits_is_woken() -> None:
    news, world = News(), {"on": False}

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(news.until(lambda: world["on"]))
        await asyncio.sleep(0)
        world["on"] = True
        news.spread()


async def test_a_change_that_is_not_the_one_lets_it_wait_on() -> None:
    news, world = News(), {"count": 0}

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        waiting = group.create_task(news.until(lambda: world["count"] == 2))
        for count in (1, 2):
            await asyncio.sleep(0)
            assert not waiting.done()
            world["count"] = count
            news.spread()


async def test_giving_up_leaves_nothing_behind() -> None:
    news = News()

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await news.until(lambda: False)

    news.spread()


async def test_spreading_twice_before_anybody_looks_is_fine() -> None:
    news, world = News(), {"on": False}

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(news.until(lambda: world["on"]))
        await asyncio.sleep(0)
        world["on"] = True
        news.spread()
        news.spread()
