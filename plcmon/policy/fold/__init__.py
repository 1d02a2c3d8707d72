"""The fold: one event in, the changes it makes out. The state it is given is never touched."""

from collections.abc import Callable, Mapping
from typing import Any

from plcmon.model.events import (
    AlertDelivered,
    AlertRaised,
    CanaryRound,
    Diagnosed,
    DnsChecked,
    EffectSent,
    Event,
    HearsayChanged,
    IntentClaimed,
    IntentEnded,
    IntentSent,
    IntentStage,
    InventoryRead,
    MailDelivered,
    MailFixed,
    NodeObserved,
    Noticed,
    PagesSeen,
    PcuTested,
    ReplySeen,
    RouteSeen,
    ScanCompleted,
    Started,
    Tick,
    Verb,
    WitnessesSeen,
)
from plcmon.model.policy import Policy
from plcmon.model.state import Changes, State
from plcmon.policy.aftermath import follow_up
from plcmon.policy.draft import Draft
from plcmon.policy.fold.effects import on_effect_sent
from plcmon.policy.fold.findings import on_diagnosed, on_dns_checked, on_pages_seen, on_route_seen
from plcmon.policy.fold.fleet import (
    on_canary_round,
    on_inventory_read,
    on_noticed,
    on_scan_completed,
    on_started,
)
from plcmon.policy.fold.follow import follow
from plcmon.policy.fold.hearsay import on_hearsay_changed
from plcmon.policy.fold.intents import on_claimed, on_ended, on_sent, on_stage
from plcmon.policy.fold.nodes import on_node_observed
from plcmon.policy.fold.pcus import on_pcu_tested
from plcmon.policy.fold.post import (
    on_alert_delivered,
    on_alert_raised,
    on_mail_delivered,
    on_mail_fixed,
)
from plcmon.policy.fold.replies import on_reply_seen
from plcmon.policy.fold.sites import on_witnesses_seen
from plcmon.policy.fold.tick import on_tick
from plcmon.policy.fold.verbs import on_verb
from plcmon.policy.journal import write_windows

HANDLERS: Mapping[type, Callable[[Draft, Event, Any], None]] = {
    Started: on_started,
    InventoryRead: on_inventory_read,
    NodeObserved: on_node_observed,
    CanaryRound: on_canary_round,
    WitnessesSeen: on_witnesses_seen,
    ScanCompleted: on_scan_completed,
    PcuTested: on_pcu_tested,
    Verb: on_verb,
    IntentClaimed: on_claimed,
    IntentSent: on_sent,
    EffectSent: on_effect_sent,
    Diagnosed: on_diagnosed,
    IntentStage: on_stage,
    DnsChecked: on_dns_checked,
    PagesSeen: on_pages_seen,
    RouteSeen: on_route_seen,
    HearsayChanged: on_hearsay_changed,
    IntentEnded: on_ended,
    MailFixed: on_mail_fixed,
    ReplySeen: on_reply_seen,
    MailDelivered: on_mail_delivered,
    AlertDelivered: on_alert_delivered,
    Noticed: on_noticed,
    AlertRaised: on_alert_raised,
    Tick: on_tick,
}


def fold(policy: Policy, state: State, event: Event) -> Changes:
    """What the event changes. The event gets its number here, unless it is a tick."""
    draft = Draft(state, policy, event.at)
    if not isinstance(event.body, Tick):
        draft.seq += 1
        event = Event(event.at, event.subject, event.body, draft.seq, event.vantage, event.intent)
        draft.changes.events.append(event)
    HANDLERS[type(event.body)](draft, event, event.body)
    follow(draft, event)
    follow_up(draft)
    write_windows(draft)
    return draft.changes
