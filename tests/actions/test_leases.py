"""Leases: one holder at a time, and a token that only grows."""

import asyncio

import pytest

from plcmon.actions import Leases


async def test_a_lease_has_one_holder_at_a_time() -> None:
    leases, order = Leases(), list[str]()

    async def use(name: str) -> None:
        async with leases.hold("pcu"):
            order.append(f"{name} in")
            await asyncio.sleep(0)
            order.append(f"{name} out")

    async with asyncio.TaskGroup() as group:
        group.create_task(use("a"), name="a")
        group.create_task(use("b"), name="b")

    assert order == ["a in", "a out", "b in", "b out"]


async def test_different_names_do_not_wait_for_each_other() -> None:
    leases = Leases()

    async with asyncio.timeout(1), leases.hold("one"), leases.hold("two"):
        assert leases.is_held("one")
        assert leases.is_held("two")


async def test_a_lease_is_free_again_however_it_ended() -> None:
    leases = Leases()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0), leases.hold("pcu"):
            await asyncio.Event().wait()

    assert not leases.is_held("pcu")
    assert not leases.is_held("never heard of")


async def test_the_token_grows_with_every_lease_and_over_restarts() -> None:
    first, later = Leases(fence=7), Leases(fence=8)
    async with first.hold("a") as one, first.hold("b") as two, later.hold("a") as three:
        assert one < two < three
