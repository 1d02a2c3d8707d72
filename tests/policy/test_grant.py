"""Which wants may run now: sites in turn, one each, within the budget."""

from dataclasses import replace

import pytest

from plcmon.model.decisions import Effect, Gate, GateName, Mode, Pass, Want
from plcmon.model.intents import ActionKind
from plcmon.model.issues import IssueId
from plcmon.model.subjects import Outlet, PcuKey, PowerPath, node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.grant import grant, in_turn
from tests.policy.clerk import MINUTE, START, Clerk

POWER = (Effect(ActionKind.POWER_CYCLE),)
TELL = (Effect(ActionKind.NOTIFY, "down tech"),)


def want(
    name: str,
    site: str,
    *,
    age: int = 0,
    effects: tuple[Effect, ...] = POWER,
    pcu: str = "",
    answer: Pass = Pass.PASS,
) -> Want:
    return Want(
        IssueId(name),
        node_subject(name),
        site,
        "rung",
        10,
        effects,
        (Gate(GateName.FREEZE, answer, "a fact"),),
        None,
        Mode.AUTO,
        START - age * MINUTE,
        PowerPath((Outlet(PcuKey(pcu or site), "1"),)),
    )


def granted(wants: list[Want], *, power: int = 10, day: int = 60) -> list[str]:
    clerk = Clerk()
    budgets = replace(clerk.policy.budgets, power=power, power_day=day)
    policy = replace(clerk.policy, budgets=budgets)
    return [w.issue for w in grant(Draft(clerk.state, policy, START), wants)]


def test_the_oldest_bad_time_comes_first() -> None:
    assert granted([want("a", "x", age=1), want("b", "y", age=9)]) == ["b", "a"]


def test_one_power_action_a_site() -> None:
    assert granted([want("a", "x", age=2), want("b", "x", age=1)]) == ["a"]


def test_one_power_action_a_pcu() -> None:
    assert granted([want("a", "x", age=2, pcu="p"), want("b", "y", age=1, pcu="p")]) == ["a"]


@pytest.mark.parametrize(("power", "day", "most"), [(2, 60, 2), (9, 1, 1), (0, 60, 0)])
def test_never_more_than_either_window_has_left(power: int, day: int, most: int) -> None:
    wants = [want(name, name, age=age) for age, name in enumerate("abcd")]

    assert len(granted(wants, power=power, day=day)) == most


def test_words_cost_no_power() -> None:
    wants = [want("a", "x", effects=TELL), want("b", "x", effects=TELL)]

    assert granted(wants, power=0) == ["a", "b"]


@pytest.mark.parametrize("answer", [Pass.HOLD, Pass.NEVER])
def test_what_does_not_pass_is_not_granted(answer: Pass) -> None:
    assert granted([want("a", "x", answer=answer)]) == []


def test_sites_take_turns() -> None:
    wants = [want("a", "x", age=9), want("b", "x", age=8), want("c", "y", age=1)]

    assert [w.issue for w in in_turn(wants)] == ["a", "c", "b"]


def test_equal_ages_are_ordered_by_id() -> None:
    assert granted([want("b", "y"), want("a", "x")]) == ["a", "b"]
