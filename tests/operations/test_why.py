"""Why: one true sentence, every gate, and what opens each."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.beliefs import Span, Status
from plcmon.model.decisions import Gate, GateName, Mode, Pass
from plcmon.model.events import Freeze
from plcmon.model.intents import IntentState
from plcmon.model.readings import Evidence
from plcmon.model.subjects import (
    NodeKey,
    OwnIntervals,
    Subject,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from plcmon.model.trust import Breaker
from plcmon.operations.moment import Moment
from plcmon.operations.views import WhyView
from plcmon.operations.why import UNBLOCK, why_view
from tests.fakes.book import (
    DOWN,
    HOUR,
    MINUTE,
    NOW,
    FakeBook,
    asking_issue,
    closed_issue,
    held_want,
    paused_issue,
    running_cycle,
    small_book,
)

ALPHA, BETA, GAMMA = (node_subject(f"toml:{n}") for n in (1, 2, 3))


def why(book: FakeBook, subject: Subject, issue: object = None) -> WhyView:
    return why_view(Moment.of(book, NOW), subject, issue)  # type: ignore[arg-type] # None or an Issue


def test_it_says_how_often_this_node_is_probed() -> None:
    book = small_book()
    known = book.state.inventory
    own = replace(known.nodes[NodeKey(ALPHA.key)], intervals=OwnIntervals(tcp=HOUR))
    book.state.inventory = replace(known, nodes={**known.nodes, own.key: own})

    assert why(book, ALPHA).next == "Nothing to do; it is probed every 1h."


def test_a_healthy_node_has_a_sentence_and_nothing_to_do() -> None:
    found = why(small_book(), ALPHA)

    assert found.sentence == "good for 3d 4h: SSH login worked 40s ago"
    assert found.next == "Nothing to do; it is probed every 5m."
    assert (found.gates, found.unblock, found.issue) == ((), (), None)


def test_facts_carry_their_ages() -> None:
    facts = why(small_book(), ALPHA).facts

    assert "last login 40s ago" in facts
    assert "boot id b-1, booted 4d ago" in facts
    assert "power path apc1 outlet 1 (vouched for): apc1 good, tested good 2h ago" in facts
    assert "site north offline for 1d: 1 up, 2 needed" in facts


def test_a_node_without_an_issue_says_when_one_opens() -> None:
    found = why(small_book(), GAMMA)

    assert "deaf 3h of 1d opens node_login, in 21h" in found.thresholds
    assert found.next == "Unless something changes, node_login opens in 21h."


def test_a_sum_that_stands_still_has_no_date() -> None:
    book, key = small_book(), NodeKey("toml:3")
    belief = replace(book.state.nodes[key], spans={"deaf": Span(2 * HOUR)})
    book.state.nodes[key] = belief

    found = why(book, GAMMA)

    assert "deaf 2h of 1d opens node_login, not counting now" in found.thresholds
    assert found.next == "Nothing to do; it is probed every 5m."


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        (Evidence.UNREACHABLE, "its whole site is out of reach"),
        (Evidence.BLIND, "until our own canaries answer again"),
        (Evidence.STALE, "before a fresh reading"),
        (Evidence.SUSPECT, "probed every 1m until the failure counts or is over"),
    ],
)
def test_without_evidence_it_says_why_nothing_is_concluded(evidence: Evidence, words: str) -> None:
    book, key = small_book(), NodeKey("toml:3")
    book.state.nodes[key] = replace(book.state.nodes[key], evidence=evidence)

    assert words in why(book, GAMMA).next


def test_every_gate_is_shown_and_those_that_hold_say_what_opens_them() -> None:
    gates = (
        Gate(GateName.EVIDENCE, Pass.PASS, "silent, 20s old"),
        Gate(GateName.BUDGET, Pass.HOLD, "2 of 2", clears_at=NOW + 20 * MINUTE, distance="0 left"),
        Gate(GateName.POWER_PATH, Pass.NEVER, "no path"),
    )
    book = small_book()
    book.wants = {DOWN: held_want(*gates)}

    found = why(book, BETA)

    assert [(gate.name, gate.answer) for gate in found.gates] == [
        ("evidence", "pass"),
        ("budget", "hold"),
        ("power path", "never"),
    ]
    assert [line.split(":")[0] for line in found.unblock] == ["budget", "power path"]
    assert found.unblock[0].endswith("By itself in 20m.")


@pytest.mark.parametrize("gate", GateName)
def test_every_gate_there_is_has_words_that_open_it(gate: GateName) -> None:
    assert UNBLOCK[gate].endswith(".")


def test_a_held_rung_comes_as_soon_as_its_gate_lets_go() -> None:
    assert why(small_book(), BETA).next == (
        "cycle (power-cycle) as soon as freeze no longer holds it. It is looked at again in 1m."
    )


def test_a_rung_that_waits_comes_when_its_wait_is_over() -> None:
    book = small_book()
    gate = Gate(GateName.WAIT, Pass.HOLD, "4h of 24h", clears_at=NOW + 20 * HOUR)
    book.wants = {DOWN: held_want(gate)}

    assert why(book, BETA).next.startswith("cycle (power-cycle) when its wait is over.")


def test_a_proposal_names_the_words_that_move_it() -> None:
    issue = asking_issue()
    book = small_book()
    book.put_issue(issue)

    assert why(book, ALPHA).next == (
        f"`approve {issue.id}` lets it run, `reject {issue.id}` passes it over."
    )


def test_a_running_action_is_what_happens_next() -> None:
    book = small_book()
    intent = running_cycle()
    book.state.intents[intent.id] = intent

    assert why(book, BETA).next == "power-cycle is running (dark 4s ago)."


def test_an_ended_action_is_not_what_happens_next() -> None:
    book = small_book()
    intent = replace(running_cycle(), state=IntentState.CANCELLED)
    book.state.intents[intent.id] = intent

    assert why(book, BETA).next.startswith("cycle (power-cycle) as soon as freeze")


def test_paused_and_closed_issues_say_that_nothing_comes() -> None:
    book = small_book()
    book.put_issue(paused_issue())

    assert why(book, node_subject("toml:4")).next == "Nothing until 17:00 UTC: it is paused."
    assert why(book, ALPHA, closed_issue()).next == "Nothing: it is closed."


def test_of_several_issues_the_one_that_needs_a_person_is_told() -> None:
    book = small_book()
    asking = replace(asking_issue(), subject=BETA, type=closed_issue().type)
    book.state.open_by_subject[BETA] = {}
    book.put_issue(replace(book.state.issues[DOWN], opened_at=NOW - timedelta(days=9)))
    book.state.issues[asking.id] = asking
    book.state.open_by_subject[BETA]["other"] = asking.id  # type: ignore[index] # any second type

    found = why(book, BETA).issue

    assert found is not None
    assert found.id == asking.id


def test_a_pcu_and_a_site_have_their_own_thresholds() -> None:
    book = small_book()

    pcu, site = why(book, pcu_subject("toml:apc1")), why(book, site_subject("north"))

    assert "last good test 2h ago; power needs one within 7h" in pcu.thresholds
    assert "up 1, at least 2 needed" in site.thresholds
    assert "not up: beta.example.org" in site.facts


def test_an_online_node_says_how_far_good_is() -> None:
    book, key = small_book(), NodeKey("toml:1")
    belief = replace(
        book.state.nodes[key],
        status=Status.ONLINE,
        spans={"boot": Span(running_since=NOW - 2 * HOUR)},
    )
    book.state.nodes[key] = belief

    assert "boot 2h of 12h makes it good, in 10h" in why(book, ALPHA).thresholds


def test_the_limit_on_cycles_is_counted_by_window() -> None:
    book = small_book()
    intent = running_cycle()
    book.state.intents[intent.id] = intent

    thresholds = why(book, BETA).thresholds

    assert "power cycles: 1 of 1 in 1d, free in 1d" in thresholds
    assert "power cycles: 1 of 2 in 7d" in thresholds


def test_the_fleet_says_what_holds_everything_back() -> None:
    book = small_book()
    assert why(book, fleet_subject()).sentence == "plcmon watches 4 nodes and may act in mode auto"

    book.policy = replace(book.policy, mode=Mode.OBSERVE)
    book.state.freezes["all"] = Freeze("all", "ann", NOW)
    book.state.fleet = replace(book.state.fleet, blind=True, guard_closed=True, adopted=False)

    assert why(book, fleet_subject()).sentence == (
        "plcmon watches 4 nodes and holds back: its state is not adopted; it is blind;"
        " the fleet guard is closed; all is frozen; mode observe only watches"
    )


@pytest.mark.parametrize("subject", [node_subject("x:9"), pcu_subject("x:9"), site_subject("x")])
def test_what_has_left_the_inventory_is_still_answered(subject: Subject) -> None:
    found = why(small_book(), subject)

    assert found.sentence == f"{subject} is no longer in the inventory"
    assert found.facts == (found.sentence,)


def test_a_stopped_kind_is_among_what_holds_back() -> None:
    book = small_book()
    stopped = Breaker(tripped_at=NOW, why="3 of the last 5 were bad")
    book.state.fleet = replace(book.state.fleet, breakers={"kind/power": stopped})

    found = why_view(Moment.of(book, NOW), fleet_subject(), None)

    assert found.sentence == "plcmon watches 4 nodes and holds back: kind/power is stopped"
