"""One look at the book."""

from dataclasses import replace

from plcmon.model.events import Window
from plcmon.model.intents import IntentId, IntentState
from plcmon.model.subjects import Outlet, PcuKey, PowerPath, node_subject, site_subject
from plcmon.operations.moment import Moment
from tests.fakes.book import (
    CYCLE,
    DOWN,
    HOUR,
    MINUTE,
    NOW,
    asking_issue,
    running_cycle,
    small_book,
)

ALPHA = node_subject("toml:1")


def test_the_newest_intent_that_is_not_over_works_on_an_issue() -> None:
    book = small_book()
    older = replace(running_cycle(), id=IntentId("older"), planned_at=NOW - HOUR)
    over = replace(
        running_cycle(), id=IntentId("over"), state=IntentState.CANCELLED, planned_at=NOW
    )
    for intent in (running_cycle(), older, over):
        book.state.intents[intent.id] = intent

    assert Moment.of(book, NOW).working == {DOWN: running_cycle()}
    assert Moment.of(book, NOW).working[DOWN].id == CYCLE


def test_a_persons_intent_works_on_no_issue() -> None:
    book = small_book()
    intent = replace(running_cycle(), issue=None)
    book.state.intents[intent.id] = intent

    assert Moment.of(book, NOW).working == {}


def test_of_several_windows_the_one_that_ends_last_is_told() -> None:
    book = small_book()
    for number, subject in enumerate((ALPHA, site_subject("north"))):
        window = Window(f"w{number}", subject, NOW - HOUR, NOW + (number + 1) * HOUR, "ann", "")
        book.state.windows[window.id] = window

    found = Moment.of(book, NOW).window_over(ALPHA)

    assert found is not None
    assert found.ends_at == NOW + 2 * HOUR


def test_only_windows_in_force_count() -> None:
    book = small_book()
    book.state.windows["w"] = Window("w", ALPHA, NOW + MINUTE, NOW + HOUR, "ann", "later")

    assert Moment.of(book, NOW).window_over(ALPHA) is None


def test_issues_come_oldest_first() -> None:
    book = small_book()
    book.put_issue(asking_issue())

    assert [issue.id for issue in Moment.of(book, NOW).issues_of(ALPHA)] == [asking_issue().id]
    assert Moment.of(book, NOW).issues_of(node_subject("toml:4")) == []


def test_outlets_are_named_by_their_pcu_where_that_is_known() -> None:
    moment = Moment.of(small_book(), NOW)
    path = PowerPath((Outlet(PcuKey("toml:apc1"), "2"), Outlet(PcuKey("toml:gone"), "7")))

    assert moment.path(path) == "apc1 outlet 2 + toml:gone outlet 7"


def test_what_belongs_to_no_site_has_an_empty_one() -> None:
    moment = Moment.of(small_book(), NOW)

    assert moment.site(ALPHA) == "north"
    assert moment.site(node_subject("toml:99")) == ""
