"""What became of a power action, as far as it concerns who goes next."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.intents import ActionKind, Intent, IntentId, IntentState, Outcome
from plcmon.model.issues import Verdict
from plcmon.model.state import State
from plcmon.model.subjects import node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.fate import Fate, fate_of
from tests.policy.clerk import HOUR, MINUTE, POLICY, START, node

PLANNED = Intent(
    IntentId("I"),
    ActionKind.POWER_CYCLE,
    node_subject(node(0, 0)),
    planned_at=START,
    expires_at=START + HOUR,
    actor="engine",
    reason="",
    state_at=START,
)
SENT = replace(PLANNED, state=IntentState.SENT, sent_at=START)


def fate(intent: Intent | None, later: timedelta = MINUTE) -> Fate:
    return fate_of(Draft(State(), POLICY, START + later), intent)[0]


@pytest.mark.parametrize(
    ("intent", "expected"),
    [
        (None, Fate.VOID),
        (PLANNED, Fate.UNDER_WAY),
        (replace(PLANNED, state=IntentState.CANCELLED), Fate.VOID),
        (replace(PLANNED, state=IntentState.FAILED), Fate.VOID),
        (SENT, Fate.UNDER_WAY),
        (replace(SENT, outcome=Outcome.NEEDS_HUMAN), Fate.VOID),
        (replace(SENT, state=IntentState.CONFIRMED), Fate.UNDER_WAY),
        (replace(SENT, state=IntentState.CONFIRMED, verdict=Verdict.FIXED), Fate.HELPED),
        (replace(SENT, state=IntentState.CONFIRMED, verdict=Verdict.UNKNOWN), Fate.FAILED),
        (replace(SENT, state=IntentState.FAILED, verdict=Verdict.NOT_REBOOTED), Fate.FAILED),
        (replace(SENT, state=IntentState.UNKNOWN), Fate.UNDER_WAY),
    ],
)
def test_each_end_has_its_fate(intent: Intent | None, expected: Fate) -> None:
    assert fate(intent) is expected


def test_an_unknown_that_nobody_settles_has_failed_in_the_end() -> None:
    unknown = replace(SENT, state=IntentState.UNKNOWN)

    assert fate(unknown, POLICY.safety.intent_expiry) is Fate.FAILED


def test_switching_on_has_the_time_of_a_boot() -> None:
    lit = replace(SENT, kind=ActionKind.POWER_ON, state=IntentState.CONFIRMED)

    assert fate(lit) is Fate.UNDER_WAY
    assert fate(lit, POLICY.wire.boot_wait) is Fate.FAILED
