"""The gates over many nodes: which effects they are asked for, and whether the scan is complete."""

from dataclasses import replace

import pytest

from plcmon.model.decisions import Gate, GateName, Pass
from plcmon.model.intents import ActionKind
from plcmon.model.issues import IssueType
from plcmon.model.subjects import node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.judge import objection
from plcmon.policy.many import completeness, gates_of_many
from tests.policy.clerk import HOUR, MINUTE, SHIPPED, Clerk, node

N = node(0, 0)


@pytest.fixture
def clerk() -> Clerk:
    return Clerk(policy=SHIPPED).begin()


def found(clerk: Clerk) -> Gate:
    return completeness(Draft(clerk.state, clerk.policy, clerk.now))


def test_a_scan_within_two_of_its_intervals_is_complete(clerk: Clerk) -> None:
    clerk.forward(30 * MINUTE)

    assert found(clerk).answer is Pass.PASS


def test_an_older_one_is_not(clerk: Clerk) -> None:
    clerk.forward(31 * MINUTE)

    assert found(clerk).answer is Pass.HOLD
    assert "31 min ago" in found(clerk).fact


def test_without_any_nothing_is_complete(clerk: Clerk) -> None:
    clerk.state.fleet = replace(clerk.state.fleet, scan_complete_at=None)

    assert found(clerk).answer is Pass.HOLD


def test_it_is_asked_again_at_the_claim(clerk: Clerk) -> None:
    clerk.fall_silent(N)
    (intent,) = clerk.planned()
    clerk.now += HOUR / 2 + MINUTE

    assert "completeness" in objection(Draft(clerk.state, clerk.policy, clerk.now), intent)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (ActionKind.POWER_CYCLE, {"completeness", "common cause", "storm", "site guard"}),
        (ActionKind.NOTIFY, {"completeness", "common cause"}),
        (ActionKind.REPAIR, {"completeness"}),
    ],
)
def test_each_effect_has_its_gates(clerk: Clerk, kind: ActionKind, expected: set[str]) -> None:
    clerk.fall_silent(N)
    issue = clerk.issue(node_subject(N), IssueType.NODE_DOWN)
    assert issue is not None

    asked = gates_of_many(Draft(clerk.state, clerk.policy, clerk.now), issue, {kind})

    assert {gate.name.value for gate in asked} == expected
    assert GateName.COMPLETENESS in {gate.name for gate in asked}
