"""Rows of issues and intents: what is done about it, or the one reason why nothing is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.decisions import Gate, GateName, Mode, Pass, Want
from plcmon.model.intents import Intent, IntentState, Outcome
from plcmon.model.issues import Climb, Issue, IssueType, Proposal, Verdict
from plcmon.operations.issue_rows import intent_view, issue_clause, issue_sentence, issue_view
from plcmon.operations.moment import Moment
from plcmon.operations.views import ACTING, IssueView
from tests.fakes.book import (
    CYCLE,
    DAY,
    DOWN,
    HOUR,
    MINUTE,
    NOW,
    asking_issue,
    closed_issue,
    down_issue,
    held_want,
    off_command,
    paused_issue,
    running_cycle,
    small_book,
)

PASSES = Gate(GateName.EVIDENCE, Pass.PASS, "silent, by evidence 20s old")
WAITS = Gate(GateName.WAIT, Pass.HOLD, "4h of 24h", clears_at=NOW + 20 * HOUR)
HOLDS = Gate(GateName.BUDGET, Pass.HOLD, "2 of 2 power actions this hour")
NEVER = Gate(GateName.POWER_PATH, Pass.NEVER, "no power path")


def clause(issue: Issue, want: Want | None = None, intent: Intent | None = None) -> str:
    book = small_book()
    book.put_issue(issue)
    book.wants = {} if want is None else {issue.id: want}
    if intent is not None:
        book.state.intents[intent.id] = intent
    return issue_clause(Moment.of(book, NOW), issue)


def row(issue: Issue, want: Want | None = None) -> IssueView:
    book = small_book()
    book.put_issue(issue)
    book.wants = {} if want is None else {issue.id: want}
    return issue_view(Moment.of(book, NOW), issue)


@pytest.mark.parametrize(
    ("gates", "words", "holder"),
    [
        ((PASSES,), "cycle runs as soon as its turn comes", ""),
        ((PASSES, WAITS), "next is cycle, in 20h", ""),
        ((WAITS, HOLDS), "next is cycle, in 20h", ""),
        ((PASSES, HOLDS), "cycle is held by budget: 2 of 2 power actions this hour", "budget"),
        ((NEVER,), "cycle will not run because of power path: no power path", "power path"),
    ],
)
def test_the_first_gate_that_does_not_pass_is_the_reason(
    gates: tuple[Gate, ...], words: str, holder: str
) -> None:
    assert clause(down_issue(), held_want(*gates)) == words
    assert row(down_issue(), held_want(*gates)).held_by == holder


def test_observing_says_that_it_only_watches() -> None:
    gate = Gate(GateName.MODE, Pass.HOLD, "mode observe")
    want = replace(held_want(PASSES, gate), mode=Mode.OBSERVE)

    assert clause(down_issue(), want) == "cycle is due, but mode observe only watches"


def test_a_wait_without_a_known_end_waits_for_bad_time() -> None:
    gate = Gate(GateName.WAIT, Pass.HOLD, "not counting while stale")
    want = replace(held_want(gate), next_at=None)

    assert clause(down_issue(), want) == "next is cycle, when enough bad time has passed"


def test_a_wait_without_evidence_has_no_end_in_sight() -> None:
    stale = Gate(GateName.EVIDENCE, Pass.HOLD, "the evidence is stale")

    assert clause(down_issue(), held_want(stale, WAITS)) == (
        "cycle waits for bad time, and none runs: the evidence is stale"
    )


def test_a_ladder_that_is_used_up_says_so() -> None:
    assert clause(down_issue(), replace(held_want(), rung="")) == "nothing is left on its ladder"


def test_an_issue_not_yet_weighed_says_so() -> None:
    assert clause(down_issue()) == "not weighed yet"


def test_what_was_done_stands_after_what_comes() -> None:
    issue = replace(
        down_issue(), climb=Climb("cycle", 10, NOW - 2 * HOUR), verdict=Verdict.NOT_REBOOTED
    )

    assert clause(issue, held_want(WAITS)) == (
        "next is cycle, in 20h; cycle was taken 2h ago, the last power cycle did not reboot it"
    )


def test_a_proposal_waits_for_a_word() -> None:
    assert clause(asking_issue()) == "cycle has waited for approval for 2h"
    assert row(asking_issue()).proposal


def test_an_approved_proposal_waits_no_longer() -> None:
    issue = replace(asking_issue(), proposal=Proposal("cycle", NOW - HOUR, "ann"))

    assert not row(issue).proposal


def test_paused_says_until_when_by_whom_and_why() -> None:
    assert clause(paused_issue()) == "paused until 17:00 UTC by ann: the site is moving"


def test_closed_says_when_by_whom_and_why() -> None:
    assert clause(closed_issue()) == "closed 2d ago by engine: healthy"


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (IntentState.PLANNED, "power-cycle is about to run"),
        (IntentState.CLAIMED, "power-cycle is looking again before it sends anything"),
        (IntentState.SENT, "power-cycle is running (dark 4s ago)"),
        (IntentState.UNKNOWN, "power-cycle ended unknown and waits to be read or settled"),
    ],
)
def test_an_action_that_runs_is_the_sentence(state: IntentState, words: str) -> None:
    intent = replace(running_cycle(), state=state)

    assert clause(down_issue(), held_want(), intent).startswith(words)


def test_an_action_that_awaits_proof_says_until_when() -> None:
    intent = replace(running_cycle(), state=IntentState.CONFIRMED, proof_due_at=NOW + 15 * MINUTE)

    assert clause(down_issue(), held_want(), intent) == (
        "power-cycle is done; its proof is waited for until 14:15 UTC"
    )


def test_a_row_stands_on_its_ladder() -> None:
    issue = replace(down_issue(), climb=Climb("tell", 30, NOW - HOUR), shadow=Climb("cycle", 10))

    found = row(issue, held_want())

    assert (found.rung, found.rung_number, found.rungs) == ("tell", 2, 2)
    assert (found.shadow, found.next_rung, found.mode) == ("cycle", "cycle", "auto")


def test_a_rung_that_its_ladder_no_longer_has_is_number_0() -> None:
    assert row(replace(down_issue(), climb=Climb("gone", 5, NOW))).rung_number == 0


def test_bad_time_stands_still_when_closed() -> None:
    assert row(down_issue()).bad_s == timedelta(hours=6).total_seconds()
    assert row(replace(closed_issue(), closed_at=NOW - 5 * HOUR)).bad_s == 3600


@pytest.mark.parametrize(
    ("issue", "worry"),
    [
        (asking_issue(), 0),
        (replace(down_issue(), type=IssueType.MASS_OUTAGE), 0),
        (replace(down_issue(), verdict=Verdict.UNKNOWN), 0),
        (down_issue(), 1),
        (replace(down_issue(), type=IssueType.FIREWALLED), 2),
        (paused_issue(), 3),
        (closed_issue(), 3),
    ],
)
def test_what_needs_a_person_worries_most(issue: Issue, worry: int) -> None:
    assert row(issue).worry == worry


def test_a_row_says_what_is_done_about_it_and_a_sentence_also_what_was_found() -> None:
    book = small_book()
    book.put_issue(down_issue(), held_want())

    assert row(down_issue(), held_want()).why.startswith("cycle is held by freeze")
    assert issue_sentence(Moment.of(book, NOW), down_issue()).startswith(
        "opened 6h ago: silent for 24h: nothing answers; cycle is held by freeze"
    )


def test_what_runs_is_acting_and_not_held() -> None:
    book, intent = small_book(), running_cycle()
    book.put_issue(down_issue(), held_want())
    book.state.intents[intent.id] = intent

    assert issue_view(Moment.of(book, NOW), down_issue()).held_by == ACTING


def test_an_intent_shows_its_commands_in_order() -> None:
    book = small_book()
    book.state.commands[CYCLE] = [
        replace(off_command(), number=2, verb="on", outcome=None, reads=None),
        off_command(),
    ]

    found = intent_view(Moment.of(book, NOW), running_cycle())

    assert found.commands == (
        "13:59:30 off apc1 outlet 2: ok, reads off",
        "13:59:30 on apc1 outlet 2: no answer yet",
    )
    assert (found.name, found.path, found.issue) == ("beta.example.org", "apc1 outlet 2", DOWN)


def test_an_intent_shows_outcome_and_verdict_as_words() -> None:
    intent = replace(
        running_cycle(), outcome=Outcome.UNKNOWN_AFTER_SEND, verdict=Verdict.FIXED, stage=None
    )

    found = intent_view(Moment.of(small_book(), NOW + DAY), intent)

    assert (found.outcome, found.verdict, found.stage) == ("unknown after send", "fixed", "")
