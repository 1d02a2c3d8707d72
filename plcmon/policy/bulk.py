"""Bulk power: in waves, one of each site at a time; stopped when it goes badly."""

from plcmon.model.bulk import Bulk
from plcmon.model.events import AlertRaised, Window
from plcmon.model.intents import ActionKind, Intent, IntentId, IntentState
from plcmon.model.issues import Verdict
from plcmon.model.replacing import replace
from plcmon.model.subjects import Node, NodeKey, fleet_subject, node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.planning import plan_intent
from plcmon.policy.requests import (
    fleet_limit,
    objection_to_request,
    power_room,
    waits_for_room,
)

BAD_STATES = frozenset({IntentState.FAILED, IntentState.UNKNOWN})


def begin(draft: Draft, bulk: Bulk) -> None:
    """Write the bulk down and begin its first wave."""
    keep(draft, bulk)
    go_on(draft, bulk)


def advance(draft: Draft) -> None:
    """Let every bulk go on whose wave allows it."""
    for bulk in draft.fleet.bulks:
        go_on(draft, bulk)


def go_on(draft: Draft, before: Bulk) -> None:
    bulk = count_ended(draft, before)
    limits = draft.policy.budgets
    if bulk.bad >= limits.bulk_bad:
        return end(draft, bulk, f"stopped after {bulk.bad} bad ones", urgent=True)
    if draft.now - bulk.begun_at > limits.day:
        return end(draft, bulk, "stopped: it took too long", urgent=True)
    bulk = next_wave(draft, bulk)
    if not bulk.left and not bulk.running:
        return end(draft, bulk, "over", urgent=False)
    if bulk != before:
        keep(draft, bulk)
    return None


def count_ended(draft: Draft, bulk: Bulk) -> Bulk:
    """Leave what is over behind; a bad end counts, one that was called off before does not."""
    running, done, bad = [], bulk.done, bulk.bad
    for intent_id in bulk.running:
        intent = draft.intent(IntentId(intent_id))
        if intent is not None and not is_over(intent):
            running.append(intent_id)
        elif intent is not None and is_bad(intent):
            bad += 1
        elif intent is not None and intent.state is not IntentState.CANCELLED:
            done += 1
    return replace(bulk, running=tuple(running), done=done, bad=bad)


def is_over(intent: Intent) -> bool:
    """An unknown is over for its wave: nobody should wait for a person to settle it."""
    unknown = intent.state is IntentState.UNKNOWN
    return unknown or not (intent.in_flight or intent.awaits_proof)


def is_bad(intent: Intent) -> bool:
    return intent.state in BAD_STATES or intent.verdict is Verdict.NOT_REBOOTED


def next_wave(draft: Draft, bulk: Bulk) -> Bulk:
    """Begin what may begin now; what a rule declines is left out, and said.

    Beyond a limit of the fleet it waits: a second admin's word is for one action, not for many.
    """
    running, left, skipped = list(bulk.running), [], bulk.skipped
    at_sites = dict.fromkeys((site_of(draft, i) for i in running), 0)
    for intent_id in running:
        at_sites[site_of(draft, intent_id)] += 1
    for key in bulk.left:
        node = draft.inventory.nodes.get(key)
        if node is None or not node.paths:
            skipped += skip(draft, bulk, key, "it has no power path")
            continue
        kind = ActionKind(bulk.kind)
        full = power_room(draft) <= 0 and not bulk.forced
        busy = at_sites.get(node.site, 0) >= draft.policy.budgets.bulk_site
        if full or busy or fleet_limit(draft, node, kind):
            left.append(key)
            continue
        why = objection_to_request(draft, node, kind, force=bulk.forced)
        if why and waits_for_room(draft, node):
            left.append(key)
        elif why:
            skipped += skip(draft, bulk, key, why)
        else:
            running.append(plan(draft, bulk, node))
            at_sites[node.site] = at_sites.get(node.site, 0) + 1
    return replace(bulk, running=tuple(running), left=tuple(left), skipped=skipped)


def plan(draft: Draft, bulk: Bulk, node: Node) -> str:
    subject = node_subject(node.key)
    if bulk.until is not None:
        window = draft.new_id("window", subject)
        draft.changes.windows[window] = Window(
            window, subject, draft.now, bulk.until, bulk.actor, bulk.reason
        )
    intent = plan_intent(
        draft,
        ActionKind(bulk.kind),
        subject,
        actor=bulk.actor,
        reason=f"{bulk.reason} ({bulk.selection})",
        path=node.paths[0],
        group=bulk.id,
        forced=bulk.forced,
        evidence=(draft.seq,),
    )
    return intent.id


def skip(draft: Draft, bulk: Bulk, key: NodeKey, why: str) -> int:
    draft.audit(
        node_subject(key), f"{bulk.kind} declined", bulk.reason, actor=bulk.actor, detail=why
    )
    return 1


def site_of(draft: Draft, intent_id: str) -> str:
    intent = draft.intent(IntentId(intent_id))
    return intent.site if intent is not None else ""


def stop(draft: Draft, bulk_id: str, why: str) -> None:
    """A person's word: nothing more is begun."""
    for bulk in draft.fleet.bulks:
        if bulk.id == bulk_id:
            end(draft, bulk, why, urgent=False)


def end(draft: Draft, bulk: Bulk, why: str, *, urgent: bool) -> None:
    """Nothing more is begun; what runs ends like any other action."""
    counts = f"{bulk.done} done, {bulk.bad} bad, {bulk.skipped} declined, {len(bulk.left)} left out"
    text = f"{bulk.kind} of {bulk.selection} is {why}: {counts}"
    draft.patch_fleet(bulks=tuple(b for b in draft.fleet.bulks if b.id != bulk.id))
    draft.tell(fleet_subject(), AlertRaised(f"bulk {bulk.id}", text, urgent=urgent))
    draft.audit(fleet_subject(), "bulk ended", text, actor=bulk.actor)


def keep(draft: Draft, bulk: Bulk) -> None:
    others = tuple(b for b in draft.fleet.bulks if b.id != bulk.id)
    draft.patch_fleet(bulks=(*others, bulk))
