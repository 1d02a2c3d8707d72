"""The second admin: what exceeds a limit of the whole fleet is not done on one person's word."""

from plcmon.model.events import Actor, AlertRaised
from plcmon.model.intents import Intent
from plcmon.model.replacing import replace
from plcmon.policy.draft import Draft
from plcmon.policy.gates import in_use

ADMIN = "admin"


def ask_second(draft: Draft, intent: Intent) -> None:
    """Say aloud that an action waits for somebody else's word."""
    text = (
        f"{intent.kind.value} of {draft.name(intent.target)}, asked for by {intent.actor}, is"
        f" beyond a limit of the fleet ({intent.beyond}): a second admin must"
        f" `approve {intent.id}`"
    )
    draft.tell(intent.target, AlertRaised(f"approve {intent.id}", text))


def approve_second(draft: Draft, intent: Intent, actor: Actor) -> str:
    """Let the action go on; else the rule that declines it. The in-flight rule holds for all."""
    if not intent.waits_for_second:
        return f"it is {intent.state.value} and waits for nobody's word"
    if actor.role != ADMIN:
        return "it is beyond a limit of the fleet: only an admin may approve it"
    if actor.name == intent.actor:
        return f"{actor.name} asked for it: a second admin must approve it"
    busy = in_use(draft, intent.target, intent.path)
    if busy is not None and busy[1].after != intent.id:
        return busy[0]
    expires_at = draft.now + draft.policy.safety.intent_expiry
    draft.put_intent(replace(intent, approved_by=actor.name, expires_at=expires_at))
    for step in draft.intents_of(intent.target):
        if step.after == intent.id:  # it waited with it
            draft.put_intent(replace(step, expires_at=expires_at))
    draft.audit(
        intent.target,
        f"{intent.kind.value} approved",
        intent.reason,
        actor=actor.name,
        intent=intent.id,
        detail=f"asked for by {intent.actor}; beyond: {intent.beyond}",
    )
    return ""
