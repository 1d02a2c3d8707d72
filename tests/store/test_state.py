"""What was committed is what is loaded: the state in memory and the rows agree."""

from pathlib import Path

from plcmon.model.state import State
from plcmon.store import Database, open_database
from tests.fakes.clock import FakeClock
from tests.store.examples import everything


async def test_new_database_is_the_empty_state(db: Database) -> None:
    assert await db.load() == State()


async def test_loaded_state_equals_the_one_in_memory(db: Database) -> None:
    changes = everything()
    in_memory = State()
    in_memory.apply(changes)

    await db.commit(changes)

    assert await db.load() == in_memory


async def test_state_survives_a_restart(folder: Path, clock: FakeClock) -> None:
    async with open_database(folder, clock=clock) as db:
        await db.commit(everything())
        before = await db.load()

    async with open_database(folder, clock=clock) as db:
        assert await db.load() == before


async def test_every_part_of_the_changes_is_stored(db: Database) -> None:
    """An example for a field that this room forgets would not come back."""
    assert all(getattr(everything(), name) for name in everything().__dataclass_fields__)

    await db.commit(everything())

    state = await db.load()
    assert all(
        (
            state.nodes,
            state.pcus,
            state.sites,
            state.issues,
            state.intents,
            state.commands,
            state.outbox,
            state.mails,
            state.windows,
            state.freezes,
            state.holds,
            state.inventory.nodes,
            state.seen,
            await db.audit(),
            await db.events(0, 10),
        )
    )


async def test_events_do_not_need_numbers_from_one(db: Database) -> None:
    changes = everything()
    await db.commit(changes)

    assert (await db.load()).seq == changes.events[-1].seq
