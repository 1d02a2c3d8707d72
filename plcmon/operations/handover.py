"""The handover: what happened since a time, and what waits for whoever takes over. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from plcmon.model.events import (
    ENGINE,
    Event,
    InventoryRead,
    IssueChanged,
    Noticed,
    Refused,
    StatusChanged,
    Verb,
)
from plcmon.model.intents import Intent, IntentState, MailState, Outcome
from plcmon.model.issues import Issue
from plcmon.model.subjects import NodeKey, PcuKey, SiteKey, Subject, SubjectKind
from plcmon.operations.issue_rows import VERDICTS, blocking, waits_for_word
from plcmon.operations.moment import Moment
from plcmon.operations.phrases import age, ago, clock, count, hand
from plcmon.operations.story import sentence
from plcmon.operations.views import HandoverView

KINDS = frozenset(
    kind.__name__ for kind in (InventoryRead, IssueChanged, Noticed, Refused, StatusChanged, Verb)
)
"""The events a handover is made of."""

SICK = frozenset({"offline", "down", "failboot", "unreachable"})
WELL = frozenset({"good", "online"})
BEGUN = frozenset({"opened", "reopened"})


def handover_view(
    moment: Moment, events: Sequence[Event], since: datetime, *, cut: bool = False
) -> HandoverView:
    """`events` are those of KINDS since then, oldest first; `cut`: there are more than these."""
    return HandoverView(
        since=since,
        until=moment.now,
        done=(*cut_line(moment, events, cut=cut), *done(moment, events, since)),
        healed=tuple(healed(moment, events)),
        worse=tuple(worse(moment, events)),
        held=tuple(held(moment)),
        waiting=tuple(waiting(moment)),
    )


def cut_line(moment: Moment, events: Sequence[Event], *, cut: bool) -> list[str]:
    """That the story is longer than what is told of it."""
    if not cut or not events:
        return []
    return [f"the story is told up to {clock(events[-1].at, moment.now)}: ask since a later time"]


def done(moment: Moment, events: Iterable[Event], since: datetime) -> list[str]:
    actions, mails = intents_done(moment, since), mails_done(moment, since)
    return [*actions, *mails, *words_said(moment, events)]


def intents_done(moment: Moment, since: datetime) -> list[str]:
    """Actions that were sent or judged since then, oldest first."""
    intents = moment.state.intents.values()
    sent = [intent for intent in intents if touched_at(intent) >= since and went_out(intent)]
    return [intent_line(moment, intent) for intent in sorted(sent, key=touched_at)]


def touched_at(intent: Intent) -> datetime:
    times = (intent.planned_at, intent.state_at, intent.sent_at, intent.verdict_at)
    return max(at for at in times if at is not None)


def went_out(intent: Intent) -> bool:
    ended = intent.state in (IntentState.CONFIRMED, IntentState.FAILED, IntentState.UNKNOWN)
    return intent.sent_at is not None or ended


def intent_line(moment: Moment, intent: Intent) -> str:
    result = VERDICTS[intent.verdict] if intent.verdict else intent.state.value
    detail = f" ({intent.detail})" if intent.detail and intent.verdict is None else ""
    return (
        f"{hand(touched_at(intent), moment.now)} {intent.kind.value}"
        f" {moment.name(intent.target)} by {intent.actor}: {result}{detail}"
    )


def mails_done(moment: Moment, since: datetime) -> list[str]:
    mails = [m for m in moment.state.mails.values() if (m.tried_at or m.created_at) >= since]
    accepted = [mail for mail in mails if mail.state is MailState.ACCEPTED]
    refused = [mail for mail in mails if mail.state is MailState.REFUSED]
    lines = [f"{count(len(accepted), 'mail')} accepted by the relay"] if accepted else []
    return [*lines, *(f"mail to {m.recipient} refused: {m.detail}" for m in refused)]


def words_said(moment: Moment, events: Iterable[Event]) -> list[str]:
    """What people said, and what was declined."""
    return [
        line(moment, event, sentence(event.body))
        for event in events
        if isinstance(event.body, Refused)
        or (isinstance(event.body, Verb) and event.body.actor != ENGINE)
    ]


def healed(moment: Moment, events: Iterable[Event]) -> list[str]:
    """Issues that closed, and subjects that are well again and still are."""
    return [
        line(moment, event, sentence(event.body))
        for event in events
        if (isinstance(event.body, IssueChanged) and event.body.change == "closed")
        or (
            isinstance(event.body, StatusChanged)
            and event.body.old in SICK
            and event.body.new in WELL
            and status_now(moment, event.subject) in WELL
        )
    ]


def worse(moment: Moment, events: Iterable[Event]) -> list[str]:
    """Issues that opened and are open, subjects that fell ill and still are, notices about us."""
    return [
        line(moment, event, sentence(event.body)) for event in events if is_worse(moment, event)
    ]


def is_worse(moment: Moment, event: Event) -> bool:
    body = event.body
    if isinstance(body, IssueChanged):
        issue = next((i for i in moment.issues_of(event.subject) if i.id == body.issue), None)
        return body.change in BEGUN and issue is not None
    if isinstance(body, StatusChanged):
        still = body.what != "status" or status_now(moment, event.subject) == body.new
        return still and (body.new in SICK or (body.what == "guard" and body.new == "closed"))
    return isinstance(body, Noticed) and body.on


def status_now(moment: Moment, subject: Subject) -> str:
    """The subject's status as it is, whatever the events said; empty for the fleet."""
    state = moment.state
    belief = (
        state.nodes.get(NodeKey(subject.key))
        if subject.kind is SubjectKind.NODE
        else state.pcus.get(PcuKey(subject.key))
        if subject.kind is SubjectKind.PCU
        else state.sites.get(SiteKey(subject.key))
    )
    return belief.status.value if belief is not None else ""


def held(moment: Moment) -> list[str]:
    """Everything that would run now but for a gate; what waits for a person is said elsewhere."""
    lines = []
    for issue in sorted(moment.state.all_open(), key=lambda i: i.opened_at):
        gate = blocking(moment.wants.get(issue.id))
        if gate is None or waits_for_word(issue) or issue.id in moment.working:
            continue
        since = moment.state.holds.get(issue.id)
        how_long = f" for {age(since.since, moment.now)}" if since else ""
        rung = moment.wants[issue.id].rung
        lines.append(
            f"{moment.name(issue.subject)} {issue.type.value}: {rung} held{how_long}"
            f" by {gate.name.value}: {gate.fact}"
        )
    return lines


def waiting(moment: Moment) -> list[str]:
    """What only a person can move."""
    adoption = [] if moment.state.fleet.adopted else ["the state is not adopted: say db adopt"]
    freezes = [
        f"{scope} is frozen by {freeze.actor} since {age(freeze.at, moment.now)}"
        for scope, freeze in sorted(moment.state.freezes.items())
    ]
    issues = sorted(moment.state.all_open(), key=lambda i: i.opened_at)
    approvals = [approval_line(moment, issue) for issue in issues if waits_for_word(issue)]
    intents = [request_line(moment, intent) for intent in moment.state.intents.values()]
    stopped = [
        f"{scope} is stopped: {breaker.why}; `re-arm {scope}`"
        for scope, breaker in sorted(moment.state.fleet.breakers.items())
        if breaker.tripped_at is not None
    ]
    return [*adoption, *freezes, *stopped, *approvals, *filter(None, intents)]


def request_line(moment: Moment, intent: Intent) -> str:
    """What a person must say about the intent; empty: nothing."""
    about = f"{intent.id}: {intent.kind.value} {moment.name(intent.target)}"
    if intent.waits_for_second:
        return f"approve, as a second admin, {about}: {intent.beyond}"
    if intent.state is IntentState.UNKNOWN and not intent.settled_by:
        return f"settle {about}"
    if intent.outcome is Outcome.NEEDS_HUMAN and intent.in_flight:
        return f"confirm {about}"
    return ""


def approval_line(moment: Moment, issue: Issue) -> str:
    asked = issue.proposal.asked_at if issue.proposal else issue.opened_at
    rung = issue.proposal.rung if issue.proposal else ""
    return (
        f"approve or reject {issue.id}: {rung} for {moment.name(issue.subject)},"
        f" proposed {ago(asked, moment.now)}"
    )


def line(moment: Moment, event: Event, text: str) -> str:
    return f"{hand(event.at, moment.now)} {moment.name(event.subject)}: {text}"
