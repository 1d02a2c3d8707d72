"""One `self` issue for each condition of plcmon or the fleet."""

from plcmon.model.issues import IssueType
from plcmon.model.subjects import fleet_subject
from plcmon.policy.draft import Draft
from plcmon.policy.fold.selves import set_self
from tests.policy.clerk import Clerk


def test_a_condition_opens_once_and_closes_when_it_is_gone() -> None:
    clerk = Clerk().begin()
    draft = Draft(clerk.state, clerk.policy, clerk.now)
    set_self(draft, "disk", on=True, detail="nearly full")
    set_self(draft, "disk", on=True, detail="fuller")
    (issue,) = draft.open_issues(fleet_subject("disk"))
    assert (issue.type, issue.summary) == (IssueType.SELF, "nearly full")

    set_self(draft, "disk", on=False, detail="room again")

    assert not draft.open_issues(fleet_subject("disk"))


def test_what_never_was_does_not_end() -> None:
    clerk = Clerk().begin()
    draft = Draft(clerk.state, clerk.policy, clerk.now)

    set_self(draft, "disk", on=False, detail="all is well")

    assert not draft.changes
