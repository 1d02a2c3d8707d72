"""How far a change reaches: which open issues must be looked at again because of it."""

from plcmon.model.beliefs import FleetBelief, NodeBelief, PcuBelief, SiteBelief
from plcmon.model.intents import POWER
from plcmon.model.issues import IssueId
from plcmon.model.state import Changes, State
from plcmon.model.subjects import (
    NodeKey,
    PcuKey,
    SiteKey,
    Subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from plcmon.policy.grant import is_power
from plcmon.policy.rounds import Wants


def issues_touched(state: State, wants: Wants, changes: Changes) -> set[IssueId]:
    """Every open issue whose want may differ after these changes."""
    if concerns_all(changes):
        return {issue.id for issue in state.all_open()}
    found: set[IssueId] = set(changes.issues)
    for kind, key in changes.beliefs:
        for subject in subjects_near(state, kind, key):
            found.update(state.open_by_subject.get(subject, {}).values())
    if any(intent.kind in POWER for intent in changes.intents.values()):
        found |= {issue for issue, wanted in wants.by_issue.items() if is_power(wanted)}
    return found


def concerns_all(changes: Changes) -> bool:
    """What bears on every gate: windows, freezes, the inventory, the fleet's own belief."""
    if changes.windows or changes.freezes or changes.inventory is not None:
        return True
    return any(kind is FleetBelief for kind, _ in changes.beliefs)


def subjects_near(state: State, kind: type, key: str) -> list[Subject]:
    """The subject of a belief and those whose conditions ask about it."""
    if kind is NodeBelief:
        return [node_subject(NodeKey(key))]
    if kind is PcuBelief:
        nodes = state.inventory.nodes_by_pcu.get(PcuKey(key), ())
        return [pcu_subject(key), *(node_subject(node.key) for node in nodes)]
    if kind is SiteBelief:
        nodes = state.inventory.nodes_by_site.get(SiteKey(key), ())
        return [site_subject(key), *(node_subject(node.key) for node in nodes)]
    return []
