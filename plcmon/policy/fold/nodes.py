"""A node's observation changed, or its time has come: status, sums, issues, proof."""

from datetime import datetime

from plcmon.model.beliefs import NodeBelief, Status
from plcmon.model.events import Event, NodeObserved, StatusChanged
from plcmon.model.readings import Evidence, Observation, Observed
from plcmon.model.replacing import replace
from plcmon.model.subjects import NodeKey, node_subject
from plcmon.policy import journal
from plcmon.policy.draft import Draft
from plcmon.policy.flapping import follow_flap, settle_flap
from plcmon.policy.fold.guard import note_turned_bad
from plcmon.policy.fold.sites import review_site
from plcmon.policy.fold.unwell import note_unseen
from plcmon.policy.neighbours import watch_neighbours
from plcmon.policy.proof import seek_proof
from plcmon.policy.purpose import meant
from plcmon.policy.review import review_node
from plcmon.policy.spans import count, count_all
from plcmon.policy.status import GOOD_OR_ONLINE, node_status

GAPS = frozenset({Evidence.BLIND, Evidence.STALE, Evidence.UNREACHABLE})
NO_EVIDENCE = frozenset({Observed.STALE, Observed.BLIND, Observed.UNREACHABLE})


def on_node_observed(draft: Draft, event: Event, body: NodeObserved) -> None:
    key = NodeKey(event.subject.key)
    if key not in draft.inventory.nodes:
        return
    before = draft.node(key)
    after = take_in(draft, before, body.observation, event.seq)
    draft.believe(after)
    if after.evidence is not before.evidence:
        draft.tell(
            event.subject,
            StatusChanged(before.evidence, after.evidence, body.observation.detail, "evidence"),
        )
    watch_neighbours(draft, key, before, body.observation, event.seq)
    settle_node(draft, key)
    after = draft.node(key)
    if after.observed is Observed.BOOT and after.evidence is Evidence.FRESH:
        has_power(draft, key)
        forget_our_off(draft, key, after.booted_at)
    seek_proof(draft, key, body.observation)


def has_power(draft: Draft, key: NodeKey) -> None:
    """A node that boots has power: whoever had its outlets off has put them on."""
    outlets = {o for path in draft.inventory.nodes[key].paths for o in path.outlets}
    before = draft.fleet.foreign_off
    if outlets & before:
        draft.patch_fleet(foreign_off=before - outlets)
        journal.write_foreign(draft, before, before - outlets)


def forget_our_off(draft: Draft, key: NodeKey, booted_at: datetime | None) -> None:
    """An outlet that our hand left off is on, if its node booted since; off again, it is not ours.

    Of a node with several feeds that tells nothing of any one of them.
    """
    outlets = {o for path in draft.inventory.nodes[key].paths for o in path.outlets}
    ours = outlets & draft.fleet.known_off
    if not ours or len(outlets) > 1 or booted_at is None:
        return
    actions = [i for i in draft.intents_of(node_subject(key)) if i.cut_at is not None]
    if all(not i.in_flight and i.cut_at and i.cut_at < booted_at for i in actions):
        draft.patch_fleet(known_off=draft.fleet.known_off - ours)


def take_in(draft: Draft, belief: NodeBelief, seen: Observation, seq: int) -> NodeBelief:
    """The belief with this observation in it; the sums run to the moment it speaks of."""
    evidence = Evidence.BLIND if draft.fleet.blind else seen.evidence
    fresh = evidence is Evidence.FRESH and seen.state not in NO_EVIDENCE
    changed = fresh and seen.state is not belief.observed
    spans = count_all(
        belief.spans,
        seen.state if fresh else belief.observed,
        evidence if fresh else Evidence.STALE,
        speaks_from(draft, belief, seen, changed=changed),
        draft.policy.thresholds.restart_after,
        marks=seen.marks,
    )
    belief = replace(
        belief,
        evidence=evidence,
        evidence_since=belief.evidence_since if evidence is belief.evidence else seen.at,
        spans=spans,
        first_seen_at=belief.first_seen_at or seen.at,
        not_good_since=belief.not_good_since if belief.first_seen_at else seen.since,
        evidence_seq=seq,
    )
    if not fresh:
        return belief
    up = seen.state in (Observed.BOOT, Observed.DEBUG)
    belief = replace(
        belief,
        observed=seen.state,
        observed_since=seen.since if changed else belief.observed_since or seen.since,
        marks=seen.marks,
        boot_id=seen.boot_id or belief.boot_id,
        # What it said before it went away does not say when it booted now.
        booted_at=seen.booted_at or (None if changed and up else belief.booted_at),
        detail=seen.detail,
        # Any key that lets us in is the pinned one; the acceptance has done its work.
        key_settles_at=None if up else belief.key_settles_at,
    )
    return follow_flap(draft, belief)


def speaks_from(draft: Draft, belief: NodeBelief, seen: Observation, *, changed: bool) -> datetime:
    """From when on the observation counts. A new failure: from its first reading.

    What lies in a gap never counts, however long the finding held in it: a site that was out of
    reach leaves its nodes no bad time.
    """
    if belief.evidence in GAPS:
        return draft.now
    return seen.since if changed and seen.state is not Observed.BOOT else seen.at


def settle_node(draft: Draft, key: NodeKey) -> None:
    """Let status, guard and issues follow from the belief as it is now; the site's too."""
    settle_alone(draft, key)
    node = draft.inventory.nodes.get(key)
    if node is not None:
        review_site(draft, node.site)


def settle_alone(draft: Draft, key: NodeKey) -> None:
    """The node's own part of it, for whoever reviews its site afterwards."""
    belief = draft.node(key)
    node = draft.inventory.nodes.get(key)
    standing = node_status(
        belief, meant(node, belief) if node else None, draft.now, draft.policy.thresholds
    )
    if standing.status is not belief.status:
        change_status(draft, belief, standing.status, standing.since, standing.why)
    elif standing.since != belief.status_since:
        draft.believe(replace(belief, status_since=standing.since))
    if node is None:
        stop_sums(draft, key)
    settle_flap(draft, key)
    note_unseen(draft, key)
    review_node(draft, key)


def stop_sums(draft: Draft, key: NodeKey) -> None:
    """A node that is gone is not looked at: should it return, the time between is a gap."""
    belief = draft.node(key)
    restart = draft.policy.thresholds.restart_after
    spans = {name: count(span, None, draft.now, restart) for name, span in belief.spans.items()}
    if spans != belief.spans or belief.evidence is not Evidence.STALE:
        stale = replace(belief, spans=spans, evidence=Evidence.STALE, evidence_since=draft.now)
        draft.believe(stale)


def change_status(
    draft: Draft, belief: NodeBelief, status: Status, since: datetime | None, why: str
) -> None:
    left_good = belief.status in GOOD_OR_ONLINE and status not in GOOD_OR_ONLINE
    bad = status in (Status.OFFLINE, Status.DOWN, Status.FAILBOOT)
    after = replace(
        belief,
        status=status,
        status_since=since,
        good_until=draft.now if left_good else belief.good_until,
        turned_bad_at=draft.now if left_good and bad else belief.turned_bad_at,
        not_good_since=not_good_since(belief, status, since or draft.now),
    )
    draft.believe(after)
    draft.tell(node_subject(belief.key), StatusChanged(belief.status, status, why))
    if left_good and bad:
        note_turned_bad(draft, str(node_subject(belief.key)))


def not_good_since(belief: NodeBelief, status: Status, since: datetime) -> datetime | None:
    """Starts at first sight and when a node leaves good; ends when it enters good."""
    if status is Status.GOOD:
        return None
    return belief.not_good_since or since
