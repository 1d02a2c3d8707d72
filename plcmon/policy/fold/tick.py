"""Time came for a subject: whatever time alone changes, changes now."""

from plcmon.model.events import AlertRaised, Event, Tick
from plcmon.model.intents import POWER, THROUGH, Intent, IntentState
from plcmon.model.subjects import NodeKey, PcuKey, SiteKey, SubjectKind
from plcmon.policy.digest import post_digest
from plcmon.policy.draft import Draft
from plcmon.policy.fold.fleet import review_blindness, review_fleet
from plcmon.policy.fold.guard import review_guard
from plcmon.policy.fold.maintenance import turn_windows
from plcmon.policy.fold.nodes import settle_node
from plcmon.policy.fold.pcus import settle_pcu
from plcmon.policy.fold.sites import review_site
from plcmon.policy.inherited import note_modes
from plcmon.policy.issues import end_pause
from plcmon.policy.planning import cancel_intent, move_intent
from plcmon.policy.proof import seek_proof


def on_tick(draft: Draft, event: Event, _body: Tick) -> None:
    subject = event.subject
    for issue in draft.open_issues(subject):
        end_pause(draft, issue)
    if subject.kind is SubjectKind.NODE:
        key = NodeKey(subject.key)
        settle_node(draft, key)
        lapse(draft, event)
        seek_proof(draft, key, None)
        watch_dark(draft, event)
        watch_unknown(draft, event)
    elif subject.kind is SubjectKind.PCU:
        settle_pcu(draft, PcuKey(subject.key))
    elif subject.kind is SubjectKind.SITE:
        review_site(draft, SiteKey(subject.key))
    else:
        note_modes(draft)
        turn_windows(draft)
        review_blindness(draft)
        review_fleet(draft)
        review_guard(draft)
        post_digest(draft)


def lapse(draft: Draft, event: Event) -> None:
    """Power that could not run in time is off; a request that nobody answered is over.

    Mail does not lapse: it waits for the next one to the same person.
    """
    for intent in list(draft.intents_of(event.subject)):
        waiting = intent.state in (IntentState.PLANNED, IntentState.CLAIMED)
        if waiting and may_lapse(intent) and draft.now >= intent.expires_at:
            cancel_intent(draft, intent, "it lapsed before it could run")
        asked_at = intent.sent_at or draft.now
        if intent.asks_a_person and draft.now >= asked_at + draft.policy.safety.manual_expiry:
            move_intent(draft, intent, IntentState.FAILED, "nobody answered the request")


def may_lapse(intent: Intent) -> bool:
    """Mail waits for the next one, and what is taken back is taken back in the end."""
    return intent.kind in POWER | THROUGH and not intent.undoes


def watch_dark(draft: Draft, event: Event) -> None:
    """A node that our hand left dark for too long is said aloud, once per intent."""
    limit = draft.policy.wire.dark_alert
    for intent in draft.intents_of(event.subject):
        if intent.dark_since is None or draft.now - intent.dark_since < limit:
            continue
        topic = f"dark {intent.id}"
        if topic not in draft.state.alerted:
            text = f"{draft.name(event.subject)} is still off by our hand since {intent.dark_since}"
            draft.tell(event.subject, AlertRaised(topic, text))


def watch_unknown(draft: Draft, event: Event) -> None:
    """An end that nobody could read for a day is said aloud, once per intent."""
    limit = draft.policy.safety.hold_alert
    for intent in draft.intents_of(event.subject):
        since = intent.state_at or draft.now
        open_question = intent.state is IntentState.UNKNOWN and not intent.settled_by
        if not open_question or draft.now - since < limit:
            continue
        topic = f"unknown {intent.id}"
        if topic not in draft.state.alerted:
            what = f"nobody knows how {intent.kind.value} {intent.id} ended"
            text = f"{draft.name(event.subject)}: {what}: {intent.detail}"
            draft.tell(event.subject, AlertRaised(topic, text))
