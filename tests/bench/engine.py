"""The pure core at ten thousand nodes: how fast it folds and decides, with no room above it."""

import time
from dataclasses import replace
from datetime import timedelta

from plcmon.model.decisions import Mode
from plcmon.model.events import Body, Event, NodeObserved, Tick
from plcmon.model.policy import Policy
from plcmon.model.readings import Observation, Observed
from plcmon.model.subjects import NodeKey, Subject, node_subject
from plcmon.policy.fold import fold
from plcmon.policy.rounds import decide
from tests.policy.clerk import Clerk, make_inventory

SITES, NODES = 1000, 10  # of each site
CHANGES = 200
FOLDS = 5000


def measure() -> dict[str, float]:
    """Folds and decisions per second."""
    clerk = begin()
    keys = list(clerk.inventory.nodes)
    sick = keys[:: len(keys) // CHANGES][:CHANGES]
    folds = {"folds_per_s": rate(fold_changes, clerk, keys[:FOLDS])}
    for key in sick:
        tell(clerk, node_subject(key), observed(clerk, Observed.SILENT))
    clerk.now += clerk.policy.thresholds.node_down_silent + timedelta(minutes=1)
    ticks = rate(tick_all, clerk, sick)
    issues = [issue.id for issue in clerk.state.all_open()]
    began = time.perf_counter()
    parts = decide(clerk.policy, clerk.state, clerk.wants, issues, clerk.now)
    took = time.perf_counter() - began
    return {
        "nodes": len(keys),
        **folds,
        "openings_per_s": ticks,
        "decided": len(issues),
        "decisions_per_s": len(issues) / took,
        "round_ms": took * 1000,
        "planned": sum(len(part.intents) for part in parts),
    }


def begin() -> Clerk:
    """A fleet of which all is seen well, in mode auto, with a guard that lets the change pass."""
    clerk = Clerk(policy=policy(), inventory=make_inventory(sites=SITES, nodes=NODES))
    clerk.begin()
    return clerk


def policy() -> Policy:
    shipped = Clerk().policy
    guard = replace(shipped.guard, more_than=10 * CHANGES)
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
