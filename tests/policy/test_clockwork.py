"""When time alone changes something: never a time that was reached, never one forgotten."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.beliefs import Finding, NodeBelief, Status
from plcmon.model.events import PcuTested, Tick
from plcmon.model.intents import IntentState
from plcmon.model.issues import IssueType
from plcmon.model.readings import Evidence, Observed
from plcmon.model.state import Changes
from plcmon.model.subjects import (
    BootState,
    PcuKey,
    SiteKey,
    Subject,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from plcmon.policy.clockwork import NUDGE, next_change
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node

N = node(0, 0)
SUBJECT = node_subject(N)
P = pcu_subject(PcuKey("toml:p0"))
S = site_subject(SiteKey("s0"))


@pytest.fixture
def clerk() -> Clerk:
    return Clerk().begin()


def due_in(clerk: Clerk, subject: Subject) -> timedelta | None:
    at = next_change(clerk.state, clerk.policy, subject, clerk.now)
    return at - clerk.now - NUDGE if at is not None else None


def test_a_silent_node_is_due_when_it_is_down(clerk: Clerk) -> None:
    clerk.observe(N, Observed.SILENT)

    assert due_in(clerk, SUBJECT) == 24 * HOUR


def test_a_node_without_evidence_is_due_when_it_was_unseen_for_a_day(clerk: Clerk) -> None:
    clerk.observe(N, Observed.SILENT, evidence=Evidence.STALE)

    assert due_in(clerk, SUBJECT) == clerk.policy.thresholds.stale_for


def test_an_online_node_is_due_when_it_is_good(clerk: Clerk) -> None:
    clerk.observe(N, Observed.SILENT)
    clerk.forward(HOUR)
    clerk.observe(N, Observed.BOOT)

    assert clerk.state.nodes[N].status is Status.ONLINE
    assert due_in(clerk, SUBJECT) == 12 * HOUR


def test_a_node_that_came_back_is_due_when_its_issue_closes(clerk: Clerk) -> None:
    clerk.fall_silent(N)
    clerk.observe(N, Observed.BOOT)

    assert due_in(clerk, SUBJECT) == 10 * MINUTE


def test_a_planned_action_is_due_when_it_lapses(clerk: Clerk) -> None:
    clerk.fall_silent(N)
    (intent,) = clerk.planned()

    assert due_in(clerk, SUBJECT) == intent.expires_at - clerk.now


def test_mail_does_not_lapse() -> None:
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    clerk.fall_silent(N, long=49 * HOUR)
    assert len(clerk.intents()) == 1

    assert due_in(clerk, SUBJECT) is None


def test_an_action_is_due_when_its_proof_is(clerk: Clerk) -> None:
    clerk.fall_silent(N)
    clerk.carry_out(clerk.planned()[0])

    assert due_in(clerk, SUBJECT) == clerk.policy.wire.boot_wait


def test_a_request_is_due_when_it_is_over() -> None:
    clerk = Clerk(inventory=make_inventory(family="manual")).begin()
    clerk.fall_silent(N)
    clerk.ask_person(clerk.planned()[0])

    clerk.forward(3 * DAY)

    assert due_in(clerk, SUBJECT) == 4 * DAY


def test_a_paused_issue_is_due_at_its_end(clerk: Clerk) -> None:
    clerk.fall_silent(N)
    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None
    clerk.say(SUBJECT, "cancel", intent=clerk.planned()[0].id)
    clerk.say(SUBJECT, "pause", issue=issue.id, until=(clerk.now + 3 * HOUR).isoformat())

    assert due_in(clerk, SUBJECT) == 3 * HOUR


def test_a_node_that_lets_people_in_again_is_due_when_its_issue_closes(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEAF)
    clerk.forward(25 * HOUR)
    assert clerk.issue(SUBJECT, IssueType.NODE_LOGIN) is not None

    clerk.observe(N, Observed.BOOT)

    assert due_in(clerk, SUBJECT) == 30 * MINUTE


def test_a_node_that_is_off_on_purpose_is_due_when_that_is_too_long(clerk: Clerk) -> None:
    rows = clerk.state.inventory.nodes
    disabled = replace(rows[N], boot_state=BootState.DISABLED)
    clerk.state.inventory = replace(clerk.state.inventory, nodes={**rows, N: disabled})
    clerk.state.nodes[N] = NodeBelief(N, Status.DISABLED, desired_since=clerk.now - 20 * DAY)

    assert due_in(clerk, SUBJECT) == 40 * DAY


def test_an_outlet_that_our_hand_keeps_dark_is_due_when_it_is_an_alert(clerk: Clerk) -> None:
    clerk.fall_silent(N)
    intent = clerk.planned()[0]
    dark = replace(intent, state=IntentState.UNKNOWN, dark_since=clerk.now)
    clerk.state.apply(Changes(intents={intent.id: dark}))

    assert due_in(clerk, SUBJECT) == clerk.policy.wire.dark_alert


def test_a_failing_pcu_is_due_when_it_is_down(clerk: Clerk) -> None:
    for _ in range(4):
        clerk.tell(P, PcuTested(Finding.TIMEOUT, "late"))
        clerk.now += 10 * HOUR
    clerk.tell(P, PcuTested(Finding.TIMEOUT, "late"))

    assert due_in(clerk, P) == 8 * HOUR


def test_a_dark_site_is_due_when_it_is_an_issue(clerk: Clerk) -> None:
    clerk.witnesses(SiteKey("s0"), answered=False)
    for number in range(3):
        clerk.observe(node(0, number), Observed.SILENT, evidence=Evidence.UNREACHABLE)

    assert due_in(clerk, S) == HOUR


def test_a_window_is_due_at_its_end(clerk: Clerk) -> None:
    clerk.say(SUBJECT, "maintenance", until=(clerk.now + 20 * MINUTE).isoformat())

    assert due_in(clerk, fleet_subject()) == 20 * MINUTE


def test_blindness_is_due_when_it_is_an_issue(clerk: Clerk) -> None:
    clerk.canaries(0, 3)

    assert due_in(clerk, fleet_subject()) == 10 * MINUTE


@pytest.mark.parametrize("subject", [SUBJECT, P, S, fleet_subject()], ids=str)
def test_after_its_time_a_subject_is_due_later_or_never(clerk: Clerk, subject: Subject) -> None:
    """A time that stays reached would keep the engine's loop turning for nothing."""
    clerk.observe(N, Observed.SILENT)
    clerk.tell(P, PcuTested(Finding.TIMEOUT, "late"))
    for _ in range(200):
        at = next_change(clerk.state, clerk.policy, subject, clerk.now)
        if at is None:
            return
        assert at > clerk.now
        clerk.now = at
        clerk.tell(subject, Tick())
    pytest.fail("it is due again and again")
