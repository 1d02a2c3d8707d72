"""Starts, inventories, canaries, and what plcmon thinks of itself."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.beliefs import Canary, Finding, Status
from plcmon.model.decisions import GateName, Pass
from plcmon.model.events import (
    AlertRaised,
    CanaryRound,
    InventoryRead,
    Noticed,
    PcuTested,
    ScanCompleted,
    Started,
)
from plcmon.model.intents import ActionKind, IntentState, Outcome
from plcmon.model.issues import Cause, IssueType
from plcmon.model.readings import Evidence, Observed
from plcmon.model.subjects import (
    BootState,
    Outlet,
    PcuKey,
    PowerPath,
    fleet_subject,
    node_subject,
    pcu_subject,
)
from plcmon.policy.draft import Draft
from plcmon.policy.fold.fleet import CLOCK
from plcmon.policy.paths import proven
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node

N = node(0, 0)
SUBJECT = node_subject(N)
P = PcuKey("toml:p0")
ALL = fleet_subject()


@pytest.fixture
def clerk() -> Clerk:
    return Clerk().begin()


@pytest.fixture
def silent(clerk: Clerk) -> Clerk:
    clerk.fall_silent(N)
    return clerk


def start(clerk: Clerk) -> None:
    clerk.tell(ALL, Started("test", "", adopted=True))


# Canaries


def test_a_canary_is_remembered_with_since_when(clerk: Clerk) -> None:
    clerk.tell(ALL, CanaryRound(2, 2, answered={"a:1": True, "b:1": True}))
    began = clerk.now
    clerk.now += MINUTE
    clerk.tell(ALL, CanaryRound(1, 2, answered={"a:1": True, "b:1": False}))

    assert clerk.state.fleet.canaries == {
        "a:1": Canary(True, began),
        "b:1": Canary(False, clerk.now),
    }


def test_what_canaries_did_before_a_start_is_not_known(clerk: Clerk) -> None:
    clerk.tell(ALL, CanaryRound(1, 1, answered={"a:1": True}))
    start(clerk)

    assert clerk.state.fleet.canaries == {}


# Starts


def test_what_was_sent_is_unknown_after_a_start(silent: Clerk) -> None:
    intent = silent.send(silent.planned()[0])

    start(silent)

    assert silent.state.intents[intent.id].state is IntentState.UNKNOWN


def test_what_was_claimed_is_cancelled_and_counts_as_not_done(silent: Clerk) -> None:
    (intent,) = silent.planned()
    silent.state.intents[intent.id] = replace(intent, state=IntentState.CLAIMED)

    start(silent)

    assert silent.state.intents[intent.id].state is IntentState.CANCELLED
    issue = silent.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None and issue.climb.rung == ""


def test_what_was_planned_long_ago_lapses_and_what_was_planned_lately_goes_on(
    silent: Clerk,
) -> None:
    (intent,) = silent.planned()
    start(silent)
    assert silent.state.intents[intent.id].state is IntentState.PLANNED
    silent.now += 2 * HOUR

    start(silent)

    assert silent.state.intents[intent.id].state is IntentState.CANCELLED


def test_mail_that_waits_is_not_lost_by_a_start(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEAF)
    clerk.forward(25 * HOUR)
    (notice,) = clerk.planned(ActionKind.NOTIFY)
    clerk.now += 5 * HOUR

    start(clerk)

    assert clerk.state.intents[notice.id].state is IntentState.PLANNED


def test_the_time_without_us_is_a_gap(clerk: Clerk) -> None:
    clerk.observe(N, Observed.SILENT)
    clerk.forward(20 * HOUR)
    clerk.canaries(3, 3)
    clerk.now += 10 * HOUR
    start(clerk)
    clerk.canaries(3, 3)
    clerk.observe(N, Observed.SILENT)

    clerk.forward(3 * HOUR)
    assert clerk.issue(SUBJECT, IssueType.NODE_DOWN) is None
    clerk.forward(2 * HOUR)

    assert clerk.issue(SUBJECT, IssueType.NODE_DOWN) is not None


def test_a_state_that_is_not_ours_is_said_aloud_and_does_nothing(silent: Clerk) -> None:
    silent.say(SUBJECT, "cancel", intent=silent.intents()[0].id)

    silent.tell(ALL, Started("test", "", adopted=False, why_not="another machine"))
    silent.canaries(3, 3)
    silent.observe(N, Observed.SILENT)
    silent.refresh()
    silent.forward(DAY)

    assert silent.planned() == []
    alerts = [e.body.text for e in silent.events if isinstance(e.body, AlertRaised)]
    assert any("another machine" in text for text in alerts)


def test_failing_tests_do_not_age_while_we_are_stopped(clerk: Clerk) -> None:
    for _ in range(4):
        clerk.tell(pcu_subject(P), PcuTested(Finding.TIMEOUT, "no answer"))
        clerk.forward(HOUR)
    clerk.canaries(3, 3)
    clerk.now += 5 * DAY
    start(clerk)

    clerk.tell(pcu_subject(P), PcuTested(Finding.TIMEOUT, "no answer"))

    assert clerk.state.pcus[P].status is Status.OFFLINE


# The inventory


def read(clerk: Clerk, **changes: object) -> None:
    inventory = replace(clerk.inventory, **changes)  # type: ignore[arg-type] # names are fields
    clerk.inventory = inventory
    clerk.tell(ALL, InventoryRead(inventory, str(clerk.now)))


def test_a_changed_boot_state_counts_from_now(clerk: Clerk) -> None:
    changed = replace(clerk.inventory.nodes[N], boot_state=BootState.DISABLED)

    read(clerk, nodes={**clerk.inventory.nodes, N: changed})

    assert clerk.state.nodes[N].desired_since == clerk.now


def test_a_source_that_says_when_it_changed_is_believed(clerk: Clerk) -> None:
    since = clerk.now - 3 * DAY
    changed = replace(clerk.inventory.nodes[N], boot_state=BootState.DISABLED, boot_state_at=since)

    read(clerk, nodes={**clerk.inventory.nodes, N: changed})

    assert clerk.state.nodes[N].desired_since == since


def test_a_path_that_leads_elsewhere_is_not_proven_any_more() -> None:
    clerk = Clerk(inventory=make_inventory(proven=False)).begin()
    path = clerk.inventory.nodes[N].paths[0]
    clerk.state.fleet = replace(clerk.state.fleet, proven={str(path): clerk.now})
    nodes = dict(clerk.inventory.nodes)
    other = node(0, 1)
    nodes[N] = replace(nodes[N], paths=nodes[other].paths)
    nodes[other] = replace(nodes[other], paths=(path,))

    read(clerk, nodes=nodes)

    assert not proven(Draft(clerk.state, clerk.policy, clerk.now), path)


def test_a_path_through_another_unit_is_not_proven_any_more() -> None:
    clerk = Clerk(inventory=make_inventory(proven=False)).begin()
    path = clerk.inventory.nodes[N].paths[0]
    clerk.state.fleet = replace(clerk.state.fleet, proven={str(path): clerk.now})

    read(clerk, pcus={**clerk.inventory.pcus, P: replace(clerk.inventory.pcus[P], host="::2")})

    assert not proven(Draft(clerk.state, clerk.policy, clerk.now), path)


def test_another_change_leaves_it_proven() -> None:
    clerk = Clerk(inventory=make_inventory(proven=False)).begin()
    path = clerk.inventory.nodes[N].paths[0]
    clerk.state.fleet = replace(clerk.state.fleet, proven={str(path): clerk.now})

    read(clerk, nodes={**clerk.inventory.nodes, N: replace(clerk.inventory.nodes[N], was="m")})

    assert proven(Draft(clerk.state, clerk.policy, clerk.now), path)


def test_a_changed_record_ends_what_was_held_against_the_pcu(clerk: Clerk) -> None:
    clerk.tell(pcu_subject(P), PcuTested(Finding.LOGIN_REFUSED, "no"))

    read(clerk, pcus={**clerk.inventory.pcus, P: replace(clerk.inventory.pcus[P], user="root")})

    assert not clerk.state.pcus[P].refused
    assert clerk.issue(pcu_subject(P), IssueType.PCU_CONFIG) is not None, "until a good test"


def test_a_removed_path_voids_the_intent(silent: Clerk) -> None:
    (intent,) = silent.planned()
    elsewhere = PowerPath((Outlet(P, "9"),), proven=True)
    changed = replace(silent.inventory.nodes[N], paths=(elsewhere,))

    read(silent, nodes={**silent.inventory.nodes, N: changed})
    silent.send(intent)

    assert silent.state.intents[intent.id].state is IntentState.CANCELLED


# Canaries and blindness


def test_under_the_share_we_are_blind_at_once(clerk: Clerk) -> None:
    clerk.canaries(1, 3)

    assert clerk.state.fleet.blind
    assert {belief.evidence for belief in clerk.state.nodes.values()} == {Evidence.BLIND}


def test_the_share_itself_is_enough(clerk: Clerk) -> None:
    clerk.canaries(3, 5)

    assert not clerk.state.fleet.blind


def test_without_canaries_nobody_is_blind(clerk: Clerk) -> None:
    clerk.canaries(0, 0)

    assert not clerk.state.fleet.blind


def test_what_is_observed_while_blind_changes_no_belief(clerk: Clerk) -> None:
    clerk.canaries(0, 3)

    clerk.observe(N, Observed.SILENT)

    assert clerk.state.nodes[N].observed is Observed.BOOT


def test_what_is_observed_while_blind_proves_nothing(silent: Clerk) -> None:
    silent.carry_out(silent.planned()[0])
    silent.canaries(0, 3)

    silent.boot(N)

    assert silent.intents()[0].verdict is None


def test_ten_minutes_of_blindness_are_an_issue_that_ends_with_it(clerk: Clerk) -> None:
    clerk.canaries(0, 3)
    clerk.forward(11 * MINUTE)
    assert clerk.issue(fleet_subject("blind"), IssueType.SELF) is not None

    for _ in range(3):
        clerk.canaries(3, 3)

    assert clerk.issue(fleet_subject("blind"), IssueType.SELF) is None


def test_a_start_does_not_leave_blindness_open_for_ever(clerk: Clerk) -> None:
    clerk.canaries(0, 3)
    clerk.forward(11 * MINUTE)
    start(clerk)

    clerk.canaries(3, 3)

    assert clerk.issue(fleet_subject("blind"), IssueType.SELF) is None


def test_a_pcu_does_not_go_down_while_we_are_blind(clerk: Clerk) -> None:
    for _ in range(4):
        clerk.tell(pcu_subject(P), PcuTested(Finding.TIMEOUT, "no answer"))
        clerk.forward(HOUR)
    clerk.canaries(0, 3)
    clerk.forward(4 * DAY)
    for _ in range(3):
        clerk.canaries(3, 3)

    clerk.forward(MINUTE)

    assert clerk.state.pcus[P].status is Status.OFFLINE


def test_blind_nothing_is_done_and_nothing_is_mailed(silent: Clerk) -> None:
    silent.lose(silent.planned()[0])
    silent.canaries(0, 3)

    silent.forward(10 * DAY)

    assert silent.post() == []


# What is noticed


def test_what_is_noticed_opens_and_closes_an_issue_of_its_name(clerk: Clerk) -> None:
    clerk.tell(fleet_subject("disk"), Noticed("disk", True, "96 % full"))
    issue = clerk.issue(fleet_subject("disk"), IssueType.SELF)
    assert issue is not None and issue.summary == "96 % full"

    clerk.tell(fleet_subject("disk"), Noticed("disk", False, "40 % full"))

    assert clerk.state.issues[issue.id].cause is Cause.CONDITION_GONE


def test_it_is_alerted_once_and_again_after_a_week(clerk: Clerk) -> None:
    clerk.tell(fleet_subject("disk"), Noticed("disk", True, "96 % full"))

    for _ in range(15):
        clerk.forward(DAY)
        clerk.canaries(3, 3)

    alerts = [e.body.text for e in clerk.events if isinstance(e.body, AlertRaised)]
    assert len([text for text in alerts if "96 %" in text]) == 3


def test_whoever_saw_a_node_change_was_awake(clerk: Clerk) -> None:
    """No round of canaries lies between what was seen and the crash."""
    clerk.forward(2 * HOUR)
    clerk.observe(N, Observed.SILENT, evidence=Evidence.UNREACHABLE)
    seen = clerk.now
    clerk.now += HOUR

    clerk.tell(ALL, Started("test", "", adopted=True))

    (row,) = [row for row in clerk.audit if row.verb == "started"][-1:]
    assert row.gates["alive_at"] == seen.isoformat()


def test_after_a_start_it_goes_on_counting(clerk: Clerk) -> None:
    clerk.tell(fleet_subject("disk"), Noticed("disk", True, "96 % full"))
    start(clerk)

    clerk.canaries(3, 3)

    issue = clerk.issue(fleet_subject("disk"), IssueType.SELF)
    assert issue is not None and issue.climb.waited.running_since is not None


# A wall clock that jumps


def jump(clerk: Clerk, by: timedelta) -> None:
    clerk.canaries(3, 3)
    clerk.now += by
    clerk.tell(fleet_subject(CLOCK), Noticed(CLOCK, True, "the wall clock jumped"))


@pytest.mark.parametrize("by", [-10 * HOUR, 10 * HOUR], ids=["back", "forward"])
def test_a_jump_of_the_wall_clock_is_a_gap(clerk: Clerk, by: timedelta) -> None:
    clerk.observe(N, Observed.SILENT)
    clerk.forward(20 * HOUR)
    jump(clerk, by)
    clerk.observe(N, Observed.SILENT)

    clerk.forward(3 * HOUR)
    assert clerk.issue(SUBJECT, IssueType.NODE_DOWN) is None
    clerk.forward(2 * HOUR)

    assert clerk.issue(SUBJECT, IssueType.NODE_DOWN) is not None


def test_after_a_jump_nothing_is_done_before_a_complete_scan(clerk: Clerk) -> None:
    clerk.observe(N, Observed.SILENT)
    clerk.forward(20 * HOUR)
    jump(clerk, HOUR)
    clerk.observe(N, Observed.SILENT)
    clerk.forward(5 * HOUR)
    grace = next(g for g in clerk.want(N).gates if g.name is GateName.GRACE)
    assert grace.answer is Pass.HOLD
    assert not clerk.planned()

    clerk.refresh()

    assert clerk.planned()


def test_a_complete_scan_ends_the_issue_of_the_clock(clerk: Clerk) -> None:
    jump(clerk, HOUR)
    issue = clerk.issue(fleet_subject(CLOCK), IssueType.SELF)
    assert issue is not None and "jumped" in issue.summary

    clerk.tell(ALL, ScanCompleted(6, 6, 1.0))

    assert clerk.state.issues[issue.id].cause is Cause.CONDITION_GONE


def test_blind_it_stays_blind_over_a_jump(clerk: Clerk) -> None:
    clerk.canaries(0, 3)
    clerk.now += HOUR
    clerk.tell(fleet_subject(CLOCK), Noticed(CLOCK, True, "the wall clock jumped"))

    assert clerk.state.nodes[N].evidence is Evidence.BLIND


def test_outcomes_of_people_survive(silent: Clerk) -> None:
    intent = silent.lose(silent.planned()[0])
    assert intent.outcome is Outcome.UNKNOWN_AFTER_SEND

    start(silent)

    assert silent.state.intents[intent.id] == intent
