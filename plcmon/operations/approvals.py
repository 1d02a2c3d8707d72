"""Approvals: what waits for a person's word, why, since when and until when. Pure."""

from plcmon.model.issues import Issue
from plcmon.model.subjects import outlets_by_name
from plcmon.operations.issue_rows import rung_names, waits_for_word
from plcmon.operations.moment import Moment
from plcmon.operations.views import ApprovalView
from plcmon.policy.take import ASKED_AGAIN


def approvals(moment: Moment) -> list[ApprovalView]:
    """The queue: who waits longest comes first."""
    rows = [row for issue in moment.state.all_open() if (row := approval(moment, issue))]
    return sorted(rows, key=lambda row: (row.asked_at, row.issue))


def approval(moment: Moment, issue: Issue) -> ApprovalView | None:
    asked = issue.proposal
    if asked is None or not waits_for_word(issue):
        return None
    ladder = moment.policy.ladders.get(issue.type)
    rung = next((r for r in ladder.rungs if r.name == asked.rung), None) if ladder else None
    want = moment.wants.get(issue.id)
    path = want.path if want is not None and want.rung == asked.rung else None
    last = asked.reason == ASKED_AGAIN
    wait = moment.policy.safety.approval_wait
    names = rung_names(moment.policy, issue)
    return ApprovalView(
        issue=issue.id,
        type=issue.type.value,
        subject=str(issue.subject),
        name=moment.name(issue.subject),
        site=moment.site(issue.subject),
        rung=asked.rung,
        rung_number=names.index(asked.rung) + 1 if asked.rung in names else 0,
        what=", ".join(str(effect) for effect in rung.do) if rung is not None else asked.rung,
        path=moment.path(path) if path is not None else "",
        why=outlets_by_name(issue.summary, moment.name),
        bad_since=issue.bad_since,
        asked_at=asked.asked_at,
        expires_at=asked.asked_at + wait,
        then="it is passed over" if last else "it is asked once more",
    )
