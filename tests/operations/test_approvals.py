"""The queue of what waits for a person's word."""

from dataclasses import replace
from datetime import timedelta

from plcmon.model.decisions import Mode
from plcmon.operations.approvals import approvals
from plcmon.operations.moment import Moment
from plcmon.operations.views import ApprovalView
from tests.fakes.book import FakeBook
from tests.policy.clerk import DAY, HOUR, POLICY, Clerk, make_inventory, node


def proposing() -> Clerk:
    policy = replace(POLICY, mode=Mode.PROPOSE)
    return Clerk(policy=policy, inventory=make_inventory(sites=3)).begin()


def queue(clerk: Clerk) -> list[ApprovalView]:
    book = FakeBook(clerk.state, clerk.policy, clerk.wants.by_issue)
    return approvals(Moment.of(book, clerk.now))


def test_it_says_what_why_since_when_and_until_when() -> None:
    clerk = proposing()
    clerk.fall_silent(node(0, 0))

    (row,) = queue(clerk)

    assert (row.name, row.site, row.rung, row.what) == (
        "n0-0.example.org",
        "s0",
        "cycle",
        "power-cycle",
    )
    assert row.path == "pcu-0 outlet 1"
    assert row.why.startswith("silent for 24 h")
    assert row.expires_at - row.asked_at == DAY
    assert clerk.now - row.asked_at < timedelta(minutes=2)
    assert (row.rung_number, row.then) == (1, "it is asked once more")


def test_the_second_time_is_the_last() -> None:
    clerk = proposing()
    clerk.fall_silent(node(0, 0))
    for _ in range(5):
        clerk.forward(5 * HOUR)
        clerk.refresh()

    (row,) = queue(clerk)

    assert row.then == "it is passed over"


def test_who_waits_longest_comes_first() -> None:
    clerk = proposing()
    clerk.fall_silent(node(1, 0))
    clerk.fall_silent(node(0, 0), long=DAY)

    assert [row.site for row in queue(clerk)] == ["s1", "s0"]


def test_what_has_its_word_waits_no_longer() -> None:
    clerk = proposing()
    clerk.fall_silent(node(0, 0))
    (issue,) = clerk.state.all_open()

    clerk.say(issue.subject, "approve", issue=issue.id)

    assert queue(clerk) == []
