"""Issues about plcmon and the fleet as a whole: one `self` issue for each condition."""

from plcmon.model.issues import Cause, IssueType
from plcmon.model.subjects import fleet_subject
from plcmon.policy.draft import Draft
from plcmon.policy.issues import close_issue, open_issue


def set_self(draft: Draft, condition: str, *, on: bool, detail: str) -> None:
    """Open or close the `self` issue of one condition."""
    subject = fleet_subject(condition)
    issue = draft.open_issue(subject, IssueType.SELF)
    if on and issue is None:
        open_issue(draft, IssueType.SELF, subject, bad_since=draft.now, summary=detail)
    elif not on and issue is not None:
        close_issue(draft, issue, Cause.CONDITION_GONE, detail=detail)
