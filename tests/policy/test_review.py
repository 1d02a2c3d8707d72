"""Which issues a subject should have: opened, gone on, closed, superseded, reopened."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.beliefs import Finding, Status
from plcmon.model.events import InventoryRead, NodeObserved, PcuTested
from plcmon.model.intents import ActionKind, IntentState
from plcmon.model.issues import Cause, Issue, IssueType
from plcmon.model.readings import Evidence, Mark, Observation, Observed
from plcmon.model.subjects import (
    BootState,
    NodeKey,
    PcuKey,
    fleet_subject,
    node_subject,
    pcu_subject,
)
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node

N = node(0, 0)
SUBJECT = node_subject(N)
P = PcuKey("toml:p0")
DOWN, LOGIN = IssueType.NODE_DOWN, IssueType.NODE_LOGIN


@pytest.fixture
def clerk() -> Clerk:
    return Clerk(inventory=make_inventory(paths=False)).begin()


def closed(clerk: Clerk, kind: IssueType) -> Issue:
    return next(i for i in clerk.state.issues.values() if i.type is kind and not i.is_open)


def want_it(clerk: Clerk, state: BootState, key: NodeKey = N) -> None:
    """The source says what the node is meant to be doing."""
    nodes = {**clerk.inventory.nodes, key: replace(clerk.inventory.nodes[key], boot_state=state)}
    clerk.inventory = replace(clerk.inventory, nodes=nodes)
    clerk.tell(fleet_subject(), InventoryRead(clerk.inventory, state.value))


# node_down and node_login


@pytest.mark.parametrize("state", [Observed.SILENT, Observed.WEDGED])
def test_a_dark_node_is_down_after_a_day(clerk: Clerk, state: Observed) -> None:
    clerk.observe(N, state)
    clerk.forward(24 * HOUR - MINUTE)
    assert clerk.issue(SUBJECT, DOWN) is None

    clerk.forward(2 * MINUTE)

    issue = clerk.issue(SUBJECT, DOWN)
    assert issue is not None
    assert issue.summary.startswith(f"{state.value} for 24 h")


def test_a_node_that_changes_between_silent_and_wedged_is_down_by_its_status(clerk: Clerk) -> None:
    for _ in range(6):
        clerk.observe(N, Observed.SILENT)
        clerk.forward(5 * HOUR)
        clerk.observe(N, Observed.WEDGED)
        clerk.forward(5 * HOUR)

    assert clerk.state.nodes[N].status is Status.DOWN
    assert clerk.issue(SUBJECT, DOWN) is not None


def test_a_deaf_node_is_locked_after_a_day(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEAF)

    clerk.forward(25 * HOUR)

    assert clerk.issue(SUBJECT, LOGIN) is not None
    assert clerk.issue(SUBJECT, DOWN) is None


def test_a_node_deaf_by_its_key_alone_opens_only_that(clerk: Clerk) -> None:
    marks = frozenset({Mark.HOSTKEY})
    seen = Observation(Observed.DEAF, clerk.now, clerk.now, marks=marks)
    clerk.tell(SUBJECT, NodeObserved(seen))

    clerk.forward(5 * DAY)

    assert clerk.state.nodes[N].status is Status.GOOD
    assert [issue.type for issue in clerk.state.open_issues(SUBJECT)] == [IssueType.HOSTKEY]


def test_node_down_takes_over_what_was_milder(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEAF)
    clerk.forward(25 * HOUR)
    clerk.refresh()
    clerk.observe(N, Observed.SILENT)

    clerk.forward(25 * HOUR)

    assert clerk.issue(SUBJECT, LOGIN) is None
    assert closed(clerk, LOGIN).cause is Cause.SUPERSEDED
    assert clerk.issue(SUBJECT, DOWN) is not None


def test_one_look_at_boot_does_not_close(clerk: Clerk) -> None:
    clerk.fall_silent(N)
    clerk.observe(N, Observed.BOOT)

    clerk.forward(9 * MINUTE)

    assert clerk.issue(SUBJECT, DOWN) is not None


def test_boot_without_fresh_evidence_does_not_close(clerk: Clerk) -> None:
    clerk.fall_silent(N)
    clerk.observe(N, Observed.BOOT)
    clerk.observe(N, Observed.BOOT, evidence=Evidence.SUSPECT)

    clerk.forward(HOUR)

    assert clerk.issue(SUBJECT, DOWN) is not None


def test_a_login_that_works_for_long_enough_closes_node_login(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEAF)
    clerk.forward(25 * HOUR)
    clerk.observe(N, Observed.DEBUG)
    clerk.forward(29 * MINUTE)
    assert clerk.issue(SUBJECT, LOGIN) is not None

    clerk.forward(2 * MINUTE)

    assert closed(clerk, LOGIN).cause is Cause.HEALTHY


@pytest.mark.parametrize(
    ("well_for", "same"), [(2 * HOUR, True), (23 * HOUR, True), (25 * HOUR, False)]
)
def test_trouble_soon_after_is_that_issue_again(
    clerk: Clerk, well_for: timedelta, same: bool
) -> None:
    clerk.fall_silent(N)
    first = clerk.issue(SUBJECT, DOWN)
    clerk.observe(N, Observed.BOOT)
    clerk.forward(well_for)

    clerk.fall_silent(N)

    again = clerk.issue(SUBJECT, DOWN)
    assert first is not None and again is not None
    assert (again.id == first.id) is same


def test_a_reopened_issue_goes_on_at_its_next_rung_and_waits_anew(clerk: Clerk) -> None:
    clerk.fall_silent(N, long=49 * HOUR)
    assert [i.argument for i in clerk.intents()] == ["down tech"]
    clerk.observe(N, Observed.BOOT)
    clerk.forward(2 * HOUR)
    clerk.fall_silent(N)

    assert clerk.want(N).rung == "tell_pi"
    clerk.refresh()
    clerk.forward(6 * DAY)

    assert len(clerk.intents()) == 1


def test_whoever_was_told_back_is_not_told_back_again(clerk: Clerk) -> None:
    """Of the second stretch nobody heard, and each row is in one mail only."""
    clerk.fall_silent(N, long=49 * HOUR)
    clerk.post()
    clerk.observe(N, Observed.BOOT)
    clerk.forward(HOUR)
    assert [row.notice for row in clerk.post()] == ["online"]

    clerk.fall_silent(N)
    clerk.observe(N, Observed.BOOT)
    clerk.forward(HOUR)

    assert clerk.post() == []


# On purpose


def test_a_disabled_node_has_no_issue(clerk: Clerk) -> None:
    want_it(clerk, BootState.DISABLED)
    clerk.observe(N, Observed.SILENT)

    clerk.forward(100 * DAY)

    assert clerk.state.nodes[N].status is Status.DOWN, "beyond sixty days it is a line"
    assert not clerk.state.open_issues(SUBJECT)


def test_a_silent_node_that_is_meant_to_be_in_safeboot_has_none_either(clerk: Clerk) -> None:
    want_it(clerk, BootState.SAFEBOOT)
    clerk.observe(N, Observed.SILENT)

    clerk.forward(5 * DAY)

    assert not clerk.state.open_issues(SUBJECT)


def test_disabling_a_node_stops_its_issue_at_once() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(N, long=23 * HOUR)

    want_it(clerk, BootState.DISABLED)
    clerk.forward(2 * DAY)

    assert clerk.state.nodes[N].status is Status.DISABLED
    assert clerk.intents() == []


@pytest.mark.parametrize("state", [BootState.DISABLED, BootState.SAFEBOOT])
def test_what_was_due_is_not_done_to_a_node_that_is_meant_to_be_off(state: BootState) -> None:
    clerk = Clerk().begin()
    clerk.say(fleet_subject(), "freeze", scope="all")
    clerk.fall_silent(N)

    want_it(clerk, state)
    clerk.say(fleet_subject(), "unfreeze", scope="all")
    clerk.forward(HOUR)

    assert clerk.intents() == []
    assert clerk.want(N).why == f"issue: it stands still: the node is meant to be {state.value}"


def test_it_is_done_once_the_node_is_meant_to_boot_again() -> None:
    clerk = Clerk().begin()
    clerk.say(fleet_subject(), "freeze", scope="all")
    clerk.fall_silent(N)
    want_it(clerk, BootState.DISABLED)
    clerk.say(fleet_subject(), "unfreeze", scope="all")

    want_it(clerk, BootState.BOOT)

    assert len(clerk.planned()) == 1


def test_an_open_issue_stands_still_and_closes_after_a_week_without_a_word(clerk: Clerk) -> None:
    clerk.fall_silent(N, long=49 * HOUR)
    clerk.post()
    want_it(clerk, BootState.DISABLED)
    clerk.forward(6 * DAY)
    assert clerk.issue(SUBJECT, DOWN) is not None

    clerk.forward(2 * DAY)

    assert closed(clerk, DOWN).cause is Cause.ON_PURPOSE
    assert clerk.post() == []


# Retired


def test_what_vanished_closes_its_issues(clerk: Clerk) -> None:
    clerk.fall_silent(N)
    nodes = {key: value for key, value in clerk.inventory.nodes.items() if key != N}

    clerk.tell(fleet_subject(), InventoryRead(replace(clerk.inventory, nodes=nodes), "less"))

    assert closed(clerk, DOWN).cause is Cause.RETIRED
    assert clerk.state.nodes[N].status is Status.RETIRED


def test_what_comes_back_begins_anew(clerk: Clerk) -> None:
    """The time in which it was gone is a gap, not bad time."""
    clerk.observe(N, Observed.SILENT)
    clerk.forward(HOUR)
    nodes = {key: value for key, value in clerk.inventory.nodes.items() if key != N}
    clerk.tell(fleet_subject(), InventoryRead(replace(clerk.inventory, nodes=nodes), "less"))
    clerk.forward(90 * DAY)
    clerk.tell(fleet_subject(), InventoryRead(clerk.inventory, "more"))

    clerk.observe(N, Observed.SILENT)
    clerk.forward(22 * HOUR)
    assert clerk.issue(SUBJECT, DOWN) is None
    clerk.forward(2 * HOUR)

    assert clerk.issue(SUBJECT, DOWN) is not None


def test_a_retired_node_takes_its_planned_actions_along() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(N)
    nodes = {key: value for key, value in clerk.inventory.nodes.items() if key != N}

    clerk.tell(fleet_subject(), InventoryRead(replace(clerk.inventory, nodes=nodes), "less"))

    assert [i.state for i in clerk.intents()] == [IntentState.CANCELLED]


def test_a_pcu_that_vanished_closes_its_issues(clerk: Clerk) -> None:
    clerk.tell(pcu_subject(P), PcuTested(Finding.LOGIN_REFUSED, "no"))
    pcus = {key: value for key, value in clerk.inventory.pcus.items() if key != P}

    clerk.tell(fleet_subject(), InventoryRead(replace(clerk.inventory, pcus=pcus), "less"))

    assert closed(clerk, IssueType.PCU_CONFIG).cause is Cause.RETIRED


# PCUs


def fail_for(clerk: Clerk, delta: timedelta, finding: Finding = Finding.TIMEOUT) -> None:
    until = clerk.now + delta
    while clerk.now < until:
        clerk.tell(pcu_subject(P), PcuTested(finding, finding.value))
        clerk.forward(HOUR)
        clerk.canaries(3, 3)


def test_a_pcu_that_fails_for_two_days_is_down(clerk: Clerk) -> None:
    fail_for(clerk, 47 * HOUR)
    assert clerk.issue(pcu_subject(P), IssueType.PCU_DOWN) is None

    fail_for(clerk, 4 * HOUR)

    assert clerk.issue(pcu_subject(P), IssueType.PCU_DOWN) is not None


def test_it_closes_when_the_pcu_is_good_and_its_clock_stops_before(clerk: Clerk) -> None:
    fail_for(clerk, 51 * HOUR)
    clerk.tell(pcu_subject(P), PcuTested(Finding.OK, "logged in"))
    issue = clerk.issue(pcu_subject(P), IssueType.PCU_DOWN)
    assert issue is not None and issue.bad.running_since is None

    clerk.forward(13 * HOUR)

    assert closed(clerk, IssueType.PCU_DOWN).cause is Cause.HEALTHY


@pytest.mark.parametrize(
    "finding", [Finding.LOGIN_REFUSED, Finding.UNSUPPORTED, Finding.INCOMPLETE]
)
def test_a_record_that_is_not_in_order_is_said_at_once(clerk: Clerk, finding: Finding) -> None:
    clerk.tell(pcu_subject(P), PcuTested(finding, "no"))

    assert clerk.issue(pcu_subject(P), IssueType.PCU_CONFIG) is not None
    clerk.tell(pcu_subject(P), PcuTested(Finding.OK, "logged in"))
    assert clerk.issue(pcu_subject(P), IssueType.PCU_CONFIG) is None


def test_nothing_is_said_twice_to_a_person_who_closed_it(clerk: Clerk) -> None:
    clerk.tell(pcu_subject(P), PcuTested(Finding.LOGIN_REFUSED, "no"))
    issue = clerk.issue(pcu_subject(P), IssueType.PCU_CONFIG)
    assert issue is not None

    clerk.say(pcu_subject(P), "close", issue=issue.id)
    clerk.forward(2 * HOUR)

    assert clerk.issue(pcu_subject(P), IssueType.PCU_CONFIG) is None
    assert len(clerk.intents()) == len([i for i in clerk.intents() if i.kind is ActionKind.NOTIFY])


def test_what_a_superseded_issue_claims_and_whom_it_told_goes_over(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEAF)
    clerk.forward(25 * HOUR)
    clerk.refresh()
    login = clerk.issue(SUBJECT, LOGIN)
    assert login is not None
    claims = replace(login, claim=1, told=("tech@s0.example.org",))
    clerk.state.issues[login.id] = claims

    clerk.fall_silent(N)

    down = clerk.issue(SUBJECT, DOWN)
    assert down is not None
    assert (down.claim, down.told) == (1, ("tech@s0.example.org",))
    assert closed(clerk, LOGIN).claim == 0
    assert "online" not in {row.notice for row in clerk.state.outbox.values()}
    (row,) = [row for row in clerk.audit if row.verb == "penalty 1"]
    assert (row.issue, row.gates["heir of"]) == (down.id, login.id)
