"""Intents and commands: written before they happen, and a cut written once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.errors import StoreError
from plcmon.model.intents import (
    ActionKind,
    Command,
    Intent,
    IntentId,
    IntentState,
    Outcome,
    PowerState,
    Stage,
)
from plcmon.model.issues import Verdict
from plcmon.model.state import Changes
from plcmon.model.subjects import Outlet
from plcmon.store import Database
from tests.fakes.clock import NOON, FakeClock
from tests.store.examples import OUTLET, PCU, a_command, an_intent

MONTHS = timedelta(days=90)


async def put(db: Database, intent: Intent, *commands: Command) -> None:
    await db.commit(Changes(intents={intent.id: intent}, commands=list(commands)))


async def test_intent_comes_back_whole(db: Database) -> None:
    intent = an_intent(
        state=IntentState.SENT, stage=Stage.DARK, dark_since=NOON, outcome=Outcome.OK, fence=7
    )
    await put(db, intent)

    assert await db.intent(intent.id) == intent
    assert (await db.load()).intents == {intent.id: intent}


async def test_unknown_intent_is_none(db: Database) -> None:
    assert await db.intent(IntentId("01NONE")) is None


@pytest.mark.parametrize(
    ("intent", "kept"),
    [
        (an_intent(state=IntentState.PLANNED), True),
        (an_intent(state=IntentState.CLAIMED), True),
        (an_intent(state=IntentState.SENT), True),
        (an_intent(state=IntentState.UNKNOWN), True),
        (an_intent(state=IntentState.UNKNOWN, settled_by="ada"), False),
        (an_intent(state=IntentState.CONFIRMED), True),
        (an_intent(state=IntentState.CONFIRMED, verdict=Verdict.FIXED), False),
        (an_intent(state=IntentState.FAILED), False),
        (an_intent(state=IntentState.CANCELLED), False),
    ],
    ids=[
        "planned",
        "claimed",
        "sent",
        "unknown",
        "settled",
        "without a verdict",
        "with a verdict",
        "failed",
        "cancelled",
    ],
)
async def test_only_what_is_not_over_is_remembered_beyond_a_month(
    db: Database, clock: FakeClock, intent: Intent, kept: bool
) -> None:
    await put(db, intent, a_command(intent))
    clock.advance(MONTHS)

    state = await db.load()

    assert (intent.id in state.intents) is kept
    assert (intent.id in state.commands) is kept
    assert (intent.id in state.live) is kept


async def test_what_is_over_is_remembered_for_a_month(db: Database, clock: FakeClock) -> None:
    intent = an_intent(state=IntentState.FAILED)
    await put(db, intent)
    clock.advance(timedelta(days=30))

    assert set((await db.load()).intents) == {intent.id}


async def test_intents_come_oldest_first(db: Database) -> None:
    later, earlier = an_intent(1, planned_at=NOON + timedelta(hours=1)), an_intent(2)
    await put(db, later)
    await put(db, earlier)

    state = await db.load()
    assert state.intents_by_target[later.target] == [earlier.id, later.id]


async def test_commands_come_in_order(db: Database) -> None:
    intent = an_intent()
    commands = [a_command(intent, number, verb) for number, verb in ((2, "off"), (1, "read"))]
    await put(db, intent, *commands)

    state = await db.load()
    assert [command.number for command in state.commands[intent.id]] == [1, 2]


async def test_answer_replaces_its_command(db: Database) -> None:
    intent, command = an_intent(), a_command(an_intent())
    answered = replace(command, answered_at=NOON, outcome=Outcome.OK, reads=PowerState.OFF)

    await put(db, intent, command, answered)

    assert (await db.load()).commands == {intent.id: [answered]}


@pytest.mark.parametrize("verb", ["off", "cycle"])
async def test_outlet_is_cut_once_per_intent(db: Database, verb: str) -> None:
    intent = an_intent()
    await put(db, intent, a_command(intent, 1, "off"))

    with pytest.raises(StoreError, match="UNIQUE constraint failed: commands"):
        await put(db, intent, a_command(intent, 2, verb))


async def test_every_outlet_of_a_path_is_cut(db: Database) -> None:
    intent = an_intent()

    await put(
        db,
        intent,
        a_command(intent, 1, "off", outlet=OUTLET),
        a_command(intent, 2, "off", outlet=Outlet(PCU, "4")),
    )

    assert len((await db.load()).commands[intent.id]) == 2


async def test_on_and_read_may_repeat(db: Database) -> None:
    intent = an_intent()

    await put(
        db, intent, *(a_command(intent, n, verb) for n, verb in enumerate(["on", "read"] * 2))
    )

    assert len((await db.load()).commands[intent.id]) == 4


async def test_command_without_its_intent_is_refused(db: Database) -> None:
    """Written ahead: no command may stand in the database before what it is for."""
    with pytest.raises(StoreError, match="FOREIGN KEY constraint failed"):
        await db.commit(Changes(commands=[a_command(an_intent())]))


async def test_every_kind_may_be_stored(db: Database) -> None:
    intents = [an_intent(number, kind=kind) for number, kind in enumerate(ActionKind)]
    await db.commit(Changes(intents={intent.id: intent for intent in intents}))

    assert len((await db.load()).intents) == len(ActionKind)
