"""What is wrong with the watching itself: nodes that nobody sees, wants that are held for long."""

from plcmon.model.readings import Evidence
from plcmon.model.subjects import NodeKey, node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.fold.selves import set_self
from plcmon.policy.issues import words

UNSEEN = "stale"  # the condition of nodes that nobody saw
HELD = "held"  # the condition of wants that are held
NAMED = 3  # how many are named; the others are counted


def note_unseen(draft: Draft, key: NodeKey) -> None:
    """Keep the list of nodes that have been stale for too long, and the issue that stands on it."""
    before = draft.fleet.unseen
    unseen = before | {key} if is_unseen(draft, key) else before - {key}
    if unseen == before:
        return
    draft.patch_fleet(unseen=unseen)
    names = [draft.name(node_subject(one)) for one in sorted(unseen)[:NAMED]]
    more = f" and {len(unseen) - NAMED} more" if len(unseen) > NAMED else ""
    limit = words(draft.policy.thresholds.stale_for)
    detail = f"nobody saw {', '.join(names)}{more} for {limit}" if unseen else "all are seen again"
    set_self(draft, UNSEEN, on=bool(unseen), detail=detail)


def is_unseen(draft: Draft, key: NodeKey) -> bool:
    belief = draft.node(key)
    if key not in draft.inventory.nodes or belief.evidence is not Evidence.STALE:
        return False
    since = belief.evidence_since
    return since is not None and draft.now - since >= draft.policy.thresholds.stale_for


def review_holds(draft: Draft) -> None:
    """Something that is held for a day is a matter of plcmon's own; which gate, it says."""
    long = draft.policy.safety.hold_alert
    old = [hold for hold in draft.state.holds.values() if hold.age(draft.now) >= long]
    if not old:
        set_self(draft, HELD, on=False, detail="nothing is held for long any more")
        return
    first = min(old, key=lambda hold: (hold.since, hold.issue))
    detail = f"{len(old)} held for over {words(long)}, first by {first.gate.value}: {first.fact}"
    set_self(draft, HELD, on=True, detail=detail)
