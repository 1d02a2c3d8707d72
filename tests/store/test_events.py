"""The story: one order, nothing twice, what is told is what was written."""

from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.errors import StoreError
from plcmon.model.events import Event, InventoryRead, NodeObserved, Refused, ScanCompleted, Tick
from plcmon.model.readings import Mark, Observation, Observed
from plcmon.model.state import Changes
from plcmon.model.subjects import fleet_subject, node_subject
from plcmon.store import Database
from plcmon.store.events import columns, event_of, prune_events
from tests.fakes.clock import NOON
from tests.store.examples import an_event, an_inventory

MINUTE = timedelta(minutes=1)


async def tell(db: Database, *events: Event) -> None:
    await db.commit(Changes(events=list(events)))


async def test_events_come_back_in_order(db: Database) -> None:
    told = [an_event(seq, NOON + seq * MINUTE) for seq in (1, 2, 3)]
    await tell(db, *told)

    assert await db.events(0, 10) == told


async def test_events_go_on_after_a_number(db: Database) -> None:
    await tell(db, *(an_event(seq) for seq in range(1, 8)))

    assert [event.seq for event in await db.events(3, 2)] == [4, 5]
    assert await db.events(7, 10) == []


async def test_body_comes_back_whole(db: Database) -> None:
    seen = Observation(
        Observed.SILENT, NOON, NOON - MINUTE, marks=frozenset({Mark.HOSTKEY}), detail="nothing"
    )
    event = Event(NOON, node_subject("toml:a"), NodeObserved(seen), 1, "lab", "01INTENT")

    await tell(db, event)

    assert await db.events(0, 1) == [event]


async def test_time_is_kept_to_the_millisecond(db: Database) -> None:
    await tell(db, an_event(1, NOON + timedelta(microseconds=1499)))

    (event,) = await db.events(0, 1)
    assert event.at == NOON + timedelta(milliseconds=1)


@pytest.mark.parametrize("seqs", [(1, 1), (2, 1)], ids=["same", "back"])
async def test_numbers_go_up_within_a_commit(db: Database, seqs: tuple[int, int]) -> None:
    with pytest.raises(StoreError, match=f"event {seqs[1]} does not follow {seqs[0]}"):
        await tell(db, *(an_event(seq) for seq in seqs))

    assert await db.events(0, 10) == []


async def test_numbers_go_up_from_commit_to_commit(db: Database) -> None:
    await tell(db, an_event(5))

    with pytest.raises(StoreError, match="event 5 does not follow 5"):
        await tell(db, an_event(5))


async def test_refused_commit_does_not_use_numbers_up(db: Database) -> None:
    with pytest.raises(StoreError):
        await tell(db, an_event(1), an_event(1))

    await tell(db, an_event(1))

    assert (await db.load()).seq == 1


async def test_numbers_may_have_gaps(db: Database) -> None:
    await tell(db, an_event(1), an_event(9))

    assert (await db.load()).seq == 9


async def test_unnumbered_event_is_refused(db: Database) -> None:
    with pytest.raises(StoreError, match="event 0 does not follow 0"):
        await tell(db, an_event(0))


async def test_ticks_are_not_stored(db: Database) -> None:
    await tell(db, Event(NOON, fleet_subject(), Tick()), an_event(1))

    assert [event.kind for event in await db.events(0, 10)] == ["Refused"]


async def test_inventory_is_left_out_of_its_event(db: Database) -> None:
    event = Event(NOON, fleet_subject(), InventoryRead(an_inventory(), "abc123", "ada"), seq=1)
    await tell(db, event)

    (stored,) = await db.events(0, 1)
    assert isinstance(stored.body, InventoryRead)
    assert (stored.body.digest, stored.body.actor) == ("abc123", "ada")
    assert stored.body.inventory.nodes == {}


async def test_between_takes_the_first_and_leaves_the_last_moment(db: Database) -> None:
    await tell(db, *(an_event(seq, NOON + seq * MINUTE) for seq in range(1, 6)))

    found = await db.events_between(NOON + 2 * MINUTE, NOON + 4 * MINUTE)

    assert [event.seq for event in found] == [2, 3]


async def test_between_can_ask_for_kinds(db: Database) -> None:
    tested = InventoryRead(an_inventory(), "abc")
    await tell(db, an_event(1), Event(NOON, fleet_subject(), tested, seq=2), an_event(3))
    span = (NOON, NOON + MINUTE)

    assert [e.seq for e in await db.events_between(*span, kinds={"InventoryRead"})] == [2]
    assert [e.seq for e in await db.events_between(*span, kinds={"Refused", "Verb"})] == [1, 3]
    assert await db.events_between(*span, kinds=()) == []


async def test_between_ends_at_its_limit(db: Database) -> None:
    await tell(db, *(an_event(seq) for seq in range(1, 6)))

    found = await db.events_between(NOON, NOON + MINUTE, limit=2)

    assert [event.seq for event in found] == [1, 2]


async def test_of_a_subject_are_its_last_ones_oldest_first(db: Database) -> None:
    mine, other = node_subject("toml:mine"), node_subject("toml:other")
    await tell(db, *(an_event(seq, subject=(mine, other)[seq % 2]) for seq in range(1, 9)))

    found = await db.events_of(mine, 2)

    assert [event.seq for event in found] == [6, 8]


async def test_of_a_subject_can_leave_kinds_out(db: Database) -> None:
    mine = node_subject("toml:mine")
    dull = Event(NOON, mine, ScanCompleted(9, 9, 1.0), seq=2)
    await tell(db, an_event(1, subject=mine), dull, an_event(3, subject=mine))

    found = await db.events_of(mine, 2, {"ScanCompleted"})

    assert [event.seq for event in found] == [1, 3]


async def test_pruning_takes_the_oldest_up_to_a_batch(db: Database) -> None:
    await tell(db, *(an_event(seq, NOON + seq * MINUTE) for seq in range(1, 7)))

    async with db.transaction() as tx:
        went = await prune_events(tx, before=NOON + 5 * MINUTE, batch=3)

    assert went == 3
    assert [event.seq for event in await db.events(0, 10)] == [4, 5, 6]


async def test_pruned_numbers_are_not_used_again(db: Database) -> None:
    await tell(db, an_event(7))
    async with db.transaction() as tx:
        await prune_events(tx, before=NOON + MINUTE, batch=3)

    with pytest.raises(StoreError, match="event 1 does not follow 7"):
        await tell(db, an_event(1))


async def test_kind_that_nobody_knows_is_one_clear_line(folder: Path) -> None:
    row = columns(an_event(3))

    with pytest.raises(StoreError, match="reading event 3: 'Omen' is no kind of event"):
        event_of((3, row["at"], "Omen", row["subject"], "local", "", row["body"]))


def test_body_of_another_kind_is_refused() -> None:
    row = columns(an_event(3))

    with pytest.raises(StoreError, match="reading event 3: finding: Field required"):
        event_of((3, row["at"], "PcuTested", row["subject"], "local", "", row["body"]))


def test_columns_name_kind_and_subject() -> None:
    row = columns(Event(NOON, node_subject("toml:a"), Refused("scan", "no"), seq=4))

    assert (row["kind"], row["subject"], row["at"]) == ("Refused", "node/toml:a", 1772366400000)


async def test_the_record_begins_with_the_oldest_event_that_is_kept(db: Database) -> None:
    assert await db.recorded_since() is None
    await db.commit(Changes(events=[an_event(1), an_event(2, NOON + MINUTE)]))
    assert await db.recorded_since() == NOON

    async with db.transaction() as tx:
        await prune_events(tx, before=NOON + MINUTE, batch=3)

    assert await db.recorded_since() == NOON + MINUTE
