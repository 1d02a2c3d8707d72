"""Effects through integrations, as told by the staff that carries them out."""

from plcmon.model.events import EffectSent, Event
from plcmon.model.intents import ActionKind, Intent, IntentState
from plcmon.model.issues import Setting
from plcmon.model.replacing import replace
from plcmon.model.subjects import NodeKey
from plcmon.policy.draft import Draft
from plcmon.policy.fold.intents import of_event
from plcmon.policy.judge import objection
from plcmon.policy.planning import cancel_intent, move_intent
from plcmon.policy.undoing import note_ticket


def on_effect_sent(draft: Draft, event: Event, body: EffectSent) -> None:
    """Durable before the change leaves, and judged once more where nothing can come in between."""
    intent = of_event(draft, event)
    if intent is None or intent.state is not IntentState.CLAIMED:
        return
    why = objection(draft, intent)
    if why:
        cancel_intent(draft, intent, why)
        return
    intent = replace(intent, sent_at=draft.now, before=body.before or intent.before)
    draft.put_intent(intent)
    said = f"{intent.kind.value} {body.value}".rstrip()
    move_intent(draft, intent, IntentState.SENT, f"{said} goes out now")
    if intent.kind is ActionKind.BOOT_STATE:
        remember(draft, intent)
    note_ticket(draft, intent)


def remember(draft: Draft, intent: Intent) -> None:
    """From now on the value may be ours: whoever closes the issue takes it back."""
    key = NodeKey(intent.target.key)
    draft.believe(replace(draft.node(key), written=intent.argument))
    issue = draft.issue(intent.issue) if intent.issue else None
    if issue is not None and issue.is_open and not intent.undoes:
        setting = Setting(intent.id, intent.argument, intent.before)
        draft.put_issue(replace(issue, boot_states=(*issue.boot_states, setting)))
