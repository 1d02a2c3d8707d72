"""The book as it was: folded again from what was recorded."""

from datetime import datetime, timedelta

import pytest

from plcmon.errors import DeclinedError
from plcmon.model.events import NodeSeen
from plcmon.model.issues import IssueType
from plcmon.model.readings import Observed
from plcmon.model.subjects import fleet_subject, node_subject
from plcmon.operations.moment import Moment
from plcmon.operations.past import Past, PastBook
from plcmon.operations.why import why_view
from tests.fakes.archive import FakeArchive
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, node

N = node_subject(node(0, 0))


def with_a_night(clerk: Clerk) -> datetime:
    """Down and frozen by night, well again by day; returns a time of that night."""
    clerk.say(fleet_subject(), "freeze", scope="all")
    clerk.fall_silent(node(0, 0))
    clerk.forward(HOUR)
    night = clerk.now
    clerk.now += MINUTE
    clerk.say(fleet_subject(), "unfreeze", scope="all")
    clerk.carry_out(clerk.planned()[0])
    clerk.boot(node(0, 0))
    clerk.forward(DAY)
    return night


def archive_of(clerk: Clerk) -> FakeArchive:
    return FakeArchive(story=sorted(clerk.events, key=lambda event: event.seq))


async def book_of(clerk: Clerk, at: datetime) -> PastBook:
    return await Past().book(archive_of(clerk), clerk.policy, clerk.inventory, at)


async def test_why_nothing_was_done_last_night() -> None:
    clerk = Clerk().begin()
    night = with_a_night(clerk)

    book = await book_of(clerk, night)
    found = why_view(Moment.of(book, night), N, None)

    assert clerk.state.open_issue(N, IssueType.NODE_DOWN) is None
    assert found.issue is not None
    assert found.issue.held_by == "freeze"
    assert {gate.name: gate.answer for gate in found.gates}["freeze"] == "hold"
    assert found.rung == "cycle"


async def test_the_live_state_is_never_touched() -> None:
    clerk = Clerk().begin()
    night = with_a_night(clerk)
    before = repr(clerk.state)

    await book_of(clerk, night)

    assert repr(clerk.state) == before


async def test_what_came_later_is_not_known() -> None:
    clerk = Clerk().begin()
    night = with_a_night(clerk)

    book = await book_of(clerk, night - 20 * HOUR)

    assert book.state.open_issue(N, IssueType.NODE_DOWN) is None
    assert book.state.nodes[node(0, 0)].observed is Observed.SILENT
    assert not book.state.intents


async def test_the_remark_says_by_which_policy_and_with_which_inventory() -> None:
    clerk = Clerk().begin()

    book = await book_of(clerk, clerk.now)

    assert f"by the policy that ran then ({clerk.policy.version})" in book.remark
    assert "the inventory of today" in book.remark
    assert "are not kept" not in book.remark


async def test_another_policy_than_then_is_named() -> None:
    clerk = Clerk().begin()
    events = [event for event in archive_of(clerk).story if event.seq > 1]

    book = await Past().book(FakeArchive(story=events), clerk.policy, clerk.inventory, clerk.now)

    assert "which one ran then is not recorded" in book.remark
    assert "Events before 2026-03-02 12:00 are not kept." in book.remark


async def test_a_time_before_everything_is_declined() -> None:
    clerk = Clerk().begin()

    with pytest.raises(DeclinedError, match="nothing is recorded; the first event is of"):
        await book_of(clerk, clerk.now - 30 * DAY)


async def test_an_empty_story_is_declined() -> None:
    clerk = Clerk()

    with pytest.raises(DeclinedError, match="nothing is recorded"):
        await Past().book(FakeArchive(), clerk.policy, clerk.inventory, clerk.now)


async def test_the_last_book_is_kept_for_whoever_asks_again() -> None:
    clerk, past = Clerk().begin(), Past()
    archive = archive_of(clerk)
    first = await past.book(archive, clerk.policy, clerk.inventory, clerk.now)

    again = await past.book(archive, clerk.policy, clerk.inventory, clerk.now)
    other = await past.book(archive, clerk.policy, clerk.inventory, clerk.now - MINUTE)

    assert again is first
    assert other is not first


async def test_a_node_that_lives_was_heard_of_until_then() -> None:
    clerk = Clerk().begin()
    well = await book_of(clerk, clerk.now)
    clerk.fall_silent(node(0, 0))
    silent_since = clerk.state.nodes[node(0, 0)].observed_since

    gone = await book_of(clerk, clerk.now)

    assert well.seen(node(0, 0)) == NodeSeen(node(0, 0), well.at, well.at)
    assert gone.seen(node(0, 0)) == NodeSeen(node(0, 0), silent_since, silent_since)
    assert gone.at - (silent_since or gone.at) > timedelta(hours=23)
