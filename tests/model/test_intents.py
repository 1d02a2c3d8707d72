"""Intents: which states follow which, and what is in flight."""

from dataclasses import replace

import pytest

from plcmon.model.intents import (
    DESTRUCTIVE,
    NEXT_STATES,
    POWER,
    ActionKind,
    Intent,
    IntentId,
    IntentState,
    Outcome,
)
from plcmon.model.issues import Verdict
from plcmon.model.subjects import node_subject
from tests.policy.clerk import HOUR, START

INTENT = Intent(
    IntentId("1"),
    ActionKind.POWER_CYCLE,
    node_subject("n"),
    START,
    START + HOUR,
    actor="engine",
    reason="silent",
)
ENDS = {IntentState.CONFIRMED, IntentState.FAILED, IntentState.CANCELLED}


@pytest.mark.parametrize("state", list(IntentState))
def test_every_state_has_its_successors(state: IntentState) -> None:
    assert (not NEXT_STATES[state]) is (state in ENDS)


def test_nothing_is_sent_that_was_not_claimed() -> None:
    before = {state for state, after in NEXT_STATES.items() if IntentState.SENT in after}

    assert before == {IntentState.CLAIMED}


def test_what_was_sent_cannot_be_cancelled() -> None:
    after, seen = set(NEXT_STATES[IntentState.SENT]), set[IntentState]()
    while after - seen:
        state = (after - seen).pop()
        seen.add(state)
        after |= NEXT_STATES[state]

    assert IntentState.CANCELLED not in after


@pytest.mark.parametrize(
    ("intent", "flies"),
    [
        (INTENT, True),
        (replace(INTENT, state=IntentState.SENT), True),
        (replace(INTENT, state=IntentState.UNKNOWN), True),
        (replace(INTENT, state=IntentState.UNKNOWN, settled_by="ops"), False),
        (replace(INTENT, state=IntentState.CONFIRMED), False),
        (replace(INTENT, state=IntentState.CANCELLED), False),
    ],
)
def test_in_flight(intent: Intent, flies: bool) -> None:
    assert intent.in_flight is flies


CONFIRMED = replace(INTENT, state=IntentState.CONFIRMED)


@pytest.mark.parametrize(
    ("intent", "waits"),
    [
        (CONFIRMED, True),
        (replace(CONFIRMED, verdict=Verdict.UNKNOWN), False),
        (replace(CONFIRMED, kind=ActionKind.POWER_ON), False),
        (replace(CONFIRMED, kind=ActionKind.NOTIFY), False),
        (INTENT, False),
    ],
)
def test_only_a_cycle_waits_for_proof(intent: Intent, waits: bool) -> None:
    assert intent.awaits_proof is waits


@pytest.mark.parametrize("state", list(IntentState))
def test_a_request_is_out_while_it_is_sent(state: IntentState) -> None:
    asked = replace(INTENT, state=state, outcome=Outcome.NEEDS_HUMAN)

    assert asked.asks_a_person is (state is IntentState.SENT)


def test_on_destroys_nothing() -> None:
    assert {ActionKind.POWER_ON} == POWER - DESTRUCTIVE
