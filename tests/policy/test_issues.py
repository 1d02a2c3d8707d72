"""The life of an issue: once open, closed for a stated reason, reopened as itself."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.events import IssueChanged
from plcmon.model.issues import Cause, Issue, IssueStatus, IssueType
from plcmon.model.subjects import node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.issues import advance, close_issue, open_issue, pause, resume, words
from tests.policy.clerk import DAY, HOUR, MINUTE, OPS, START, Clerk, node

SUBJECT = node_subject(node(0, 0))
KIND = IssueType.NODE_DOWN


class Book:
    """Issues in one hand: each step is applied at once."""

    def __init__(self) -> None:
        self.clerk = Clerk()
        self.told: list[str] = []

    def draft(self, at: timedelta = timedelta()) -> Draft:
        return Draft(self.clerk.state, self.clerk.policy, START + at)

    def keep(self, draft: Draft) -> None:
        self.told += [
            e.body.change for e in draft.changes.events if isinstance(e.body, IssueChanged)
        ]
        self.clerk.state.apply(draft.changes)

    def open(self, at: timedelta = timedelta(), *, since: timedelta | None = None) -> Issue:
        draft = self.draft(at)
        began = START + (at if since is None else since)
        issue = open_issue(draft, KIND, SUBJECT, bad_since=began, summary="silent", evidence=(3,))
        self.keep(draft)
        return issue

    def close(self, issue: Issue, cause: Cause, at: timedelta) -> None:
        draft = self.draft(at)
        close_issue(draft, issue, cause)
        self.keep(draft)

    def get(self, issue: Issue) -> Issue:
        return self.clerk.state.issues[issue.id]


@pytest.fixture
def book() -> Book:
    return Book()


def test_there_is_never_a_second_open_one(book: Book) -> None:
    assert book.open().id == book.open(HOUR).id
    assert book.told == ["opened"]


def test_one_that_opens_while_we_are_blind_has_no_bad_time_yet(book: Book) -> None:
    book.clerk.state.fleet = replace(book.clerk.state.fleet, blind=True)

    issue = book.open()

    assert issue.bad.running_since is None
    assert issue.climb.waited.value(START + HOUR) == timedelta()


@pytest.mark.parametrize("cause", [Cause.HEALTHY, Cause.SUPERSEDED, Cause.CLOSED_BY_PERSON])
def test_soon_after_it_is_that_issue_again(book: Book, cause: Cause) -> None:
    first = book.open()
    book.close(first, cause, HOUR)

    again = book.open(30 * HOUR, since=24 * HOUR)

    assert again.id == first.id
    assert (again.status, again.closed_at, again.cause) == (IssueStatus.OPEN, None, None)
    assert again.evidence == (3,)


@pytest.mark.parametrize("cause", [Cause.RETIRED, Cause.CONDITION_GONE, Cause.RECORD_CHANGED])
def test_after_another_end_it_is_a_new_one(book: Book, cause: Cause) -> None:
    first = book.open()
    book.close(first, cause, HOUR)

    assert book.open(2 * HOUR).id != first.id


def test_bad_time_that_began_later_is_a_new_one(book: Book) -> None:
    first = book.open()
    book.close(first, Cause.HEALTHY, HOUR)

    assert book.open(30 * HOUR, since=25 * HOUR).id != first.id


def test_the_latest_of_several_goes_on(book: Book) -> None:
    first = book.open()
    book.close(first, Cause.HEALTHY, HOUR)
    second = book.open(3 * DAY)
    book.close(second, Cause.HEALTHY, 3 * DAY + HOUR)

    assert book.open(3 * DAY + 2 * HOUR).id == second.id


def test_a_closed_issue_has_its_cause_closer_and_no_claim(book: Book) -> None:
    issue = book.open()
    draft = book.draft(HOUR)

    closed = close_issue(draft, issue, Cause.CLOSED_BY_PERSON, closer=OPS.name)

    assert (closed.cause, closed.closer, closed.claim) == (Cause.CLOSED_BY_PERSON, "ops", 0)
    assert closed.closed_at == START + HOUR
    assert draft.changes.holds == {issue.id: None}


def test_a_pause_stops_the_clock_and_resuming_lets_it_go_on(book: Book) -> None:
    issue = book.open()
    draft = book.draft(HOUR)
    pause(draft, issue, until=START + DAY, by="ops", reason="known")
    book.keep(draft)
    assert advance(book.draft(5 * HOUR), book.get(issue), True).bad.value(START + DAY) == HOUR

    draft = book.draft(6 * HOUR)
    resume(draft, book.get(issue), by="ops", why="done")
    advance(draft, draft.issue(issue.id) or issue, True)
    book.keep(draft)

    assert book.get(issue).bad.value(START + 7 * HOUR) == 2 * HOUR
    assert book.get(issue).paused_by == ""
    assert book.told == ["opened", "paused", "resumed"]


def test_a_pause_does_not_outlive_its_issue(book: Book) -> None:
    issue = book.open()
    draft = book.draft(HOUR)
    pause(draft, issue, until=START + DAY, by="ops", reason="known")
    book.keep(draft)
    book.close(book.get(issue), Cause.HEALTHY, 2 * HOUR)

    again = book.open(3 * HOUR)

    assert (again.status, again.paused_until) == (IssueStatus.OPEN, None)


@pytest.mark.parametrize(
    ("delta", "text"),
    [
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=50), "50 s"),
        (timedelta(seconds=0.25), "250 ms"),
        (119 * MINUTE, "119 min"),
        (2 * HOUR, "2 h"),
        (47 * HOUR, "47 h"),
        (3 * DAY, "3 d"),
    ],
)
def test_durations_in_words(delta: timedelta, text: str) -> None:
    assert words(delta) == text
