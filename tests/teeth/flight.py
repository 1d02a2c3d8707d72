"""What one node, unit or site may be done at a time, how often, and on what evidence."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.decisions import Effect
from plcmon.model.events import HearsayChanged, IntentClaimed
from plcmon.model.intents import ActionKind, Intent
from plcmon.model.issues import IssueType
from plcmon.model.policy import Ladder, Rung, SourceRule
from plcmon.model.readings import Evidence
from plcmon.model.subjects import PcuKey, PowerPath, Subject, node_subject
from plcmon.policy import gates, paths, planning
from plcmon.policy.draft import Draft
from plcmon.policy.gates import in_use
from plcmon.policy.hearsay import elsewhere_gate
from plcmon.sim.world.truth import Fault
from tests.policy.clerk import POLICY, make_inventory, node
from tests.teeth.paper import DAY, HOUR, LONG, MINUTE, Paper, on_paper
from tests.teeth.tooth import Found, Remove, Tooth, everywhere, passes, replaced, says

A, B = node(0, 0), node(0, 1)


def held_back(paper: Paper, *keys: object) -> Paper:
    """Their `node_down` is open, and nothing but a freeze stands in the way of power."""
    paper.say(node_subject(A), "freeze", scope="all")
    paper.fall(*keys)  # type: ignore[arg-type] # node keys
    paper.work(LONG)
    return paper


def without(kind: str) -> Remove:
    """One of the three rules of what is in flight never speaks."""

    def remove(patch: pytest.MonkeyPatch) -> None:
        def rest(
            view: Draft, subject: Subject, path: PowerPath | None
        ) -> tuple[str, Intent] | None:
            found = in_use(view, subject, path)
            said = found[0].split(" is in use")[0] if found else ""
            mine = said if said in ("its PCU", "its site") else "its node"
            return None if mine == kind else found

        everywhere(patch, in_use, rest)

    return remove


def two_at_once(paper: Paper) -> Found:
    """One power action is claimed and waits for its unit; the next one is claimed meanwhile."""
    for intent in paper.power_planned():
        paper.tell(intent.target, IntentClaimed(1), intent=intent.id)
    paper.forward(5 * MINUTE)
    paper.look()
    for intent in paper.power_planned():
        paper.tell(intent.target, IntentClaimed(1), intent=intent.id)
    return paper.found


def two_of_one_unit() -> Found:
    """The unit of the first site feeds a node of the second one as well."""
    inventory = make_inventory(sites=2)
    far, feeds = node(1, 0), inventory.nodes[B].paths
    moved = replace(inventory.nodes[far], paths=feeds)
    nodes = {**inventory.nodes, far: moved, B: replace(inventory.nodes[B], paths=())}
    paper = on_paper(inventory=replace(inventory, nodes=nodes))
    return two_at_once(staggered(paper, A, far))


def two_of_one_site() -> Found:
    """Two of a site's four nodes, each on a unit of its own."""
    inventory = make_inventory(sites=2, nodes=4)
    second = replace(inventory.pcus[PcuKey("toml:p0")], key=PcuKey("toml:p9"), name="pcu-9")
    (path,) = inventory.nodes[B].paths
    outlets = tuple(outlet._replace(pcu=second.key) for outlet in path.outlets)
    nodes = {**inventory.nodes}
    nodes[B] = replace(nodes[B], paths=(replace(path, outlets=outlets),))
    pcus = {**inventory.pcus, second.key: second}
    return two_at_once(
        staggered(on_paper(inventory=replace(inventory, nodes=nodes, pcus=pcus)), A, B)
    )


def staggered(paper: Paper, first: object, second: object) -> Paper:
    """The second one's `node_down` opens five minutes after the first one's."""
    paper.fall(first)  # type: ignore[arg-type] # a node key
    paper.forward(4 * MINUTE)
    paper.fall(second)  # type: ignore[arg-type] # a node key
    paper.forward(DAY - 4 * MINUTE)
    paper.refresh()
    paper.look()
    return paper


def two_of_one_node() -> Found:
    """A person asks for the node that plcmon is at already."""
    paper = on_paper()
    paper.fall(A)
    paper.forward(DAY)
    paper.refresh()
    paper.look()
    (intent,) = paper.power_planned()
    paper.tell(intent.target, IntentClaimed(1), intent=intent.id)
    paper.say(node_subject(A), "power-cycle", force=True)
    for other in paper.power_planned():
        paper.tell(other.target, IntentClaimed(2), intent=other.id)
    return paper.found


def again_and_again() -> Found:
    """A node that hangs every other day, and that each cycle cures."""
    paper = on_paper()
    for _ in range(3):
        paper.fall(A)
        paper.work(LONG)
        paper.work(26 * HOUR, step=2 * HOUR)
    return paper.found


def in_the_dark() -> Found:
    """A node that power does not help, on a unit that cannot tell what its outlets are."""
    power = (Effect(ActionKind.POWER_CYCLE),)
    rungs = (Rung("one", power, order=1), Rung("two", power, order=2, after=2 * DAY))
    ladders = {**POLICY.ladders, IssueType.NODE_DOWN: Ladder(IssueType.NODE_DOWN, rungs)}
    policy = replace(POLICY, ladders=ladders)
    paper = on_paper(policy=policy, inventory=make_inventory(sites=1, readable=False))
    paper.fall(A, fault=Fault.BROKEN)
    paper.work(LONG + 3 * DAY, step=HOUR)
    return paper.found


def goes_stale() -> Found:
    """Nobody has looked at the node since the action was planned."""
    paper = on_paper()
    paper.fall(A)
    paper.forward(DAY)
    paper.refresh()
    (intent,) = paper.power_planned()
    paper.look(A, evidence=Evidence.STALE)
    paper.carry_out(intent)
    return paper.found


def up_elsewhere() -> Found:
    """Nothing answers us; a source that counts sees the node up all the time."""
    rule = SourceRule(5 * MINUTE, counts=True)
    paper = on_paper(policy=replace(POLICY, sources={"comon": rule}))
    paper.tell(node_subject(A), HearsayChanged("comon", True, paper.now))
    paper.fall(A)
    paper.work(LONG)
    return paper.found


def planned_long_ago() -> Found:
    """The unit was busy for hours; when it is free at last, the plan is an old one."""
    paper = on_paper()
    paper.fall(A)
    paper.forward(DAY)
    paper.refresh()
    (intent,) = paper.power_planned()
    paper.forward(3 * HOUR)
    paper.refresh()
    paper.look(A)
    paper.carry_out(intent)
    return paper.found


FLIGHT = (
    Tooth(
        "in flight: one for each PCU",
        1,
        "the rule never finds the PCU in use",
        without("its PCU"),
        two_of_one_unit,
    ),
    Tooth(
        "in flight: one for each site",
        1,
        "the rule never finds the site in use",
        without("its site"),
        two_of_one_site,
    ),
    Tooth(
        "in flight: one for each node",
        1,
        "the rule never finds the node in use",
        without("its node"),
        two_of_one_node,
    ),
    Tooth(
        "node limit: power cycles",
        4,
        "the gate passes",
        passes(gates.node_limit),
        again_and_again,
    ),
    Tooth(
        "read back: one try",
        4,
        "no outlet counts as tried",
        says("", paths.tried_unread),
        in_the_dark,
    ),
    Tooth(
        "evidence: fresh when the command goes out",
        6,
        "the gate passes",
        passes(gates.evidence),
        goes_stale,
    ),
    Tooth(
        "elsewhere: a source sees it up",
        6,
        "the gate passes",
        passes(elsewhere_gate),
        up_elsewhere,
    ),
    Tooth(
        "expiry of a plan",
        6,
        "a plan never expires",
        replaced(planning.patience, lambda *_: timedelta(days=400)),
        planned_long_ago,
    ),
)
