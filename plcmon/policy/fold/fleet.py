"""What concerns all: starts, inventory, canaries, complete scans, plcmon's own health."""

from dataclasses import replace
from datetime import datetime

from plcmon.model.beliefs import NO_TIME, NodeBelief, PcuBelief
from plcmon.model.events import (
    AlertRaised,
    CanaryRound,
    Event,
    InventoryRead,
    Noticed,
    ScanCompleted,
    Started,
    StatusChanged,
)
from plcmon.model.intents import POWER, IntentState, Outcome
from plcmon.model.issues import Cause, IssueType
from plcmon.model.readings import Evidence
from plcmon.model.subjects import Inventory, Pcu, PcuKey, fleet_subject, pcu_subject
from plcmon.policy.draft import Draft
from plcmon.policy.fold.guard import count_in_service, review_guard
from plcmon.policy.fold.nodes import settle_node
from plcmon.policy.issues import advance, close_issue, open_issue
from plcmon.policy.planning import cancel_intent, move_intent
from plcmon.policy.record import record_of
from plcmon.policy.spans import count


def on_started(draft: Draft, _event: Event, body: Started) -> None:
    """Time without us is a gap; what was sent and has no outcome is unknown; claims lapse."""
    last = draft.fleet.alive_at or draft.now
    for belief in list(draft.state.nodes.values()):
        gap_node(draft, belief, last, Evidence.STALE)
    for issue in list(draft.state.all_open()):
        close_spans(draft, issue.id, last)
    draft.patch_fleet(
        started_at=draft.now,
        alive_at=draft.now,
        scan_complete_at=None,
        adopted=body.adopted,
        blind=False,
        blind_since=None,
        good_rounds=0,
        canaries_at=None,
    )
    for intent in draft.live_intents():
        asked = intent.outcome is Outcome.NEEDS_HUMAN  # a person has the request; it goes on
        if intent.state is IntentState.SENT and intent.kind in POWER and not asked:
            move_intent(draft, intent, IntentState.UNKNOWN, "plcmon stopped after it was sent")
        elif intent.state is IntentState.CLAIMED:
            cancel_intent(draft, intent, "plcmon stopped before anything was sent")
        elif intent.state is IntentState.PLANNED and draft.now > intent.expires_at:
            cancel_intent(draft, intent, "it lapsed while plcmon was not running")
    if not body.adopted:
        alert = f"this state is not adopted, nothing will be done: {body.why_not}"
        draft.tell(fleet_subject(), AlertRaised("adopt", alert))
    draft.audit(fleet_subject(), "started", body.why_not or f"policy {body.policy}")


def gap_node(draft: Draft, belief: NodeBelief, at: datetime, evidence: Evidence) -> None:
    """Stop every sum of the node at `at`; the belief itself stays as it was."""
    restart = draft.policy.thresholds.restart_after
    spans = {name: count(span, None, at, restart) for name, span in belief.spans.items()}
    if spans != belief.spans or belief.evidence is not evidence:
        draft.believe(replace(belief, spans=spans, evidence=evidence, evidence_since=draft.now))


def close_spans(draft: Draft, issue_id: str, at: datetime) -> None:
    issue = next((i for i in draft.state.all_open() if i.id == issue_id), None)
    if issue is None:
        return
    restart = draft.policy.thresholds.restart_after
    draft.put_issue(
        replace(
            issue,
            bad=count(issue.bad, None, at, restart),
            climb=replace(issue.climb, waited=count(issue.climb.waited, None, at, restart)),
            shadow=replace(issue.shadow, waited=count(issue.shadow.waited, None, at, restart)),
        )
    )


def on_inventory_read(draft: Draft, _event: Event, body: InventoryRead) -> None:
    """Take the inventory over; who vanished is retired, whose record changed gets a new chance."""
    old = draft.inventory
    draft.changes.inventory = body.inventory
    draft.patch_fleet(inventory_at=draft.now)
    for key, node in body.inventory.nodes.items():
        before, belief = old.nodes.get(key), draft.node(key)
        changed = before is None or before.boot_state is not node.boot_state
        if changed or key not in draft.state.nodes:
            since = node.boot_state_at or (draft.now if before is not None else None)
            draft.believe(replace(belief, desired_since=since))
    for key in draft.state.nodes.keys() - body.inventory.nodes.keys():
        settle_node(draft, key)
    for pcu_key, pcu in body.inventory.pcus.items():
        follow_record(draft, pcu_key, pcu)
    draft.patch_fleet(in_service=count_in_service(draft))
    for line in changes_between(old, body.inventory):
        draft.audit(fleet_subject(), "inventory", line, actor=body.actor)


def changes_between(old: Inventory, new: Inventory) -> list[str]:
    """A few lines on what changed, for the journal."""
    lines = []
    for word, before, after in (
        ("nodes", old.nodes.keys(), new.nodes.keys()),
        ("sites", old.sites.keys(), new.sites.keys()),
        ("PCUs", old.pcus.keys(), new.pcus.keys()),
    ):
        added, gone = len(after - before), len(before - after)
        if added or gone:
            lines.append(f"{word}: {added} added, {gone} gone, {len(after)} now")
    return lines


def follow_record(draft: Draft, key: PcuKey, pcu: Pcu) -> None:
    """A changed record ends what was held against the old one."""
    belief, record = draft.pcu(key), record_of(pcu)
    if belief.record == record:
        return
    first = not belief.record
    draft.believe(
        replace(belief, record=record)
        if first
        else PcuBelief(key, belief.status, belief.status_since, record=record)
    )
    if first:
        return
    issue = draft.open_issue(pcu_subject(key), IssueType.PCU_BROKEN)
    if issue is not None:
        close_issue(draft, issue, Cause.RECORD_CHANGED)


def on_canary_round(draft: Draft, _event: Event, body: CanaryRound) -> None:
    """Under the share we are blind; several good rounds in a row end it."""
    rules, fleet = draft.policy.canaries, draft.fleet
    good = body.asked == 0 or body.good >= rules.good_share * body.asked
    fleet = draft.patch_fleet(
        canaries_good=body.good,
        canaries_asked=body.asked,
        canaries_at=draft.now,
        alive_at=draft.now,
        good_rounds=fleet.good_rounds + 1 if good else 0,
    )
    if not good and not fleet.blind:
        go_blind(draft, f"{body.good} of {body.asked} canaries answer")
    elif fleet.blind and good and fleet.good_rounds >= rules.good_rounds:
        draft.patch_fleet(blind=False, blind_since=None)
        why = f"{body.good} of {body.asked} canaries answer again"
        draft.tell(fleet_subject(), StatusChanged("blind", "seeing", why, "blind"))
        set_self(draft, "blind", on=False, detail=why)
    review_blindness(draft)
    draft.patch_fleet(in_service=count_in_service(draft))
    review_guard(draft)


def go_blind(draft: Draft, why: str) -> None:
    """No reading is evidence now: every sum stops."""
    draft.patch_fleet(blind=True, blind_since=draft.now, good_rounds=0)
    draft.tell(fleet_subject(), StatusChanged("seeing", "blind", why, "blind"))
    for belief in list(draft.state.nodes.values()):
        gap_node(draft, draft.node(belief.key), draft.now, Evidence.BLIND)
    for issue in list(draft.state.all_open()):
        advance(draft, draft.issue(issue.id) or issue, None)
    for site in list(draft.state.sites.values()):
        draft.believe(
            replace(
                site,
                unreachable=count(site.unreachable, None, draft.now, NO_TIME.total),
                reachable=count(site.reachable, None, draft.now, NO_TIME.total),
                witnesses_silent_since=None,
            )
        )


def review_blindness(draft: Draft) -> None:
    fleet = draft.fleet
    long = draft.policy.thresholds.blind_for
    if fleet.blind and fleet.blind_since and draft.now - fleet.blind_since >= long:
        detail = f"{fleet.canaries_good} of {fleet.canaries_asked} canaries answer"
        set_self(draft, "blind", on=True, detail=detail)


def set_self(draft: Draft, condition: str, *, on: bool, detail: str) -> None:
    """Open or close the `self` issue of one condition."""
    subject = fleet_subject(condition)
    issue = draft.open_issue(subject, IssueType.SELF)
    if on and issue is None:
        open_issue(draft, IssueType.SELF, subject, bad_since=draft.now, summary=detail)
    elif not on and issue is not None:
        close_issue(draft, issue, Cause.CONDITION_GONE, detail=detail)


def on_scan_completed(draft: Draft, _event: Event, body: ScanCompleted) -> None:
    draft.patch_fleet(scan_complete_at=draft.now, alive_at=draft.now, late_since=None)
    review_guard(draft)


def on_noticed(draft: Draft, _event: Event, body: Noticed) -> None:
    set_self(draft, body.condition, on=body.on, detail=body.detail)
