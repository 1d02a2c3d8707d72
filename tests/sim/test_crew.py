"""A crew's tasks are gone when it is."""

import asyncio

import pytest

from plcmon.sim.crew import Crew


async def test_an_errand_runs_beside_everything_else() -> None:
    done = asyncio.Event()

    async def errand() -> None:
        done.set()

    async with asyncio.timeout(30), Crew() as crew:
        crew.send(errand(), "errand")
        await done.wait()


async def test_leaving_cancels_what_is_left() -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def endless() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async with asyncio.timeout(30), Crew() as crew:
        crew.send(endless(), "endless")
        await begun.wait()

    assert cancelled.is_set()


async def test_an_error_is_not_swallowed() -> None:
    async def broken() -> None:
        raise RuntimeError("a bug")

    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.timeout(30), Crew() as crew:
            crew.send(broken(), "broken")
            await asyncio.Event().wait()

    assert caught.group_contains(RuntimeError, match="a bug")


async def test_tasks_bear_their_names() -> None:
    names: list[str] = []
    done = asyncio.Event()

    async def errand() -> None:
        task = asyncio.current_task()
        assert task is not None
        names.append(task.get_name())
        done.set()

    async with asyncio.timeout(30), Crew() as crew:
        crew.send(errand(), "sshd-n01")
        await done.wait()

    assert names == ["sshd-n01"]
