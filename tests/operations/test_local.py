"""The Desk over the engine's book: what its own process sees beyond the common contract."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from plcmon.errors import NotFoundError
from plcmon.model.events import Actor, Noticed
from plcmon.model.readings import Probe, Reading
from plcmon.model.subjects import fleet_subject, node_subject
from plcmon.operations.local import AT_ONCE, PAGE, Memory, desks_over
from tests.fakes.book import CYCLE, DOWN, House, down_issue, running_cycle, small_inventory
from tests.fakes.clock import NOON, FakeClock
from tests.policy.clerk import make_inventory


def test_names_are_looked_up_once_for_an_inventory() -> None:
    memory, inventory = Memory(), small_inventory()

    assert memory.names(inventory) is memory.names(inventory)
    assert memory.names(inventory) is not memory.names(small_inventory())


async def test_what_nodes_have_in_common_is_made_before_anybody_asks() -> None:
    house, memory, clock = House(), Memory(), FakeClock()
    state = house.book.state
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        ready = group.create_task(memory.keep_ready(house.book, clock), name="ready")
        for inventory in (state.inventory, small_inventory()):
            state.inventory = inventory
            clock.advance(timedelta(minutes=1))
            while memory._groups.inventory is not inventory:  # noqa: ASYNC110 - in a thread
                await asyncio.sleep(0.002)
        ready.cancel()


async def test_desks_of_several_callers_share_their_rows_and_nothing_else() -> None:
    house = House()
    desk_for = desks_over(
        house.book,
        ear=house.ear,
        eyes=house.eyes,
        hands=house.hands,
        archive=house.archive,
        hub=house.hub,
        clock=house.clock,
    )
    ann, bob = desk_for(Actor("ann", "viewer")), desk_for(Actor("bob", "admin"))

    assert (await ann.nodes("alpha"))[0] is (await bob.nodes("alpha"))[0]
    assert (await ann.summary()).caller == "ann"
    assert (await bob.summary()).role == "admin"


async def test_the_loop_turns_while_the_rows_of_a_large_fleet_are_made() -> None:
    house, turns = House(), 0
    house.book.state.inventory = make_inventory(sites=2 * AT_ONCE // 3)

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    beside = asyncio.create_task(others(), name="others")
    rows = await house.desk().nodes()
    beside.cancel()

    assert [row.key for row in rows] == list(house.book.state.inventory.nodes)
    assert len(rows) > AT_ONCE
    assert turns


async def test_why_of_an_intent_is_why_of_its_issue() -> None:
    house = House()
    intent = running_cycle()
    house.book.state.intents[intent.id] = intent

    why = await house.desk().why(f"intent/{CYCLE}")

    assert why.issue is not None
    assert why.issue.id == DOWN


async def test_why_of_an_intent_without_issue_is_why_of_its_target() -> None:
    house = House()
    house.book.state.intents[CYCLE] = replace(running_cycle(), issue=None)

    assert (await house.desk().why(CYCLE)).subject == "node/toml:2"


async def test_why_of_a_condition_of_our_own_is_answered_while_it_lasts() -> None:
    house = House()
    with pytest.raises(NotFoundError):
        await house.desk().why("fleet/disk")

    house.book.put_issue(replace(down_issue(), subject=fleet_subject("disk")))

    assert (await house.desk().why("fleet/disk")).subject == "fleet/disk"


async def test_a_history_has_the_readings_of_its_time() -> None:
    house, since = House(), NOON - timedelta(hours=1)
    about = node_subject("toml:2")
    old, young = (
        Reading(about, Probe.PING, at, at, sent=3, heard=3)
        for at in (since - timedelta(seconds=1), since)
    )
    house.archive.kept = [old, young]

    found = await house.desk().history("toml:2", since)

    assert [reading.at for reading in found.readings] == [since]


async def test_a_story_longer_than_a_page_is_watched_whole() -> None:
    house = House()
    total = 2 * PAGE + 1
    for number in range(total):
        house.commit(fleet_subject(), Noticed("x", on=True, detail=str(number)))

    seen = []
    async with asyncio.timeout(10), aclosing(cast(Any, house.desk().watch(0))) as events:
        async for event in events:
            seen.append(event.seq)
            if len(seen) == total:
                break

    assert seen == list(range(1, total + 1))


async def test_events_committed_while_the_past_is_read_come_once_and_in_order() -> None:
    house = House()
    house.commit(fleet_subject(), Noticed("x", on=True, detail="past"))

    seen = []
    async with asyncio.timeout(10), aclosing(cast(Any, house.desk().watch(0))) as events:
        async for event in events:
            seen.append(event.seq)
            if len(seen) < 10:
                house.commit(fleet_subject(), Noticed("x", on=True, detail="meanwhile"))
            else:
                break

    assert seen == list(range(1, 11))


async def test_who_stops_watching_leaves_nothing_behind() -> None:
    house = House()
    house.commit(fleet_subject(), Noticed("x", on=True, detail=""))

    async with asyncio.timeout(10), aclosing(cast(Any, house.desk().watch(0))) as events:
        await anext(events)
        assert house.hub.readers == 1

    assert house.hub.readers == 0
