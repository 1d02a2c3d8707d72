"""What is held because too much went wrong: everywhere, at a site, with a kind, a node, a unit."""

from dataclasses import replace

import pytest

from plcmon.model.beliefs import Finding
from plcmon.model.decisions import Effect
from plcmon.model.events import PcuTested
from plcmon.model.intents import ActionKind
from plcmon.model.issues import IssueType
from plcmon.model.policy import Ladder, Policy, Rung
from plcmon.model.subjects import PcuKey, node_subject, pcu_subject
from plcmon.policy import common_cause, gates, many, neighbours, paths, site_guard, storm, trust
from plcmon.policy.flapping import flapping_gate
from plcmon.policy.fold import fleet
from plcmon.policy.many_turns import Turns
from plcmon.sim.world.truth import Fault, Mood
from tests.policy.clerk import POLICY, make_inventory, node
from tests.teeth.paper import DAY, HOUR, LONG, MINUTE, Paper, on_paper
from tests.teeth.tooth import Found, Remove, Tooth, both, passes, replaced, says

A, B = node(0, 0), node(0, 1)


def our_line_is_out() -> Found:
    """Our line to the nodes is out; the units hang on another one."""
    paper = on_paper()
    paper.truth.lose_sight(True)
    for _ in range(26):
        paper.canaries(0, 3)
        paper.look(A)
        paper.forward(HOUR)
        paper.tell(pcu_subject(PcuKey("toml:p0")), PcuTested(Finding.OK, "logged in"))
        for intent in paper.power_planned():
            paper.carry_out(intent)
    return paper.found


def much_falls_later() -> Found:
    """A node's time has come just as much of the fleet falls."""
    paper = on_paper(inventory=make_inventory(sites=9, nodes=1))
    paper.fall(A)
    paper.work(DAY - 30 * MINUTE)
    paper.forward(10 * MINUTE)
    paper.fall(*(node(site, 0) for site in range(2, 9)))
    paper.work(HOUR)
    return paper.found


def many_are_locked() -> Found:
    """Some nodes let nobody in; their first notices are due just as much of the fleet falls."""
    paper = on_paper(policy=telling(), inventory=make_inventory(sites=9, nodes=1))
    paper.fall(A)
    paper.work(DAY - 30 * MINUTE)
    paper.forward(10 * MINUTE)
    paper.fall(*(node(site, 0) for site in range(2, 9)))
    paper.work(HOUR)
    return paper.found


def telling() -> Policy:
    """A ladder that begins with a notice."""
    first = Rung("tell", (Effect(ActionKind.NOTIFY, "down tech"),), order=10)
    return with_ladder(IssueType.NODE_DOWN, first)


def with_ladder(kind: IssueType, *rungs: Rung) -> Policy:
    return replace(POLICY, ladders={**POLICY.ladders, kind: Ladder(kind, rungs)})


def one_bad_image(paper: Paper, *, days: int = 2) -> Found:
    """Eight nodes of eight sites fall at once by one cause, which no boot cures."""
    paper.fall(*(node(site, 0) for site in range(8)), fault=Fault.BROKEN, cause="image f8")
    paper.work(days * DAY)
    return paper.found


def a_storm() -> Found:
    return one_bad_image(on_paper(inventory=make_inventory(sites=8, nodes=1)))


def no_storm() -> Remove:
    return both(passes(storm.storm_gate, storm.storm_objection), method(Turns, "take", True))


def method(owner: type, name: str, answer: object) -> Remove:
    def remove(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(owner, name, lambda *_: answer)

    return remove


def they_open_together() -> Found:
    """They fell one after the other during a maintenance, and its end opens all their issues."""
    paper = on_paper(inventory=make_inventory(sites=8, nodes=1))
    until = (paper.now + 30 * HOUR).isoformat()
    keys = [node(site, 0) for site in range(8)]
    for key in keys:
        paper.say(node_subject(key), "maintenance", until=until)
    for key in keys:
        paper.fall(key, fault=Fault.BROKEN, cause="image f8")
        paper.forward(7 * MINUTE)
    paper.work(2 * DAY)
    return paper.found


def nobody_scans() -> Found:
    """They fell at once, but the scanner is so late that it sees one each hour."""
    paper = on_paper(inventory=make_inventory(sites=8, nodes=1), policy=prompt())
    keys = [node(site, 0) for site in range(8)]
    for key in keys:
        paper.truth.nodes[key].cause = "image f8"
        paper.truth.fail(paper.truth.nodes[key], Fault.BROKEN, None)
    for number in range(34):
        if number < len(keys):
            paper.look(keys[number])
        paper.work(HOUR, scans=False, unseen=keys, mail=None)
        paper.canaries(3, 3)
        for key in paper.inventory.pcus:
            paper.tell(pcu_subject(key), PcuTested(Finding.OK, "logged in"))
    return paper.found


def prompt() -> Policy:
    """As shipped: a complete scan must not be older than two intervals."""
    return replace(POLICY, safety=replace(POLICY.safety, complete_within=2))


def most_of_a_site() -> Found:
    """All three nodes of a site hang."""
    paper = on_paper()
    paper.fall(*(node(0, number) for number in range(3)), fault=Fault.BROKEN)
    paper.work(LONG + HOUR)
    return paper.found


def units_that_lie() -> Found:
    """Every unit says yes and does nothing."""
    paper = on_paper(inventory=make_inventory(sites=5, nodes=1))
    for pcu in paper.truth.pcus.values():
        pcu.mood = Mood.LIES
    for site in range(5):
        paper.fall(node(site, 0), fault=Fault.BROKEN)
        paper.work(2 * HOUR)
    paper.work(LONG)
    return paper.found


def comes_and_goes() -> Found:
    """A node that hangs and boots by itself again and again, and then stays down."""
    paper = on_paper()
    for _ in range(5):
        paper.fall(A)
        paper.work(HOUR)
        paper.truth.repair(paper.truth.nodes[A])
        paper.now += 2 * MINUTE
        paper.work(HOUR)
    paper.fall(A)
    paper.work(LONG)
    return paper.found


def swapped(paper: Paper) -> Paper:
    """The cables of two nodes are swapped."""
    nodes = paper.truth.nodes
    nodes[A].feeds, nodes[B].feeds = nodes[B].feeds, nodes[A].feeds
    paper.cable({o: n for n in nodes.values() for o in n.feeds})
    return paper


def a_wrong_cable() -> Found:
    """Power for one node fells its neighbour; two days later another node needs power."""
    paper = swapped(on_paper(inventory=make_inventory(nodes=4)))
    paper.fall(A, fault=Fault.BROKEN)
    paper.work(LONG)
    paper.truth.repair(paper.truth.nodes[A])
    paper.work(2 * DAY, step=HOUR)
    paper.fall(A, fault=Fault.BROKEN)
    paper.work(LONG)
    return paper.found


CROWD = (
    Tooth(
        "canaries",
        6,
        "too few good answers never make it blind",
        says(None, fleet.go_blind),
        our_line_is_out,
    ),
    Tooth("fleet guard: power", 8, "the gate passes", passes(gates.fleet_guard), much_falls_later),
    Tooth(
        "fleet guard: first notices",
        8,
        "no notice is taken for a first one",
        says(False, gates.says_first_down),
        many_are_locked,
    ),
    Tooth("storm waves", 9, "the gate passes, and every turn is free", no_storm(), a_storm),
    Tooth(
        "common cause",
        9,
        "openings are not counted",
        says(None, common_cause.note_opening),
        they_open_together,
    ),
    Tooth("completeness", 9, "the gate passes", passes(many.completeness), nobody_scans),
    Tooth("site guard", 8, "the gate passes", passes(site_guard.site_gate), most_of_a_site),
    Tooth("breaker", 8, "the gate passes", passes(trust.breaker_gate), units_that_lie),
    Tooth("flapping hold", 8, "the gate passes", passes(flapping_gate), comes_and_goes),
    Tooth(
        "suspect mapping: the PCU gate",
        8,
        "every power path is in order",
        replaced(paths.path_answer, lambda *_: (paths.Tri.YES, "gone")),
        a_wrong_cable,
    ),
    Tooth(
        "neighbours watched",
        8,
        "nobody looks at them",
        says(None, neighbours.watch_neighbours),
        a_wrong_cable,
    ),
)
