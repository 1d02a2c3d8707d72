"""After each event: what it means for the guards over many nodes, from its changes alone."""

from plcmon.model.beliefs import NodeBelief, Status
from plcmon.model.crowd import Begun
from plcmon.model.events import Event
from plcmon.model.intents import POWER
from plcmon.model.issues import Issue
from plcmon.model.replacing import replace
from plcmon.model.subjects import NodeKey, SiteKey, SubjectKind, node_subject
from plcmon.policy.common_cause import note_opening, review_causes
from plcmon.policy.draft import Draft
from plcmon.policy.fold.guard import BAD
from plcmon.policy.site_guard import review_site_guard
from plcmon.policy.status import GOOD_OR_ONLINE
from plcmon.policy.storm import forget_over, guard_opened, guard_shut, review_storm, shelter

OVER = GOOD_OR_ONLINE | {Status.RETIRED}


def follow(draft: Draft, event: Event) -> None:
    """Storms, common causes and site guards follow what the event changed."""
    beliefs = [row for row in draft.changes.beliefs.values() if isinstance(row, NodeBelief)]
    moved = [row for row in beliefs if concerns_many(draft, row)]
    storms = follow_storms(draft, moved)
    follow_openings(draft)
    sites = {node.site for row in moved if (node := draft.inventory.nodes.get(row.key))}
    for intent in draft.changes.intents.values():
        if intent.kind in POWER and intent.target.kind is SubjectKind.NODE:
            sites.add(SiteKey(intent.site))
            storms.add(draft.node(NodeKey(intent.target.key)).storm)
    if event.subject.kind is SubjectKind.SITE:
        sites.add(SiteKey(event.subject.key))
    for site in sorted(sites & draft.inventory.sites.keys()):
        review_site_guard(draft, site)
    if event.subject.kind is SubjectKind.FLEET:
        storms |= draft.fleet.storms.keys()
        review_causes(draft)
        forget_over(draft)
    for storm in sorted(storms):
        review_storm(draft, storm)


def concerns_many(draft: Draft, belief: NodeBelief) -> bool:
    """Only a node that fell, came back, or shows something else bears on the others."""
    before = draft.state.nodes.get(belief.key)
    return before is None or (before.status, before.observed) != (belief.status, belief.observed)


def follow_storms(draft: Draft, moved: list[NodeBelief]) -> set[str]:
    """Who fell, who is back, and whether the fleet guard moved; the storms it matters to."""
    fresh: list[Begun] = []
    touched: set[str] = set()
    for belief in moved:
        before = draft.state.nodes.get(belief.key)
        if belief.status in OVER and (belief.fell_at or belief.storm):
            touched.add(belief.storm)
            draft.believe(replace(belief, fell_at=None, storm=""))
        elif before and before.status in GOOD_OR_ONLINE and belief.status in BAD:
            at = belief.status_since or draft.now
            draft.believe(replace(belief, fell_at=at))
            fresh.append((at, belief.key))
    was, closed = draft.state.fleet.guard_closed, draft.fleet.guard_closed
    if closed and not was:
        guard_shut(draft, fresh)
    elif was and not closed:
        guard_opened(draft)
    for row in sorted(fresh):
        if not draft.node(row[1]).storm:
            shelter(draft, row, fresh)
    return touched - {""}


def follow_openings(draft: Draft) -> None:
    """Node issues that opened in this event, one after the other."""
    fresh: list[Issue] = []
    for issue in list(draft.changes.issues.values()):
        before = draft.state.issues.get(issue.id)
        opens = issue.is_open and (before is None or not before.is_open)
        if opens and issue.subject == node_subject(issue.subject.key):
            fresh.append(issue)
            note_opening(draft, issue, fresh)
