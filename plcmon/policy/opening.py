"""An issue that a rung of another one opens: it stands and falls with that one."""

from plcmon.model.issues import Cause, Issue, IssueStatus, IssueType
from plcmon.model.replacing import replace
from plcmon.policy.draft import Draft
from plcmon.policy.issues import close_issue, closed_by_word, open_issue


def opener_of(draft: Draft, issue: Issue) -> Issue | None:
    """The open issue whose rung opened this one; None: it was found by itself."""
    opener = draft.issue(issue.opened_by) if issue.opened_by else None
    return opener if opener is not None and opener.is_open else None


def open_another(draft: Draft, opener: Issue, rung: str, kind: IssueType) -> None:
    """Open it about the same subject, unless it is open, or a person closed it lately."""
    if draft.open_issue(opener.subject, kind) is not None:
        return
    if closed_by_word(draft, opener.subject, kind, opener.bad_since):
        return
    opened = open_issue(
        draft,
        kind,
        opener.subject,
        bad_since=opener.bad_since,
        summary=f"opened by {opener.type.value}: {opener.summary}",
        evidence=opener.evidence,
        opened_by=opener.id,
    )
    draft.put_issue(replace(opened, opened_rung=rung))


def close_opened(draft: Draft) -> None:
    """In the same change as its opener, and for the same cause."""
    waiting = [i for i in draft.changes.issues.values() if i.status is IssueStatus.CLOSED]
    while waiting:
        opener = waiting.pop()
        for issue in draft.open_issues(opener.subject):
            if issue.opened_by == opener.id and opener.cause is not None:
                why = f"{opener.type.value}, which opened it, is closed"
                waiting.append(
                    close_issue(draft, issue, opener.cause, closer=opener.closer, detail=why)
                )


def close_vain(draft: Draft, opener: Issue, rung: str) -> None:
    """The rung came to nothing, so what it opened is over."""
    for issue in draft.open_issues(opener.subject):
        if issue.opened_by == opener.id and issue.opened_rung == rung:
            why = f"the rung of {opener.type.value} that opened it came to nothing"
            close_issue(draft, issue, Cause.CONDITION_GONE, detail=why)
