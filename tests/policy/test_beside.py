"""Beside the ladder: a PCU that is mended late is used, once, and nothing else moves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.beliefs import Finding, Status
from plcmon.model.decisions import Mode
from plcmon.model.events import PcuTested
from plcmon.model.intents import ActionKind, Intent, IntentState
from plcmon.model.issues import Climb, Issue, IssueType
from plcmon.model.policy import Rung
from plcmon.model.subjects import PcuKey, node_subject, pcu_subject
from plcmon.policy.beside import owes
from plcmon.policy.climbing import step_back, step_beside
from plcmon.policy.pinned import effect_of
from tests.policy.clerk import DAY, HOUR, MINUTE, POLICY, Clerk, make_inventory, node

N = node(0, 0)
SUBJECT = node_subject(N)
P = PcuKey("toml:p0")
CYCLE = Rung("cycle", (effect_of("power-cycle"),))


def live(clerk: Clerk, span: timedelta, finding: Finding) -> None:
    """Time in which the PCU is tested every six hours, and everything else goes on."""
    until = clerk.now + span
    while clerk.now < until:
        clerk.tell(pcu_subject(P), PcuTested(finding, finding.value))
        clerk.canaries(3, 3)
        clerk.forward(6 * HOUR)


def cycles(clerk: Clerk) -> list[Intent]:
    return [i for i in clerk.intents() if i.kind is ActionKind.POWER_CYCLE]


def issue_of(clerk: Clerk) -> Issue:
    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None
    return issue


def with_a_dead_pcu(mode: Mode = Mode.AUTO, *, proven: bool = True) -> Clerk:
    """A silent node whose PCU died with it, on day ten."""
    policy = replace(POLICY, mode=mode)
    clerk = Clerk(policy=policy, inventory=make_inventory(sites=1, nodes=2, proven=proven)).begin()
    live(clerk, 2 * DAY, Finding.TIMEOUT)
    clerk.fall_silent(N, long=HOUR)
    live(clerk, 9 * DAY, Finding.TIMEOUT)
    assert clerk.state.pcus[P].status is Status.DOWN
    return clerk


@pytest.fixture
def clerk() -> Clerk:
    return with_a_dead_pcu()


def test_power_held_by_its_pcu_is_passed_over_and_owed(clerk: Clerk) -> None:
    climb = issue_of(clerk).climb

    assert climb.owed == "cycle"
    assert climb.passed["cycle"].endswith("it runs once when its PCU is good again")
    assert climb.rung == "tell"
    assert not cycles(clerk)


def test_a_pcu_mended_on_day_ten_is_used(clerk: Clerk) -> None:
    live(clerk, 6 * HOUR, Finding.OK)
    assert not cycles(clerk), "online is not good yet"

    live(clerk, 6 * HOUR, Finding.OK)

    (intent,) = cycles(clerk)
    assert intent.rung == "cycle"
    climb = issue_of(clerk).climb
    assert (climb.rung, climb.owed, climb.beside) == ("tell", "", "cycle")


def test_it_runs_once_and_the_ladder_goes_on(clerk: Clerk) -> None:
    live(clerk, 12 * HOUR, Finding.OK)
    (intent,) = cycles(clerk)
    clerk.carry_out(intent)

    live(clerk, 9 * DAY, Finding.OK)

    assert len(cycles(clerk)) == 1
    assert issue_of(clerk).climb.rung in ("tell_pi", "tell_users")


def test_what_was_never_sent_is_owed_again(clerk: Clerk) -> None:
    live(clerk, 12 * HOUR, Finding.OK)
    (intent,) = cycles(clerk)

    clerk.say(SUBJECT, "cancel", intent=intent.id)
    assert issue_of(clerk).climb.owed == "cycle"

    clerk.forward(clerk.policy.safety.retry_after + MINUTE)
    assert [i.state for i in cycles(clerk)] == [IntentState.CANCELLED, IntentState.PLANNED]


def test_a_node_that_came_back_meanwhile_gets_none() -> None:
    clerk = with_a_dead_pcu()
    clerk.boot(N)
    clerk.forward(HOUR)

    live(clerk, 2 * DAY, Finding.OK)

    assert not cycles(clerk)


def test_observing_only_its_shadow_takes_it() -> None:
    clerk = with_a_dead_pcu(Mode.OBSERVE)
    assert issue_of(clerk).shadow.owed == "cycle"

    live(clerk, 12 * HOUR, Finding.OK)

    assert issue_of(clerk).shadow.beside == "cycle"
    assert issue_of(clerk).climb == Climb(waited=issue_of(clerk).climb.waited)
    assert not cycles(clerk)


def test_a_rejected_one_is_owed_no_more() -> None:
    clerk = with_a_dead_pcu(proven=False)
    live(clerk, 12 * HOUR, Finding.OK)
    issue = issue_of(clerk)
    assert issue.proposal is not None
    assert issue.proposal.rung == "cycle"

    clerk.say(SUBJECT, "reject", issue=issue.id)

    assert issue_of(clerk).climb.owed == ""


@pytest.mark.parametrize(
    ("rung", "why", "owed"),
    [
        (CYCLE, "power_path_ok", True),
        (CYCLE, "silent or wedged", False),
        (Rung("tell", (effect_of("notify down tech"),)), "power_path_ok", False),
    ],
)
def test_only_power_that_its_pcu_alone_held_is_owed(rung: Rung, why: str, owed: bool) -> None:
    assert owes(rung, why) is owed


def test_a_step_beside_is_taken_back_whole() -> None:
    climb = Climb(rung="tell", order=30, owed="cycle", repeats={"tell": 1})

    taken = step_beside(climb, CYCLE)

    assert (taken.rung, taken.order, taken.owed) == ("tell", 30, "")
    assert step_back(taken, "cycle") == climb
