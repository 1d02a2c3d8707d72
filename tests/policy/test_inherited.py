"""What was bad before plcmon might act begins to climb a few at a time."""

from dataclasses import replace

import pytest

from plcmon.model.decisions import Mode
from plcmon.model.intents import ActionKind
from plcmon.model.issues import Issue, IssueType
from plcmon.model.readings import Observed
from plcmon.model.subjects import node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.inherited import is_inherited, note_modes
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node


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


def test_the_rest_follows_day_by_day(watched: Clerk) -> None:
    set_mode(watched, Mode.AUTO)
    watched.forward(MINUTE)
    watched.refresh()

    watched.forward(DAY + HOUR)

    assert told(watched) == 4


def test_what_is_released_is_inherited_no_more(watched: Clerk) -> None:
    set_mode(watched, Mode.AUTO)
    watched.forward(MINUTE)
    watched.refresh()
    watched.forward(HOUR)

    free = [i for i in watched.state.all_open() if i.released_at is not None]

    assert len(free) == 2
    assert not any(is_inherited(view(watched), one) for one in free)


def test_what_opens_later_is_not_inherited() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(node(0, 0))

    assert not is_inherited(view(clerk), issue(clerk))


def test_what_was_bad_at_the_very_first_scan_is() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(node(0, 0))

    old = replace(issue(clerk), bad_since=clerk.state.fleet.first_scan_at or clerk.now)

    assert is_inherited(view(clerk), old)


def test_what_is_older_than_the_end_of_observing_is(watched: Clerk) -> None:
    set_mode(watched, Mode.AUTO)
    budgets = replace(watched.policy.budgets, inherited=0)
    watched.policy = replace(watched.policy, budgets=budgets)
    watched.forward(MINUTE)

    assert watched.state.fleet.acting_since[IssueType.NODE_DOWN] >= issue(watched).opened_at
    assert is_inherited(view(watched), issue(watched))


def test_a_ladder_that_observes_again_forgets_since_when_it_acted() -> None:
    clerk = Clerk().begin()
    set_mode(clerk, Mode.OBSERVE)
    draft = view(clerk)
    note_modes(draft)
    forgotten = draft.fleet.acting_since

    set_mode(clerk, Mode.AUTO)
    draft = view(clerk)
    note_modes(draft)

    assert forgotten == {}
    assert draft.fleet.acting_since[IssueType.NODE_DOWN] <= clerk.now
