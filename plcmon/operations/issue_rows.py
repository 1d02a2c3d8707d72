"""Rows of issues and intents: pure, from one moment to views."""

from datetime import datetime

from plcmon.model.decisions import Gate, GateName, Mode, Pass, Want
from plcmon.model.intents import Command, Intent, IntentState
from plcmon.model.issues import Issue, IssueStatus, IssueType, Verdict
from plcmon.model.policy import Policy
from plcmon.model.readings import Evidence
from plcmon.model.subjects import NodeKey, outlets_by_name
from plcmon.operations.moment import Moment
from plcmon.operations.phrases import age, ago, clock, stamp, within
from plcmon.operations.views import ACTING, IntentView, IssueView
from plcmon.policy.pinned import ladder_of
from plcmon.policy.review import SAYS

URGENT = frozenset({IssueType.MASS_OUTAGE, IssueType.SITE_UNREACHABLE, IssueType.SELF})
MINOR = frozenset(
    {IssueType.FIREWALLED, IssueType.DNS_ERROR, IssueType.HOSTKEY, IssueType.OLD_BOOTCD}
)
STEPS = {
    IntentState.PLANNED: "is about to run",
    IntentState.CLAIMED: "is looking again before it sends anything",
    IntentState.SENT: "is running",
    IntentState.UNKNOWN: "ended unknown and waits to be read or settled",
}
VERDICTS = {
    Verdict.FIXED: "fixed it",
    Verdict.REBOOTED_SICK: "rebooted it, but not into boot",
    Verdict.NOT_REBOOTED: "did not reboot it",
    Verdict.UNKNOWN: "ended without proof",
}


def issue_view(moment: Moment, issue: Issue) -> IssueView:
    want = moment.wants.get(issue.id) if issue.is_open else None
    names = rung_names(moment.policy, issue)
    proposal = waits_for_word(issue)
    return IssueView(
        id=issue.id,
        type=issue.type.value,
        subject=str(issue.subject),
        name=moment.name(issue.subject),
        site=moment.site(issue.subject),
        status=issue.status.value,
        opened_at=issue.opened_at,
        bad_since=issue.bad_since,
        bad_s=bad_seconds(issue, moment.now),
        summary=outlets_by_name(issue.summary, moment.name),
        rung=issue.climb.rung,
        rung_at=issue.climb.taken_at,
        rung_number=names.index(issue.climb.rung) + 1 if issue.climb.rung in names else 0,
        rungs=len(names),
        shadow=issue.shadow.rung,
        next_rung=want.rung if want else "",
        next_at=want.next_at if want else None,
        mode=(want.mode if want else moment.policy.mode).value,
        held_by=ACTING if issue.id in moment.working else held_by(want),
        why=issue_clause(moment, issue),
        verdict=issue.verdict.value if issue.verdict else "",
        proposal=proposal,
        paused_until=issue.paused_until,
        closed_at=issue.closed_at,
        cause=issue.cause.value if issue.cause else "",
        closer=issue.closer,
        worry=worry(issue, proposal=proposal),
    )


def bad_seconds(issue: Issue, now: datetime) -> float:
    """Bad time so far; a closed issue stands at its close."""
    return issue.bad.value(issue.closed_at or now).total_seconds()


def rung_names(policy: Policy, issue: Issue) -> list[str]:
    """The rungs of the issue's ladder in the order in which they are climbed."""
    ladder = ladder_of(policy, issue)
    return [rung.name for rung in sorted(ladder.rungs, key=lambda r: r.order)] if ladder else []


def waits_for_word(issue: Issue) -> bool:
    """True while a person's approve or reject is asked for."""
    asked = issue.proposal is not None and not issue.proposal.approved_by
    return asked and issue.status is IssueStatus.OPEN


def worry(issue: Issue, *, proposal: bool) -> int:
    """How far up the screen it belongs: 0 first, 3 last."""
    if issue.status is not IssueStatus.OPEN:
        return 3
    if proposal or issue.type in URGENT or issue.verdict is Verdict.UNKNOWN:
        return 0
    return 2 if issue.type in MINOR else 1


def blocking(want: Want | None) -> Gate | None:
    """The first gate, other than waiting, that keeps the want from running; None while the wait
    itself is not over, or when every gate passes.
    """
    if want is None or not want.rung:
        return None
    shut = [gate for gate in want.gates if gate.answer is not Pass.PASS]
    if any(gate.name is GateName.WAIT for gate in shut):
        return None
    return shut[0] if shut else None


def held_by(want: Want | None) -> str:
    gate = blocking(want)
    return gate.name.value if gate else ""


def issue_sentence(moment: Moment, issue: Issue) -> str:
    """Why the issue stands where it stands, in one sentence."""
    opened = f"opened {ago(issue.opened_at, moment.now)}"
    found = f"{opened}: {issue.summary}" if issue.summary else opened
    return f"{outlets_by_name(found, moment.name)}; {issue_clause(moment, issue)}"


def issue_clause(moment: Moment, issue: Issue) -> str:
    """The part of the sentence that says what is done about it, or why nothing is."""
    now = moment.now
    if issue.status is IssueStatus.CLOSED:
        cause = issue.cause.value if issue.cause else "cause not recorded"
        closer = f" by {issue.closer}" if issue.closer else ""
        return f"closed {ago(issue.closed_at, now)}{closer}: {cause}"
    if issue.status is IssueStatus.PAUSED:
        return paused_clause(issue, now)
    working = moment.working.get(issue.id)
    if working is not None:
        return working_clause(working, now)
    if waits_for_word(issue) and issue.proposal is not None:
        asked = age(issue.proposal.asked_at, now)
        return f"{proposed_words(moment, issue)} has waited for approval for {asked}"
    return want_clause(moment, issue, moment.wants.get(issue.id)) + last_clause(issue, now)


def proposed_words(moment: Moment, issue: Issue) -> str:
    """`tell (notify down tech)`: the rung that is asked for, and what it would do."""
    rung = issue.proposal.rung if issue.proposal is not None else ""
    want = moment.wants.get(issue.id)
    if want is None or want.rung != rung or not want.effects:
        return rung
    return f"{rung} ({', '.join(str(effect) for effect in want.effects)})"


def paused_clause(issue: Issue, now: datetime) -> str:
    until = f" until {clock(issue.paused_until, now)}" if issue.paused_until else ""
    reason = f": {issue.pause_reason}" if issue.pause_reason else ""
    return f"paused{until} by {issue.paused_by or 'somebody'}{reason}"


def working_clause(intent: Intent, now: datetime) -> str:
    if intent.awaits_proof:
        due = f" until {clock(intent.proof_due_at, now)}" if intent.proof_due_at else ""
        return f"{intent.kind.value} is done; its proof is waited for{due}"
    stage = f" ({intent.stage.value} {ago(intent.stage_at, now)})" if intent.stage else ""
    return f"{intent.kind.value} {STEPS.get(intent.state, intent.state.value)}{stage}"


def last_clause(issue: Issue, now: datetime) -> str:
    """What the last rung did, as an end of the sentence; empty before the first."""
    if not issue.climb.rung:
        return ""
    verdict = f", the last power cycle {VERDICTS[issue.verdict]}" if issue.verdict else ""
    return f"; {issue.climb.rung} was taken {ago(issue.climb.taken_at, now)}{verdict}"


def want_clause(moment: Moment, issue: Issue, want: Want | None) -> str:
    """What is wanted next, and what holds it."""
    if want is None:
        return "not weighed yet"
    if not want.rung:
        return "nothing is left on its ladder"
    if is_well(moment, issue):
        return f"it is well just now, and this closes if that lasts; else {want.rung} is next"
    gate = blocking(want)
    if gate is None:
        if want.answer is Pass.PASS:
            return f"{want.rung} runs as soon as its turn comes"
        return waiting_clause(want, moment.now)
    if gate.name is GateName.MODE and want.mode is Mode.OBSERVE:
        return f"{want.rung} is due, but mode observe only watches"
    verb = "is held by" if gate.answer is Pass.HOLD else "will not run because of"
    return f"{want.rung} {verb} {gate.name.value}: {outlets_by_name(gate.fact, moment.name)}"


def is_well(moment: Moment, issue: Issue) -> bool:
    """Whether fresh evidence says the opposite of a node's issue."""
    says = SAYS.get(issue.type)
    belief = moment.state.nodes.get(NodeKey(issue.subject.key)) if says is not None else None
    if says is None or belief is None:
        return False
    return belief.evidence is Evidence.FRESH and belief.observed not in says


def waiting_clause(want: Want, now: datetime) -> str:
    """When the wait ends; without evidence no bad time runs, and it ends never by itself."""
    shut = {gate.name: gate for gate in want.gates if gate.answer is not Pass.PASS}
    if GateName.EVIDENCE in shut:
        return f"{want.rung} waits for bad time, and none runs: {shut[GateName.EVIDENCE].fact}"
    at = shut[GateName.WAIT].clears_at or want.next_at
    when = within(at, now) if at else "when enough bad time has passed"
    never = next((g for g in want.gates if g.answer is Pass.NEVER), None)
    doomed = f", but as it stands it will be passed over: {never.fact}" if never else ""
    return f"next is {want.rung}, {when}{doomed}"


def intent_view(moment: Moment, intent: Intent) -> IntentView:
    commands = moment.state.commands.get(intent.id, [])
    return IntentView(
        id=intent.id,
        kind=intent.kind.value,
        target=str(intent.target),
        name=moment.name(intent.target),
        site=intent.site or moment.site(intent.target),
        issue=intent.issue or "",
        rung=intent.rung,
        state=intent.state.value,
        stage=intent.stage.value if intent.stage else "",
        outcome=intent.outcome.value if intent.outcome else "",
        verdict=intent.verdict.value if intent.verdict else "",
        actor=intent.actor,
        reason=outlets_by_name(intent.reason, moment.name),
        detail=outlets_by_name(intent.detail, moment.name),
        path=moment.path(intent.path) if intent.path else "",
        planned_at=intent.planned_at,
        state_at=intent.state_at,
        sent_at=intent.sent_at,
        waits_for_second=intent.waits_for_second,
        commands=tuple(command_line(moment, c) for c in sorted(commands, key=lambda c: c.number)),
    )


def command_line(moment: Moment, command: Command) -> str:
    """One command as it went: `14:02:11 off apc1 outlet 3: ok, reads off`."""
    outcome = command.outcome.value if command.outcome else "no answer yet"
    reads = f", reads {command.reads.value}" if command.reads else ""
    return (
        f"{stamp(command.sent_at)} {command.verb} {moment.outlet(command.outlet)}: {outcome}{reads}"
    )


def issue_matches(view: IssueView, word: str) -> bool:
    texts = (view.id, view.type, view.subject, view.name, view.site, view.status, view.held_by)
    return any(word in text.lower() for text in texts)


def intent_matches(view: IntentView, word: str) -> bool:
    texts = (view.id, view.kind, view.target, view.name, view.site, view.state, view.verdict)
    return any(word in text.lower() for text in (*texts, view.issue, view.actor))
