"""Taking a granted rung: as a whole or not at all, and what its effects write down."""

from datetime import timedelta

from plcmon.model.decisions import Effect, Gate, GateName, Hold, Mode, Pass, Want
from plcmon.model.events import AlertRaised, HoldChanged
from plcmon.model.intents import ActionKind
from plcmon.model.issues import Issue, IssueType, Proposal
from plcmon.model.policy import Rung
from plcmon.model.replacing import replace
from plcmon.policy import journal
from plcmon.policy.beside import owes
from plcmon.policy.climbing import pass_rung, step_beside, step_up
from plcmon.policy.draft import Draft
from plcmon.policy.effects import gates_text, open_ticket, plan_step
from plcmon.policy.gates import STEPS
from plcmon.policy.issues import tell, words
from plcmon.policy.ladder import next_rung, observing
from plcmon.policy.notices import post_notice
from plcmon.policy.opening import open_another
from plcmon.policy.pinned import ladder_of
from plcmon.policy.planning import cancel_intent, plan_intent

ASKED_AGAIN = "asked again"


def take(draft: Draft, want: Want) -> None:
    """Write down every effect of the granted rung, and where the issue stands now."""
    issue, rung = draft.issue(want.issue), rung_of(draft, want)
    if issue is None or rung is None:
        return
    repeat = issue.climb.repeats.get(rung.name, 0) + 1
    group = draft.new_id("group", want.issue, rung.name, repeat)
    announce_passed(draft, issue, want)
    approved_by = approver(issue, rung)
    after = replace(climbed(draft, issue, want, rung), proposal=None)
    write_rung(
        draft, issue, rung, repeat, climbed=after.climb is not issue.climb, beside=want.beside
    )
    issue = after
    draft.put_issue(issue)
    let_go(draft, issue)
    tell(draft, issue, "rung", ", ".join(str(effect) for effect in rung.do), rung)
    step = ""  # the one before
    for effect in rung.do:
        if effect.kind in STEPS:
            step = plan_step(draft, issue, want, effect, group=group, after=step)
        elif effect.kind is ActionKind.FLAG:
            open_ticket(draft, issue, group)
        elif effect.kind is ActionKind.NOTIFY:
            plan_notice(draft, issue, rung, effect.argument, group)
        elif effect.kind is ActionKind.ALERT:
            draft.tell(issue.subject, AlertRaised(issue.id, f"{headline(draft, issue)}"))
        elif effect.kind is ActionKind.PENALTY:
            issue = replace(issue, claim=max(issue.claim, int(effect.argument)))
            draft.put_issue(issue)
        elif effect.kind is ActionKind.OPEN:
            open_another(draft, issue, rung.name, IssueType(effect.argument))
        audit_effect(draft, issue, effect.kind, effect.argument)
    note_approver(draft, group, approved_by)


def approver(issue: Issue, rung: Rung) -> str:
    """Who let this rung run; empty: it needed nobody's word."""
    asked = issue.proposal
    return asked.approved_by if asked is not None and asked.rung == rung.name else ""


def note_approver(draft: Draft, group: str, approved_by: str) -> None:
    """Should the mode be stricter by the time they are sent, their word stands."""
    for intent in list(draft.changes.intents.values()):
        if intent.group == group and approved_by:
            draft.put_intent(replace(intent, approved_by=approved_by))


def climbed(draft: Draft, issue: Issue, want: Want, rung: Rung) -> Issue:
    """The issue with this rung taken. Observing, an alert is real: it steps the shadow, and the
    climb where nothing below it was left out.
    """
    if want.beside:
        return replace(issue, climb=step_beside(issue.climb, rung))
    ladder = ladder_of(draft.policy, issue)
    real = step_up(issue.climb, rung, want.passed, draft.now)
    if ladder is None or not observing(draft.policy, ladder):
        return replace(issue, climb=real)
    shadow = step_up(issue.shadow, rung, want.passed, draft.now)
    upcoming = next_rung(ladder, issue.climb)
    in_order = upcoming is not None and upcoming.name == rung.name
    return replace(issue, climb=real if in_order else issue.climb, shadow=shadow)


def let_go(draft: Draft, issue: Issue) -> None:
    """Nothing holds the issue any more."""
    held = draft.hold(issue.id)
    if held is not None:
        draft.changes.holds[issue.id] = None
        draft.tell(issue.subject, HoldChanged(issue.id, held.rung, "", ""))
        why = f"{held.gate.value} does not hold it any more"
        draft.audit(issue.subject, "hold ended", why, issue=issue.id, detail=held.rung)


def audit_effect(draft: Draft, issue: Issue, kind: ActionKind, argument: str) -> None:
    """Effects without an intent still leave their row in the journal; an alert has its own."""
    if kind in (ActionKind.PENALTY, ActionKind.FLAG):
        draft.audit(
            issue.subject,
            f"{kind.value} {argument}".strip(),
            issue.summary,
            issue=issue.id,
            evidence=issue.evidence,
        )


def headline(draft: Draft, issue: Issue) -> str:
    return f"{issue.type.value}: {draft.name(issue.subject)}: {issue.summary}"


def plan_notice(draft: Draft, issue: Issue, rung: Rung, argument: str, group: str) -> None:
    notice, *roles = argument.split()
    repeat = issue.climb.repeats[rung.name]
    intent = plan_intent(
        draft,
        ActionKind.NOTIFY,
        issue.subject,
        actor="engine",
        reason=f"{issue.type.value}: {issue.summary}",
        issue=issue,
        rung=rung.name,
        repeat=repeat,
        argument=argument,
        group=group,
        evidence=issue.evidence,
    )
    rows = post_notice(
        draft,
        issue,
        notice=notice,
        roles=tuple(roles),
        rung=rung.name,
        repeat=repeat,
        intent=intent.id,
        following=following(draft, issue, rung),
    )
    if not rows:
        cancel_intent(draft, intent, "there is nobody to tell")


def following(draft: Draft, issue: Issue, rung: Rung) -> str:
    """What the ladder does next, for the reader of a notice."""
    ladder = ladder_of(draft.policy, issue)
    later = [r for r in ladder.rungs if r.order > rung.order] if ladder else []
    upcoming = min(later, key=lambda r: r.order, default=None)
    if upcoming is None:
        return ""
    told = [in_words(effect) for effect in upcoming.do]
    return f"{'; '.join(told)}, after {words(upcoming.after)} more of the same"


def in_words(effect: Effect) -> str:
    """An effect for somebody who does not know our words."""
    if effect.kind is ActionKind.NOTIFY:
        roles = [ROLE_WORDS.get(role, role) for role in effect.argument.split()[1:]]
        return f"we write again, to {' and '.join(roles)}"
    if effect.kind is ActionKind.PENALTY:
        return f"penalty level {effect.argument} is asked for"
    return str(effect)


ROLE_WORDS = {
    "tech": "the technical contacts",
    "pi": "the principal investigators",
    "user": "the users",
}


def announce_passed(draft: Draft, issue: Issue, want: Want) -> None:
    for name, why in want.passed:
        tell(draft, issue, "passed", f"{name}: {why}")
        write_passed(draft, issue, name, why)


def write_passed(
    draft: Draft, issue: Issue, rung: str, why: str, gates: dict[str, str] | None = None
) -> None:
    draft.audit(issue.subject, "rung passed over", why, issue=issue.id, gates=gates, detail=rung)


def write_rung(
    draft: Draft, issue: Issue, rung: Rung, repeat: int, *, climbed: bool, beside: bool
) -> None:
    """The rung that is taken, and the bad time for which it waited since the one before."""
    ladder = draft.policy.ladders[issue.type]
    shadowy = observing(draft.policy, ladder)
    climb = issue.shadow if shadowy else issue.climb
    again = rung.every is not None and climb.rung == rung.name
    waits = rung.every if again and rung.every else rung.after
    if beside:  # it waits for its PCU, not for time
        waits = timedelta()
    draft.audit(
        issue.subject,
        "rung taken",
        f"{issue.type.value}: {issue.summary}",
        issue=issue.id,
        evidence=issue.evidence,
        facts={
            "rung": rung.name,
            "order": str(rung.order),
            "repeat": str(repeat),
            "effects": ", ".join(map(str, rung.do)),
            "after_s": journal.seconds(waits),
            "waited_s": journal.seconds(climb.waited.value(draft.now)),
            "observing": journal.yes(shadowy),
            "climbed": journal.yes(shadowy and climbed),
            "beside": journal.yes(beside),
        },
        detail=rung.name,
    )


def pass_over(draft: Draft, want: Want) -> None:
    """A gate said never: the rung is passed over, with the gate's words."""
    issue, rung = draft.issue(want.issue), rung_of(draft, want)
    if issue is None or rung is None:
        return
    why = next((f"{g.name.value}: {g.fact}" for g in want.shut if g.answer is Pass.NEVER), "never")
    note_passed(draft, issue, want, rung, why)


def give_up(draft: Draft, want: Want) -> None:
    """A condition held the rung for too long; power that only its PCU held is owed from now on."""
    issue = draft.issue(want.issue)
    ladder = ladder_of(draft.policy, issue) if issue else None
    rungs = ladder.rungs if ladder else ()
    rung = next((rung for rung in rungs if rung.name == want.given_up), None)
    if issue is not None and rung is not None:
        note_passed(draft, issue, want, rung, dict(want.passed)[rung.name])


def note_passed(draft: Draft, issue: Issue, want: Want, rung: Rung, why: str) -> None:
    shadowy = observing(draft.policy, draft.policy.ladders[issue.type])
    owed = want.given_up == rung.name and owes(rung, why.partition(":")[0])
    climb = issue.shadow if shadowy else issue.climb
    why += "; it runs once when its PCU is good again" if owed else ""
    climb = replace(climb, passed={**climb.passed, **dict(want.passed)})
    climb = pass_rung(climb, rung.name, why, owed=owed)
    issue = replace(issue, shadow=climb) if shadowy else replace(issue, climb=climb)
    draft.put_issue(issue)
    let_go(draft, issue)
    if not shadowy:
        tell(draft, issue, "passed", why, rung)
    write_passed(draft, issue, rung.name, why, gates_text(want))


def take_shadow(draft: Draft, want: Want) -> None:
    """In observe: note what would have been done; nothing else changes.

    A rung that alone observes, on a ladder that acts, is noted and then passed over.
    """
    issue, rung = draft.issue(want.issue), rung_of(draft, want)
    if issue is None or rung is None:
        return
    if observing(draft.policy, draft.policy.ladders[issue.type]):
        step = step_up(issue.shadow, rung, want.passed, draft.now)
        issue = replace(issue, shadow=step_beside(issue.shadow, rung) if want.beside else step)
    else:
        issue = replace(issue, climb=pass_rung(issue.climb, rung.name, "observe: only noted"))
    draft.put_issue(issue)
    let_go(draft, issue)
    tell(draft, issue, "shadow rung", f"would: {', '.join(map(str, rung.do))}", rung)
    draft.audit(
        issue.subject,
        "observed",
        f"would take {rung.name}",
        issue=issue.id,
        evidence=issue.evidence,
        gates=gates_text(want),
    )


def propose(draft: Draft, want: Want) -> bool:
    """Ask once, once more after the wait, then pass the rung over and flag it.

    True when that changed where the issue stands.
    """
    issue, rung = draft.issue(want.issue), rung_of(draft, want)
    if issue is None or rung is None:
        return False
    asked = issue.proposal
    again = asked is not None and asked.rung == rung.name
    wait = draft.policy.safety.approval_wait
    if again and asked is not None and draft.now - asked.asked_at < wait:
        return False
    if again and asked is not None and asked.reason == ASKED_AGAIN:
        drop_proposal(draft, issue, rung)
        return True
    proposal = Proposal(rung.name, draft.now, reason=ASKED_AGAIN if again else "")
    issue = replace(issue, proposal=proposal)
    draft.put_issue(issue)
    effects = ", ".join(map(str, rung.do))
    tell(draft, issue, "proposed", effects, rung)
    draft.audit(issue.subject, "rung proposed", effects, issue=issue.id, detail=rung.name)
    draft.tell(
        issue.subject,
        AlertRaised(
            issue.id, f"{headline(draft, issue)}: {rung.name} waits for approval", urgent=False
        ),
    )
    return True


def drop_proposal(draft: Draft, issue: Issue, rung: Rung) -> None:
    why = "proposed twice, nobody answered"
    issue = replace(issue, proposal=None, climb=pass_rung(issue.climb, rung.name, why))
    draft.put_issue(issue)
    let_go(draft, issue)
    tell(draft, issue, "passed", why, rung)
    write_passed(draft, issue, rung.name, why)
    draft.audit(issue.subject, "flag", why, issue=issue.id, detail=rung.name)


def remember_hold(draft: Draft, want: Want) -> None:
    """One audit row per change of a hold's reason; one alert for a gate that holds too long."""
    issue, before = draft.issue(want.issue), draft.hold(want.issue)
    held = holding_gate(want, before)
    if issue is None:
        return
    if held is None:
        let_go(draft, issue)
        return
    if before is not None and before.gate is held.name and before.rung == want.rung:
        age_hold(draft, want, before)
        return
    draft.changes.holds[want.issue] = Hold(
        want.issue, held.name, draft.now, held.fact, want.rung, issue.bad.value(draft.now)
    )
    draft.tell(want.subject, HoldChanged(want.issue, want.rung, held.name.value, held.fact))
    if held.name is GateName.LADDER:
        draft.audit(want.subject, "flag", held.fact, issue=want.issue, detail=want.rung)
    draft.audit(
        want.subject,
        "held",
        f"{held.name.value}: {held.fact}",
        issue=want.issue,
        gates=gates_text(want),
        detail=want.rung,
    )


def holding_gate(want: Want, before: Hold | None) -> Gate | None:
    """The first gate that holds, other than time alone.

    The one that held before stays the reason while it holds, whatever comes and goes beside it:
    its age is what alerts. Only a condition comes before it, for its time has an end.
    """
    holding = [g for g in want.shut if g.answer is Pass.HOLD]
    if any(g.name is GateName.WAIT for g in holding):
        return None
    if want.mode is Mode.OBSERVE:  # that nothing is done is no hold; what would hold it is one
        holding = [g for g in holding if g.name is not GateName.MODE]
    if before is not None and before.rung == want.rung:
        holding.sort(key=lambda g: (g.name is not GateName.CONDITION, g.name is not before.gate))
    return holding[0] if holding else None


def age_hold(draft: Draft, want: Want, hold: Hold) -> None:
    """One alert per gate, not per row; once it holds nothing for long, the next one is news."""
    topic = f"held {hold.gate.value}"
    long = hold.age(draft.now) >= draft.policy.safety.hold_alert
    if not long or hold.alerted:
        return
    draft.changes.holds[want.issue] = replace(hold, alerted=True)
    if not any(h.alerted and h.gate is hold.gate for h in draft.state.holds.values()):
        text = f"held by {hold.gate.value} for long: {hold.fact}"
        draft.tell(want.subject, AlertRaised(topic, text, urgent=False))


def rung_of(draft: Draft, want: Want) -> Rung | None:
    issue = draft.issue(want.issue)
    ladder = ladder_of(draft.policy, issue) if issue else None
    rungs = ladder.rungs if ladder else ()
    return next((rung for rung in rungs if rung.name == want.rung), None)
