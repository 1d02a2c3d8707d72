"""The recorder: it changes nothing, remembers what it was told, and says so."""

from plcmon.actions import Recorder, recorders
from plcmon.actions.recorder import NOTHING_CHANGED
from plcmon.model.intents import ActionKind, IntentState
from plcmon.model.state import State
from tests.actions.paper import TARGET, Paper


async def test_what_it_was_told_stands_in_the_journal() -> None:
    paper = Paper()
    intent = paper.plan(ActionKind.BOOT_STATE, "reinstall")

    recorder = Recorder(ActionKind.BOOT_STATE, paper.clerk.state)
    async with paper.room({ActionKind.BOOT_STATE: recorder}):
        await paper.until(intent, IntentState.CONFIRMED)

    rows = [row for row in paper.clerk.audit if row.intent == intent.id]
    assert [row.verb for row in rows] == [
        "boot-state claimed",
        "boot-state sent",
        "boot-state confirmed",
    ]
    assert rows[-1].detail == NOTHING_CHANGED
    assert await recorder.read(TARGET) == "reinstall"


async def test_after_a_start_it_knows_what_was_confirmed() -> None:
    paper = Paper()
    paper.plan(
        ActionKind.BOOT_STATE,
        "disabled",
        state=IntentState.CONFIRMED,
        sent_at=paper.clerk.now,
    )

    recorder = Recorder(ActionKind.BOOT_STATE, paper.clerk.state)

    assert await recorder.read(TARGET) == "disabled"


async def test_at_first_a_node_is_as_its_source_wants_it() -> None:
    recorder = Recorder(ActionKind.BOOT_STATE, Paper().clerk.state)

    assert await recorder.read(TARGET) == "boot"
    assert await Recorder(ActionKind.PENALTY, Paper().clerk.state).read(TARGET) == "0"
    assert await Recorder(ActionKind.REPAIR, Paper().clerk.state).read(TARGET) is None


def test_it_stands_in_for_what_is_named_and_always_for_penalties() -> None:
    assert set(recorders((), State())) == {ActionKind.PENALTY}
    named = recorders((ActionKind.REPAIR,), State())
    assert set(named) == {ActionKind.PENALTY, ActionKind.REPAIR}
