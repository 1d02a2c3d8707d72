"""Readiness: whose power path is proven to work, and what to do about the others. Pure."""

from collections.abc import Mapping
from datetime import timedelta

from plcmon.model.beliefs import NodeBelief, Status
from plcmon.model.decisions import Tri
from plcmon.model.subjects import Node, PowerPath
from plcmon.operations.moment import Moment
from plcmon.operations.phrases import ago
from plcmon.operations.reports import ReadinessView, UnreadyView
from plcmon.policy.draft import Draft
from plcmon.policy.fold.guard import NOT_IN_SERVICE
from plcmon.policy.paths import path_answer

PROVEN_WITHIN = timedelta(days=90)
NO_PATH, UNUSABLE, UNPROVEN, OLD, VOUCHED = (
    "no power path",
    "not usable",
    "never proven",
    "proven long ago",
    "vouched for only",
)
TO_DO: Mapping[str, str] = {
    NO_PATH: "name its PCU and outlet in the inventory, or a person as a `manual` PCU",
    UNUSABLE: "mend what is wrong with the PCU, then `pcu test` it",
    UNPROVEN: "power-cycle it in a maintenance window, or vouch in the inventory: proven = true",
    OLD: "power-cycle it in a maintenance window: that proves the path again",
    VOUCHED: "power-cycle it in a maintenance window: so far only a person's word stands for it",
}
"""What is wrong, the worst first, and what to do about it."""
ORDER = {what: place for place, what in enumerate(TO_DO)}


def readiness_view(moment: Moment) -> ReadinessView:
    """Every node in service, by the best of its power paths."""
    nodes = [node for node in moment.inventory.nodes.values() if in_service(moment, node)]
    found = [row for node in nodes if (row := unready(moment, node)) is not None]
    found.sort(key=lambda row: (ORDER[row.what], row.site, row.name))
    ready = len(nodes) - len(found)
    return ReadinessView(
        at=moment.now,
        proven_within_s=PROVEN_WITHIN.total_seconds(),
        nodes=len(nodes),
        proven=ready,
        vouched=sum(row.what == VOUCHED for row in found),
        share=ready / len(nodes) if nodes else 0.0,
        unready=tuple(found),
    )


def in_service(moment: Moment, node: Node) -> bool:
    """A new node counts: whether its path works is best known before it is needed."""
    status = (moment.state.nodes.get(node.key) or NodeBelief(node.key)).status
    return status is Status.NEW or status not in NOT_IN_SERVICE


def unready(moment: Moment, node: Node) -> UnreadyView | None:
    """What keeps the node from being ready; None: nothing does."""
    looks = [look(moment, path) for path in node.paths]
    if any(what == "" for what, _ in looks):
        return None
    what, detail = max(looks, key=lambda found: ORDER[found[0]], default=(NO_PATH, ""))
    best = node.paths[looks.index((what, detail))] if looks else None
    return UnreadyView(
        node=str(node.key),
        name=node.hostname,
        site=str(node.site),
        path=moment.path(best) if best is not None else "",
        what=what,
        detail=detail,
        to_do=TO_DO[what],
    )


def look(moment: Moment, path: PowerPath) -> tuple[str, str]:
    """What is wrong with the path, and its fact; empty: it is proven and usable."""
    got, why = path_answer(Draft(moment.state, moment.policy, moment.now), path)
    if got is not Tri.YES:
        return UNUSABLE, why
    at = moment.state.fleet.proven.get(str(path))
    if at is not None and moment.now - at <= PROVEN_WITHIN:
        return "", ""
    if path.proven:
        return VOUCHED, f"last proven {ago(at, moment.now)}" if at else "no action proved it yet"
    if at is not None:
        return OLD, f"last proven {ago(at, moment.now)}"
    return UNPROVEN, "no action through it was ever verified"
