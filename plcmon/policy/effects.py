"""Effects of a rung on a node: planned one after the other, and the gates that are their own."""

from datetime import timedelta

from plcmon.model.decisions import Effect, Gate, GateName, Pass, Want
from plcmon.model.intents import POWER, ActionKind, Intent, IntentState
from plcmon.model.issues import Issue
from plcmon.model.policy import Rung
from plcmon.model.subjects import BootState, Subject, site_subject
from plcmon.policy import gates
from plcmon.policy.draft import Draft
from plcmon.policy.issues import words
from plcmon.policy.planning import plan_intent

GUARDED = frozenset({BootState.REINSTALL.value, BootState.DISABLED.value})
SAID = {answer: f"{answer.value}: " for answer in Pass}
OPEN, RESOLVED = "open", "resolved"  # of a site's ticket


def plan_step(
    draft: Draft, issue: Issue, want: Want, effect: Effect, *, group: str, after: str
) -> str:
    """Write down one step, to be taken once the step before it is confirmed; returns its id."""
    intent = plan_intent(
        draft,
        effect.kind,
        issue.subject,
        actor="engine",
        reason=f"{issue.type.value}: {issue.summary}",
        issue=issue,
        rung=want.rung,
        repeat=issue.climb.repeats[want.rung],
        argument=effect.argument,
        path=want.path if effect.kind in POWER else None,
        group=group,
        evidence=issue.evidence,
        gates=gates_text(want),
        after=after,
    )
    return intent.id


def gates_text(want: Want) -> dict[str, str]:
    return {str(gate.name): SAID[gate.answer] + gate.fact for gate in want.gates}


def open_ticket(draft: Draft, issue: Issue, group: str) -> None:
    """A flag is also a ticket of the site, where an integration keeps tickets."""
    site = draft.inventory.site_of(issue.subject)
    if site is None or ActionKind.FLAG not in draft.policy.installed:
        return
    plan_intent(
        draft,
        ActionKind.FLAG,
        site_subject(site),
        actor="engine",
        reason=f"{issue.type.value} of {draft.name(issue.subject)}: {issue.summary}",
        issue=issue,
        rung=issue.climb.rung,
        repeat=issue.climb.repeats.get(issue.climb.rung, 1),
        argument=OPEN,
        group=group,
        evidence=issue.evidence,
    )


def effect_gates(view: Draft, issue: Issue, rung: Rung) -> list[Gate]:
    """What bears on boot states, repairs and shell reboots beside the gates of every action."""
    asked = [gates.look_again(view, issue), step_limit(view, issue.subject, rung)]
    if any(is_guarded(effect.kind, effect.argument) for effect in rung.do):
        asked.append(gates.fleet_guard(view))
    powers = any(effect.kind in POWER for effect in rung.do)
    return [g for g in asked if not powers or g.answer is not Pass.PASS]


def is_guarded(kind: ActionKind, argument: str) -> bool:
    """A closed fleet guard holds reinstalls and disabling, as it holds power."""
    return kind is ActionKind.BOOT_STATE and argument in GUARDED


def step_limit(view: Draft, node: Subject, rung: Rung) -> Gate:
    """How long ago the node was last treated so; what was taken back does not count."""
    full = []
    for effect in rung.do:
        between = limit_of(view, effect)
        last = last_done(view, node, effect) if between else None
        if last is not None and between is not None and last.sent_at is not None:
            since = view.now - last.sent_at
            if since < between:
                fact = f"the last {effect} was {words(since)} ago, {words(between)} lie between"
                full.append((last.sent_at + between, fact))
    if not full:
        return gates.passed(GateName.NODE_LIMIT, "nothing of the kind was done lately")
    free_at, fact = max(full)
    return gates.limited(view, fact, free_at)


def limit_of(view: Draft, effect: Effect) -> timedelta | None:
    if effect.kind is ActionKind.REPAIR:
        return view.policy.limits.repair
    reinstall = effect.argument == BootState.REINSTALL.value
    return view.policy.limits.reinstall if reinstall else None


def last_done(view: Draft, node: Subject, effect: Effect) -> Intent | None:
    found = [
        intent
        for intent in view.intents_of(node)
        if intent.kind is effect.kind
        and intent.argument == effect.argument
        and intent.sent_at is not None
        and intent.state is not IntentState.FAILED
        and not (intent.undone or intent.undoes)
    ]
    return found[-1] if found else None
