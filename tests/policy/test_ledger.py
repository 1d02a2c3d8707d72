"""Budgets: one ledger for everyone, and a gate that says how many, of how many, and why."""

from dataclasses import replace

import pytest

from plcmon.model.decisions import Effect, Gate, GateName, Pass, Want
from plcmon.model.intents import ActionKind
from plcmon.model.ledger import Spend
from plcmon.model.readings import Observed
from plcmon.model.subjects import node_subject
from plcmon.model.trust import PowerLine
from plcmon.policy import ledger
from plcmon.policy.draft import Draft
from tests.policy.clerk import HOUR, MINUTE, START, Clerk, make_inventory, node

SUBJECT = node_subject(node(0, 0))


@pytest.fixture
def clerk() -> Clerk:
    return Clerk().begin()


def view(clerk: Clerk) -> Draft:
    return Draft(clerk.state, clerk.policy, clerk.now)


def budget(clerk: Clerk, *spends: Spend) -> Gate:
    return ledger.budget(view(clerk), spends or [Spend.POWER])


def allow(clerk: Clerk, **changes: object) -> None:
    budgets = replace(clerk.policy.budgets, **changes)  # type: ignore[arg-type]  # its fields
    clerk.policy = replace(clerk.policy, budgets=budgets)


@pytest.mark.parametrize(
    ("spend", "most"),
    [
        (Spend.POWER, [2, 60]),
        (Spend.REINSTALL, [1, 5]),
        (Spend.DISABLE, [2, 10]),
        (Spend.REPAIR, [20]),
        (Spend.NOTICE, [60]),
        (Spend.PENALTY, [5]),
        (Spend.INHERITED, [10]),
    ],
)
def test_the_shipped_lines(clerk: Clerk, spend: Spend, most: list[int]) -> None:
    assert [line.most for line in ledger.lines(view(clerk), spend)] == most


def test_a_large_fleet_has_a_longer_day() -> None:
    clerk = Clerk()
    clerk.state.inventory = make_inventory(sites=100, nodes=80)

    assert ledger.lines(view(clerk), Spend.POWER)[1].most == 80


def test_the_fact_says_how_many_of_how_many_and_why(clerk: Clerk) -> None:
    clerk.power_by_hand(node(1, 1))

    gate = budget(clerk)

    assert gate.fact == "1 of 2 power actions within 60 min (as it begins)"
    assert gate.distance == "1 left"


def test_a_moved_line_says_why_and_since_when(clerk: Clerk) -> None:
    held = PowerLine(2, 1, since=START, why="halved from 2: n: it failed")
    clerk.state.fleet = replace(clerk.state.fleet, power_line=held)

    assert budget(clerk).fact.startswith("0 of 1 power actions")
    assert "halved from 2: n: it failed" in budget(clerk).fact


def test_another_setting_begins_the_line_anew(clerk: Clerk) -> None:
    clerk.state.fleet = replace(clerk.state.fleet, power_line=PowerLine(2, 1))

    allow(clerk, power=3)

    assert ledger.power_line(view(clerk)).line == 3


def test_the_line_is_never_beyond_its_most(clerk: Clerk) -> None:
    clerk.state.fleet = replace(clerk.state.fleet, power_line=PowerLine(2, 9))

    assert ledger.power_line(view(clerk)).line == 4


def test_no_power_at_all_stays_none(clerk: Clerk) -> None:
    allow(clerk, power=0)

    assert ledger.most_power(view(clerk)) == 0
    assert budget(clerk).answer is Pass.HOLD


def test_a_persons_action_counts_like_any_other(clerk: Clerk) -> None:
    for number in (1, 2):
        clerk.power_by_hand(node(1, number))

    gate = budget(clerk)

    assert gate.answer is Pass.HOLD
    first = clerk.intents()[0].sent_at
    assert first is not None and gate.clears_at == first + HOUR


def test_what_was_cancelled_counts_not(clerk: Clerk) -> None:
    clerk.say(SUBJECT, "power-cycle")
    assert ledger.power_spent(view(clerk)) == (1, 1)

    clerk.say(SUBJECT, "cancel", intent=clerk.planned()[0].id)

    assert ledger.power_spent(view(clerk)) == (0, 0)


def test_the_nearest_line_of_all_decides(clerk: Clerk) -> None:
    gate = budget(clerk, Spend.POWER, Spend.REINSTALL)

    assert gate.fact.startswith("0 of 1 reinstalls")


def test_a_rung_spends_what_its_effects_are() -> None:
    effects = (Effect(ActionKind.BOOT_STATE, "reinstall"), Effect(ActionKind.POWER_CYCLE))

    assert ledger.spends_of(effects) == {Spend.REINSTALL, Spend.POWER}
    assert ledger.spends_of((Effect(ActionKind.ALERT),)) == frozenset()


@pytest.fixture
def telling() -> Clerk:
    """Two sites whose silent nodes can only be told of; one mail an hour."""
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    allow(clerk, notices=1)
    for site in (0, 1):
        clerk.observe(node(site, 0), Observed.SILENT, since=clerk.now)
    clerk.forward(clerk.policy.thresholds.node_down_silent + 25 * HOUR)
    return clerk


def test_a_notice_beyond_the_hour_is_held_and_not_taken(telling: Clerk) -> None:
    assert len(telling.planned(ActionKind.NOTIFY)) == 1

    gate = next(g for g in held_want(telling).gates if g.name is GateName.BUDGET)

    assert gate.fact == "1 of 1 mails to contacts within 60 min"


def held_want(clerk: Clerk) -> Want:
    return next(want for want in clerk.wants.by_issue.values() if want.answer is Pass.HOLD)


def test_a_mail_that_left_is_counted_for_its_window(telling: Clerk) -> None:
    telling.post()
    assert ledger.spent(view(telling), Spend.NOTICE, HOUR) == 1

    telling.forward(HOUR + MINUTE)

    assert len(telling.planned(ActionKind.NOTIFY)) == 1
