"""The header: what needs me, how fresh it is, may it act."""

from dataclasses import replace
from datetime import timedelta

import plcmon
from plcmon.model.events import Freeze, Window
from plcmon.model.intents import IntentState
from plcmon.model.ports import Overload
from plcmon.model.state import Changes
from plcmon.model.subjects import fleet_subject
from plcmon.model.trust import Breaker
from plcmon.operations.moment import Moment
from plcmon.operations.summary import KINDS, summary_view
from plcmon.operations.views import Summary
from plcmon.scanner.agenda import Question
from tests.fakes.book import (
    HOUR,
    MINUTE,
    NOW,
    OPERATOR,
    FakeBook,
    asking_issue,
    paused_issue,
    running_cycle,
    small_book,
)


def summary(book: FakeBook) -> Summary:
    return summary_view(Moment.of(book, NOW), OPERATOR)


def test_looks_that_are_put_off_are_told_by_kind() -> None:
    load = Overload(NOW - HOUR, {"ssh": 812, "tcp": 1}, 9 * MINUTE, 40)
    found = summary_view(Moment.of(small_book(), NOW), OPERATOR, load).overload

    since = "since 13:00 UTC: 812 logins, 1 port check put off, by up to 9m"
    assert found == f"{since}; 40 turns left out"
    assert summary(small_book()).overload == ""


def test_every_question_has_a_word_for_what_is_put_off() -> None:
    assert set(KINDS) == {question.value for question in Question}


def test_counts_add_up() -> None:
    found = summary(small_book())

    assert sum(found.nodes.values()) == sum(found.evidence.values()) == 4
    assert found.issues == {"node_down": 1}


def test_it_names_version_mode_and_caller() -> None:
    found = summary(small_book())

    assert (found.service, found.mode) == (plcmon.__version__, "auto")
    assert (found.caller, found.role) == ("ann", "operator")


def test_the_guard_says_how_far_it_is_and_since_when_it_is_closed() -> None:
    book = small_book()
    assert summary(book).guard == "open, 1 of 5"

    book.state.fleet = replace(book.state.fleet, guard_closed=True, guard_since=NOW - 110 * MINUTE)
    assert summary(book).guard == "closed since 12:10 UTC, 1 of 5"
    assert summary(book).guard_closed


def test_what_turned_bad_long_ago_counts_no_longer() -> None:
    book = small_book()
    book.state.fleet = replace(book.state.fleet, turned_bad=(("node/toml:2", NOW - HOUR),))

    assert summary(book).guard == "open, 0 of 5"


def test_the_budget_counts_what_was_planned_in_its_window() -> None:
    book = small_book()
    intent = running_cycle()
    book.state.apply(Changes(intents={intent.id: intent}))
    assert summary(book).budget == "power 1 of 2 in 1h"
    assert summary(book).in_flight == 1

    cancelled = replace(intent, state=IntentState.CANCELLED, sent_at=None)
    book.state.apply(Changes(intents={intent.id: cancelled}))
    assert summary(book).budget == "power 0 of 2 in 1h"
    assert summary(book).in_flight == 0


def test_approvals_and_holds_are_counted_apart_from_what_is_paused() -> None:
    book = small_book()
    book.put_issue(asking_issue())
    book.put_issue(paused_issue())

    found = summary(book)

    assert (found.approvals, found.held) == (1, 1)
    assert found.issues == {"node_down": 3}


def test_freezes_windows_and_blindness_are_shown() -> None:
    book = small_book()
    book.state.freezes = {scope: Freeze(scope, "ann", NOW) for scope in ("site/north", "all")}
    book.state.windows["w"] = Window(
        "w", fleet_subject(), NOW - HOUR, NOW + timedelta(hours=1), "ann", ""
    )
    book.state.fleet = replace(book.state.fleet, blind=True, adopted=False, late_since=NOW)

    found = summary(book)

    assert found.frozen == ("all", "site/north")
    assert (found.windows, found.blind, found.adopted, found.scan_late) == (1, True, False, True)


def test_freshness_is_told_in_times() -> None:
    found = summary(small_book())

    assert found.scan_at == NOW - 2 * MINUTE
    assert found.scan_every_s == 300


def test_what_waits_for_a_second_admin_is_to_approve_and_does_not_act() -> None:
    book = small_book()
    waiting = replace(
        running_cycle(), state=IntentState.PLANNED, sent_at=None, issue=None, beyond="fleet guard"
    )
    book.state.apply(Changes(intents={waiting.id: waiting}))

    found = summary(book)

    assert (found.approvals, found.in_flight) == (1, 0)


def test_tripped_breakers_are_shown() -> None:
    book = small_book()
    breakers = {"kind/power": Breaker(tripped_at=NOW, why="3 bad"), "family/apc": Breaker()}
    book.state.fleet = replace(book.state.fleet, breakers=breakers)

    assert summary(book).stopped == ("kind/power",)


def test_a_scan_that_is_too_old_to_act_on_is_late() -> None:
    book = small_book()
    book.state.fleet = replace(book.state.fleet, scan_complete_at=NOW - 29 * MINUTE)
    assert not summary(book).scan_late

    book.state.fleet = replace(book.state.fleet, scan_complete_at=NOW - 31 * MINUTE)
    assert summary(book).scan_late
