"""Budgets, each; the pauses of one node; and the ramp of what was there before."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.decisions import Effect
from plcmon.model.intents import ActionKind
from plcmon.model.issues import IssueType
from plcmon.model.ledger import Spend
from plcmon.model.policy import Ladder, Policy, Rung
from plcmon.policy import effects, gates, ledger, ramp
from plcmon.policy.draft import Draft
from plcmon.policy.ledger import Line
from plcmon.sim.world.truth import Fault
from tests.policy.clerk import POLICY, make_inventory, node
from tests.teeth.paper import ALONE, DAY, HOUR, LONG, Paper, on_paper
from tests.teeth.tooth import Found, Remove, Tooth, everywhere, passes, says

KINDS = (ActionKind.BOOT_STATE, ActionKind.REPAIR)
A = node(0, 0)


def unlimited(spend: Spend) -> Remove:
    """The ledger draws no line for this kind of spending."""

    def remove(patch: pytest.MonkeyPatch) -> None:
        original = ledger.lines

        def lines(view: Draft, asked: Spend) -> Sequence[Line]:
            return (Line(DAY, 1_000_000),) if asked is spend else original(view, asked)

        everywhere(patch, original, lines)

    return remove


def only_the_hour(patch: pytest.MonkeyPatch) -> None:
    """The ledger draws the short line of power alone."""
    original = ledger.lines
    everywhere(patch, original, lambda view, spend: original(view, spend)[:1])


def doing(*effects: Effect, **budgets: int) -> Policy:
    """A silent node gets just this, from a budget of these sizes."""
    ladder = Ladder(IssueType.NODE_DOWN, (Rung("do", effects, order=10),))
    ladders = {**POLICY.ladders, IssueType.NODE_DOWN: ladder}
    spending = replace(POLICY.budgets, **budgets)  # type: ignore[arg-type] # numbers of budgets
    return replace(POLICY, ladders=ladders, installed=KINDS, budgets=spending)


def five_fall(policy: Policy, *, hours: int = 3, **limits: object) -> Found:
    """One node of each of five sites hangs: too few for a storm."""
    inventory = make_inventory(sites=5, nodes=1)
    told = replace(ALONE, **limits)  # type: ignore[arg-type] # numbers of the auditor
    paper = on_paper(policy=policy, inventory=inventory, limits=told)
    paper.fall(*(node(site, 0) for site in range(5)))
    paper.work(LONG + hours * HOUR)
    return paper.found


def power_in_an_hour() -> Found:
    return five_fall(POLICY)


def power_in_a_day() -> Found:
    few = replace(POLICY, budgets=replace(POLICY.budgets, power_day=3))
    return five_fall(few, power_day=3)


def budgets(kind: str, most: int) -> dict[str, object]:
    return {"budgets": {**ALONE.budgets, kind: ((HOUR, most),)}}


def reinstalls() -> Found:
    return five_fall(doing(Effect(ActionKind.BOOT_STATE, "reinstall")))


def disabling() -> Found:
    return five_fall(doing(Effect(ActionKind.BOOT_STATE, "disabled")))


def repairs() -> Found:
    return five_fall(doing(Effect(ActionKind.REPAIR), repair=2), **budgets("repair", 2))


def mails() -> Found:
    told = Effect(ActionKind.NOTIFY, "down tech")
    return five_fall(doing(told, notices=2), **budgets("mail", 2))


def before_us(*, most: int) -> Found:
    """Three nodes were down when plcmon saw the fleet for the first time."""
    few = replace(POLICY, budgets=replace(POLICY.budgets, inherited=most))
    told = replace(ALONE, budgets={**ALONE.budgets, "released": ((DAY, most),)})
    paper = Paper(policy=few, inventory=make_inventory(sites=5, nodes=1), limits=told)
    for site in range(3):
        paper.truth.fail(paper.truth.nodes[node(site, 0)], Fault.HANG, None)
    paper.begin()
    paper.work(LONG + 3 * HOUR)
    return paper.found


def few_of_the_inherited() -> Found:
    return before_us(most=1)


def none_of_the_inherited() -> Found:
    return before_us(most=0)


def told_twice() -> Found:
    """A node is down, comes back, and is down again two days later."""
    paper = on_paper(policy=doing(Effect(ActionKind.NOTIFY, "down tech")))
    for _ in range(2):
        paper.fall(A)
        paper.work(LONG)
        paper.truth.repair(paper.truth.nodes[A])
        paper.work(25 * HOUR)
    return paper.found


def repaired_twice() -> Found:
    """A ladder asks for a repair, and two hours later for another."""
    again = Rung("again", (Effect(ActionKind.REPAIR),), order=20, after=2 * HOUR)
    policy = doing(Effect(ActionKind.REPAIR))
    ladder = policy.ladders[IssueType.NODE_DOWN]
    longer = replace(ladder, rungs=(*ladder.rungs, again))
    ladders = {**policy.ladders, IssueType.NODE_DOWN: longer}
    paper = on_paper(policy=replace(policy, ladders=ladders))
    paper.fall(A)
    paper.work(LONG + timedelta(hours=6))
    return paper.found


NO_LINE = "the ledger has no line for it"

MONEY = (
    Tooth("budget: power in an hour", 4, NO_LINE, unlimited(Spend.POWER), power_in_an_hour),
    Tooth("budget: power in a day", 4, "power has no long line", only_the_hour, power_in_a_day),
    Tooth("budget: reinstalls", 4, NO_LINE, unlimited(Spend.REINSTALL), reinstalls),
    Tooth("budget: nodes disabled", 4, NO_LINE, unlimited(Spend.DISABLE), disabling),
    Tooth("budget: repairs", 4, NO_LINE, unlimited(Spend.REPAIR), repairs),
    Tooth("budget: mails", 4, NO_LINE, unlimited(Spend.NOTICE), mails),
    Tooth(
        "budget: inherited issues",
        4,
        "nobody remembers who was released",
        says([], ramp.released_lately),
        few_of_the_inherited,
    ),
    Tooth("inherited ramp", 4, "the gate passes", passes(ramp.ramp_gate), none_of_the_inherited),
    Tooth("node limit: down notices", 4, "the gate passes", passes(gates.notice_limit), told_twice),
    Tooth("node limit: repairs", 4, "the gate passes", passes(effects.step_limit), repaired_twice),
)
