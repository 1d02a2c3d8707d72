"""Judged again, at the claim and at the moment of sending."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.beliefs import Finding
from plcmon.model.decisions import Mode
from plcmon.model.events import HearsayChanged, InventoryRead, PcuTested
from plcmon.model.intents import ActionKind, Intent, IntentState
from plcmon.model.issues import IssueType
from plcmon.model.policy import SourceRule
from plcmon.model.readings import Evidence, Observed
from plcmon.model.subjects import (
    BootState,
    Outlet,
    PcuKey,
    fleet_subject,
    node_subject,
    pcu_subject,
)
from plcmon.policy.draft import Draft
from plcmon.policy.judge import objection
from tests.policy.clerk import DAY, HOUR, Clerk, node

N = node(0, 0)
SUBJECT = node_subject(N)
P = PcuKey("toml:p0")
ALL = fleet_subject()


@pytest.fixture
def clerk() -> Clerk:
    clerk = Clerk().begin()
    clerk.fall_silent(N)
    return clerk


def why_not(clerk: Clerk, intent: Intent | None = None) -> str:
    (planned,) = [intent] if intent else clerk.planned()
    return objection(Draft(clerk.state, clerk.policy, clerk.now), planned)


def test_what_was_granted_may_go_on(clerk: Clerk) -> None:
    assert why_not(clerk) == ""


def freeze(clerk: Clerk) -> None:
    clerk.say(ALL, "freeze", scope="family/apc")


def maintain(clerk: Clerk) -> None:
    clerk.say(SUBJECT, "maintenance", until=(clerk.now + DAY).isoformat())


def pause(clerk: Clerk) -> None:
    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None
    clerk.say(SUBJECT, "pause", issue=issue.id, until=(clerk.now + DAY).isoformat())


def exempt(clerk: Clerk) -> None:
    change(clerk, exempt_until=clerk.now + DAY)


def disable(clerk: Clerk) -> None:
    change(clerk, boot_state=BootState.DISABLED)


def seen_elsewhere(clerk: Clerk) -> None:
    rule = SourceRule(timedelta(minutes=1), counts=True)
    clerk.policy = replace(clerk.policy, sources={"comon": rule})
    clerk.tell(SUBJECT, HearsayChanged("comon", True, clerk.now))


def unplug(clerk: Clerk) -> None:
    change(clerk, paths=())


def change(clerk: Clerk, **fields: object) -> None:
    changed = replace(clerk.inventory.nodes[N], **fields)  # type: ignore[arg-type] # its fields
    nodes = {**clerk.inventory.nodes, N: changed}
    clerk.tell(ALL, InventoryRead(replace(clerk.inventory, nodes=nodes), "changed"))


def lose_sight(clerk: Clerk) -> None:
    clerk.observe(N, Observed.SILENT, evidence=Evidence.SUSPECT)


def see_it_deaf(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEAF)


def go_blind(clerk: Clerk) -> None:
    clerk.canaries(0, 3)


def shut_the_guard(clerk: Clerk) -> None:
    clerk.state.fleet = replace(clerk.state.fleet, guard_closed=True, guard_since=clerk.now)


def lose_the_pcu(clerk: Clerk) -> None:
    clerk.tell(pcu_subject(P), PcuTested(Finding.LOGIN_REFUSED, "no"))


def find_it_off(clerk: Clerk) -> None:
    clerk.state.fleet = replace(clerk.state.fleet, foreign_off=frozenset({Outlet(P, "1")}))


def disown(clerk: Clerk) -> None:
    clerk.state.fleet = replace(clerk.state.fleet, adopted=False)


def only_look(clerk: Clerk) -> None:
    clerk.policy = replace(clerk.policy, mode=Mode.OBSERVE)


def only_propose(clerk: Clerk) -> None:
    clerk.policy = replace(clerk.policy, mode=Mode.PROPOSE)


def only_propose_that_rung(clerk: Clerk) -> None:
    ladder = clerk.policy.ladders[IssueType.NODE_DOWN]
    rungs = tuple(replace(rung, mode=Mode.PROPOSE) for rung in ladder.rungs)
    ladders = {**clerk.policy.ladders, IssueType.NODE_DOWN: replace(ladder, rungs=rungs)}
    clerk.policy = replace(clerk.policy, ladders=ladders)


def vouch_no_more(clerk: Clerk) -> None:
    (path,) = clerk.inventory.nodes[N].paths
    change(clerk, paths=(replace(path, proven=False),))


def let_it_lapse(clerk: Clerk) -> None:
    clerk.now += HOUR


STOPS: dict[str, tuple[Callable[[Clerk], None], str]] = {
    "a freeze": (freeze, "family/apc is frozen"),
    "a window": (maintain, "window: maintenance"),
    "a pause": (pause, "issue: paused"),
    "an exemption": (exempt, "exempt:"),
    "a person who wants it off": (disable, "issue: it stands still"),
    "a source that sees it up": (seen_elsewhere, "elsewhere: comon says that it is up"),
    "a removed path": (unplug, "its power path changed"),
    "evidence that is gone": (lose_sight, "evidence: the evidence is suspect"),
    "a sign of life": (see_it_deaf, "evidence: it is deaf"),
    "blindness": (go_blind, "evidence: the evidence is blind"),
    "the fleet guard": (shut_the_guard, "fleet guard: closed"),
    "the PCU": (lose_the_pcu, "refused our login"),
    "an unknown hand": (find_it_off, "off by an unknown hand"),
    "a state that is not ours": (disown, "not adopted"),
    "the mode of today": (only_look, "mode: observe"),
    "a mode that only proposes": (only_propose, "mode: propose: nobody approved it"),
    "a rung that only proposes": (only_propose_that_rung, "mode: propose: nobody approved it"),
    "a path that nobody vouches for": (vouch_no_more, "mode: propose: nobody approved it"),
    "time": (let_it_lapse, "it lapsed"),
}


@pytest.mark.parametrize(("prepare", "why"), STOPS.values(), ids=STOPS)
def test_it_is_stopped_by(clerk: Clerk, prepare: Callable[[Clerk], None], why: str) -> None:
    prepare(clerk)

    assert why in why_not(clerk)


@pytest.mark.parametrize(("prepare", "why"), STOPS.values(), ids=STOPS)
def test_at_the_moment_of_sending_too(
    clerk: Clerk, prepare: Callable[[Clerk], None], why: str
) -> None:
    (intent,) = clerk.planned()
    prepare(clerk)

    clerk.send(intent)

    ended = clerk.state.intents[intent.id]
    assert ended.state is IntentState.CANCELLED
    assert why in ended.detail
    assert clerk.state.commands.get(intent.id) is None


@pytest.mark.parametrize("prepare", [only_propose, only_propose_that_rung, vouch_no_more])
def test_what_a_person_approved_goes_on(prepare: Callable[[Clerk], None]) -> None:
    clerk = Clerk().begin()
    only_propose(clerk)
    clerk.fall_silent(N)
    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None
    clerk.say(SUBJECT, "approve", issue=issue.id)
    (intent,) = clerk.planned()

    prepare(clerk)

    assert intent.approved_by == "ops"
    assert why_not(clerk) == ""


def test_a_persons_own_request_stands_above_the_engines_gates() -> None:
    clerk = Clerk().begin()
    clerk.say(SUBJECT, "power-cycle")
    maintain(clerk)
    go_blind(clerk)

    assert why_not(clerk) == ""


@pytest.mark.parametrize("prepare", [freeze, disown, unplug, let_it_lapse])
def test_but_not_above_these(prepare: Callable[[Clerk], None]) -> None:
    clerk = Clerk().begin()
    clerk.say(SUBJECT, "power-cycle")
    prepare(clerk)

    assert why_not(clerk)


def test_what_ended_already_is_not_done(clerk: Clerk) -> None:
    (intent,) = clerk.planned()
    clerk.say(SUBJECT, "cancel", intent=intent.id)

    assert why_not(clerk, clerk.state.intents[intent.id]) == "it is already cancelled"


def test_mail_does_not_lapse() -> None:
    """A person gets one mail a day; the rest waits for the next, and is never dropped."""
    clerk = Clerk().begin()
    clerk.observe(N, Observed.DEAF)
    clerk.forward(25 * HOUR)
    clerk.forward(20 * HOUR)
    clerk.refresh()

    (notice,) = clerk.planned(ActionKind.NOTIFY)

    assert why_not(clerk, notice) == ""


def test_a_first_notice_waits_for_the_guard() -> None:
    clerk = Clerk().begin()
    clerk.say(ALL, "freeze", scope="kind/power")
    clerk.fall_silent(N)
    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None
    clerk.say(SUBJECT, "reject", issue=issue.id)
    while not clerk.planned(ActionKind.NOTIFY):
        clerk.forward(DAY)
        clerk.refresh()
    shut_the_guard(clerk)

    assert why_not(clerk, clerk.planned(ActionKind.NOTIFY)[0]).startswith("fleet guard")
