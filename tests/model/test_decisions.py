"""Decisions: the strictest counts, and the first that does not pass is why."""

from dataclasses import replace

import pytest

from plcmon.model.decisions import Effect, Gate, GateName, Hold, Mode, Pass, Want, strictest
from plcmon.model.intents import ActionKind
from plcmon.model.issues import IssueId
from plcmon.model.subjects import node_subject
from tests.policy.clerk import HOUR, START


def want(*answers: Pass) -> Want:
    names = [GateName.WAIT, GateName.MODE, GateName.FREEZE]
    gates = tuple(
        Gate(name, answer, "so it is") for name, answer in zip(names, answers, strict=False)
    )
    return Want(
        IssueId("1"), node_subject("n"), "s", "rung", 10, (), gates, None, Mode.AUTO, START
    )  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "all_in_all", "why"),
    [
        ((), Pass.PASS, "every gate passes"),
        ((Pass.PASS, Pass.PASS), Pass.PASS, "every gate passes"),
        ((Pass.PASS, Pass.HOLD), Pass.HOLD, "mode: so it is"),
        ((Pass.HOLD, Pass.NEVER), Pass.NEVER, "wait: so it is"),
    ],
)
def test_the_strictest_gate_counts(answers: tuple[Pass, ...], all_in_all: Pass, why: str) -> None:
    assert want(*answers).answer is all_in_all
    assert want(*answers).why == why


def test_what_does_not_pass_is_at_hand_also_after_a_change() -> None:
    held = want(Pass.PASS, Pass.HOLD)

    assert [gate.name for gate in held.shut] == [GateName.MODE]
    assert replace(held, gates=held.gates[:1]).shut == ()


def test_observe_is_the_strictest_mode() -> None:
    assert strictest(*Mode) is Mode.OBSERVE
    assert strictest(Mode.AUTO, Mode.PROPOSE) is Mode.PROPOSE


def test_effects_read_as_they_are_written() -> None:
    assert str(Effect(ActionKind.NOTIFY, "down tech")) == "notify down tech"
    assert str(Effect(ActionKind.POWER_CYCLE)) == "power-cycle"


def test_a_hold_has_an_age() -> None:
    assert Hold(IssueId("1"), GateName.WAIT, START, "").age(START + HOUR) == HOUR
