"""The pure core at ten thousand nodes: how fast it folds and decides, with no room above it."""

import time
from dataclasses import replace
from datetime import timedelta

from plcmon.model.beliefs import Finding
from plcmon.model.decisions import Mode
from plcmon.model.events import Body, Event, NodeObserved, PcuTested, Tick
from plcmon.model.policy import Policy
from plcmon.model.readings import Observation, Observed
from plcmon.model.subjects import NodeKey, Subject, node_subject, pcu_subject
from plcmon.policy.fold import fold
from plcmon.policy.rounds import Wants, decide
from tests.policy.clerk import Clerk, make_inventory

SITES, NODES = 1000, 10  # of each site
CHANGES = 200
FOLDS = 5000
SITTINGS = 9


def measure() -> dict[str, float]:
    """Folds and decisions per second."""
    clerk = begin(SITES, CHANGES)
    keys = list(clerk.inventory.nodes)
    folds = {"folds_per_s": rate(fold_changes, clerk, keys[:FOLDS])}
    ticks = rate(tick_all, clerk, fail(clerk, CHANGES))
    return {"nodes": len(keys), **folds, "openings_per_s": ticks, **rounds(clerk)}


def rounds_of(sites: int, changes: int) -> dict[str, float]:
    """Milliseconds of a round over so many open issues, and of one over ten of them."""
    clerk = begin(sites, changes)
    tick_all(clerk, fail(clerk, changes))
    found = rounds(clerk)
    few = rounds(clerk, most=10)
    return {"round_ms": found["round_ms"], "small_round_ms": few["round_ms"]}


def fail(clerk: Clerk, changes: int) -> list[NodeKey]:
    """So many nodes fall silent for long enough to be down; returns them."""
    keys = list(clerk.inventory.nodes)
    sick = keys[:: len(keys) // changes][:changes]
    for key in sick:
        tell(clerk, node_subject(key), observed(clerk, Observed.SILENT))
    clerk.now += clerk.policy.thresholds.node_down_silent + timedelta(minutes=1)
    for pcu in clerk.inventory.pcus:
        tell(clerk, pcu_subject(pcu), PcuTested(Finding.OK, "logged in"))
    return sick


def rounds(clerk: Clerk, *, most: int | None = None) -> dict[str, float]:
    """The same sitting over open issues, several times: the CPU time of the fastest."""
    issues = [issue.id for issue in clerk.state.all_open()][:most]
    took, planned = [], 0
    for _ in range(SITTINGS):
        state, wants = clerk.state.fork(), Wants()
        began = time.process_time()
        parts = decide(clerk.policy, state, wants, issues, clerk.now)
        took.append(time.process_time() - began)
        planned = sum(len(part.intents) for part in parts)
    least = min(took)
    return {
        "decided": len(issues),
        "decisions_per_s": len(issues) / least,
        "round_ms": least * 1000,
        "planned": planned,
    }


def begin(sites: int, changes: int) -> Clerk:
    """A fleet of which all is seen well, in mode auto."""
    clerk = Clerk(policy=policy(changes), inventory=make_inventory(sites=sites, nodes=NODES))
    clerk.begin()
    return clerk


def policy(changes: int) -> Policy:
    """Guards that let each change pass as one of its own, so that power is really granted."""
    shipped, most = Clerk().policy, 10 * changes
    guard = replace(shipped.guard, more_than=most, storm_more_than=most, cause_more_than=most)
    return replace(shipped, mode=Mode.AUTO, guard=guard)


def rate(do: object, clerk: Clerk, keys: list[NodeKey]) -> float:
    assert callable(do)
    began = time.perf_counter()
    do(clerk, keys)
    return len(keys) / (time.perf_counter() - began)


def fold_changes(clerk: Clerk, keys: list[NodeKey]) -> None:
    """Nodes that show something else than before, and are well all the same."""
    for key in keys:
        tell(clerk, node_subject(key), observed(clerk, Observed.BOOT))


def tick_all(clerk: Clerk, keys: list[NodeKey]) -> None:
    for key in keys:
        tell(clerk, node_subject(key), Tick())


def observed(clerk: Clerk, state: Observed) -> NodeObserved:
    return NodeObserved(Observation(state, clerk.now, clerk.now, detail=f"bench {state.value}"))


def tell(clerk: Clerk, subject: Subject, body: Body) -> None:
    """Fold one fact and apply it; nothing is decided."""
    clerk.state.apply(fold(clerk.policy, clerk.state, Event(clerk.now, subject, body)))
