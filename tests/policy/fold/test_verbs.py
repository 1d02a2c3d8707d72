"""The verbs of people: what each does, and that a declined one leaves nothing but its refusal."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.beliefs import Finding, Status
from plcmon.model.decisions import Mode
from plcmon.model.events import DnsChecked, Event, PcuTested, Refused, Verb
from plcmon.model.intents import ActionKind, IntentState, Outcome
from plcmon.model.issues import Cause, Issue, IssueStatus, IssueType, Verdict
from plcmon.model.readings import Observed
from plcmon.model.subjects import (
    PcuKey,
    Subject,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from plcmon.policy.fold import fold
from plcmon.policy.fold.verbs import VERBS
from tests.policy.clerk import DAY, HOUR, MINUTE, OPS, Clerk, make_inventory, node

N = node(0, 0)
SUBJECT = node_subject(N)
P = PcuKey("toml:p0")
ALL = fleet_subject()


def why_not(told: list[Event]) -> str:
    return next((e.body.why for e in told if isinstance(e.body, Refused)), "")


@pytest.fixture
def pathless() -> Clerk:
    """Nothing can be done for the silent node but to wait and tell."""
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    clerk.fall_silent(N)
    return clerk


def down(clerk: Clerk) -> Issue:
    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None
    return issue


@pytest.fixture
def clerk() -> Clerk:
    return Clerk().begin()


@pytest.fixture
def silent(clerk: Clerk) -> Clerk:
    clerk.fall_silent(N)
    return clerk


@pytest.fixture
def proposing() -> Clerk:
    clerk = Clerk()
    clerk.policy = replace(clerk.policy, mode=Mode.PROPOSE)
    clerk.begin().fall_silent(N)
    return clerk


# Every verb, declined

DECLINED: dict[str, dict[str, object]] = {
    "approve": {"issue": "none"},
    "reject": {"issue": "none"},
    "pause": {"issue": "none"},
    "resume": {"issue": "none"},
    "reboot": {},
    "reinstall": {},
    "close": {"issue": "none"},
    "cancel": {"intent": "none"},
    "settle": {"intent": "none"},
    "confirm": {"intent": "none"},
    "maintenance": {},
    "maintenance-end": {},
    "freeze": {"scope": "sites"},
    "unfreeze": {"scope": "all"},
    "re-arm": {},
    "hostkey-accept": {},
    "power-cycle": {},
    "power-on": {},
    "power-off": {},
    "baseline-accept": {},
    "no-such-verb": {},
}


@pytest.mark.parametrize("verb", sorted(DECLINED))
def test_a_declined_verb_leaves_only_its_refusal(verb: str, clerk: Clerk) -> None:
    event = Event(clerk.now, site_subject("s0"), Verb(OPS, verb, "because", DECLINED[verb]))

    changes = fold(clerk.policy, clerk.state, event)

    assert [e.kind for e in changes.events] == ["Verb", "Refused"]
    assert [row.verb for row in changes.audit] == [f"{verb} declined"]
    changes.events.clear()
    changes.audit.clear()
    assert not changes


def test_every_verb_that_can_decline_is_tried() -> None:
    journal = {"db-adopt", "inventory-accept", "scan", "pcu-test", "pcu-status", "power-status"}
    journal.add("readings-post")
    assert VERBS.keys() - journal <= DECLINED.keys()


def test_a_verb_that_was_done_is_in_the_journal_with_its_actor(clerk: Clerk) -> None:
    event = Event(clerk.now, ALL, Verb(OPS, "freeze", "storm", {"scope": "all"}))

    (row,) = fold(clerk.policy, clerk.state, event).audit

    assert (row.actor, row.verb, row.reason) == ("ops", "freeze", "storm")


# Proposals


def test_the_next_rung_is_passed_over_once(silent: Clerk) -> None:
    issue = down(silent).id
    silent.say(SUBJECT, "reject", issue=issue, reason="it is being moved")
    ((rung, _),) = (passed := down(silent).climb.passed).items()

    again = silent.say(SUBJECT, "reject", issue=issue, next=rung, reason="once more")

    assert why_not(again) == f"{rung} was passed over already"
    assert down(silent).climb.passed == passed


@pytest.mark.parametrize("second", ["approve", "reject"])
def test_a_word_about_a_rung_that_is_over_meets_no_other_one(proposing: Clerk, second: str) -> None:
    issue = down(proposing).id
    proposing.say(SUBJECT, "reject", issue=issue, rung="cycle", reason="it is being moved")
    passed = down(proposing).climb.passed

    again = proposing.say(SUBJECT, second, issue=issue, rung="cycle", reason="once more")

    assert why_not(again)
    assert down(proposing).climb.passed == passed
    assert proposing.planned() == []


def test_approve_lets_the_rung_run(proposing: Clerk) -> None:
    proposing.say(SUBJECT, "approve", issue=down(proposing).id)

    assert len(proposing.planned()) == 1


def test_approve_without_a_proposal_is_declined(silent: Clerk) -> None:
    assert "nothing is proposed" in why_not(silent.say(SUBJECT, "approve", issue=down(silent).id))


def test_reject_passes_the_rung_over(proposing: Clerk) -> None:
    proposing.say(SUBJECT, "reject", issue=down(proposing).id, reason="it is being moved")

    assert "it is being moved" in down(proposing).climb.passed["cycle"]
    assert proposing.want(N).rung != "cycle"


# Pauses, windows, freezes


def waited(clerk: Clerk) -> timedelta:
    return down(clerk).climb.waited.value(clerk.now)


def test_a_paused_issue_stands_still_and_goes_on_at_its_end(pathless: Clerk) -> None:
    issue = down(pathless)
    pathless.say(SUBJECT, "pause", issue=issue.id, until=(pathless.now + 5 * HOUR).isoformat())
    before = waited(pathless)

    pathless.forward(4 * HOUR)
    assert waited(pathless) == before
    pathless.forward(2 * HOUR)

    assert down(pathless).status is IssueStatus.OPEN
    assert HOUR - MINUTE < waited(pathless) - before <= HOUR


def test_resume_ends_a_pause_at_once(silent: Clerk) -> None:
    issue = down(silent)
    silent.say(SUBJECT, "pause", issue=issue.id, until=(silent.now + 5 * HOUR).isoformat())

    silent.say(SUBJECT, "resume", issue=issue.id)

    assert down(silent).climb.waited.running_since == silent.now


@pytest.mark.parametrize("until", ["", "soon", "2020-01-01T00:00"])
def test_a_pause_needs_an_end_that_lies_ahead(silent: Clerk, until: str) -> None:
    assert why_not(silent.say(SUBJECT, "pause", issue=down(silent).id, until=until))


def test_an_issue_about_the_fleet_goes_on_after_its_pause(clerk: Clerk) -> None:
    clerk.canaries(0, 3)
    clerk.forward(11 * MINUTE)
    clerk.canaries(0, 3)
    blind = clerk.issue(fleet_subject("blind"), IssueType.SELF)
    assert blind is not None
    clerk.say(blind.subject, "pause", issue=blind.id, until=(clerk.now + HOUR).isoformat())

    clerk.forward(2 * HOUR)

    again = clerk.issue(fleet_subject("blind"), IssueType.SELF)
    assert again is not None and again.status is IssueStatus.OPEN
    assert again.climb.waited.running_since is not None


@pytest.mark.parametrize("scope", [SUBJECT, site_subject("s0"), pcu_subject(P)], ids=str)
def test_maintenance_stops_the_clocks_of_all_inside(scope: Subject) -> None:
    clerk = Clerk().begin()
    clerk.say(ALL, "freeze", scope="kind/power")
    clerk.fall_silent(N)
    before = waited(clerk)
    clerk.say(scope, "maintenance", until=(clerk.now + 5 * HOUR).isoformat())

    clerk.forward(4 * HOUR)
    assert waited(clerk) == before
    clerk.forward(2 * HOUR)

    assert not clerk.state.windows
    assert down(clerk).climb.waited.running_since is not None


def test_maintenance_opens_nothing(clerk: Clerk) -> None:
    clerk.say(site_subject("s0"), "maintenance", until=(clerk.now + 3 * DAY).isoformat())
    clerk.observe(N, Observed.SILENT)

    clerk.forward(2 * DAY)

    assert clerk.issue(SUBJECT, IssueType.NODE_DOWN) is None


def test_maintenance_can_be_ended_early(silent: Clerk) -> None:
    silent.say(SUBJECT, "maintenance", until=(silent.now + 5 * DAY).isoformat())

    silent.say(SUBJECT, "maintenance-end")

    assert not silent.state.windows
    assert down(silent).climb.waited.running_since == silent.now


@pytest.mark.parametrize(
    "scope", ["all", "site/s0", f"pcu/{P}", "family/apc", "kind/power", "kind/power-cycle"]
)
def test_a_freeze_holds_what_lies_in_its_scope(clerk: Clerk, scope: str) -> None:
    clerk.say(ALL, "freeze", scope=scope)
    clerk.fall_silent(N)
    assert clerk.planned() == []

    clerk.say(ALL, "unfreeze", scope=scope)

    assert len(clerk.planned()) == 1


def test_a_freeze_elsewhere_holds_nothing_here(clerk: Clerk) -> None:
    clerk.say(ALL, "freeze", scope="site/s1")

    clerk.fall_silent(N)

    assert len(clerk.planned()) == 1


# Closing


def test_closing_cancels_what_is_not_sent(silent: Clerk) -> None:
    silent.say(SUBJECT, "close", issue=down(silent).id, reason="known")

    assert [i.state for i in silent.intents()] == [IntentState.CANCELLED]
    closed = next(i for i in silent.state.issues.values() if i.type is IssueType.NODE_DOWN)
    assert (closed.cause, closed.closer) == (Cause.CLOSED_BY_PERSON, "ops")


def test_a_persons_word_stands_while_it_goes_on(silent: Clerk) -> None:
    issue = down(silent)
    silent.say(SUBJECT, "close", issue=issue.id)
    silent.forward(23 * HOUR)
    assert silent.issue(SUBJECT, IssueType.NODE_DOWN) is None

    silent.forward(2 * HOUR)

    assert down(silent).id == issue.id, "it is that issue again"


def test_closing_a_broken_pcu_absolves_it(silent: Clerk) -> None:
    silent.policy = replace(silent.policy, limits=replace(silent.policy.limits, cycles={DAY: 9}))
    for _ in range(2):
        silent.carry_out(silent.planned()[0], off_seen=False)
        silent.forward(25 * HOUR, quiet=True)
        silent.refresh()
    issue = silent.issue(pcu_subject(P), IssueType.PCU_BROKEN)
    assert issue is not None and silent.state.pcus[P].held_outlets

    silent.say(pcu_subject(P), "close", issue=issue.id)

    assert not silent.state.pcus[P].held_outlets
    assert silent.issue(pcu_subject(P), IssueType.PCU_BROKEN) is None


# How an unknown ended


@pytest.fixture
def lost(silent: Clerk) -> Clerk:
    silent.lose(silent.planned()[0])
    return silent


@pytest.mark.parametrize(
    ("word", "state", "verdict"),
    [
        ("fixed", IntentState.CONFIRMED, Verdict.FIXED),
        ("rebooted_sick", IntentState.CONFIRMED, Verdict.REBOOTED_SICK),
        ("not_rebooted", IntentState.FAILED, Verdict.NOT_REBOOTED),
    ],
)
def test_settle_takes_the_persons_word(
    lost: Clerk, word: str, state: IntentState, verdict: Verdict
) -> None:
    (intent,) = lost.intents()

    lost.say(SUBJECT, "settle", intent=intent.id, outcome=word)

    settled = lost.state.intents[intent.id]
    assert (settled.state, settled.verdict, settled.settled_by) == (state, verdict, "ops")
    assert settled.detail == f"settled by ops: {word}"
    assert not settled.in_flight and not settled.awaits_proof
    assert down(lost).verdict is verdict


@pytest.mark.parametrize("word", ["on", "failed", "unknown", ""])
def test_other_words_are_declined_and_the_allowed_ones_named(lost: Clerk, word: str) -> None:
    (intent,) = lost.intents()

    why = why_not(lost.say(SUBJECT, "settle", intent=intent.id, outcome=word))

    assert why == "say how it ended: fixed, rebooted_sick, not_rebooted"
    assert lost.state.intents[intent.id].state is IntentState.UNKNOWN


def test_only_an_unknown_can_be_settled(silent: Clerk) -> None:
    (intent,) = silent.intents()

    assert "not unknown" in why_not(
        silent.say(SUBJECT, "settle", intent=intent.id, outcome="fixed")
    )


def test_what_the_staff_reads_afterwards_changes_nothing(lost: Clerk) -> None:
    (intent,) = lost.intents()
    lost.say(SUBJECT, "settle", intent=intent.id, outcome="not_rebooted")
    settled, pcu = lost.state.intents[intent.id], lost.state.pcus[P]

    lost.end(intent, "confirmed", Outcome.OK)

    assert lost.state.intents[intent.id] == settled
    assert lost.state.pcus[P] == pcu


def test_a_later_sight_does_not_overrule_a_person(lost: Clerk) -> None:
    (intent,) = lost.intents()
    lost.say(SUBJECT, "settle", intent=intent.id, outcome="rebooted_sick")

    lost.boot(N)

    assert lost.state.intents[intent.id].verdict is Verdict.REBOOTED_SICK


def test_what_a_person_calls_not_rebooted_may_still_be_dark(lost: Clerk) -> None:
    (intent,) = lost.intents()
    dark = lost.state.fleet.known_off

    lost.say(SUBJECT, "settle", intent=intent.id, outcome="not_rebooted")

    assert lost.state.fleet.known_off == dark


# Cancelling


def test_cancel_takes_back_what_was_not_sent(silent: Clerk) -> None:
    (intent,) = silent.intents()

    silent.say(SUBJECT, "cancel", intent=intent.id)

    assert silent.state.intents[intent.id].state is IntentState.CANCELLED
    assert down(silent).climb.rung == ""


def test_what_was_sent_cannot_be_cancelled(silent: Clerk) -> None:
    intent = silent.send(silent.planned()[0])

    assert "not yet sent" in why_not(silent.say(SUBJECT, "cancel", intent=intent.id))


def test_a_cancelled_notice_is_not_mailed(clerk: Clerk) -> None:
    clerk.observe(N, Observed.DEAF)
    clerk.forward(25 * HOUR)
    (notice,) = clerk.planned(ActionKind.NOTIFY)

    clerk.say(SUBJECT, "cancel", intent=notice.id)

    assert clerk.post() == []


# Re-arm


def test_re_arm_gives_a_refused_pcu_a_new_chance(clerk: Clerk) -> None:
    clerk.tell(pcu_subject(P), PcuTested(Finding.LOGIN_REFUSED, "no"))
    assert clerk.issue(pcu_subject(P), IssueType.PCU_CONFIG) is not None

    clerk.say(pcu_subject(P), "re-arm")

    belief = clerk.state.pcus[P]
    assert not belief.refused and belief.finding is None
    assert belief.status is Status.ONLINE
    assert clerk.issue(pcu_subject(P), IssueType.PCU_CONFIG) is None


def test_re_arm_of_a_unit_whose_name_moved_takes_its_proofs(clerk: Clerk) -> None:
    path = str(clerk.state.inventory.nodes[N].paths[0])
    other = "toml:other outlet 1"
    proven = {path: clerk.now, other: clerk.now}
    clerk.state.fleet = replace(clerk.state.fleet, proven=proven)
    clerk.tell(pcu_subject(P), DnsChecked(True, addresses=("192.0.2.1",)))
    clerk.tell(pcu_subject(P), DnsChecked(False, "it leads to 192.0.2.2 now"))
    assert clerk.state.pcus[P].addresses == ("192.0.2.1",)

    clerk.say(pcu_subject(P), "re-arm")

    assert (clerk.state.pcus[P].dns, clerk.state.pcus[P].addresses) == (None, ())
    assert set(clerk.state.fleet.proven) == {other}


def test_re_armed_and_refused_again_it_is_said_again(clerk: Clerk) -> None:
    clerk.tell(pcu_subject(P), PcuTested(Finding.LOGIN_REFUSED, "no"))
    clerk.say(pcu_subject(P), "re-arm")
    clerk.now += MINUTE

    clerk.tell(pcu_subject(P), PcuTested(Finding.LOGIN_REFUSED, "no"))

    assert clerk.issue(pcu_subject(P), IssueType.PCU_CONFIG) is not None


def test_re_arm_gives_an_issue_its_passed_over_rungs_again(proposing: Clerk) -> None:
    issue = down(proposing)
    proposing.say(SUBJECT, "reject", issue=issue.id)

    proposing.say(SUBJECT, "re-arm", issue=issue.id)

    assert proposing.want(N).rung == "cycle"
