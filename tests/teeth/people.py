"""What a person said, and what a start, a restored state or a mode stops."""

from dataclasses import replace

import pytest

from plcmon.model.decisions import Gate, GateName, Mode, Pass
from plcmon.model.events import ReplySeen
from plcmon.model.intents import Intent
from plcmon.model.issues import IssueType
from plcmon.model.subjects import fleet_subject, node_subject, site_subject
from plcmon.policy import gates, judge, replies, take, want, windows
from plcmon.policy.draft import Draft
from tests.policy.clerk import POLICY, node
from tests.teeth.crowd import telling
from tests.teeth.paper import DAY, HOUR, LONG, MINUTE, Paper, on_paper
from tests.teeth.tooth import Found, Remove, Tooth, both, everywhere, passes, says

A = node(0, 0)
NODE, SITE, FLEET = node_subject(A), site_subject("s0"), fleet_subject()


def just_before() -> Paper:
    """A node whose time has nearly come."""
    paper = on_paper()
    paper.fall(A)
    paper.work(DAY - HOUR)
    return paper


def in_maintenance() -> Found:
    """The issue is open and power is held by a freeze; that ends while somebody works there."""
    paper = frozen()
    paper.say(NODE, "maintenance", until=(paper.now + DAY).isoformat())
    return thawed(paper)


def frozen() -> Paper:
    paper = just_before()
    paper.say(FLEET, "freeze", scope="kind/power")
    paper.work(3 * HOUR)
    return paper


def thawed(paper: Paper) -> Found:
    paper.say(FLEET, "unfreeze", scope="kind/power")
    paper.work(3 * HOUR)
    return paper.found


def exempt() -> Found:
    paper = frozen()
    record = replace(paper.inventory.nodes[A], exempt_until=paper.now + 2 * DAY)
    paper.take_over(nodes={**paper.inventory.nodes, A: record})
    return thawed(paper)


def in_a_freeze() -> Found:
    paper = just_before()
    paper.say(FLEET, "freeze", scope="all")
    paper.work(3 * HOUR)
    return paper.found


def paused() -> Found:
    paper = frozen()
    issue = paper.issue(NODE, IssueType.NODE_DOWN)
    assert issue is not None
    until = (paper.now + 2 * DAY).isoformat()
    paper.say(NODE, "pause", issue=issue.id, until=until)
    return thawed(paper)


def observing() -> Found:
    paper = on_paper(policy=replace(POLICY, mode=Mode.OBSERVE))
    paper.fall(A)
    paper.work(LONG)
    return paper.found


def acts_all_the_same() -> Remove:
    def acting(*_: object) -> Gate:
        return Gate(GateName.MODE, Pass.PASS, "gone")

    def remove(patch: pytest.MonkeyPatch) -> None:
        everywhere(patch, want.effective_mode, lambda *_: Mode.AUTO)
        everywhere(patch, judge.still_acting, acting)

    return remove


def they_replied() -> Found:
    paper = on_paper(policy=telling())
    paper.fall(A)
    paper.work(23 * HOUR)
    paper.tell(SITE, ReplySeen(paper.now, by="tech@s0.example.org"))
    paper.work(5 * HOUR)
    return paper.found


def not_adopted() -> Found:
    """A restored copy starts while power is due."""
    paper = frozen()
    paper.say(FLEET, "unfreeze", scope="kind/power")
    paper.start(adopted=False)
    paper.look()
    paper.work(3 * HOUR)
    return paper.found


def nobody_checks_the_state() -> Remove:

    def remove(patch: pytest.MonkeyPatch) -> None:
        original = judge.objection

        def objection(view: Draft, intent: Intent) -> str:
            why = original(view, intent)
            return "" if why == "this state is not adopted" else why

        everywhere(patch, original, objection)

    return both(passes(gates.adopted), remove)


def just_started() -> Found:
    """A start while power is due: the fleet is scanned within two minutes."""
    paper = frozen()
    paper.start()
    paper.say(FLEET, "unfreeze", scope="kind/power")
    paper.look()
    paper.forward(2 * MINUTE)
    paper.refresh()
    for intent in paper.power_planned():
        paper.carry_out(intent)
    paper.forward(HOUR)
    return paper.found


def held_for_long() -> Found:
    paper = just_before()
    paper.say(FLEET, "freeze", scope="kind/power")
    paper.work(2 * DAY)
    return paper.found


PEOPLE = (
    Tooth("maintenance window", 7, "the gate passes", passes(gates.window), in_maintenance),
    Tooth("exemption", 7, "the gate passes", passes(gates.exemption), exempt),
    Tooth("freeze", 7, "no scope is ever frozen", says("", windows.frozen), in_a_freeze),
    Tooth("pause of an issue", 7, "the gate passes", passes(gates.issue_open), paused),
    Tooth("mode observe", 5, "the mode is always auto", acts_all_the_same(), observing),
    Tooth("reply", 7, "the gate passes", passes(replies.reply_gate), they_replied),
    Tooth(
        "adopted state",
        7,
        "the gate passes, and nobody objects",
        nobody_checks_the_state(),
        not_adopted,
    ),
    Tooth("restart grace", 20, "the gate passes", passes(gates.grace), just_started),
    Tooth("hold alert", 11, "no hold grows old", says(None, take.age_hold), held_for_long),
)
