"""Of what was looked at a moment ago little is asked again, while nothing near it changed."""

from dataclasses import replace

import pytest

from plcmon.model.beliefs import Belief, FleetBelief, NodeBelief, PcuBelief, SiteBelief
from plcmon.model.events import Freeze
from plcmon.model.intents import ActionKind, Intent, IntentId
from plcmon.model.issues import Issue, IssueId, IssueType
from plcmon.model.readings import Observed
from plcmon.model.state import Changes
from plcmon.model.subjects import PcuKey, SiteKey, node_subject, pcu_subject
from plcmon.policy.draft import Draft
from plcmon.policy.recent import Recent
from plcmon.policy.rounds import decide
from plcmon.policy.want import want
from tests.policy.clerk import HOUR, MINUTE, POLICY, START, Clerk, make_inventory, node

NEAR, FAR = node_subject(node(0, 0)), node_subject(node(1, 0))
ISSUE = Issue(IssueId("I"), IssueType.NODE_DOWN, NEAR, START, START)


def noted(issue: Issue = ISSUE) -> Recent:
    recent = Recent(make_inventory())
    recent.note(issue)
    return recent


def believed(belief: Belief) -> Changes:
    key = "" if isinstance(belief, FleetBelief) else belief.key
    return Changes(beliefs={(type(belief), key): belief})


def planned(target: str) -> Changes:
    intent = Intent(
        IntentId("i"), ActionKind.POWER_CYCLE, node_subject(target), START, START + HOUR, "", ""
    )
    return Changes(intents={intent.id: intent})


def test_it_knows_the_issue_as_it_was() -> None:
    recent = noted()

    assert recent.knows(ISSUE)
    assert not recent.knows(replace(ISSUE, summary="another"))


@pytest.mark.parametrize(
    "changes",
    [
        planned(node(0, 1)),
        Changes(issues={ISSUE.id: ISSUE}),
        Changes(issues={IssueId("P"): replace(ISSUE, subject=pcu_subject("toml:p1"))}),
        Changes(freezes={"all": Freeze("all", "ops", START)}),
        Changes(inventory=make_inventory()),
        believed(SiteBelief(SiteKey("s0"))),
        believed(FleetBelief()),
        believed(PcuBelief(PcuKey("toml:p1"))),
        believed(NodeBelief(node(1, 0))),
    ],
    ids=["action", "issue", "pcu-issue", "freeze", "inventory", "site", "fleet", "pcu", "node"],
)
def test_what_changes_near_it_or_over_the_whole_is_a_reason_to_look(changes: Changes) -> None:
    recent = noted()

    recent.forget(changes)

    assert not recent.knows(ISSUE)


@pytest.mark.parametrize(
    "changes",
    [planned(node(1, 0)), Changes(holds={ISSUE.id: None}), believed(SiteBelief(SiteKey("s1")))],
    ids=["action", "hold", "site"],
)
def test_what_changes_elsewhere_is_none(changes: Changes) -> None:
    recent = noted()

    recent.forget(changes)

    assert recent.knows(ISSUE)


def test_who_is_owed_power_or_claims_a_penalty_is_looked_at_in_full() -> None:
    owed = replace(ISSUE, climb=replace(ISSUE.climb, owed="cycle"))

    assert not noted(owed).knows(owed)
    assert not noted(replace(ISSUE, claim=1)).knows(replace(ISSUE, claim=1))


def test_a_sitting_ends_with_the_wants_that_looking_in_full_would_give() -> None:
    most = 100
    guard = replace(POLICY.guard, more_than=most, storm_more_than=most, cause_more_than=most)
    clerk = Clerk(
        policy=replace(POLICY, guard=guard), inventory=make_inventory(sites=6, nodes=4)
    ).begin()
    frozen = Freeze("all", "ops", clerk.now)
    clerk.state.apply(Changes(freezes={"all": frozen}))
    for number in range(12):
        clerk.observe(node(number % 6, number // 6), Observed.SILENT, since=clerk.now)
    clerk.forward(clerk.policy.thresholds.node_down_silent + MINUTE)
    clerk.refresh()
    clerk.state.apply(Changes(freezes={"all": None}))
    issues = [issue.id for issue in clerk.state.all_open()]

    decide(clerk.policy, clerk.state, clerk.wants, issues, clerk.now)

    view = Draft(clerk.state, clerk.policy, clerk.now)
    held = [row for row in clerk.wants.by_issue.values() if row.why.startswith("budget")]
    assert len(clerk.planned()) == 2
    assert len(held) >= 4
    for issue in clerk.state.all_open():
        kept, full = clerk.wants.by_issue[issue.id], want(view, issue)
        assert (kept.gates, kept.rung, kept.path) == (full.gates, full.rung, full.path)
