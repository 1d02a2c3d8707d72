"""The steps of an intent: each durable, in order, and none taken twice."""

from dataclasses import replace

import pytest

from plcmon.model.events import IntentClaimed, IntentEnded, IntentSent, IntentStage
from plcmon.model.intents import Command, Intent, IntentState, Outcome, Stage
from plcmon.model.issues import IssueType
from plcmon.model.subjects import Outlet, PcuKey, node_subject
from tests.policy.clerk import Clerk, node

N = node(0, 0)
SUBJECT = node_subject(N)
OUTLET = Outlet(PcuKey("toml:p0"), "1")


@pytest.fixture
def clerk() -> Clerk:
    clerk = Clerk().begin()
    clerk.fall_silent(N)
    return clerk


def intent(clerk: Clerk) -> Intent:
    return clerk.intents()[0]


def test_a_claim_carries_its_fence(clerk: Clerk) -> None:
    clerk.tell(SUBJECT, IntentClaimed(7), intent=intent(clerk).id)

    assert (intent(clerk).state, intent(clerk).fence) == (IntentState.CLAIMED, 7)


def test_what_is_not_planned_cannot_be_claimed(clerk: Clerk) -> None:
    clerk.end(intent(clerk), "cancelled")

    clerk.tell(SUBJECT, IntentClaimed(7), intent=intent(clerk).id)

    assert intent(clerk).state is IntentState.CANCELLED


def test_sent_remembers_the_boot_id_of_that_moment(clerk: Clerk) -> None:
    clerk.send(intent(clerk))

    assert intent(clerk).boot_id_before == "first"
    assert intent(clerk).sent_at == clerk.now


def test_from_off_on_the_outlet_counts_as_dark_by_our_hand(clerk: Clerk) -> None:
    clerk.send(intent(clerk))

    assert clerk.state.fleet.known_off == {OUTLET}
    assert intent(clerk).dark_since == clerk.now


def test_until_it_is_lit(clerk: Clerk) -> None:
    clerk.send(intent(clerk))

    clerk.tell(SUBJECT, IntentStage(Stage.READ_ON, lit=(OUTLET,)), intent=intent(clerk).id)

    assert not clerk.state.fleet.known_off
    assert intent(clerk).dark_since is None


def test_a_step_of_an_unknown_intent_is_nothing(clerk: Clerk) -> None:
    before = dict(clerk.state.intents)

    for body in (
        IntentClaimed(1),
        IntentSent(Command(intent(clerk).id, 1, "off", OUTLET, clerk.now)),
        IntentStage(Stage.DARK),
        IntentEnded("confirmed", Outcome.OK, "done"),
    ):
        clerk.tell(SUBJECT, body, intent="stranger")

    assert clerk.state.intents == before


@pytest.mark.parametrize("state", ["confirmed", "failed", "cancelled", "unknown"])
def test_what_is_over_is_over(clerk: Clerk, state: str) -> None:
    done = clerk.carry_out(intent(clerk))

    clerk.end(done, state, Outcome.REFUSED)

    assert intent(clerk) == done


def test_what_failed_before_it_was_sent_counts_as_not_done(clerk: Clerk) -> None:
    clerk.tell(SUBJECT, IntentClaimed(1), intent=intent(clerk).id)

    clerk.end(intent(clerk), "failed", Outcome.UNREACHABLE)

    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None and issue.climb.rung == ""
    assert intent(clerk).verdict is None


def test_an_outlet_off_by_an_unknown_hand_is_remembered_and_said(clerk: Clerk) -> None:
    clerk.tell(SUBJECT, IntentClaimed(1), intent=intent(clerk).id)
    ended = IntentEnded("cancelled", None, "off by an unknown hand", foreign=(OUTLET,))

    told = clerk.tell(SUBJECT, ended, intent=intent(clerk).id)

    assert clerk.state.fleet.foreign_off == {OUTLET}
    assert any(event.kind == "AlertRaised" for event in told)


def test_every_command_is_in_the_journal_before_and_after(clerk: Clerk) -> None:
    clerk.carry_out(intent(clerk))

    (command,) = clerk.state.commands[intent(clerk).id]
    assert (command.number, command.outcome) == (1, Outcome.OK)


def test_a_read_unknown_is_settled_by_the_engine(clerk: Clerk) -> None:
    lost = clerk.lose(intent(clerk))
    assert lost.in_flight

    ended = IntentEnded("confirmed", Outcome.OK, "it reads on", off_seen=True, lit=(OUTLET,))
    clerk.tell(SUBJECT, ended, intent=lost.id)

    assert intent(clerk).settled_by == "engine"
    assert not intent(clerk).in_flight
    assert intent(clerk).awaits_proof


def test_a_request_stays_sent_and_says_that_it_needs_a_person(clerk: Clerk) -> None:
    asked = clerk.ask_person(intent(clerk))

    assert asked.asks_a_person
    assert replace(asked, outcome=None).asks_a_person is False
