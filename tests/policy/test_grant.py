"""Which wants may run now: sites in turn, one each, within the budget."""

from dataclasses import replace

import pytest

from plcmon.model.decisions import Effect, Gate, GateName, Mode, Pass, Want
from plcmon.model.intents import ActionKind
from plcmon.model.issues import IssueId
from plcmon.model.subjects import NodeKey, Outlet, PcuKey, PowerPath, node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.grant import Purse, grant, in_turn
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


REINSTALL = (Effect(ActionKind.BOOT_STATE, "reinstall"), Effect(ActionKind.POWER_CYCLE))
REPAIR = (Effect(ActionKind.REPAIR),)


def test_a_rung_needs_room_in_each_of_its_budgets() -> None:
    wants = [want(name, name, age=age, effects=REINSTALL) for age, name in enumerate("ab")]

    assert granted(wants) == ["b"]


def test_every_budget_is_shared_by_sites_in_turn() -> None:
    mine = [want(f"x{age:02}", "x", age=age, effects=REPAIR) for age in range(1, 31)]
    other = want("y", "y", effects=REPAIR)

    found = granted([*mine, other])

    assert len(found) == 20
    assert found[:3] == ["x30", "y", "x29"]


def telling(name: str, node_key: str, site: str, age: int = 0) -> Want:
    made = want(name, site, age=age, effects=TELL)
    return replace(made, subject=node_subject(NodeKey(node_key)))


def test_mails_are_shared_and_one_mail_holds_what_one_person_is_told() -> None:
    clerk = Clerk().begin()
    budgets = replace(clerk.policy.budgets, notices=1)
    view = Draft(clerk.state, replace(clerk.policy, budgets=budgets), START)
    wants = [
        telling("a", "toml:n0-0", "s0", age=9),
        telling("b", "toml:n1-0", "s1", age=8),
        telling("c", "toml:n0-1", "s0", age=7),
    ]

    assert [w.issue for w in grant(view, wants)] == ["a"]

    budgets = replace(clerk.policy.budgets, notices=2)
    view = Draft(clerk.state, replace(clerk.policy, budgets=budgets), START)
    assert [w.issue for w in grant(view, wants)] == ["a", "b"]


def test_who_has_a_mail_coming_costs_no_other() -> None:
    clerk = Clerk().begin()
    purse = Purse(Draft(clerk.state, clerk.policy, START))

    prices = [purse.mails(telling(name, f"toml:n0-{name}", "s0")) for name in "01"]

    assert prices == [1, 0]
