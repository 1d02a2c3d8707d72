"""Beyond a limit of the fleet: an admin may ask with force, and a second one must approve."""

from dataclasses import replace

import pytest

from plcmon.model.events import Actor, AlertRaised, Event, Refused
from plcmon.model.intents import Intent, IntentState
from plcmon.model.subjects import fleet_subject, node_subject
from plcmon.model.trust import Breaker
from plcmon.policy.draft import Draft
from plcmon.policy.judge import objection
from tests.policy.clerk import ADMIN, HOUR, MINUTE, OPS, SECOND, Clerk, node

N = node(0, 0)
SUBJECT = node_subject(N)


def why_not(told: list[Event]) -> str:
    return next((e.body.why for e in told if isinstance(e.body, Refused)), "")


def shut(clerk: Clerk) -> Clerk:
    clerk.state.fleet = replace(clerk.state.fleet, guard_closed=True, guard_since=clerk.now)
    return clerk


@pytest.fixture
def guarded() -> Clerk:
    """The fleet guard is closed."""
    return shut(Clerk().begin())


@pytest.fixture
def asked(guarded: Clerk) -> Clerk:
    """An admin forces a power cycle all the same."""
    guarded.say(SUBJECT, "power-cycle", by=ADMIN, force=True)
    return guarded


def waiting(clerk: Clerk) -> Intent:
    (intent,) = clerk.planned()
    return intent


@pytest.mark.parametrize(("by", "force"), [(OPS, False), (OPS, True), (ADMIN, False)])
def test_only_an_admin_with_force_may_ask(guarded: Clerk, by: Actor, force: bool) -> None:
    told = guarded.say(SUBJECT, "power-cycle", by=by, force=force)

    assert why_not(told).startswith("fleet guard: closed since")
    assert not guarded.intents()


def test_a_tripped_breaker_is_a_limit_of_the_fleet() -> None:
    clerk = Clerk().begin()
    stopped = Breaker(tripped_at=clerk.now, why="3 of the last 5 were bad")
    clerk.state.fleet = replace(clerk.state.fleet, breakers={"family/apc": stopped})

    told = clerk.say(SUBJECT, "power-cycle", by=OPS, force=True)

    assert why_not(told).startswith("breaker: family/apc is stopped")


def test_on_harms_nobody(guarded: Clerk) -> None:
    assert not why_not(guarded.say(SUBJECT, "power-on"))


def test_it_waits_for_a_second_admin_and_says_so(asked: Clerk) -> None:
    intent = waiting(asked)

    assert intent.waits_for_second
    assert not intent.in_flight
    view = Draft(asked.state, asked.policy, asked.now)
    assert objection(view, intent) == "it waits for a second admin"
    said = [e.body.text for e in asked.events if isinstance(e.body, AlertRaised)]
    assert any(f"approve {intent.id}" in text for text in said)


def test_a_second_admin_lets_it_go_on(asked: Clerk) -> None:
    assert not why_not(asked.say(SUBJECT, "approve", by=SECOND, intent=waiting(asked).id))

    intent = waiting(asked)
    assert (intent.approved_by, intent.in_flight) == (SECOND.name, True)
    assert objection(Draft(asked.state, asked.policy, asked.now), intent) == ""


@pytest.mark.parametrize(
    ("by", "why"), [(ADMIN, "a second admin must approve it"), (OPS, "only an admin may approve")]
)
def test_nobody_else_may_approve(asked: Clerk, by: Actor, why: str) -> None:
    assert why in why_not(asked.say(SUBJECT, "approve", by=by, intent=waiting(asked).id))

    assert waiting(asked).waits_for_second


def test_the_in_flight_rule_holds_for_two_admins_too(asked: Clerk) -> None:
    intent = waiting(asked)
    asked.state.fleet = replace(asked.state.fleet, guard_closed=False)
    asked.say(node_subject(node(0, 1)), "power-cycle")

    told = asked.say(SUBJECT, "approve", by=SECOND, intent=intent.id)

    assert "in use" in why_not(told)


def test_it_lapses_without_an_answer(asked: Clerk) -> None:
    asked.forward(HOUR + MINUTE)

    assert asked.intents()[0].state is IntentState.CANCELLED


def test_an_approval_starts_the_hour_anew(asked: Clerk) -> None:
    asked.forward(50 * MINUTE)
    asked.say(SUBJECT, "approve", by=SECOND, intent=waiting(asked).id)

    asked.forward(50 * MINUTE)

    assert asked.intents()[0].state is IntentState.PLANNED


def test_what_waits_for_nobody_cannot_be_approved() -> None:
    clerk = Clerk().begin()
    clerk.say(SUBJECT, "power-cycle")

    told = clerk.say(SUBJECT, "approve", by=SECOND, intent=waiting(clerk).id)

    assert "waits for nobody" in why_not(told)
    assert "no such action" in why_not(clerk.say(fleet_subject(), "approve", intent="none"))
