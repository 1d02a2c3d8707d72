"""The handover: done, healed, worse, held, waiting for me."""

from dataclasses import replace
from datetime import datetime

from plcmon.model.beliefs import Status
from plcmon.model.events import (
    Body,
    Event,
    Freeze,
    IssueChanged,
    Noticed,
    Refused,
    StatusChanged,
    Verb,
)
from plcmon.model.intents import IntentState, Mail, MailState, Outcome
from plcmon.model.issues import Verdict
from plcmon.model.subjects import NodeKey, Subject, node_subject
from plcmon.model.trust import Breaker
from plcmon.operations.handover import KINDS, handover_view
from plcmon.operations.moment import Moment
from plcmon.operations.views import HandoverView
from tests.fakes.book import (
    DAY,
    DOWN,
    HOUR,
    MINUTE,
    NOW,
    OPERATOR,
    OVER,
    FakeBook,
    asking_issue,
    running_cycle,
    small_book,
)

ALPHA, BETA = node_subject("toml:1"), node_subject("toml:2")


def handover(
    book: FakeBook, *bodies: tuple[Subject, Body], since: datetime = NOW - HOUR
) -> HandoverView:
    events = [Event(NOW - MINUTE, subject, body, seq=1) for subject, body in bodies]
    return handover_view(Moment.of(book, NOW), events, since)


def test_a_quiet_night_has_nothing_done_and_still_what_is_held() -> None:
    found = handover(small_book())

    assert (found.done, found.healed, found.worse, found.waiting) == ((), (), (), ())
    assert found.held == (
        "beta.example.org node_down: cycle held by freeze: everything is frozen by ann",
    )


def test_actions_are_done_with_their_verdict() -> None:
    book = small_book()
    intent = replace(
        running_cycle(), state=IntentState.CONFIRMED, verdict=Verdict.FIXED, verdict_at=NOW
    )
    book.state.intents[intent.id] = intent

    assert handover(book).done == ("14:00 power-cycle beta.example.org by engine: fixed it",)


def test_actions_from_before_or_never_sent_are_not_done() -> None:
    book = small_book()
    planned = replace(running_cycle(), state=IntentState.PLANNED, sent_at=None)
    book.state.intents[planned.id] = planned
    assert handover(book).done == ()

    book.state.intents[planned.id] = running_cycle()
    assert handover(book, since=NOW + HOUR).done == ()


def test_mails_are_counted_and_refused_ones_named() -> None:
    book = small_book()
    for number, state in enumerate([MailState.ACCEPTED, MailState.ACCEPTED, MailState.REFUSED]):
        mail = Mail(f"<{number}>", "a@b.example", "north", "s", "", "", NOW, state=state)
        book.state.mails[mail.message_id] = replace(mail, detail="550 no")

    assert handover(book).done == (
        "2 mails accepted by the relay",
        "mail to a@b.example refused: 550 no",
    )


def test_what_people_said_and_what_was_declined_is_done() -> None:
    found = handover(
        small_book(),
        (BETA, Verb(OPERATOR, "pause", "moving")),
        (BETA, Refused("approve", "nothing is proposed")),
    )

    assert found.done == (
        "13:59 beta.example.org: ann said pause: moving",
        "13:59 beta.example.org: approve was declined: nothing is proposed",
    )


def test_closed_issues_and_nodes_that_came_back_are_healed() -> None:
    found = handover(
        small_book(),
        (ALPHA, IssueChanged(OVER, "node_down", "closed", "healthy")),
        (ALPHA, StatusChanged("offline", "online", "boots")),
    )

    assert found.healed == (
        "13:59 alpha.example.org: node_down closed: healthy",
        "13:59 alpha.example.org: offline -> online: boots",
    )


def test_a_node_that_came_back_and_fell_again_is_not_healed() -> None:
    found = handover(small_book(), (BETA, StatusChanged("offline", "online", "boots")))

    assert found.healed == ()


def test_open_issues_and_fallen_nodes_are_worse() -> None:
    found = handover(
        small_book(),
        (BETA, StatusChanged("online", "offline", "silent")),
        (BETA, IssueChanged(DOWN, "node_down", "opened", "silent for 24h")),
        (BETA, Noticed("disk", on=True, detail="90 % full")),
    )

    assert len(found.worse) == 3


def test_what_fell_and_is_well_again_is_not_worse() -> None:
    found = handover(
        small_book(),
        (ALPHA, StatusChanged("online", "offline", "silent")),
        (ALPHA, IssueChanged(OVER, "node_down", "opened", "silent for 24h")),
        (ALPHA, Noticed("disk", on=False, detail="70 % full")),
    )

    assert found.worse == ()


def test_what_only_a_person_can_move_waits() -> None:
    book = small_book()
    issue = asking_issue()
    book.put_issue(issue)
    book.state.freezes["all"] = Freeze("all", "ann", NOW - HOUR)
    book.state.fleet = replace(book.state.fleet, adopted=False)

    assert handover(book).waiting == (
        "the state is not adopted: say db adopt",
        "all is frozen by ann since 1h",
        f"approve or reject {issue.id}: cycle for alpha.example.org, proposed 2h ago",
    )


def test_unknowns_and_requests_to_people_wait() -> None:
    book = small_book()
    unknown = replace(running_cycle(), state=IntentState.UNKNOWN)
    asked = replace(running_cycle(), id="01HQXMANUAL", outcome=Outcome.NEEDS_HUMAN)  # type: ignore[arg-type] # an id
    book.state.intents = {unknown.id: unknown, asked.id: asked}

    assert handover(book).waiting == (
        f"settle {unknown.id}: power-cycle beta.example.org",
        "confirm 01HQXMANUAL: power-cycle beta.example.org",
    )


def test_what_is_settled_waits_no_longer() -> None:
    book = small_book()
    settled = replace(running_cycle(), state=IntentState.UNKNOWN, settled_by="ann")
    book.state.intents[settled.id] = settled

    assert handover(book).waiting == ()


def test_what_runs_is_not_held() -> None:
    book = small_book()
    intent = running_cycle()
    book.state.intents[intent.id] = intent

    assert handover(book).held == ()


def test_the_handover_asks_only_for_the_events_it_tells() -> None:
    assert {"IssueChanged", "StatusChanged", "Verb"} <= KINDS
    assert "NodeObserved" not in KINDS


def test_times_of_another_day_name_the_day() -> None:
    book = small_book()
    book.state.nodes[NodeKey("toml:2")] = replace(
        book.state.nodes[NodeKey("toml:2")], status=Status.DOWN
    )
    event = Event(NOW - DAY, BETA, StatusChanged("offline", "down", "long"), seq=1)

    found = handover_view(Moment.of(book, NOW), [event], NOW - 2 * DAY)

    assert found.worse == ("2026-02-28 14:00 beta.example.org: offline -> down: long",)


def test_a_story_that_is_cut_says_up_to_where_it_is_told() -> None:
    event = Event(NOW - HOUR, BETA, Refused("approve", "no"), seq=1)

    found = handover_view(Moment.of(small_book(), NOW), [event], NOW - DAY, cut=True)

    assert found.done[0] == "the story is told up to 13:00 UTC: ask since a later time"


def test_what_is_stopped_or_beyond_a_fleet_limit_waits_for_a_person() -> None:
    book = small_book()
    stopped = Breaker(tripped_at=NOW, why="3 of the last 5 were bad")
    book.state.fleet = replace(book.state.fleet, breakers={"kind/power": stopped})
    beyond = replace(
        running_cycle(), state=IntentState.PLANNED, sent_at=None, beyond="fleet guard: closed"
    )
    book.state.intents[beyond.id] = beyond

    waits = handover(book).waiting

    assert "kind/power is stopped: 3 of the last 5 were bad; `re-arm kind/power`" in waits
    assert waits[-1] == (
        f"approve, as a second admin, {beyond.id}: power-cycle beta.example.org:"
        " fleet guard: closed"
    )
