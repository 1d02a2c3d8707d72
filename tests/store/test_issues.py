"""Issues: one open one a type and subject, and every closed one for ever."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.errors import StoreError
from plcmon.model.issues import Issue, IssueStatus, Proposal
from plcmon.model.state import Changes
from plcmon.store import Database
from tests.fakes.clock import NOON, FakeClock
from tests.store.examples import a_closed_issue, an_issue

DAY = timedelta(days=1)


async def put(db: Database, *issues: Issue) -> None:
    await db.commit(Changes(issues={issue.id: issue for issue in issues}))


async def test_issue_comes_back_whole(db: Database) -> None:
    issue = an_issue(proposal=Proposal("again", NOON, "ada"), told=("tech@alpha.example",))

    await put(db, issue)

    assert (await db.load()).issues == {issue.id: issue}


async def test_second_open_issue_of_one_type_and_subject_is_refused(db: Database) -> None:
    first = an_issue(1)
    await put(db, first)

    with pytest.raises(StoreError, match="UNIQUE constraint failed"):
        await put(db, an_issue(2, subject=first.subject))


async def test_paused_one_counts_as_open(db: Database) -> None:
    first = an_issue(1, status=IssueStatus.PAUSED)
    await put(db, first)

    with pytest.raises(StoreError, match="UNIQUE constraint failed"):
        await put(db, an_issue(2, subject=first.subject))


async def test_successor_may_open_in_the_commit_that_closes(db: Database) -> None:
    first = an_issue(1)
    await put(db, first)
    successor = an_issue(2, subject=first.subject)
    closed = a_closed_issue(1, NOON)

    await put(db, successor, closed)

    assert (await db.load()).open_issues(first.subject) == [successor]


async def test_closed_ones_are_remembered_for_a_month(db: Database, clock: FakeClock) -> None:
    old, recent = a_closed_issue(1, NOON - 32 * DAY), a_closed_issue(2, NOON - 30 * DAY)
    await put(db, old, recent)

    assert set((await db.load()).issues) == {recent.id}


async def test_open_ones_are_remembered_for_ever(db: Database, clock: FakeClock) -> None:
    issue = an_issue()
    await put(db, issue)
    clock.advance(400 * DAY)

    assert set((await db.load()).issues) == {issue.id}


async def test_closed_ones_are_listed_latest_first(db: Database) -> None:
    closed = [a_closed_issue(number, NOON - number * DAY) for number in (3, 1, 2)]
    await put(db, *closed, an_issue(9))

    found = await db.issues_closed(2)

    assert [issue.closed_at for issue in found] == [NOON - DAY, NOON - 2 * DAY]


async def test_closed_without_a_time_is_refused(db: Database) -> None:
    with pytest.raises(StoreError, match="CHECK constraint failed"):
        await put(db, an_issue(status=IssueStatus.CLOSED))


async def test_state_finds_them_by_subject_oldest_first(db: Database) -> None:
    subject = an_issue(1).subject
    first = a_closed_issue(1, NOON - 2 * DAY)
    second = replace(a_closed_issue(2, NOON - DAY), subject=subject)
    present = an_issue(3, subject=subject)
    await put(db, present, second, first)

    state = await db.load()

    assert state.closed_lately(subject, first.type) == [first, second]
    assert state.open_issue(subject, first.type) == present
