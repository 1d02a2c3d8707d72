"""Indexes over what began together: they follow each row that changes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from plcmon.model.beliefs import NodeBelief
from plcmon.model.crowd import KEPT, Crowd
from plcmon.model.issues import Issue, IssueId, IssueStatus, IssueType
from plcmon.model.subjects import NodeKey, node_subject

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DOWN = IssueType.NODE_DOWN
A = NodeBelief(NodeKey("a"))
ISSUE = Issue(IssueId("i"), DOWN, node_subject("a"), opened_at=AT, bad_since=AT)


@pytest.fixture
def crowd() -> Crowd:
    return Crowd()


def fallen(name: str, minutes: int) -> NodeBelief:
    return NodeBelief(NodeKey(name), fell_at=AT + minutes * MINUTE)


def test_who_fell_stands_by_time_whenever_it_is_noted(crowd: Crowd) -> None:
    for name, minutes in (("b", 5), ("a", 1), ("c", 9)):
        crowd.note_node(None, fallen(name, minutes))

    assert [key for _, key in crowd.fell(AT, AT + 5 * MINUTE)] == ["a", "b"]
    assert crowd.count_fell(AT + MINUTE, AT + 9 * MINUTE) == 2


def test_who_is_back_has_left(crowd: Crowd) -> None:
    crowd.note_node(None, fallen("a", 1))
    crowd.note_node(None, fallen("b", 1))

    crowd.note_node(fallen("a", 1), A)

    assert [key for _, key in crowd.begun] == ["b"]


def test_members_follow_the_belief(crowd: Crowd) -> None:
    crowd.note_node(A, replace(A, storm="s"))
    assert crowd.storms == {"s": {"a"}}

    crowd.note_node(replace(A, storm="s"), replace(A, storm="t"))
    assert crowd.storms == {"t": {"a"}}


def test_an_opening_counts_under_each_of_its_labels(crowd: Crowd) -> None:
    crowd.note_issue(None, ISSUE, ("x", "y"))
    crowd.note_issue(ISSUE, replace(ISSUE, summary="more"), ("x", "y"))

    assert crowd.opened(DOWN, "x", AT - MINUTE) == crowd.opened(DOWN, "y", AT - MINUTE)
    assert crowd.count_opened(DOWN, "x", AT - MINUTE) == 1
    assert crowd.count_opened(DOWN, "x", AT) == 0
    assert crowd.count_opened(DOWN, "z", AT - MINUTE) == 0


def test_opening_again_is_an_opening(crowd: Crowd) -> None:
    crowd.note_issue(None, ISSUE, ("x",))
    closed = replace(ISSUE, status=IssueStatus.CLOSED, closed_at=AT)

    crowd.note_issue(ISSUE, closed, ("x",))
    crowd.note_issue(closed, replace(ISSUE, reopened_at=AT + MINUTE), ("x",))

    assert crowd.opened(DOWN, "x", AT) == [(AT + MINUTE, ISSUE.id)]


def test_what_opened_long_ago_is_forgotten(crowd: Crowd) -> None:
    crowd.note_issue(None, ISSUE, ("x",))
    later = replace(ISSUE, id=IssueId("j"), opened_at=AT + KEPT + MINUTE)

    crowd.note_issue(None, later, ("x",))

    assert [issue for _, issue in crowd.openings[DOWN, "x"]] == ["j"]


def test_children_are_the_open_ones(crowd: Crowd) -> None:
    child = replace(ISSUE, parent="p")
    crowd.note_issue(ISSUE, child, ())
    assert crowd.children == {"p": {"i"}}

    crowd.note_issue(child, replace(child, status=IssueStatus.CLOSED, closed_at=AT), ())

    assert crowd.children == {}


def test_a_child_may_lose_its_parent(crowd: Crowd) -> None:
    child = replace(ISSUE, parent="p")
    crowd.note_issue(None, child, ())

    crowd.note_issue(child, ISSUE, ())

    assert crowd.children == {}
