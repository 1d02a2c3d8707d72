"""The story folded again: the same policy makes the same state, another one says where it parts."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.engine.rerun import Rerun
from plcmon.model.decisions import Mode
from plcmon.model.events import Event, IssueChanged, Noticed, Started
from plcmon.model.intents import ActionKind, IntentState, Verdict
from plcmon.model.issues import Issue, IssueType
from plcmon.model.policy import Policy
from plcmon.model.readings import Observed
from plcmon.model.state import State
from plcmon.model.subjects import fleet_subject, node_subject
from plcmon.policy.fold.fleet import CLOCK
from tests.policy.clerk import DAY, HOUR, MINUTE, POLICY, START, Clerk, node

N = node_subject(node(0, 0))


def rerun(clerk: Clerk, policy: Policy | None = None) -> Rerun:
    """Everything that the clerk wrote down, folded again up to its present."""
    again = Rerun(policy or clerk.policy, clerk.inventory)
    for _ in again.take(sorted(clerk.events, key=lambda event: event.seq)):
        pass
    for _ in again.forward(clerk.now):
        pass
    again.settle(clerk.now)
    return again


def gist(state: State) -> list[tuple[object, ...]]:
    """Every issue and power action, without what the making of ids depends on."""
    issues: list[Issue] = sorted(state.issues.values(), key=lambda i: (i.opened_at, str(i.subject)))
    told: list[tuple[object, ...]] = [
        (i.type, i.subject, i.status, i.climb.rung, dict(i.climb.passed), i.verdict, i.cause)
        for i in issues
    ]
    return told + [
        (i.kind, i.target, i.state, i.verdict, i.off_seen)
        for i in sorted(state.intents.values(), key=lambda i: (i.planned_at, i.id))
        if i.kind is not ActionKind.NOTIFY
    ]


def repaired(clerk: Clerk) -> None:
    clerk.fall_silent(node(0, 0))
    clerk.carry_out(clerk.planned()[0])
    clerk.boot(node(0, 0))
    clerk.forward(HOUR)


def not_repaired(clerk: Clerk) -> None:
    clerk.fall_silent(node(0, 0))
    clerk.carry_out(clerk.planned()[0], off_seen=False)
    clerk.forward(2 * DAY)


def proposed_and_approved(clerk: Clerk) -> None:
    clerk.policy = replace(clerk.policy, mode=Mode.PROPOSE)
    clerk.fall_silent(node(0, 0))
    issue = clerk.issue(N, IssueType.NODE_DOWN)
    assert issue is not None
    clerk.now += HOUR
    clerk.say(N, "approve", issue=issue.id)
    clerk.carry_out(clerk.planned()[0])
    clerk.forward(HOUR)


def cancelled(clerk: Clerk) -> None:
    clerk.fall_silent(node(0, 0))
    (intent,) = clerk.planned()
    clerk.now += MINUTE
    clerk.say(N, "cancel", intent=intent.id)


def by_hand(clerk: Clerk) -> None:
    clerk.say(N, "power-cycle")
    clerk.carry_out(clerk.planned()[0])
    clerk.boot(node(0, 0))


def in_maintenance(clerk: Clerk) -> None:
    clerk.say(N, "maintenance", until=(clerk.now + 3 * DAY).isoformat())
    clerk.fall_silent(node(0, 0), long=2 * DAY)


@pytest.mark.parametrize(
    "story", [repaired, not_repaired, proposed_and_approved, cancelled, by_hand, in_maintenance]
)
def test_the_same_policy_makes_the_same_issues_and_actions(
    story: Callable[[Clerk], None],
) -> None:
    clerk = Clerk().begin()
    story(clerk)

    again = rerun(clerk)

    assert gist(again.state) == gist(clerk.state)
    assert again.state.nodes[node(0, 0)].status is clerk.state.nodes[node(0, 0)].status


def test_the_last_want_has_the_gates_of_then() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(node(0, 0))
    clerk.say(fleet_subject(), "freeze", scope="all")

    again = rerun(clerk)
    issue = again.state.open_issue(N, IssueType.NODE_DOWN)

    assert issue is not None
    answers = {gate.name: gate.answer for gate in again.paper.wants.by_issue[issue.id].gates}
    assert answers == {gate.name: gate.answer for gate in clerk.want(node(0, 0)).gates}


def test_an_action_that_nobody_recorded_ends_without_helping() -> None:
    clerk = Clerk(policy=replace(POLICY, mode=Mode.OBSERVE)).begin()
    clerk.fall_silent(node(0, 0), long=25 * HOUR)
    clerk.forward(HOUR)

    again = rerun(clerk, POLICY)

    (intent,) = [i for i in again.state.intents.values() if i.kind is ActionKind.POWER_CYCLE]
    assert (intent.state, intent.verdict) == (IntentState.CONFIRMED, Verdict.UNKNOWN)


def test_a_recorded_action_that_is_not_wanted_here_is_not_told() -> None:
    clerk = Clerk().begin()
    not_repaired(clerk)

    again = rerun(clerk, replace(clerk.policy, mode=Mode.OBSERVE))

    assert not again.state.intents
    issue = again.state.open_issue(N, IssueType.NODE_DOWN)
    assert issue is not None
    assert (issue.climb.rung, issue.shadow.rung) == ("", "tell")


def test_another_threshold_opens_at_another_time() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(node(0, 0))
    sooner = replace(clerk.policy.thresholds, node_down_silent=6 * HOUR)

    again = rerun(clerk, replace(clerk.policy, thresholds=sooner))

    ours, theirs = (s.open_issue(N, IssueType.NODE_DOWN) for s in (again.state, clerk.state))
    assert ours is not None
    assert theirs is not None
    assert timedelta(hours=17) < theirs.opened_at - ours.opened_at < timedelta(hours=19)


def test_nothing_is_done_over_a_stretch_in_which_nothing_ran() -> None:
    clerk = Clerk().begin()
    clerk.observe(node(0, 0), Observed.SILENT)
    clerk.now += 3 * DAY
    clerk.tell(fleet_subject(), Started("test", "p", adopted=True))

    again = rerun(clerk)

    assert again.state.open_issue(N, IssueType.NODE_DOWN) is None
    assert again.policy_then == "p"


def test_a_jump_of_the_clock_back_goes_back() -> None:
    clerk = Clerk().begin()
    clerk.now -= 2 * HOUR
    clerk.tell(fleet_subject(CLOCK), Noticed(CLOCK, on=True, detail="jumped"))

    again = rerun(clerk)

    assert again.now == clerk.now < START
    assert again.state.open_issue(fleet_subject(CLOCK), IssueType.SELF) is not None


def test_consequences_that_were_recorded_are_not_told_twice() -> None:
    clerk = Clerk().begin()
    repaired(clerk)
    again = Rerun(clerk.policy, clerk.inventory)
    told: list[Event] = []

    for _, parts in again.take(clerk.events):
        told += [event for part in parts for event in part.events]

    opened = [e for e in told if isinstance(e.body, IssueChanged) and e.body.change == "opened"]
    assert len(opened) == 1
