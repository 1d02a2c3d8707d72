"""Intents on paper: what they rest on, and only the moves that the table has."""

from dataclasses import replace

import pytest

from plcmon.model.intents import NEXT_STATES, ActionKind, Intent, IntentState
from plcmon.model.subjects import node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.planning import UNDO, cancel_intent, move_intent, plan_intent
from tests.policy.clerk import HOUR, Clerk, node

SUBJECT = node_subject(node(0, 0))


@pytest.fixture
def draft() -> Draft:
    clerk = Clerk().begin()
    return Draft(clerk.state, clerk.policy, clerk.now)


def plan(draft: Draft) -> Intent:
    return plan_intent(draft, ActionKind.POWER_CYCLE, SUBJECT, actor="engine", reason="silent")


def test_an_intent_knows_what_it_rests_on(draft: Draft) -> None:
    intent = plan(draft)

    assert (intent.site, intent.boot_id_before) == ("s0", "first")
    assert intent.expires_at == draft.now + HOUR
    assert intent.policy == draft.policy.version
    assert intent.undo.startswith("none: ")


def test_every_state_is_an_event_and_a_row_of_the_journal(draft: Draft) -> None:
    cancel_intent(draft, plan(draft), "no more")

    assert [event.kind for event in draft.changes.events] == ["IntentChanged"] * 2
    assert [row.verb for row in draft.changes.audit] == [
        "power-cycle planned",
        "power-cycle cancelled",
    ]


@pytest.mark.parametrize("state", list(IntentState))
@pytest.mark.parametrize("target", list(IntentState))
def test_only_the_moves_of_the_table_are_made(
    draft: Draft, state: IntentState, target: IntentState
) -> None:
    intent = replace(plan(draft), state=state)

    moved = move_intent(draft, intent, target, "so")

    assert (moved.state is target) == (target in NEXT_STATES[state] or target is state)


def test_equal_plans_at_one_moment_have_different_ids(draft: Draft) -> None:
    assert plan(draft).id != plan(draft).id


def test_every_power_action_says_how_it_is_undone() -> None:
    kinds = {ActionKind.POWER_CYCLE, ActionKind.POWER_ON, ActionKind.POWER_OFF}

    assert kinds <= UNDO.keys()
