"""Issues: every type has its kind of subject."""

from dataclasses import replace

import pytest

from plcmon.model.issues import FOOT, SUBJECT_OF, Issue, IssueId, IssueStatus, IssueType
from plcmon.model.subjects import SubjectKind, node_subject
from tests.policy.clerk import START

ISSUE = Issue(IssueId("1"), IssueType.NODE_DOWN, node_subject("n"), START, START)


@pytest.mark.parametrize("kind", list(IssueType))
def test_every_type_is_about_one_kind_of_subject(kind: IssueType) -> None:
    assert SUBJECT_OF[kind] in SubjectKind


@pytest.mark.parametrize(
    ("status", "is_open"),
    [(IssueStatus.OPEN, True), (IssueStatus.PAUSED, True), (IssueStatus.CLOSED, False)],
)
def test_a_paused_issue_is_open(status: IssueStatus, is_open: bool) -> None:
    assert replace(ISSUE, status=status).is_open is is_open


def test_at_the_foot_nothing_is_taken() -> None:
    assert (FOOT.rung, FOOT.repeats, FOOT.passed) == ("", {}, {})
    assert FOOT.order < 0
