"""What concerns all: starts, inventory, canaries, complete scans, plcmon's own health."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from plcmon.model.beliefs import Canary, NodeBelief, PcuBelief, SiteBelief, Status
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
from plcmon.model.intents import ActionKind, IntentState
from plcmon.model.issues import Cause, Issue, IssueType
from plcmon.model.readings import Evidence
from plcmon.model.replacing import replace
from plcmon.model.subjects import (
    Inventory,
    Pcu,
    PcuKey,
    Subject,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from plcmon.policy import journal
from plcmon.policy.draft import Draft
from plcmon.policy.fold.chronic import count_fleet
from plcmon.policy.fold.guard import review_guard
from plcmon.policy.fold.nodes import settle_alone
from plcmon.policy.fold.pcus import settle_pcu
from plcmon.policy.fold.selves import set_self
from plcmon.policy.fold.sites import review_site
from plcmon.policy.fold.unwell import review_holds
from plcmon.policy.inherited import note_modes
from plcmon.policy.issues import advance, close_issue, end_pause
from plcmon.policy.jumps import remember
from plcmon.policy.planning import cancel_intent, move_intent
from plcmon.policy.record import record_of
from plcmon.policy.review import ails
from plcmon.policy.spans import count

CLOCK = "clock"  # the condition that the engine tells when the wall clock jumped


def on_started(draft: Draft, _event: Event, body: Started) -> None:
    """Time without us is a gap; what was sent and has no outcome is unknown; claims lapse."""
    draft.patch_fleet(alive_at=last_alive(draft))
    write_start(draft, body)
    stop_sums(draft, Evidence.STALE)
    draft.patch_fleet(
        started_at=draft.now,
        alive_at=draft.now,
        scan_complete_at=None,
        scan_began_at=None,
        adopted=body.adopted,
        blind=False,
        blind_since=None,
        good_rounds=0,
        canaries_at=None,
        canaries={},
    )
    note_modes(draft)
    for intent in draft.live_intents():
        if intent.kind is ActionKind.NOTIFY or intent.asks_a_person:
            continue  # mail waits in its queue, and a request with its person: both go on
        if intent.undoes and intent.state is not IntentState.SENT:
            continue  # what is taken back is taken back in the end
        if intent.state is IntentState.SENT:
            move_intent(draft, intent, IntentState.UNKNOWN, "plcmon stopped after it was sent")
        elif intent.state is IntentState.CLAIMED:
            cancel_intent(draft, intent, "plcmon stopped before anything was sent")
        elif intent.state is IntentState.PLANNED and draft.now > intent.expires_at:
            cancel_intent(draft, intent, "it lapsed while plcmon was not running")
    if not body.adopted:
        alert = f"this state is not adopted, nothing will be done: {body.why_not}"
        draft.tell(fleet_subject(), AlertRaised("adopt", alert))


def last_alive(draft: Draft) -> datetime | None:
    """When we last ran, by all that we wrote down: a belief that changed needed somebody awake."""
    known = [draft.fleet.alive_at]
    for belief in draft.state.nodes.values():
        known.append(belief.evidence_since)
        for span in belief.spans.values():
            known += (span.running_since, span.opposite_since)
    return max((at for at in known if at is not None and at <= draft.now), default=None)


def write_start(draft: Draft, body: Started) -> None:
    facts = {
        "alive_at": journal.moment(draft.fleet.alive_at),
        "adopted": journal.yes(body.adopted),
        "scale": f"{draft.policy.scale:g}",
    }
    why = body.why_not or f"policy {body.policy}"
    draft.audit(fleet_subject(), "started", why, facts=facts, detail=body.version)


def stop_sums(draft: Draft, evidence: Evidence) -> None:
    """Nothing is known of the time since we were last known to run: it counts for nothing."""
    last = draft.fleet.alive_at or draft.now
    for belief in list(draft.state.nodes.values()):
        gap_node(draft, belief, last, evidence)
    for issue in list(draft.state.all_open()):
        close_spans(draft, issue, last)
    for site in list(draft.state.sites.values()):
        gap_site(draft, site, last)
    forgive_gap(draft, last)


def gap_node(draft: Draft, belief: NodeBelief, at: datetime, evidence: Evidence) -> None:
    """Stop every sum of the node at `at`; the belief itself stays as it was."""
    restart = draft.policy.thresholds.restart_after
    spans = {name: count(span, None, at, restart) for name, span in belief.spans.items()}
    if spans != belief.spans or belief.evidence is not evidence:
        draft.believe(replace(belief, spans=spans, evidence=evidence, evidence_since=draft.now))


def gap_site(draft: Draft, site: SiteBelief, at: datetime) -> None:
    restart = draft.policy.thresholds.restart_after
    draft.believe(
        replace(
            site,
            unreachable=count(site.unreachable, None, at, restart),
            reachable=count(site.reachable, None, at, restart),
            down=count(site.down, None, at, restart),
        )
    )


def forgive_gap(draft: Draft, since: datetime) -> None:
    """Time for which nothing was tested is not time for which a PCU failed, or was well."""
    gap = draft.now - since
    for key in list(draft.state.pcus):
        belief = draft.pcu(key)
        failing, healing = belief.first_failure_at, belief.status is Status.ONLINE
        draft.believe(
            replace(
                belief,
                first_failure_at=min(draft.now, failing + gap) if failing else None,
                status_since=min(draft.now, belief.status_since + gap)
                if healing and belief.status_since
                else belief.status_since,
            )
        )


def close_spans(draft: Draft, issue: Issue, at: datetime) -> None:
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
            seen_at = belief.evidence_since or draft.now  # nobody looked at it so far
            ours = belief.written == node.boot_state.value
            written = belief.written if ours else ""
            draft.believe(
                replace(belief, desired_since=since, evidence_since=seen_at, written=written)
            )
    forget_moved(draft, old, body.inventory)
    for pcu_key, pcu in body.inventory.pcus.items():
        follow_record(draft, pcu_key, pcu)
    review_all(draft)
    count_fleet(draft)
    write_inventory(draft, old, body)


def forget_moved(draft: Draft, old: Inventory, new: Inventory) -> None:
    """A path that leads to another node, or to another unit, is not proven any more."""
    before, after = ends_of(old), ends_of(new)
    kept = {path: at for path, at in draft.fleet.proven.items() if before[path] == after[path]}
    if kept != draft.fleet.proven:
        draft.patch_fleet(proven=kept)


def ends_of(inventory: Inventory) -> dict[str, set[tuple[str, ...]]]:
    """What each power path leads to, and where its units are: path -> node, hosts."""
    found: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for node in inventory.nodes.values():
        for path in node.paths:
            units = [inventory.pcus.get(outlet.pcu) for outlet in path.outlets]
            hosts = [f"{pcu.host} {pcu.family}" if pcu else "" for pcu in units]
            found[str(path)].add((node.key, *hosts))
    return found


def review_all(draft: Draft) -> None:
    """Whatever the inventory says of a subject holds at once, and what vanished is retired."""
    for key in sorted(draft.state.nodes):
        settle_alone(draft, key)
    for pcu_key in sorted(draft.state.pcus):
        settle_pcu(draft, pcu_key)
    nodes = (draft.inventory.nodes.get(key) for key in draft.state.nodes)
    for site_key in sorted({*draft.state.sites, *(node.site for node in nodes if node)}):
        review_site(draft, site_key)


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


def write_inventory(draft: Draft, old: Inventory, body: InventoryRead) -> None:
    """What changed, and who is exempt or gone: that stops actions, so it is said by subject."""
    new = body.inventory
    for line in changes_between(old, new):
        draft.audit(fleet_subject(), "inventory", line, actor=body.actor)
    for subject, was, until in exemptions_between(old, new):
        if was != until:
            facts = {"until": journal.moment(until)}
            draft.audit(subject, "exempt", "by the inventory", actor=body.actor, facts=facts)
    for key in sorted(old.nodes.keys() - new.nodes.keys()):
        draft.audit(node_subject(key), "retired", "gone from its source", actor=body.actor)
    for key in sorted(new.nodes.keys() - old.nodes.keys()):
        if key in draft.state.nodes:
            draft.audit(node_subject(key), "returned", "back in its source", actor=body.actor)


def exemptions_between(
    old: Inventory, new: Inventory
) -> Iterator[tuple[Subject, datetime | None, datetime | None]]:
    """Until when each node and site was exempt, and is."""
    for key, node in new.nodes.items():
        was = old.nodes.get(key)
        yield node_subject(key), was.exempt_until if was else None, node.exempt_until
    for name, site in new.sites.items():
        before = old.sites.get(name)
        yield site_subject(name), before.exempt_until if before else None, site.exempt_until


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
        canaries=canaries_after(draft, body.answered),
        alive_at=draft.now,
        good_rounds=fleet.good_rounds + 1 if good else 0,
    )
    if not good and not fleet.blind:
        go_blind(draft, f"{body.good} of {body.asked} canaries answer")
    elif fleet.blind and good and fleet.good_rounds >= rules.good_rounds:
        forgive_gap(draft, fleet.blind_since or draft.now)
        draft.patch_fleet(blind=False, blind_since=None)
        why = f"{body.good} of {body.asked} canaries answer again"
        draft.tell(fleet_subject(), StatusChanged("blind", "seeing", why, "blind"))
        draft.audit(fleet_subject(), "sight again", why)
    review_blindness(draft)
    review_fleet(draft)
    count_fleet(draft)
    review_guard(draft)


def canaries_after(draft: Draft, answered: Mapping[str, bool]) -> Mapping[str, Canary]:
    """Each canary with since when it has answered, or not."""
    before = draft.fleet.canaries
    return {
        name: before[name]
        if name in before and before[name].answers is answers
        else Canary(answers, draft.now)
        for name, answers in answered.items()
    }


def go_blind(draft: Draft, why: str) -> None:
    """No reading is evidence now: every sum stops."""
    draft.patch_fleet(blind=True, blind_since=draft.now, good_rounds=0)
    draft.tell(fleet_subject(), StatusChanged("seeing", "blind", why, "blind"))
    draft.audit(fleet_subject(), "blind", why)
    for belief in list(draft.state.nodes.values()):
        gap_node(draft, draft.node(belief.key), draft.now, Evidence.BLIND)
    for issue in list(draft.state.all_open()):
        advance(draft, draft.issue(issue.id) or issue, None)
    for site in list(draft.state.sites.values()):
        gap_site(draft, draft.site(site.key), draft.now)


def review_blindness(draft: Draft) -> None:
    fleet = draft.fleet
    long = draft.policy.thresholds.blind_for
    detail = f"{fleet.canaries_good} of {fleet.canaries_asked} canaries answer"
    if not fleet.blind:
        set_self(draft, "blind", on=False, detail=detail)
    elif fleet.blind_since and draft.now - fleet.blind_since >= long:
        set_self(draft, "blind", on=True, detail=detail)


def review_fleet(draft: Draft) -> None:
    """The clocks and pauses of issues about the whole: nothing else looks at their subjects."""
    review_holds(draft)
    for issue in list(draft.state.open_of_fleet()):
        end_pause(draft, draft.issue(issue.id) or issue)
        present = draft.issue(issue.id) or issue
        if present.is_open:
            advance(draft, present, ails(draft, present))


def on_scan_completed(draft: Draft, _event: Event, body: ScanCompleted) -> None:
    if draft.fleet.scan_complete_at is None:
        why = f"{body.attempted} of {body.in_service} nodes were looked at since the start"
        draft.audit(fleet_subject(), "scan complete", why)
    draft.patch_fleet(
        scan_complete_at=draft.now,
        scan_began_at=draft.now - timedelta(seconds=body.took_s),
        first_scan_at=draft.fleet.first_scan_at or draft.now,
        alive_at=draft.now,
        late_since=None,
    )
    set_self(draft, CLOCK, on=False, detail="a complete scan was made since")
    review_guard(draft)


def on_noticed(draft: Draft, _event: Event, body: Noticed) -> None:
    """What plcmon found about itself."""
    if body.condition == CLOCK and body.on:
        lose_time(draft, body.detail)
        draft.patch_fleet(jumps=remember(draft.fleet, draft.now, body.jump_s))
    set_self(draft, body.condition, on=body.on, detail=body.detail)


def lose_time(draft: Draft, why: str) -> None:
    """The wall clock jumped: every age is a guess, so only a fresh scan is evidence again."""
    facts = {"alive_at": journal.moment(draft.fleet.alive_at)}
    draft.audit(fleet_subject(), "clock jumped", why, facts=facts)
    stop_sums(draft, Evidence.BLIND if draft.fleet.blind else Evidence.STALE)
    draft.patch_fleet(scan_complete_at=None, scan_began_at=None, alive_at=draft.now)
