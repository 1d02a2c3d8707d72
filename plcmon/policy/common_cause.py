"""Common causes: too many issues of one type under one label at once are held as one group."""

from collections.abc import Iterable
from datetime import datetime

from plcmon.model.crowd import Opening
from plcmon.model.decisions import Gate, GateName
from plcmon.model.guards import CommonCause
from plcmon.model.intents import ActionKind
from plcmon.model.issues import Cause, Issue, IssueId, IssueType
from plcmon.model.replacing import replace
from plcmon.model.subjects import NodeKey, SubjectKind, fleet_subject
from plcmon.policy.draft import Draft
from plcmon.policy.gates import gate, passed
from plcmon.policy.issues import close_issue, open_issue, stamp
from plcmon.policy.storm import leave_behind


def note_opening(draft: Draft, issue: Issue, fresh: list[Issue]) -> None:
    """A node's issue opened; `fresh` are those that did in this very event, itself included."""
    labels = labels_of(draft, issue)
    for label in labels:
        cause = draft.fleet.causes.get(label)
        if cause is not None and issue.type in cause.kinds:
            adopt(draft, cause, [issue.id])
            return
    for label in labels:
        if count(draft, issue.type, label, fresh) > cause_line(draft, label):
            together = free(draft, opened(draft, issue.type, label, fresh))
            if len(together) > cause_line(draft, label):
                group(draft, issue.type, label, together)
                return


def labels_of(view: Draft, issue: Issue) -> tuple[str, ...]:
    return view.inventory.labels.get(NodeKey(issue.subject.key), ())


def cause_line(view: Draft, label: str) -> int:
    """More openings than this within one window have one cause."""
    rules, size = view.policy.guard, view.inventory.label_sizes.get(label, 0)
    return max(rules.cause_more_than, int(rules.cause_share * size))


def count(view: Draft, kind: IssueType, label: str, fresh: list[Issue]) -> int:
    since = view.now - view.policy.guard.window
    mine = sum(i.type is kind and label in labels_of(view, i) for i in fresh)
    return view.state.crowd.count_opened(kind, label, since) + mine


def opened(view: Draft, kind: IssueType, label: str, fresh: list[Issue]) -> list[Opening]:
    """Who opened within the window under that label, oldest first."""
    since = view.now - view.policy.guard.window
    mine = [
        (i.reopened_at or i.opened_at, i.id)
        for i in fresh
        if i.type is kind and label in labels_of(view, i)
    ]
    return sorted({*view.state.crowd.opened(kind, label, since), *mine})


def free(view: Draft, openings: list[Opening]) -> list[Opening]:
    """Without those that are over, or children of another cause."""
    found = [(row, view.issue(row[1])) for row in openings]
    return [row for row, i in found if i is not None and i.is_open and not parent_of(view, i)]


def group(draft: Draft, kind: IssueType, label: str, together: list[Opening]) -> None:
    """Open the common cause, or widen it by a type; whoever opened together is its child."""
    cause = draft.fleet.causes.get(label)
    if cause is None:
        size = draft.inventory.label_sizes.get(label, 0)
        line = cause_line(draft, label)
        why = f"{len(together)} of {size} nodes of {label} opened {kind.value} at once"
        subject = fleet_subject(label)
        since = together[0][0]
        issue = open_issue(draft, IssueType.COMMON_CAUSE, subject, bad_since=since, summary=why)
        draft.audit(subject, "common cause", why, issue=issue.id)
        cause = CommonCause(label, issue.id, draft.now, line, (kind.value,))
    elif kind not in cause.kinds:
        cause = replace(cause, kinds=(*cause.kinds, kind.value))
    draft.patch_fleet(causes={**draft.fleet.causes, label: cause})
    adopt(draft, cause, [issue_id for _, issue_id in together])


def adopt(draft: Draft, cause: CommonCause, children: Iterable[IssueId]) -> None:
    for issue_id in children:
        issue = draft.issue(issue_id)
        if issue is not None and issue.parent != cause.issue:
            draft.put_issue(replace(issue, parent=cause.issue))


def parent_of(view: Draft, issue: Issue) -> Issue | None:
    """The common cause that still holds the issue."""
    parent = view.issue(IssueId(issue.parent)) if issue.parent else None
    return parent if parent is not None and parent.is_open else None


def review_causes(draft: Draft) -> None:
    """Close what has been calm for long enough; what is left of it goes on as a storm's."""
    for label, cause in list(draft.fleet.causes.items()):
        issue = draft.issue(IssueId(cause.issue))
        if issue is not None and issue.is_open:
            if not over(draft, cause):
                continue
            why = "few opened within the window, and a scan was completed since"
            close_issue(draft, issue, Cause.CONDITION_GONE, detail=why)
        left = {key: row for key, row in draft.fleet.causes.items() if key != label}
        draft.patch_fleet(causes=left)
        leave_behind(draft, label, sorted(nodes_left(draft, cause)))


def nodes_left(view: Draft, cause: CommonCause) -> set[NodeKey]:
    """Whose issues are still open."""
    children = view.state.crowd.children.get(cause.issue, set())
    found = [view.issue(child) for child in children]
    return {NodeKey(i.subject.key) for i in found if i is not None and i.is_open}


def over(view: Draft, cause: CommonCause) -> bool:
    """A window, and one complete scan, after the rate was half of the line."""
    calm, scan = calm_at(view, cause), view.fleet.scan_began_at
    return view.now >= calm + view.policy.guard.window and scan is not None and scan >= calm


def calm_at(view: Draft, cause: CommonCause) -> datetime:
    """When no more than half of the line had opened within the window before."""
    crowd, enough = view.state.crowd, cause.line // 2 + 1
    rows = [crowd.last_opened(IssueType(kind), cause.label, enough) for kind in cause.kinds]
    times = sorted(at for row in rows for at, _ in row)
    if len(times) < enough:
        return cause.since
    return max(cause.since, times[-enough] + view.policy.guard.window)


def opens_at(view: Draft, cause: CommonCause) -> datetime:
    """When its gate opens at the earliest, if nothing more opens and a scan is completed."""
    return calm_at(view, cause) + view.policy.guard.window


def cause_gate(view: Draft, issue: Issue) -> Gate:
    """A child is held while its common cause is open."""
    parent = parent_of(view, issue)
    if parent is None:
        return passed(GateName.COMMON_CAUSE, "it has no common cause")
    return view.shared((cause_gate, parent.id), lambda: held_by(view, parent))


def held_by(view: Draft, parent: Issue) -> Gate:
    """The same for all of its children."""
    cause = view.fleet.causes.get(parent.subject.key)
    others = len(view.state.crowd.children.get(parent.id, ()))
    fact = f"child of {parent.id} with {others} nodes of {parent.subject.key}"
    at = opens_at(view, cause) if cause is not None else None
    late = at is not None and at <= view.now
    distance = "a complete scan is waited for" if late else f"not before {stamp(at)}" if at else ""
    return gate(
        GateName.COMMON_CAUSE, False, fact, at=parent.opened_at, clears_at=at, distance=distance
    )


def first_notice(view: Draft, issue: Issue) -> bool:
    """True while nobody was told of the issue."""
    told = issue.subject.kind is SubjectKind.NODE and any(
        intent.issue == issue.id and intent.kind is ActionKind.NOTIFY and intent.sent_at is not None
        for intent in view.intents_of(issue.subject)
    )
    return not told
