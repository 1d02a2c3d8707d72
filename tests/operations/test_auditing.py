"""The verdict on the whole journal: its chain, its invariants, and the numbers it is held to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.auditor import Limits
from plcmon.config.load import default_policy
from plcmon.config.scale import scaled
from plcmon.operations import auditing
from plcmon.operations.auditing import audit_view, limits_of, verify
from tests.fakes.journal import AT, FakeJournal, chained

DAY = timedelta(days=1)


@pytest.fixture
def journal() -> FakeJournal:
    return FakeJournal()


async def test_a_journal_that_holds_is_counted(journal: FakeJournal) -> None:
    verdict = await verify(journal, Limits())

    assert (verdict.holds, verdict.rows, verdict.violations) == (True, 5, 0)
    assert (verdict.since, verdict.until) == (AT, AT + timedelta(minutes=31))


async def test_an_empty_one_holds() -> None:
    verdict = await verify(FakeJournal([]), Limits())

    assert (verdict.holds, verdict.rows, verdict.since) == (True, 0, None)


async def test_pages_are_joined(journal: FakeJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auditing, "PAGE", 2)

    assert (await verify(journal, Limits())).rows == 5


async def test_a_changed_row_breaks_the_chain(journal: FakeJournal) -> None:
    journal.journal[3] = replace(journal.journal[3], actor="bob")

    verdict = await verify(journal, Limits())

    assert (verdict.holds, verdict.rows, verdict.invariant) == (False, 3, 0)
    assert verdict.row == audit_view(journal.journal[3], "fleet/all")


async def test_a_removed_row_breaks_it_where_it_was(journal: FakeJournal) -> None:
    del journal.journal[2]

    verdict = await verify(journal, Limits())

    assert (verdict.holds, verdict.row) == (False, None)
    assert "row 3" in verdict.text


async def test_rows_that_were_cut_off_are_missed(journal: FakeJournal) -> None:
    journal.cut_off = 2

    verdict = await verify(journal, Limits())

    assert not verdict.holds
    assert "row 6" in verdict.text


def broken() -> FakeJournal:
    """Closed twice, by two rows."""
    rows = FakeJournal().journal
    close = replace(
        rows[1], verb="issue closed", at=AT + 2 * DAY, gates={"cause": "healthy", "type": "x"}
    )
    return FakeJournal(chained([*rows, close, close, close]))


async def test_the_first_violation_is_named_and_the_others_counted() -> None:
    verdict = await verify(broken(), Limits())

    assert (verdict.holds, verdict.invariant, verdict.violations) == (False, 12, 2)
    assert verdict.row is not None and verdict.row.seq == 7
    assert "(invariant 12)" in verdict.text


async def test_what_old_rows_break_can_be_left_out() -> None:
    assert not (await verify(broken(), Limits(), count_since=AT)).holds
    assert (await verify(broken(), Limits(), count_since=AT + 3 * DAY)).holds


async def test_a_running_service_must_have_said_a_long_hold(journal: FakeJournal) -> None:
    journal.journal = journal.journal[:3]

    assert (await verify(journal, Limits())).holds
    assert (await verify(journal, Limits(), now=AT + DAY)).holds
    assert (await verify(journal, Limits(), now=AT + 2 * DAY)).invariant == 11


def test_the_shipped_policy_has_the_shipped_limits() -> None:
    shipped = Limits()

    limits = limits_of(default_policy(), 500)

    assert limits == replace(shipped, attempt=limits.attempt, recovery=limits.recovery)


def test_a_large_fleet_may_more() -> None:
    limits = limits_of(default_policy(), 10_000)

    assert (limits.power_most, limits.power_day) == (50, 100)


def test_scaled_policy_time_scales_all_but_wire_time() -> None:
    limits = limits_of(scaled(replace(default_policy(), scale=60.0)), 60)

    assert limits.hold_alert == limits.penalty_notice == timedelta(minutes=24)
    assert limits.cycles[0] == (timedelta(minutes=24), 1)
    assert limits.pauses["repair"] == timedelta(minutes=12)
    assert limits.dark_alert == timedelta(minutes=10)
