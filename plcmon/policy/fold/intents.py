"""The steps of an intent, as told by the staff: claimed, sent, staged, ended."""

from datetime import datetime

from plcmon.model.events import (
    AlertRaised,
    Event,
    IntentClaimed,
    IntentEnded,
    IntentSent,
    IntentStage,
)
from plcmon.model.intents import (
    NEXT_STATES,
    POWER,
    ActionKind,
    Command,
    Intent,
    IntentId,
    IntentState,
    Outcome,
    Stage,
)
from plcmon.model.issues import Verdict
from plcmon.model.readings import Observed
from plcmon.model.replacing import replace
from plcmon.model.subjects import NodeKey, Outlet, SubjectKind
from plcmon.policy import journal
from plcmon.policy.draft import Draft
from plcmon.policy.judge import objection
from plcmon.policy.planning import cancel_intent, move_intent
from plcmon.policy.proof import boot_wait, ended_badly, give_verdict
from plcmon.policy.trust import tally_ending

OUT = frozenset({IntentState.SENT, IntentState.UNKNOWN})  # commands of these may go out
CUTTING = frozenset({"off", "cycle"})
HARMLESS = frozenset({"on"})  # needs no second judgement: it only gives power back


def on_claimed(draft: Draft, event: Event, body: IntentClaimed) -> None:
    intent = of_event(draft, event)
    if intent is not None and intent.state is IntentState.PLANNED:
        draft.put_intent(replace(intent, fence=body.fence))
        move_intent(draft, replace(intent, fence=body.fence), IntentState.CLAIMED, "claimed")


def on_sent(draft: Draft, event: Event, body: IntentSent) -> None:
    """Durable before the first destructive byte: from here on it may have happened.

    Judged once more here, where nothing can come in between: a command that may not go out leaves
    no row, and its intent is not `sent`; the staff sees that and sends nothing.
    """
    intent = of_event(draft, event)
    if intent is None:
        return
    if intent.state is IntentState.CLAIMED:
        why = "" if body.command.verb in HARMLESS else objection(draft, intent)
        if why:
            cancel_intent(draft, intent, why)
            return
        intent = replace(
            intent,
            sent_at=draft.now,
            boot_id_before=boot_id_of(draft, intent),
            seen_before=seen_of(draft, intent),
        )
        intent = move_intent(draft, intent, IntentState.SENT, f"{body.command.verb} goes out now")
    if intent.state not in OUT:
        return
    keep_command(draft, intent, body.command)
    if body.command.verb in CUTTING:
        # It counts as dark from now on, so that a crash here is followed by *on*.
        know_dark(draft, add=(body.command.outlet,), drop=())
        draft.put_intent(
            replace(
                intent,
                dark_since=intent.dark_since or draft.now,
                cut_at=intent.cut_at or draft.now,
            )
        )


def on_stage(draft: Draft, event: Event, body: IntentStage) -> None:
    intent = of_event(draft, event)
    begins = body.command is not None and body.command.outcome is None
    if intent is None or (begins and intent.state not in OUT):
        return
    know_dark(draft, add=body.dark, drop=body.lit)
    since = (intent.dark_since or draft.now) if body.dark else intent.dark_since
    intent = replace(
        intent,
        stage=body.stage,
        stage_at=draft.now,
        dark_since=since if still_dark(draft, intent) else None,
        lit_at=lit_at(draft, intent),
        off_seen=intent.off_seen or body.stage is Stage.DARK,
    )
    draft.put_intent(intent)
    if body.command is not None:
        keep_command(draft, intent, body.command)


def still_dark(draft: Draft, intent: Intent) -> bool:
    """True while any outlet of the intent is off by our own hand."""
    outlets = intent.path.outlets if intent.path else ()
    return any(outlet in draft.fleet.known_off for outlet in outlets)


def lit_at(draft: Draft, intent: Intent) -> datetime | None:
    """When the last outlet that it cut was on again."""
    over = intent.cut_at is not None and not still_dark(draft, intent)
    return (intent.lit_at or draft.now) if over else None


def on_ended(draft: Draft, event: Event, body: IntentEnded) -> None:
    intent, state = of_event(draft, event), IntentState(body.state)
    if intent is None:
        return
    asks = state is intent.state is IntentState.SENT  # a person has the request, it stays sent
    if not asks and state not in NEXT_STATES[intent.state]:
        return
    settled = intent.state is IntentState.UNKNOWN and state is not IntentState.UNKNOWN
    know_dark(draft, add=(), drop=body.lit)
    know_foreign(draft, add=body.foreign, drop=body.lit)
    meant = intent.kind is ActionKind.POWER_OFF and state is IntentState.CONFIRMED
    intent = replace(
        intent,
        outcome=body.outcome,
        off_seen=intent.off_seen or body.off_seen,
        dark_since=intent.dark_since if still_dark(draft, intent) and not meant else None,
        lit_at=lit_at(draft, intent),
        settled_by=body.actor if settled else intent.settled_by,
    )
    draft.put_intent(intent)
    if state is IntentState.CONFIRMED and intent.kind is ActionKind.POWER_CYCLE:
        intent = replace(
            intent, proof_due_at=draft.now + boot_wait(draft, intent.target), stage=Stage.PROOF
        )
        draft.put_intent(intent)
    moved = move_intent(draft, intent, state, body.detail)
    if moved.state is IntentState.CONFIRMED:
        forgive_refusals(draft, moved)
    if intent.kind in POWER:
        ended_badly(draft, moved, body.outcome)
    tally_ending(draft, moved)
    if body.foreign:
        tell_foreign(draft, moved)


def boot_id_of(draft: Draft, intent: Intent) -> str:
    return draft.node_boot_id(intent.target) or intent.boot_id_before


def seen_of(draft: Draft, intent: Intent) -> Observed | None:
    """What the node shows as the command leaves."""
    if intent.target.kind is not SubjectKind.NODE:
        return None
    return draft.node(NodeKey(intent.target.key)).observed


def forgive_refusals(draft: Draft, intent: Intent) -> None:
    for outlet in intent.path.outlets if intent.path else ():
        belief = draft.pcu(outlet.pcu)
        if belief.refusals:
            draft.believe(replace(belief, refusals=0))


def know_dark(draft: Draft, *, add: tuple[Outlet, ...], drop: tuple[Outlet, ...]) -> None:
    """Remember which outlets are off by our own hand: only those may be lit without asking."""
    known = (draft.fleet.known_off | frozenset(add)) - frozenset(drop)
    if known != draft.fleet.known_off:
        draft.patch_fleet(known_off=known)


def know_foreign(draft: Draft, *, add: tuple[Outlet, ...], drop: tuple[Outlet, ...]) -> None:
    """An outlet off by an unknown hand stays untouched until it reads on again."""
    before = draft.fleet.foreign_off
    known = (before | frozenset(add)) - frozenset(drop)
    if known != before:
        draft.patch_fleet(foreign_off=known)
        journal.write_foreign(draft, before, known)


def tell_foreign(draft: Draft, intent: Intent) -> None:
    text = f"{draft.name(intent.target)}: {intent.detail}: somebody may be inside the machine"
    draft.tell(intent.target, AlertRaised(f"foreign {intent.target}", text))


def keep_command(draft: Draft, intent: Intent, command: Command) -> None:
    """One audit row per command when it goes out and when it is answered."""
    draft.put_command(command)
    answered = command.outcome is not None
    verb = f"command {command.verb} answered" if answered else f"command {command.verb}"
    facts = {"number": str(command.number), "site": intent.site}
    facts["reads"] = command.reads.value if command.reads else ""
    draft.audit(
        intent.target,
        verb,
        intent.reason,
        actor=intent.actor,
        intent=intent.id,
        issue=intent.issue or "",
        evidence=intent.evidence,
        outcome=command.outcome.value if command.outcome else "",
        facts={**facts, **journal.outlets((command.outlet,))},
        detail=f"{command.outlet} {command.reads.value if command.reads else ''}".strip(),
    )


def of_event(draft: Draft, event: Event) -> Intent | None:
    return draft.intent(IntentId(event.intent))


def settle_by_person(draft: Draft, intent: Intent, *, actor: str, verdict: Verdict) -> None:
    """A person says how an unknown ended; their word is the verdict.

    A node that came back has power; one that did not may still be dark by our hand.
    """
    if intent.kind not in POWER:
        return settle_effect(draft, intent, actor=actor, done=verdict is not Verdict.NOT_REBOOTED)
    back = verdict is not Verdict.NOT_REBOOTED
    why = f"settled by {actor}: {verdict.value}"
    intent = replace(
        intent,
        settled_by=actor,
        outcome=Outcome.OK if back else intent.outcome,
        dark_since=None if back else intent.dark_since,
    )
    draft.put_intent(intent)
    if back and intent.path is not None:
        know_dark(draft, add=(), drop=intent.path.outlets)
    state = IntentState.CONFIRMED if back else IntentState.FAILED
    moved = move_intent(draft, intent, state, why)
    give_verdict(draft, moved, verdict, why, None, actor=actor)
    return None


def settle_effect(draft: Draft, intent: Intent, *, actor: str, done: bool) -> None:
    """A person says whether a change through an integration happened."""
    state = IntentState.CONFIRMED if done else IntentState.FAILED
    intent = replace(intent, settled_by=actor, outcome=Outcome.OK if done else intent.outcome)
    draft.put_intent(intent)
    move_intent(draft, intent, state, f"settled by {actor}: {'done' if done else 'not done'}")
