"""What was bad before plcmon might act is inherited, until it is released."""

from dataclasses import replace

from plcmon.model.decisions import Mode
from plcmon.model.issues import Issue, IssueType
from plcmon.model.readings import Observed
from plcmon.model.subjects import node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.inherited import is_inherited, note_modes
from tests.policy.clerk import HOUR, MINUTE, Clerk, node

N = node(0, 0)


def fallen(mode: Mode) -> Clerk:
    clerk = Clerk()
    clerk.policy = replace(clerk.policy, mode=mode)
    clerk.begin()
    clerk.fall_silent(N)
    return clerk


def issue(clerk: Clerk) -> Issue:
    found = clerk.issue(node_subject(N), IssueType.NODE_DOWN)
    assert found is not None
    return found


def view(clerk: Clerk) -> Draft:
    return Draft(clerk.state, clerk.policy, clerk.now)


def test_what_began_while_plcmon_might_act_is_not() -> None:
    clerk = fallen(Mode.AUTO)

    assert not is_inherited(view(clerk), issue(clerk))


def test_what_is_older_than_the_end_of_observing_is() -> None:
    clerk = fallen(Mode.OBSERVE)
    nobody = replace(clerk.policy.budgets, inherited=0)
    clerk.policy = replace(clerk.policy, mode=Mode.AUTO, budgets=nobody)
    clerk.forward(MINUTE)

    assert clerk.state.fleet.acting_since[IssueType.NODE_DOWN] >= issue(clerk).opened_at
    assert is_inherited(view(clerk), issue(clerk))


def test_what_was_bad_at_the_very_first_scan_is() -> None:
    clerk = Clerk()
    clerk.observe(N, Observed.SILENT, since=clerk.now - HOUR)
    clerk.begin()
    clerk.observe(N, Observed.SILENT, since=clerk.state.fleet.first_scan_at)
    clerk.forward(clerk.policy.thresholds.node_down_silent + MINUTE)

    assert is_inherited(view(clerk), issue(clerk))


def test_a_ladder_that_observes_again_forgets_since_when_it_acted() -> None:
    clerk = fallen(Mode.AUTO)
    clerk.policy = replace(clerk.policy, mode=Mode.OBSERVE)
    draft = view(clerk)

    note_modes(draft)

    assert draft.fleet.acting_since == {}
