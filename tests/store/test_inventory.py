"""The last good inventory, and when nodes were last heard of."""

from dataclasses import replace
from datetime import timedelta

from plcmon.model.events import NodeSeen
from plcmon.model.state import Changes
from plcmon.model.subjects import Inventory, NodeKey
from plcmon.store import Database
from tests.fakes.clock import NOON
from tests.store.examples import NODE, SITE, an_inventory


async def test_inventory_comes_back(db: Database) -> None:
    await db.commit(Changes(inventory=an_inventory()))

    inventory = (await db.load()).inventory
    assert inventory == an_inventory()
    assert [node.key for node in inventory.nodes_by_site[SITE]] == [NODE]


async def test_there_is_one_inventory(db: Database) -> None:
    await db.commit(Changes(inventory=an_inventory()))
    later = replace(an_inventory(), read_at=NOON + timedelta(hours=1))

    await db.commit(Changes(inventory=later))

    assert (await db.load()).inventory == later


async def test_commit_without_one_keeps_the_last(db: Database) -> None:
    await db.commit(Changes(inventory=an_inventory()))

    await db.commit(Changes())

    assert (await db.load()).inventory == an_inventory()


async def test_before_the_first_it_is_empty(db: Database) -> None:
    assert (await db.load()).inventory == Inventory()


async def test_seen_comes_back(db: Database) -> None:
    seen = NodeSeen(NODE, NOON, NOON - timedelta(hours=1))

    await db.flush_seen([seen])

    assert (await db.load()).seen == {NODE: seen}


async def test_never_heard_of_is_none(db: Database) -> None:
    seen = NodeSeen(NodeKey("toml:quiet"), None, None)

    await db.flush_seen([seen])

    assert (await db.load()).seen == {seen.key: seen}


async def test_later_seen_replaces_the_earlier(db: Database) -> None:
    for minutes in (1, 2):
        seen = NodeSeen(NODE, NOON + timedelta(minutes=minutes), None)
        await db.flush_seen([seen])

    assert (await db.load()).seen == {NODE: seen}


async def test_seen_is_no_event(db: Database) -> None:
    await db.flush_seen([NodeSeen(NODE, NOON, None)])

    assert await db.events(0, 10) == []


async def test_nothing_seen_is_no_commit(db: Database) -> None:
    async with db.transaction() as tx:
        before = tx.head.commits

    await db.flush_seen([])

    async with db.transaction() as tx:
        assert tx.head.commits == before + 1  # the transaction that looked
