"""Intents on paper: planned, moved along, cancelled; nothing here happens in the world."""

from datetime import timedelta

from plcmon.model.events import IntentChanged
from plcmon.model.intents import (
    NEXT_STATES,
    POWER,
    THROUGH,
    ActionKind,
    Intent,
    IntentId,
    IntentState,
)
from plcmon.model.issues import Issue
from plcmon.model.replacing import replace
from plcmon.model.subjects import PowerPath, Subject
from plcmon.policy import journal
from plcmon.policy.climbing import step_back
from plcmon.policy.draft import Draft

PATIENT = timedelta(days=400)  # a notice waits for its grouped mail; it is never dropped for age
UNDO = {
    ActionKind.POWER_CYCLE: "none: a reboot cannot be taken back",
    ActionKind.POWER_ON: "none: the node is wanted on",
    ActionKind.POWER_OFF: "power on",
    ActionKind.NOTIFY: "none: a mail cannot be unsent; a later one says back",
    ActionKind.PENALTY: "the level before, when what claims this one is over",
    ActionKind.BOOT_STATE: "the state before, where it is still ours",
    ActionKind.REBOOT_SHELL: "none: a reboot cannot be taken back",
    ActionKind.REPAIR: "none: a repair is meant to stay",
    ActionKind.OPEN: "it closes with the issue that opened it",
    ActionKind.FLAG: "the ticket is resolved when the site's last issue closes",
}


def plan_intent(
    draft: Draft,
    kind: ActionKind,
    target: Subject,
    *,
    actor: str,
    reason: str,
    issue: Issue | None = None,
    rung: str = "",
    repeat: int = 0,
    argument: str = "",
    path: PowerPath | None = None,
    group: str = "",
    evidence: tuple[int, ...] = (),
    gates: dict[str, str] | None = None,
    forced: bool = False,
    beyond: str = "",
    before: str = "",
    after: str = "",
    undoes: str = "",
) -> Intent:
    """Write down what is going to be done, with all that it rests on."""
    boot_id = draft.node_boot_id(target)
    intent = Intent(
        IntentId(draft.new_id(kind, target, rung, repeat, group)),
        kind,
        target,
        planned_at=draft.now,
        expires_at=draft.now + patience(draft, kind),
        actor=actor,
        reason=reason,
        group=group,
        issue=issue.id if issue else None,
        rung=rung,
        repeat=repeat,
        argument=argument,
        path=path,
        site=str(draft.inventory.site_of(target) or ""),
        evidence=evidence,
        policy=draft.policy.version,
        undo=UNDO.get(kind, ""),
        forced=forced,
        beyond=beyond,
        before=before,
        after=after,
        undoes=undoes,
        state_at=draft.now,
        boot_id_before=boot_id,
    )
    draft.put_intent(intent)
    announce(draft, intent, reason, gates=gates)
    return intent


def patience(draft: Draft, kind: ActionKind) -> timedelta:
    return PATIENT if kind is ActionKind.NOTIFY else draft.policy.safety.intent_expiry


def move_intent(draft: Draft, intent: Intent, state: IntentState, detail: str) -> Intent:
    """Take the intent to its next state; a step that the table lacks changes nothing."""
    if state not in NEXT_STATES[intent.state]:
        return intent
    moved = replace(intent, state=state, state_at=draft.now, detail=detail)
    draft.put_intent(moved)
    announce(draft, moved, detail)
    if state in (IntentState.CANCELLED, IntentState.FAILED) and moved.sent_at is None:
        untake(draft, moved)
    return moved


def untake(draft: Draft, intent: Intent) -> None:
    """Nothing was sent, so the rung counts as not taken: no history, no cool-down."""
    issue = draft.issue(intent.issue) if intent.issue else None
    if issue is None or intent.kind not in POWER | THROUGH or intent.undoes:
        return
    if issue.climb.repeats.get(intent.rung) != intent.repeat:
        return  # once for all steps of a rung
    climb = step_back(issue.climb, intent.rung)
    if climb is not issue.climb:
        draft.put_issue(replace(issue, climb=climb))
        why = f"nothing was sent: {intent.detail}"
        draft.audit(
            issue.subject,
            "rung taken back",
            why,
            intent=intent.id,
            issue=issue.id,
            detail=intent.rung,
        )


def cancel_intent(draft: Draft, intent: Intent, why: str, *, actor: str = "engine") -> Intent:
    """Only what is not yet sent can be cancelled."""
    return move_intent(draft, intent, IntentState.CANCELLED, f"{why} ({actor})")


def announce(
    draft: Draft, intent: Intent, detail: str, *, gates: dict[str, str] | None = None
) -> None:
    """One event and one audit row per intent state."""
    draft.tell(
        intent.target,
        IntentChanged(intent.id, intent.kind.value, intent.state.value, detail),
        intent=intent.id,
    )
    draft.audit(
        intent.target,
        f"{intent.kind.value} {intent.state.value}",
        intent.reason,
        actor=intent.actor,
        evidence=intent.evidence,
        gates=gates,
        facts=journal.of_intent(draft, intent),
        intent=intent.id,
        issue=intent.issue or "",
        outcome=intent.outcome.value if intent.outcome else "",
        detail=detail,
    )
