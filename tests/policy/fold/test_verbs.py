"""The verbs of people: what each does, and that a declined one leaves nothing but its refusal."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.beliefs import Finding, Status
from plcmon.model.decisions import Mode
from plcmon.model.events import Event, PcuTested, Refused, Started, Verb
from plcmon.model.intents import ActionKind, IntentState, Outcome
from plcmon.model.issues import Cause, Issue, IssueStatus, IssueType, Verdict
from plcmon.model.readings import Observed
from plcmon.model.subjects import (
    Outlet,
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
    "close": {"issue": "none"},
    "cancel": {"intent": "none"},
    "settle": {"intent": "none"},
    "confirm": {"intent": "none"},
    "maintenance": {},
    "maintenance-end": {},
    "freeze": {"scope": "sites"},
    "unfreeze": {"scope": "all"},
    "re-arm": {},
    "power-cycle": {},
    "power-on": {},
    "power-off": {},
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
    assert VERBS.keys() - journal <= DECLINED.keys()


def test_a_verb_that_was_done_is_in_the_journal_with_its_actor(clerk: Clerk) -> None:
    event = Event(clerk.now, ALL, Verb(OPS, "freeze", "storm", {"scope": "all"}))

    (row,) = fold(clerk.policy, clerk.state, event).audit

    assert (row.actor, row.verb, row.reason) == ("ops", "freeze", "storm")


# Proposals


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


# Requests to a person


@pytest.fixture
def asked() -> Clerk:
    """The PCU is a person: the request is out with them."""
    clerk = Clerk(inventory=make_inventory(family="manual")).begin()
    clerk.fall_silent(N)
    clerk.ask_person(clerk.planned()[0])
    return clerk


def test_confirm_waits_for_its_proof(asked: Clerk) -> None:
    (intent,) = asked.intents()

    asked.say(SUBJECT, "confirm", intent=intent.id)

    confirmed = asked.state.intents[intent.id]
    assert (confirmed.state, confirmed.settled_by) == (IntentState.CONFIRMED, "ops")
    asked.boot(N)
    assert asked.state.intents[intent.id].verdict is Verdict.FIXED


def test_only_a_request_can_be_confirmed(silent: Clerk) -> None:
    intent = silent.send(silent.planned()[0])

    assert "waits for nobody" in why_not(silent.say(SUBJECT, "confirm", intent=intent.id))


def test_a_request_holds_only_its_node(asked: Clerk) -> None:
    other = node(0, 1)
    asked.fall_silent(other)
    assert [i.target for i in asked.planned()] == [node_subject(other)]

    told = asked.say(SUBJECT, "power-cycle")

    assert why_not(told) == "power-cycle of n0-0.example.org is sent"


def test_a_request_does_not_stop_people_elsewhere_on_the_site(asked: Clerk) -> None:
    assert not why_not(asked.say(node_subject(node(0, 2)), "power-cycle"))


def test_a_boot_with_a_new_boot_id_answers_a_request(asked: Clerk) -> None:
    asked.boot(N)

    (intent,) = asked.intents()
    assert (intent.state, intent.verdict) == (IntentState.CONFIRMED, Verdict.FIXED)


def test_the_old_boot_id_does_not_answer_it(asked: Clerk) -> None:
    asked.boot(N, "first")

    (intent,) = asked.intents()
    assert (intent.state, intent.verdict) == (IntentState.SENT, None)


def test_a_request_that_is_not_needed_any_more_is_withdrawn(asked: Clerk) -> None:
    asked.boot(N, "first")

    asked.forward(11 * MINUTE)

    (intent,) = asked.intents()
    assert intent.state is IntentState.FAILED
    assert intent.verdict is None
    assert "withdrawn" in intent.detail


def test_a_request_that_nobody_answers_ends_without_being_bad(asked: Clerk) -> None:
    asked.forward(7 * DAY + MINUTE)

    intent = asked.intents()[0]
    assert (intent.state, intent.verdict) == (IntentState.FAILED, None)
    assert not asked.state.pcus[P].not_rebooted


def test_people_are_told_while_a_request_is_out(asked: Clerk) -> None:
    asked.forward(26 * HOUR)

    assert "down tech" in [intent.argument for intent in asked.intents()]


def test_a_request_survives_a_restart(asked: Clerk) -> None:
    asked.tell(ALL, Started("test", "", adopted=True))
    (intent,) = asked.intents()
    assert intent.state is IntentState.SENT

    asked.say(SUBJECT, "confirm", intent=intent.id)

    assert asked.state.intents[intent.id].state is IntentState.CONFIRMED


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


# Power


def test_a_person_may_act_in_observe() -> None:
    clerk = Clerk()
    clerk.policy = replace(clerk.policy, mode=Mode.OBSERVE)
    clerk.begin()

    clerk.say(SUBJECT, "power-cycle")

    (intent,) = clerk.intents()
    assert (intent.kind, intent.actor) == (ActionKind.POWER_CYCLE, "ops")


def test_off_opens_a_maintenance_window(clerk: Clerk) -> None:
    clerk.say(SUBJECT, "power-off", until=(clerk.now + HOUR).isoformat())

    assert [window.subject for window in clerk.state.windows.values()] == [SUBJECT]


def test_off_without_an_end_leaves_no_window(clerk: Clerk) -> None:
    assert why_not(clerk.say(SUBJECT, "power-off")) == "an end is required"
    assert not clerk.state.windows


Prepare = Callable[[Clerk], object]


def spend_the_day(clerk: Clerk) -> None:
    clerk.say(SUBJECT, "power-cycle")
    done = clerk.carry_out(clerk.planned()[0])
    clerk.boot(N)
    assert done.sent_at is not None


def spend_the_hour(clerk: Clerk) -> None:
    for number in (1, 2):
        other = node(1, number)
        clerk.say(node_subject(other), "power-cycle")
        clerk.carry_out(clerk.planned()[0])
        clerk.boot(other)


def find_it_off(clerk: Clerk) -> None:
    outlet = Outlet(P, "1")
    clerk.state.fleet = replace(clerk.state.fleet, foreign_off=frozenset({outlet}))


def lose_the_pcu(clerk: Clerk) -> None:
    clerk.tell(pcu_subject(P), PcuTested(Finding.LOGIN_REFUSED, "no"))


FORCED = {
    "node limit": (spend_the_day, "1 power cycles within"),
    "budget": (spend_the_hour, "2 of 2 power actions"),
    "an unknown hand": (find_it_off, "off by an unknown hand"),
    "the pcu": (lose_the_pcu, "refused our login"),
}


@pytest.mark.parametrize(("prepare", "why"), FORCED.values(), ids=FORCED)
def test_force_overrides(clerk: Clerk, prepare: Prepare, why: str) -> None:
    prepare(clerk)
    told = clerk.say(SUBJECT, "power-cycle")
    assert why in why_not(told) and "--force overrides" in why_not(told)

    assert not why_not(clerk.say(SUBJECT, "power-cycle", force=True))


def freeze_all(clerk: Clerk) -> None:
    clerk.say(ALL, "freeze", scope="all")


def lose_adoption(clerk: Clerk) -> None:
    clerk.state.fleet = replace(clerk.state.fleet, adopted=False)


def use_the_site(clerk: Clerk) -> None:
    clerk.say(node_subject(node(0, 1)), "power-cycle")


NEVER_FORCED = {
    "a freeze": (freeze_all, "all is frozen"),
    "a state that is not ours": (lose_adoption, "not adopted"),
    "the in-flight rule": (use_the_site, "in use"),
}


@pytest.mark.parametrize(("prepare", "why"), NEVER_FORCED.values(), ids=NEVER_FORCED)
def test_force_does_not_override(clerk: Clerk, prepare: Prepare, why: str) -> None:
    prepare(clerk)

    assert why in why_not(clerk.say(SUBJECT, "power-cycle", force=True))


def test_on_is_always_allowed_where_nothing_is_in_flight(clerk: Clerk) -> None:
    lose_the_pcu(clerk)

    assert not why_not(clerk.say(SUBJECT, "power-on"))


def test_a_finished_power_on_does_not_hold_the_node(clerk: Clerk) -> None:
    clerk.say(SUBJECT, "power-on")
    (intent,) = clerk.intents()
    clerk.send(intent, "on")
    clerk.end(intent, "confirmed", Outcome.OK)

    clerk.fall_silent(N)

    assert len(clerk.planned()) == 1


def test_a_node_without_a_path_has_no_power() -> None:
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()

    assert why_not(clerk.say(SUBJECT, "power-cycle")) == "the node has no power path"


def test_adoption_lets_things_go_on(silent: Clerk) -> None:
    lose_adoption(silent)

    silent.say(ALL, "db-adopt")

    assert silent.state.fleet.adopted
