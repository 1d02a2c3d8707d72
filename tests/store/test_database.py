"""The database as one: whole commits, the mark behind them, pruning that lets others write."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.errors import StoreError
from plcmon.model.beliefs import NodeBelief
from plcmon.model.events import Event, InventoryRead
from plcmon.model.state import Changes
from plcmon.model.subjects import NodeKey, fleet_subject
from plcmon.store import Database, database, open_database
from plcmon.store.brain import MarkFile
from plcmon.store.database import KEEP_EVENTS
from tests.fakes.clock import NOON, FakeClock
from tests.store.examples import a_node_belief, an_event, an_inventory, everything

DAY = timedelta(days=1)


async def commits(db: Database) -> int:
    """How many there were, this look included."""
    async with db.transaction() as tx:
        count = tx.head.commits
    return count + 1


def marked(folder: Path) -> int:
    mark = MarkFile(folder).read()
    assert mark is not None
    return mark.commits


async def test_commit_is_all_or_nothing(db: Database) -> None:
    """The last row of a commit fails: the first ones are not there either."""
    changes = everything()
    changes.intents = {}  # its commands now have no intent

    with pytest.raises(StoreError, match="FOREIGN KEY"):
        await db.commit(changes)

    state = await db.load()
    assert (state.seq, state.nodes, state.issues) == (0, {}, {})
    assert await db.audit() == []


async def test_several_changes_may_share_a_transaction(db: Database) -> None:
    async with db.transaction() as tx:
        await db.write(tx, Changes(events=[an_event(1)]))
        await db.write(tx, Changes(events=[an_event(2)]))

    assert [event.seq for event in await db.events(0, 10)] == [1, 2]


async def test_five_thousand_rows_are_one_commit(db: Database) -> None:
    keys = [NodeKey(f"toml:n{number}") for number in range(5000)]
    changes = Changes(
        events=[an_event(seq) for seq in range(1, 5001)],
        beliefs={(NodeBelief, key): a_node_belief(key) for key in keys},
    )
    before = await commits(db)

    await db.commit(changes)

    assert await commits(db) == before + 2
    assert len((await db.load()).nodes) == 5000


async def test_concurrent_commits_are_each_whole(db: Database) -> None:
    async with asyncio.TaskGroup() as group:
        for seq in range(1, 21):
            group.create_task(db.commit(Changes(events=[an_event(seq)])), name=f"commit-{seq}")

    assert [event.seq for event in await db.events(0, 50)] == list(range(1, 21))


async def test_reads_go_on_while_a_transaction_is_open(db: Database) -> None:
    await db.commit(Changes(events=[an_event(1)]))

    async with db.transaction() as tx:
        await db.write(tx, Changes(events=[an_event(2)]))

        assert [event.seq for event in await db.events(0, 10)] == [1]


async def test_cancelled_commit_leaves_the_next_one_fine(db: Database) -> None:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(db.commit(everything()), name="commit")
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()

    state = await db.load()
    await db.commit(Changes(events=[an_event(state.seq + 1)]))

    assert (await db.load()).seq == state.seq + 1


async def test_mark_follows_every_commit(db: Database, folder: Path) -> None:
    for seq in (1, 2, 3):
        await db.commit(Changes(events=[an_event(seq)]))
    count = await commits(db)

    assert await asyncio.to_thread(marked, folder) == count


async def test_mark_does_not_follow_what_was_rolled_back(db: Database, folder: Path) -> None:
    before = await asyncio.to_thread(marked, folder)

    with pytest.raises(StoreError):
        await db.commit(Changes(events=[an_event(0)]))

    assert await asyncio.to_thread(marked, folder) == before


@pytest.mark.parametrize("what", ["state.db", "state.db-wal", ""])
async def test_what_is_committed_to_a_file_that_was_deleted_is_not_durable(
    folder: Path, clock: FakeClock, what: str
) -> None:
    async with open_database(folder, clock=clock) as db:
        await db.commit(Changes(events=[an_event(1)]))
        await asyncio.to_thread((folder / what).rename, folder.parent / "away")

        with pytest.raises(StoreError, match="deleted, moved or replaced"):
            await db.commit(Changes(events=[an_event(2)]))


async def test_mark_is_never_ahead_while_a_transaction_is_open(db: Database, folder: Path) -> None:
    async with db.transaction() as tx:
        await db.write(tx, Changes(events=[an_event(1)]))

        assert await asyncio.to_thread(marked, folder) == tx.head.commits


async def test_full_disk_stops_the_commit_and_not_the_database(db: Database) -> None:
    async with db.transaction() as tx:
        ((pages,),) = await tx.rows("PRAGMA page_count")
        await tx.rows(f"PRAGMA max_page_count = {pages + 4}")

    with pytest.raises(StoreError, match=r"state\.db: writing: the disk is full"):
        await db.commit(Changes(events=[an_event(seq) for seq in range(1, 5001)]))

    assert (await db.load()).seq == 0
    await db.commit(Changes(events=[an_event(1)]))
    assert (await db.load()).seq == 1


async def test_lost_head_is_one_clear_line(db: Database) -> None:
    async with db._state.transaction() as writer:
        await writer.execute("DELETE FROM brain")

    with pytest.raises(StoreError, match="its head is missing"):
        await db.commit(Changes())


async def test_prune_takes_every_batch(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BATCH", 10)  # several batches, with few rows
    events = [an_event(seq, NOON + (seq > 25) * DAY) for seq in range(1, 31)]
    await db.commit(Changes(events=events))

    pruned = await db.prune(NOON + KEEP_EVENTS + DAY / 2)

    assert pruned.events == 25
    assert [event.seq for event in await db.events(0, 50)] == [26, 27, 28, 29, 30]


async def test_prune_lets_others_write_in_between(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BATCH", 1)
    await db.commit(Changes(events=[an_event(seq) for seq in range(1, 41)]))

    async with asyncio.TaskGroup() as group:
        pruning = group.create_task(db.prune(NOON + KEEP_EVENTS + DAY), name="prune")
        await asyncio.sleep(0)
        await db.commit(Changes(events=[an_event(41, NOON + KEEP_EVENTS + DAY)]))
        assert not pruning.done()

    assert [event.seq for event in await db.events(0, 50)] == [41]


async def test_prune_keeps_the_journal_and_the_issues(db: Database) -> None:
    await db.commit(everything())

    await db.prune(NOON + 4000 * DAY)

    assert len(await db.audit()) == 2
    assert len(await db.issues_closed(10)) == 1


async def test_history_may_be_lost(folder: Path, clock: FakeClock) -> None:
    async with open_database(folder, clock=clock) as db:
        await db.commit(everything())
        before = await db.load()
        await db.roll_up(NOON, [a_node_belief()])
    await asyncio.to_thread((folder / "history.db").unlink)

    async with open_database(folder, clock=clock) as db:
        assert db.adopted
        assert await db.load() == before


async def test_inventory_and_its_event_share_a_commit(db: Database) -> None:
    inventory = an_inventory()
    event = Event(NOON, fleet_subject(), InventoryRead(inventory, "abc"), seq=1)

    await db.commit(Changes(events=[event], inventory=inventory))

    assert (await db.load()).inventory == inventory
