"""How far a change reaches: which open issues must be looked at again because of it."""

from collections.abc import Callable, Iterable, Mapping

from plcmon.model.beliefs import FleetBelief, NodeBelief, PcuBelief, SiteBelief
from plcmon.model.decisions import GateName, Want
from plcmon.model.intents import POWER
from plcmon.model.issues import IssueId
from plcmon.model.state import Changes, State
from plcmon.model.subjects import (
    NodeKey,
    PcuKey,
    SiteKey,
    Subject,
    SubjectKind,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from plcmon.policy.grant import is_power
from plcmon.policy.rounds import Wants

MAKERS: Mapping[type, Callable[[str], Subject]] = {
    NodeBelief: lambda key: node_subject(NodeKey(key)),
    PcuBelief: pcu_subject,
    SiteBelief: site_subject,
}


def issues_touched(state: State, wants: Wants, changes: Changes) -> set[IssueId]:
    """Every open issue for which something else may be decided after these changes.

    An issue that waits for bad time has its turn when that is over: what only moves gates behind
    the wait cannot change what is done. (`why` looks at every gate afresh.)
    """
    if concerns_all(changes) or ((FleetBelief, "") in changes.beliefs and wants.turns(state.fleet)):
        return {issue.id for issue in state.all_open()}
    found: set[IssueId] = set(changes.issues)
    if (FleetBelief, "") in changes.beliefs:
        found |= wants.by_issue.keys() - wants.waiting
    for kind, key in changes.beliefs:
        for subject in troubled_near(state, kind, key):
            found.update(state.open_by_subject.get(subject, {}).values())
    for issue in changes.issues.values():
        if issue.subject.kind is SubjectKind.PCU:  # it may stand in the way of power through it
            for subject in troubled_near(state, PcuBelief, issue.subject.key):
                found.update(state.open_by_subject.get(subject, {}).values())
    if changes.intents or changes.mails:  # what they cost, and until when, may differ now
        found |= wants.queued - wants.waiting
    found |= {intent.issue for intent in changes.intents.values() if intent.issue}
    if any(intent.kind in POWER for intent in changes.intents.values()):
        found |= {
            issue
            for issue, wanted in wants.by_issue.items()
            if not waits(wanted) and is_power(wanted)
        }
    return found


def waits(wanted: Want) -> bool:
    """Its rung waits for bad time, whatever else is so."""
    return any(gate.name is GateName.WAIT for gate in wanted.shut)


def subjects_in(changes: Changes) -> set[Subject]:
    """Every subject whose next time may differ after these changes."""
    found = {event.subject for event in changes.events}
    found |= {subject_of(kind, key) for kind, key in changes.beliefs}
    found |= {issue.subject for issue in changes.issues.values()}
    found |= {intent.target for intent in changes.intents.values()}
    if changes.windows:
        found.add(fleet_subject())
    return found


def subject_of(kind: type, key: str) -> Subject:
    return fleet_subject() if kind is FleetBelief else MAKERS[kind](key)


def concerns_all(changes: Changes) -> bool:
    """What bears on every issue, also on one that waits: windows, freezes, the inventory."""
    return bool(changes.windows or changes.freezes or changes.inventory is not None)


def troubled_near(state: State, kind: type, key: str) -> Iterable[Subject]:
    """Those near a belief's subject that ever had an issue: by whichever way is shorter."""
    had = state.open_by_subject
    if kind is SiteBelief and len(had) < len(state.inventory.nodes_by_site.get(SiteKey(key), ())):
        return [subject for subject in had if state.inventory.site_of(subject) == key]
    return subjects_near(state, kind, key)


def subjects_near(state: State, kind: type, key: str) -> list[Subject]:
    """The subject of a belief and those whose conditions ask about it."""
    if kind is NodeBelief:
        return [node_subject(NodeKey(key))]
    if kind is PcuBelief:
        nodes = state.inventory.nodes_by_pcu.get(PcuKey(key), ())
        return [pcu_subject(key), *(node_subject(node.key) for node in nodes)]
    if kind is SiteBelief:
        nodes = state.inventory.nodes_by_site.get(SiteKey(key), ())
        pcus = state.inventory.pcus_by_site.get(SiteKey(key), ())
        near = [site_subject(key), *(node_subject(node.key) for node in nodes)]
        return [*near, *(pcu_subject(pcu.key) for pcu in pcus)]
    return []
