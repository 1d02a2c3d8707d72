"""Time came: pauses and windows end, what could not run lapses, what stays dark is said."""

from dataclasses import replace

import pytest

from plcmon.model.events import AlertRaised
from plcmon.model.intents import IntentState
from plcmon.model.issues import IssueType
from plcmon.model.subjects import node_subject
from tests.policy.clerk import HOUR, MINUTE, Clerk, node

N = node(0, 0)
SUBJECT = node_subject(N)


@pytest.fixture
def clerk() -> Clerk:
    clerk = Clerk().begin()
    clerk.fall_silent(N)
    return clerk


def test_what_could_not_run_lapses_and_is_planned_again(clerk: Clerk) -> None:
    (intent,) = clerk.planned()

    clerk.forward(HOUR + MINUTE)
    assert clerk.state.intents[intent.id].state is IntentState.CANCELLED
    clerk.forward(20 * MINUTE)

    assert len(clerk.planned()) == 1


def test_what_was_sent_does_not_lapse(clerk: Clerk) -> None:
    intent = clerk.send(clerk.planned()[0])

    clerk.forward(3 * HOUR)

    assert clerk.state.intents[intent.id].state is IntentState.SENT


def alerts(clerk: Clerk) -> list[str]:
    return [e.body.text for e in clerk.events if isinstance(e.body, AlertRaised)]


def test_a_node_that_our_hand_left_dark_is_said_aloud_once(clerk: Clerk) -> None:
    clerk.send(clerk.planned()[0])
    clerk.forward(9 * MINUTE)
    assert not [text for text in alerts(clerk) if "still off by our hand" in text]

    clerk.forward(3 * HOUR)

    assert len([text for text in alerts(clerk) if "still off by our hand" in text]) == 1


def test_an_end_that_stays_unknown_is_said_aloud_once(clerk: Clerk) -> None:
    intent = clerk.lose(clerk.planned()[0])
    clerk.forward(23 * HOUR)
    said = f"nobody knows how power-cycle {intent.id} ended"
    assert not [text for text in alerts(clerk) if said in text]

    clerk.forward(50 * HOUR)

    assert len([text for text in alerts(clerk) if said in text]) == 1


def test_a_window_ends_by_itself(clerk: Clerk) -> None:
    clerk.say(SUBJECT, "maintenance", until=(clerk.now + HOUR).isoformat())

    clerk.forward(HOUR + MINUTE)

    assert not clerk.state.windows


def test_a_pause_without_an_end_stays() -> None:
    clerk = Clerk().begin()
    clerk.fall_silent(N)
    issue = clerk.issue(SUBJECT, IssueType.NODE_DOWN)
    assert issue is not None
    clerk.say(SUBJECT, "pause", issue=issue.id, until=(clerk.now + HOUR).isoformat())
    paused = clerk.state.issues[issue.id]
    clerk.state.issues[issue.id] = replace(paused, paused_until=None)

    clerk.forward(5 * HOUR)

    assert clerk.state.issues[issue.id].status is paused.status
