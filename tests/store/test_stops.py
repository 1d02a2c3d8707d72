"""Windows, freezes and holds: there until they end, then gone."""

from dataclasses import replace
from datetime import timedelta

from plcmon.model.decisions import GateName
from plcmon.model.events import Freeze
from plcmon.model.state import Changes
from plcmon.store import Database
from tests.fakes.clock import NOON, FakeClock
from tests.store.examples import a_hold, a_window, an_issue

FREEZE = Freeze("pcu/toml:apc-1", "ada", NOON, "smoke")


async def test_all_come_back(db: Database) -> None:
    window, hold = a_window(), a_hold(an_issue())
    await db.commit(
        Changes(
            windows={window.id: window},
            freezes={FREEZE.scope: FREEZE},
            holds={hold.issue: hold},
        )
    )

    state = await db.load()
    assert state.windows == {window.id: window}
    assert state.freezes == {FREEZE.scope: FREEZE}
    assert state.holds == {hold.issue: hold}


async def test_ended_ones_go_and_others_stay(db: Database) -> None:
    window, other, hold = a_window("W1"), a_window("W2"), a_hold(an_issue())
    await db.commit(
        Changes(
            windows={"W1": window, "W2": other},
            freezes={FREEZE.scope: FREEZE},
            holds={hold.issue: hold},
        )
    )

    await db.commit(
        Changes(windows={"W1": None}, freezes={FREEZE.scope: None}, holds={hold.issue: None})
    )

    state = await db.load()
    assert (state.windows, state.freezes, state.holds) == ({"W2": other}, {}, {})


async def test_ending_what_is_not_there_does_nothing(db: Database) -> None:
    await db.commit(Changes(windows={"W9": None}, freezes={"all": None}))

    assert (await db.load()).windows == {}


async def test_later_rows_replace_earlier_ones(db: Database) -> None:
    hold = a_hold(an_issue())
    window = a_window()
    longer = replace(window, ends_at=window.ends_at + timedelta(hours=1))
    moved = replace(hold, gate=GateName.BUDGET)
    await db.commit(Changes(windows={"W1": window}, holds={hold.issue: hold}))

    await db.commit(Changes(windows={"W1": longer}, holds={hold.issue: moved}))

    state = await db.load()
    assert (state.windows["W1"], state.holds[hold.issue]) == (longer, moved)


async def test_freeze_is_remembered_for_ever(db: Database, clock: FakeClock) -> None:
    await db.commit(Changes(freezes={FREEZE.scope: FREEZE}))
    clock.advance(timedelta(days=4000))

    assert (await db.load()).freezes == {FREEZE.scope: FREEZE}
