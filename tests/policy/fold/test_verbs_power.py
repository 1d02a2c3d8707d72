"""Power by a person, and requests to a person."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from plcmon.model.beliefs import Finding
from plcmon.model.decisions import Mode
from plcmon.model.events import Event, PcuTested, Refused, Started
from plcmon.model.intents import ActionKind, IntentState, Outcome
from plcmon.model.issues import Issue, IssueType, Verdict
from plcmon.model.subjects import (
    Outlet,
    PcuKey,
    fleet_subject,
    node_subject,
    pcu_subject,
)
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node

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
