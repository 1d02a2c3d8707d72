"""Storms: nodes that fell together get power in waves, each after half of the last came back."""

from bisect import bisect_left, bisect_right
from datetime import datetime

from plcmon.model.beliefs import Status
from plcmon.model.crowd import Begun
from plcmon.model.decisions import Gate, GateName
from plcmon.model.events import AlertRaised
from plcmon.model.guards import Storm
from plcmon.model.intents import Intent, IntentId
from plcmon.model.issues import Issue
from plcmon.model.replacing import replace
from plcmon.model.subjects import NodeKey, Subject, SubjectKind, fleet_subject
from plcmon.policy.draft import Draft
from plcmon.policy.fate import Fate, fate_of
from plcmon.policy.gates import gate, passed
from plcmon.policy.issues import stamp, words

BOOTED = frozenset({Status.GOOD, Status.ONLINE})

# Who belongs to a storm


def storm_line(view: Draft) -> int:
    """More nodes than this that fell within one window are a storm."""
    rules = view.policy.guard
    return max(rules.storm_more_than, int(rules.storm_share * view.fleet.in_service))


def shelter(draft: Draft, fell: Begun, fresh: list[Begun]) -> None:
    """Put a node that fell into its storm, if it has one; `fresh` fell in this very event."""
    at, key = fell
    storm = open_storm(draft, at) or grown_storm(draft, at, fresh)
    if storm is not None:
        enlist(draft, storm, [key])
        return
    together = crowd_around(draft, at, fresh)
    if together:
        start(draft, together)


def open_storm(view: Draft, at: datetime) -> Storm | None:
    """The storm in whose time the bad time began."""
    return next((storm for storm in view.fleet.storms.values() if covers(storm, at)), None)


def covers(storm: Storm, at: datetime) -> bool:
    return not storm.cause and storm.since <= at and (storm.until is None or at <= storm.until)


def grown_storm(draft: Draft, at: datetime, fresh: list[Begun]) -> Storm | None:
    """A storm that goes on: the window up to now is as crowded as the one that made it."""
    since = at - draft.policy.guard.window
    for storm in draft.fleet.storms.values():
        near = not storm.cause and storm.until is not None and since < storm.until <= at
        if near and count_fell(draft, since, at, fresh) > storm_line(draft):
            grown = replace(storm, until=at)
            keep(draft, grown)
            return grown
    return None


def crowd_around(view: Draft, at: datetime, fresh: list[Begun]) -> list[Begun]:
    """The first window with this moment in it that is too full; empty: none is."""
    window, line = view.policy.guard.window, storm_line(view)
    if count_fell(view, at - window, at + window, fresh) <= line:  # as nearly always
        return []
    near = fell(view, at - window, at + window, fresh)
    times = [began for began, _ in near]
    for first in times[: bisect_right(times, at)]:
        start, end = bisect_left(times, first), bisect_left(times, first + window)
        if end - start > line:
            return near[start:end]
    return []


def fell(view: Draft, after: datetime, until: datetime, fresh: list[Begun]) -> list[Begun]:
    """Whose bad time began then, oldest first."""
    mine = [row for row in fresh if after < row[0] <= until]
    return sorted({*view.state.crowd.fell(after, until), *mine})


def count_fell(view: Draft, after: datetime, until: datetime, fresh: list[Begun]) -> int:
    mine = sum(after < at <= until for at, _ in fresh)
    return view.state.crowd.count_fell(after, until) + mine


def start(draft: Draft, together: list[Begun]) -> None:
    """A storm of these nodes, or the one that some of them are in already, now longer."""
    since, until = together[0][0], together[-1][0]
    storms = [storm_of(draft, key) for _, key in together]
    known = next((storm for storm in storms if storm is not None and not storm.cause), None)
    if known is None:
        storm = Storm(draft.new_id("storm"), since, until)
        tell_storm(draft, storm, f"{len(together)} nodes fell within one window")
    else:
        ends = max(known.until, until) if known.until else None
        storm = replace(known, since=min(known.since, since), until=ends)
    keep(draft, storm)
    enlist(draft, storm, [key for _, key in together])


def leave_behind(draft: Draft, label: str, keys: list[NodeKey]) -> None:
    """What remains of a common cause goes on as a storm's, wherever it is in none yet."""
    left = [key for key in keys if draft.node(key).status not in BOOTED]
    if not any(not draft.node(key).storm for key in left):
        return
    storm = Storm(draft.new_id("storm", label), draft.now, draft.now, cause=label)
    keep(draft, storm)
    tell_storm(draft, storm, f"{len(left)} nodes are left of {label}")
    enlist(draft, storm, left)


def enlist(draft: Draft, storm: Storm, keys: list[NodeKey]) -> None:
    for key in keys:
        belief = draft.node(key)
        if not belief.storm and belief.status not in BOOTED:
            draft.believe(replace(belief, storm=storm.id))


def guard_shut(draft: Draft, fresh: list[Begun]) -> None:
    """Whatever fell in the window before, and falls until the guard opens, is one storm."""
    since = (draft.fleet.guard_since or draft.now) - draft.policy.guard.window
    near = [
        storm
        for storm in draft.fleet.storms.values()
        if not storm.cause and (storm.until is None or storm.until >= since)
    ]
    if near:
        storm = replace(near[-1], since=min(near[-1].since, since), until=None)
    else:
        storm = Storm(draft.new_id("storm"), since, None)
    keep(draft, storm)
    tell_storm(draft, storm, "the fleet guard closed")
    enlist(draft, storm, [key for _, key in fell(draft, since, draft.now, fresh)])


def guard_opened(draft: Draft) -> None:
    for storm in draft.fleet.storms.values():
        if storm.until is None:
            keep(draft, replace(storm, until=draft.now))


def tell_storm(draft: Draft, storm: Storm, why: str) -> None:
    draft.audit(fleet_subject(), "storm", why, detail=storm.id)


def keep(draft: Draft, storm: Storm) -> None:
    draft.patch_fleet(storms={**draft.fleet.storms, storm.id: storm})


# Waves


def review_storm(draft: Draft, storm_id: str) -> None:
    """Settle the turns that are over; go on to the next wave, or give this one up."""
    storm = draft.fleet.storms.get(storm_id)
    if storm is None:
        return
    after = settled(draft, storm)
    if len(after.failed) > after.size - after.half:
        what = f"{len(after.failed)} of a wave of {after.size} did not come back"
        after = give_up(draft, after, what)
    elif len(unhelped(after)) >= draft.policy.guard.storm_unhelped:
        after = give_up(draft, after, f"{len(unhelped(after))} actions did not help")
    elif after.taken >= after.size and not after.turns:
        why = f"{after.back} of a wave of {after.size} came back"
        vain = tuple(unhelped(after))
        after = replace(after, wave=after.wave + 1, back=0, failed=(), vain=vain)
        draft.audit(fleet_subject(), "storm wave", why, detail=after.id)
    if after != storm:
        keep(draft, after)


def settled(view: Draft, storm: Storm) -> Storm:
    """The wave with each turn where it belongs by now."""
    turns, failed, back = dict(storm.turns), set(storm.failed), storm.back
    for key in [*turns, *failed]:
        intent = view.intent(IntentId(turns[key])) if key in turns else None
        fate, _ = fate_of(view, intent) if intent else (Fate.FAILED, view.now)
        if view.node(NodeKey(key)).storm != storm.id or fate is Fate.HELPED:
            back += 1
        elif fate is Fate.UNDER_WAY:
            continue
        elif fate is Fate.FAILED:
            failed.add(key)
            turns.pop(key, None)
            continue
        turns.pop(key, None)
        failed.discard(key)
    vain = tuple(key for key in storm.vain if view.node(NodeKey(key)).storm == storm.id)
    return replace(storm, turns=turns, failed=tuple(sorted(failed)), vain=vain, back=back)


def unhelped(storm: Storm) -> list[str]:
    """Nodes that power did not bring back since the storm was last held."""
    return [*storm.vain, *storm.failed]


def give_up(draft: Draft, storm: Storm, what: str) -> Storm:
    """A storm that power does not help waits, and is said aloud; then a wave of one begins."""
    pause = draft.policy.guard.wave_pause
    why = f"{what}; the next power in {words(pause)}"
    text = f"{name_of(storm)}: {why}"
    draft.audit(fleet_subject(), "storm wave failed", why, detail=storm.id)
    draft.tell(fleet_subject(), AlertRaised(f"storm {storm.id}", text))
    until = draft.now + pause
    return replace(storm, wave=0, turns={}, back=0, failed=(), vain=(), held_until=until)


def name_of(storm: Storm) -> str:
    what = f"what is left of {storm.cause}" if storm.cause else "the storm"
    return f"{what} of {stamp(storm.since)}"


def forget_over(draft: Draft) -> None:
    """A storm without nodes is over, once nobody can be counted late who fell in it."""
    late = 2 * draft.policy.guard.window
    present = draft.fleet.storms
    left = {
        key: storm
        for key, storm in present.items()
        if storm.until is None
        or draft.now - storm.until < late
        or draft.state.crowd.storms.get(key)
    }
    if len(left) < len(present):
        draft.patch_fleet(storms=left)


def room(view: Draft, storm: Storm) -> int:
    """How many more of the storm's nodes may get power now."""
    bets = len(storm.turns) + len(unhelped(storm))
    return max(0, min(storm.size - storm.taken, view.policy.guard.storm_unhelped - bets))


def note_turn(draft: Draft, key: NodeKey, intent: Intent) -> None:
    """The node takes a turn of its storm's wave."""
    storm = storm_of(draft, key)
    if storm is not None:
        keep(draft, replace(storm, turns={**storm.turns, key: intent.id}, held_until=None))


def storm_of(view: Draft, key: NodeKey) -> Storm | None:
    return view.fleet.storms.get(view.node(key).storm)


# The gate


def storm_gate(view: Draft, subject: Subject) -> Gate:
    """Before power is granted: is it this node's turn?"""
    storm = storm_of(view, NodeKey(subject.key)) if subject.kind is SubjectKind.NODE else None
    if storm is None:
        return passed(GateName.STORM, "it fell in no storm")
    waits = paused(view, storm)
    if waits is not None:
        return waits
    wave = f"a wave of {storm.size} of {name_of(storm)}"
    if subject.key in storm.turns or subject.key in storm.failed:
        return gate(GateName.STORM, False, f"it had its turn in {wave}", at=storm.since)
    free = room(view, storm)
    so_far = f"{storm.back} back, {len(storm.turns)} under way, {len(storm.failed)} failed"
    if free:
        fact, distance = f"{wave}: {so_far}", f"{free} more may go"
        return gate(GateName.STORM, True, fact, at=storm.since, distance=distance)
    missing = max(0, storm.half - storm.back)
    distance = f"the next wave when {missing} more are back" if missing else "it must end first"
    fact = f"{wave} is under way: {so_far}"
    return gate(GateName.STORM, False, fact, at=storm.since, distance=distance)


def paused(view: Draft, storm: Storm) -> Gate | None:
    if storm.held_until is None or view.now >= storm.held_until:
        return None
    fact = f"a wave of {name_of(storm)} failed"
    return gate(GateName.STORM, False, fact, at=storm.since, clears_at=storm.held_until)


def storm_objection(view: Draft, issue: Issue) -> Gate:
    """At the claim the turn was taken already; only a wave that failed since then stops it."""
    storm = storm_of(view, NodeKey(issue.subject.key))
    waits = paused(view, storm) if storm is not None else None
    return waits or passed(GateName.STORM, "no wave failed")
