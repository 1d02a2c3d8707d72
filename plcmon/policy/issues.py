"""The life of an issue: opened, gone on, paused, closed; each with its reason."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache

from plcmon.model.beliefs import NO_TIME, Span
from plcmon.model.events import AlertRaised, IssueChanged
from plcmon.model.intents import Intent, IntentState, OutboxRow
from plcmon.model.issues import Cause, Issue, IssueId, IssueStatus, IssueType
from plcmon.model.policy import Rung
from plcmon.model.replacing import replace
from plcmon.model.subjects import NodeKey, Outlet, Subject, SubjectKind
from plcmon.policy import journal
from plcmon.policy.delivery import settle_notice
from plcmon.policy.draft import Draft
from plcmon.policy.pinned import steps_of
from plcmon.policy.planning import cancel_intent, move_intent
from plcmon.policy.spans import count
from plcmon.policy.windows import spared

BACK_NOTICE = "online"
FLAPS = "flaps"  # the fact of a row whose node flaps: its recovery waits like any other news
SAID_DOWN = frozenset(
    {
        IssueType.NODE_DOWN,
        IssueType.NODE_LOGIN,
        IssueType.NODE_DEBUG,
        IssueType.SITE_UNREACHABLE,
    }
)
GOES_ON = frozenset({Cause.HEALTHY, Cause.SUPERSEDED, Cause.CLOSED_BY_PERSON})


def open_issue(
    draft: Draft,
    kind: IssueType,
    subject: Subject,
    *,
    bad_since: datetime,
    summary: str,
    evidence: tuple[int, ...] = (),
    outlet: Outlet | None = None,
    opened_by: IssueId | None = None,
) -> Issue:
    """Open the issue, or the one that closed so lately that this is still the same trouble.

    There is never a second open one of the same type and subject: that one is returned.
    `opened_by`: the issue whose rung asks for it; None: it was found by itself.
    """
    present = draft.open_issue(subject, kind)
    if present is not None:
        return present if opened_by or not present.opened_by else found_too(draft, present, summary)
    earlier = predecessor(draft, kind, subject, bad_since)
    if earlier is not None:
        earlier = replace(earlier, opened_by=opened_by)
        return reopen(draft, earlier, bad_since, summary, evidence)
    issue = Issue(
        IssueId(draft.new_id(kind, subject)),
        kind,
        subject,
        opened_at=draft.now,
        bad_since=bad_since,
        summary=summary,
        evidence=evidence,
        bad=first_time(draft, kind),
        policy=draft.policy.version,
        steps=steps_of(draft.policy, kind),
        outlet=outlet,
        opened_by=opened_by,
    )
    issue = replace(
        issue,
        climb=replace(issue.climb, waited=issue.bad),
        shadow=replace(issue.shadow, waited=issue.bad),
    )
    draft.put_issue(issue)
    tell(draft, issue, "opened", summary)
    write_down(draft, issue, "opened", summary, facts=of_opening(issue))
    return issue


def of_opening(issue: Issue) -> Mapping[str, str]:
    return {"bad_since": journal.moment(issue.bad_since), "opened by": issue.opened_by or ""}


def found_too(draft: Draft, issue: Issue, summary: str) -> Issue:
    """What a rung opened is found by itself now, and no longer ends with its opener."""
    issue = replace(issue, opened_by=None, opened_rung="", summary=summary)
    draft.put_issue(issue)
    write_down(draft, issue, "found", summary)
    return issue


def first_time(draft: Draft, kind: IssueType) -> Span:
    """Its bad time runs from now on; while we are blind it waits for the first sight."""
    sees = not draft.fleet.blind or kind is IssueType.SELF
    return count(NO_TIME, True if sees else None, draft.now, timedelta())


def predecessor(
    draft: Draft, kind: IssueType, subject: Subject, bad_since: datetime
) -> Issue | None:
    within = draft.policy.thresholds.same_issue_within
    found = [
        issue
        for issue in draft.closed_lately(subject, kind)
        if issue.cause in GOES_ON
        and issue.closed_at is not None
        and bad_since - issue.closed_at < within
    ]
    return found[-1] if found else None


def reopen(
    draft: Draft, issue: Issue, bad_since: datetime, summary: str, evidence: tuple[int, ...]
) -> Issue:
    """It is that issue again, at its next rung, whose wait starts anew."""
    started = first_time(draft, issue.type)
    issue = replace(
        issue,
        status=IssueStatus.OPEN,
        bad_since=bad_since,
        reopened_at=draft.now,
        parent="",
        summary=summary,
        evidence=evidence,
        bad=started,
        climb=replace(issue.climb, waited=started),
        shadow=replace(issue.shadow, waited=started),
        closed_at=None,
        cause=None,
        closer="",
        verdict=None,
        proposal=None,
        told=(),  # they were told "back"; of this stretch they know nothing yet
        warned_at=None,
        paused_until=None,
        paused_by="",
        pause_reason="",
    )
    draft.put_issue(issue)
    tell(draft, issue, "reopened", summary)
    write_down(draft, issue, "reopened", summary, facts=of_opening(issue))
    return issue


def close_issue(
    draft: Draft, issue: Issue, cause: Cause, *, closer: str = "engine", detail: str = ""
) -> Issue:
    """Close for a stated reason: what is not yet sent is cancelled, "back" is said where due."""
    closed = replace(
        issue,
        status=IssueStatus.CLOSED,
        closed_at=draft.now,
        cause=cause,
        closer=closer,
        bad=count(issue.bad, None, draft.now, timedelta()),
        claim=0,
        proposal=None,
    )
    draft.put_issue(closed)
    draft.changes.holds[issue.id] = None
    for intent in list(draft.intents_of(issue.subject)):
        not_sent = intent.state in (IntentState.PLANNED, IntentState.CLAIMED)
        if intent.issue == issue.id and not_sent:
            cancel_intent(draft, intent, f"its issue closed: {cause.value}")
        elif intent.issue == issue.id and intent.asks_a_person:
            withdraw_request(draft, intent, f"its issue closed: {cause.value}")
        elif intent.issue == issue.id:
            settle_notice(draft, intent)
    tell(draft, closed, "closed", detail or cause.value)
    facts = {"cause": cause.value, "claim": str(issue.claim) if issue.claim else ""}
    write_down(draft, closed, "closed", detail or cause.value, actor=closer, facts=facts)
    say_back(draft, closed, closed.told)
    return closed


def withdraw_request(draft: Draft, intent: Intent, why: str) -> None:
    """What a person was asked for is not wanted any more; not bad, and said aloud."""
    move_intent(draft, intent, IntentState.FAILED, f"withdrawn: {why}")
    text = f"please do nothing more for {intent.id} ({draft.name(intent.target)}): {why}"
    draft.tell(intent.target, AlertRaised(f"request {intent.id}", text))


def closed_by_word(draft: Draft, subject: Subject, kind: IssueType, bad_since: datetime) -> bool:
    """A person closed the issue about this very stretch; their word stands for a while."""
    stands = draft.policy.thresholds.same_issue_within
    return any(
        issue.cause is Cause.CLOSED_BY_PERSON
        and issue.closed_at is not None
        and bad_since <= issue.closed_at
        and draft.now - issue.closed_at < stands
        for issue in draft.closed_lately(subject, kind)
    )


def say_back(draft: Draft, issue: Issue, told: tuple[str, ...]) -> None:
    """Only those hear "back" whose "down" the relay accepted, and only of health."""
    if issue.cause is not Cause.HEALTHY or issue.type not in SAID_DOWN:
        return
    site = str(draft.inventory.site_of(issue.subject) or "")
    for recipient in told:
        if spared(draft.inventory, site, recipient, draft.now):
            continue
        draft.post(
            OutboxRow(
                issue.id,
                "closed",
                recipient,
                sum(issue.climb.repeats.values()),
                BACK_NOTICE,
                site,
                issue.subject,
                draft.now,
                facts={
                    **names(draft, issue.subject),
                    "since": stamp(issue.bad_since),
                    "duration": words((issue.closed_at or draft.now) - issue.bad_since),
                    "tried": issue.verdict.value if issue.verdict else "",
                    **({FLAPS: "yes"} if flaps(draft, issue.subject) else {}),
                },
            )
        )


def flaps(draft: Draft, subject: Subject) -> bool:
    return subject.kind is SubjectKind.NODE and draft.node(NodeKey(subject.key)).flap.held


def names(draft: Draft, subject: Subject) -> Mapping[str, str]:
    """What every notice says of its subject."""
    site = draft.inventory.site_of(subject) or ""
    return {subject.kind.value: draft.name(subject), "site": str(site)}


@lru_cache(maxsize=4096)
def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


@lru_cache(maxsize=4096)
def words(delta: timedelta) -> str:
    """A duration for a sentence."""
    minutes = int(delta.total_seconds() // 60)
    if timedelta() < delta < timedelta(seconds=1):
        return f"{delta // timedelta(milliseconds=1)} ms"
    if minutes < 1:
        return f"{max(0, int(delta.total_seconds()))} s"
    if minutes < 120:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 48 else f"{hours // 24} d"


def advance(draft: Draft, issue: Issue, says: bool | None) -> Issue:
    """Let the issue's bad time run, stop or start anew; paused time never counts."""
    if issue.status is IssueStatus.PAUSED:
        says = None
    restart = draft.policy.thresholds.restart_after
    counted = replace(
        issue,
        bad=count(issue.bad, says, draft.now, restart),
        climb=replace(issue.climb, waited=count(issue.climb.waited, says, draft.now, restart)),
        shadow=replace(issue.shadow, waited=count(issue.shadow.waited, says, draft.now, restart)),
    )
    if counted != issue:
        draft.put_issue(counted)
    return counted


def pause(draft: Draft, issue: Issue, *, until: datetime, by: str, reason: str) -> None:
    paused = advance(
        draft,
        replace(
            issue,
            status=IssueStatus.PAUSED,
            paused_until=until,
            paused_by=by,
            pause_reason=reason,
        ),
        None,
    )
    draft.put_issue(paused)
    tell(draft, paused, "paused", f"until {stamp(until)} by {by}: {reason}")
    write_down(draft, paused, "paused", reason, actor=by, facts={"until": journal.moment(until)})


def end_pause(draft: Draft, issue: Issue) -> None:
    """A pause that has an end ends by itself."""
    over = issue.paused_until is not None and draft.now >= issue.paused_until
    if issue.status is IssueStatus.PAUSED and over:
        resume(draft, issue, by="engine", why="the pause is over")


def resume(draft: Draft, issue: Issue, *, by: str, why: str) -> None:
    resumed = replace(
        issue, status=IssueStatus.OPEN, paused_until=None, paused_by="", pause_reason=""
    )
    draft.put_issue(resumed)
    tell(draft, resumed, "resumed", f"{why} ({by})")
    write_down(draft, resumed, "resumed", why, actor=by)


def tell(draft: Draft, issue: Issue, change: str, detail: str, rung: Rung | None = None) -> None:
    draft.tell(
        issue.subject,
        IssueChanged(issue.id, issue.type.value, change, detail, rung.name if rung else ""),
    )


def write_down(
    draft: Draft,
    issue: Issue,
    change: str,
    reason: str,
    *,
    actor: str = "engine",
    facts: Mapping[str, str] | None = None,
) -> None:
    """One audit row per change of an issue's status."""
    draft.audit(
        issue.subject,
        f"issue {change}",
        reason,
        actor=actor,
        evidence=issue.evidence,
        facts={**journal.of_issue(draft, issue), **(facts or {})},
        issue=issue.id,
    )
