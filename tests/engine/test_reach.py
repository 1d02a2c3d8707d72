"""How far a change reaches: whom it concerns, and whose next time it may move."""

from dataclasses import replace

import pytest

from plcmon.engine.reach import concerns_all, issues_touched, subjects_in, troubled_near, waits
from plcmon.model.beliefs import Belief, FleetBelief, NodeBelief, PcuBelief, SiteBelief
from plcmon.model.events import Freeze, Window
from plcmon.model.intents import ActionKind, Intent, IntentId
from plcmon.model.issues import Issue, IssueId, IssueType
from plcmon.model.readings import Observed
from plcmon.model.state import Changes
from plcmon.model.subjects import (
    PcuKey,
    SiteKey,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from tests.policy.clerk import START, Clerk, make_inventory, node

WINDOW = Window("w", node_subject(node(0, 0)), START, START, "ops", "")


def believed(belief: Belief) -> Changes:
    key = "" if isinstance(belief, FleetBelief) else belief.key
    return Changes(beliefs={(type(belief), key): belief})


@pytest.fixture
def clerk() -> Clerk:
    """Two sites; one node of each is down."""
    made = Clerk().begin()
    for number in (0, 1):
        made.observe(node(number, 0), Observed.SILENT, since=made.now)
    made.forward(made.policy.thresholds.node_down_silent * 1.1)
    return made


def down(clerk: Clerk, site: int) -> IssueId:
    (issue,) = clerk.state.open_issues(node_subject(node(site, 0)))
    return issue.id


def touched(clerk: Clerk, changes: Changes) -> set[IssueId]:
    return issues_touched(clerk.state, clerk.wants, changes)


@pytest.mark.parametrize(
    "changes",
    [
        Changes(windows={"w": WINDOW}),
        Changes(windows={"w": None}),
        Changes(freezes={"all": Freeze("all", "ops", START)}),
        Changes(inventory=make_inventory()),
    ],
    ids=["window", "window-ends", "freeze", "inventory"],
)
def test_what_bears_on_every_gate_reaches_every_issue(clerk: Clerk, changes: Changes) -> None:
    assert concerns_all(changes)
    assert {down(clerk, 0), down(clerk, 1)} <= touched(clerk, changes)


def test_what_turns_the_fleet_reaches_every_issue(clerk: Clerk) -> None:
    blind = believed(replace(clerk.state.fleet, blind=True))
    clerk.state.apply(blind)

    assert {down(clerk, 0), down(clerk, 1)} <= touched(clerk, blind)


def test_the_fleets_counts_reach_only_what_does_not_wait_for_time(clerk: Clerk) -> None:
    counted = believed(replace(clerk.state.fleet, in_service=7))
    touched(clerk, counted)
    clerk.wants.waiting.add(down(clerk, 0))
    clerk.wants.waiting.discard(down(clerk, 1))

    found = touched(clerk, counted)

    assert down(clerk, 1) in found
    assert down(clerk, 0) not in found


@pytest.mark.parametrize(
    "belief",
    [NodeBelief(node(0, 0)), PcuBelief(PcuKey("toml:p0")), SiteBelief(SiteKey("s0"))],
    ids=["node", "pcu", "site"],
)
def test_a_belief_reaches_those_who_ask_about_it(clerk: Clerk, belief: Belief) -> None:
    found = touched(clerk, believed(belief))

    assert down(clerk, 0) in found
    assert down(clerk, 1) not in found


def test_another_node_of_the_site_is_no_concern(clerk: Clerk) -> None:
    assert touched(clerk, believed(NodeBelief(node(0, 1)))) == set()


def intent(kind: ActionKind) -> Intent:
    target = node_subject(node(0, 1))
    return Intent(IntentId("i"), kind, target, START, START, "ops", "because")


def test_a_power_action_reaches_whoever_wants_power(clerk: Clerk) -> None:
    found = touched(clerk, Changes(intents={IntentId("i"): intent(ActionKind.POWER_CYCLE)}))
    notice = touched(clerk, Changes(intents={IntentId("i"): intent(ActionKind.NOTIFY)}))

    wants_power = {
        i for i, want in clerk.wants.by_issue.items() if want.path is not None and not waits(want)
    }
    assert wants_power
    assert found == wants_power
    assert notice == set()


def test_a_power_action_is_no_concern_of_a_rung_that_waits_for_time(clerk: Clerk) -> None:
    clerk.refresh()
    cycling = clerk.intents()[0]
    assert cycling.issue in {i for i, want in clerk.wants.by_issue.items() if waits(want)}

    found = touched(clerk, Changes(intents={IntentId("i"): intent(ActionKind.POWER_CYCLE)}))

    assert cycling.issue not in found


def test_whoever_a_change_is_about_gets_a_new_time() -> None:
    issue = Clerk().begin()
    issue.fall_silent(node(0, 0))
    (opened,) = issue.state.open_issues(node_subject(node(0, 0)))
    changes = Changes(
        issues={opened.id: replace(opened)},
        intents={IntentId("i"): intent(ActionKind.POWER_CYCLE)},
        windows={"w": None},
    )
    for belief in (PcuBelief(PcuKey("p")), SiteBelief(SiteKey("s")), NodeBelief(node(1, 1))):
        changes.beliefs[type(belief), belief.key] = belief

    assert isinstance(opened, Issue)
    assert subjects_in(changes) == {
        node_subject(node(0, 0)),
        node_subject(node(0, 1)),
        node_subject(node(1, 1)),
        pcu_subject("p"),
        site_subject("s"),
        fleet_subject(),
    }


def test_an_issue_of_a_pcu_reaches_the_nodes_behind_it(clerk: Clerk) -> None:
    subject = pcu_subject(PcuKey("toml:p0"))
    suspect = Issue(IssueId("S"), IssueType.MAPPING_SUSPECT, subject, START, START)

    touched = issues_touched(clerk.state, clerk.wants, Changes(issues={suspect.id: suspect}))

    behind = clerk.state.open_issues(node_subject(node(0, 0)))
    elsewhere = clerk.state.open_issues(node_subject(node(1, 0)))
    assert {issue.id for issue in behind} <= touched
    assert not {issue.id for issue in elsewhere} & touched


def test_a_sites_belief_reaches_its_issues_alone_however_large_it_is() -> None:
    clerk = Clerk(inventory=make_inventory(sites=2, nodes=9)).begin()
    for number in (0, 1):
        clerk.observe(node(number, 0), Observed.SILENT, since=clerk.now)
    clerk.forward(clerk.policy.thresholds.node_down_silent * 1.1)

    found = troubled_near(clerk.state, SiteBelief, "s0")

    assert list(found) == [node_subject(node(0, 0))]
    assert touched(clerk, believed(clerk.state.sites[SiteKey("s0")])) == {down(clerk, 0)}
