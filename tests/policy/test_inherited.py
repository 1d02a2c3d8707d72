"""What was bad before plcmon might act begins to climb a few at a time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.decisions import Effect, GateName, Mode
from plcmon.model.intents import ActionKind
from plcmon.model.issues import Issue, IssueType
from plcmon.model.ledger import Spend
from plcmon.model.readings import Observed
from plcmon.model.subjects import fleet_subject, node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.inherited import costs, is_inherited, note_modes, released
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node

CYCLE = (Effect(ActionKind.POWER_CYCLE),)
TELL = (Effect(ActionKind.NOTIFY, "down tech"),)


def set_mode(clerk: Clerk, mode: Mode) -> None:
    clerk.policy = replace(clerk.policy, mode=mode)


def view(clerk: Clerk) -> Draft:
    return Draft(clerk.state, clerk.policy, clerk.now)


def issue(clerk: Clerk, site: int = 0) -> Issue:
    found = clerk.issue(node_subject(node(site, 0)), IssueType.NODE_DOWN)
    assert found is not None
    return found


@pytest.fixture
def watched() -> Clerk:
    """Four nodes went down while plcmon only observed; two may be released a day."""
    clerk = Clerk(inventory=make_inventory(sites=4, nodes=1, paths=False))
    budgets = replace(clerk.policy.budgets, inherited=2)
    clerk.policy = replace(clerk.policy, mode=Mode.OBSERVE, budgets=budgets)
    clerk.begin()
    for site in range(4):
        clerk.observe(node(site, 0), Observed.SILENT, since=clerk.now)
    clerk.forward(clerk.policy.thresholds.node_down_silent + 50 * HOUR)
    return clerk


def told(clerk: Clerk) -> int:
    return sum(intent.kind is ActionKind.NOTIFY for intent in clerk.intents())


def test_nothing_is_done_while_it_observes(watched: Clerk) -> None:
    assert told(watched) == 0
    assert watched.state.fleet.acting_since.get(IssueType.NODE_DOWN) is None


def test_on_leaving_observe_only_a_few_begin_to_climb(watched: Clerk) -> None:
    set_mode(watched, Mode.AUTO)
    watched.forward(MINUTE)
    watched.refresh()
    watched.forward(HOUR)

    assert told(watched) == 2
    held = [w for w in watched.wants.by_issue.values() if budget_fact(w.gates)]
    assert budget_fact(held[0].gates).startswith("2 of 2 inherited issues released within 24 h")


def budget_fact(gates: object) -> str:
    assert isinstance(gates, tuple)
    found = (g.fact for g in gates if g.name is GateName.BUDGET and g.answer.value == "hold")
    return next(found, "")


def test_the_rest_follows_day_by_day(watched: Clerk) -> None:
    set_mode(watched, Mode.AUTO)
    watched.forward(MINUTE)
    watched.refresh()

    watched.forward(DAY + HOUR)

    assert told(watched) == 4


def test_what_is_released_climbs_on_without_asking_again(watched: Clerk) -> None:
    set_mode(watched, Mode.AUTO)
    watched.forward(MINUTE)
    watched.refresh()
    watched.forward(HOUR)
    free = next(i for i in watched.state.all_open() if i.released_at is not None)

    assert not is_inherited(view(watched), free)
    assert costs(view(watched), free, TELL) == {Spend.NOTICE}


def test_what_opens_later_is_not_inherited() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(node(0, 0))

    assert not is_inherited(view(clerk), issue(clerk))


def test_what_was_bad_at_the_very_first_scan_is() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(node(0, 0))

    old = replace(issue(clerk), bad_since=clerk.state.fleet.first_scan_at or clerk.now)

    assert is_inherited(view(clerk), old)
    assert costs(view(clerk), old, CYCLE) == {Spend.POWER, Spend.INHERITED}
    assert released(view(clerk), old, CYCLE).released_at == clerk.now


def test_an_alert_releases_nothing() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(node(0, 0))
    old = replace(issue(clerk), opened_at=clerk.now - timedelta(days=90))
    alert = (Effect(ActionKind.ALERT),)

    assert costs(view(clerk), old, alert) == frozenset()
    assert released(view(clerk), old, alert) == old


def test_observing_again_begins_it_anew() -> None:
    clerk = Clerk().begin()
    set_mode(clerk, Mode.OBSERVE)
    clerk.tell(fleet_subject(), clerk.events[0].body)
    assert clerk.state.fleet.acting_since.get(IssueType.NODE_DOWN) is None

    set_mode(clerk, Mode.AUTO)
    draft = view(clerk)
    note_modes(draft)

    assert draft.fleet.acting_since[IssueType.NODE_DOWN] == clerk.now
