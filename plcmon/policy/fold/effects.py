"""Effects through integrations, as told by the staff that carries them out."""

from dataclasses import replace

from plcmon.model.events import EffectSent, Event
from plcmon.model.intents import IntentState
from plcmon.policy.draft import Draft
from plcmon.policy.fold.intents import of_event
from plcmon.policy.judge import objection
from plcmon.policy.planning import cancel_intent, move_intent


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
    move_intent(draft, intent, IntentState.SENT, f"{intent.kind.value} {body.value} goes out now")
