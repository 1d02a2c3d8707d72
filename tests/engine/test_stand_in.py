"""Who stands in for the staff on paper: everything ends, and nothing is helped by it."""

from plcmon.engine.stand_in import Rounds, carry_out, needed_pcus, post, waits_for_hands
from plcmon.model.beliefs import Finding
from plcmon.model.events import Event, PcuTested, ScanCompleted
from plcmon.model.intents import Intent, IntentState, Verdict
from plcmon.model.subjects import node_subject
from tests.policy.clerk import DAY, HOUR, Clerk, make_inventory, node

N = node_subject(node(0, 0))


def told(clerk: Clerk, events: list[Event]) -> None:
    for event in events:
        clerk.tell(event.subject, event.body, intent=event.intent)


def with_a_cycle(clerk: Clerk) -> Intent:
    clerk.fall_silent(node(0, 0))
    (intent,) = clerk.planned()
    return intent


def test_a_cycle_reads_off_and_on_and_its_verdict_is_unknown() -> None:
    clerk = Clerk().begin()
    intent = with_a_cycle(clerk)

    told(clerk, list(carry_out(clerk.state, clerk.policy, intent, clerk.now)))
    clerk.forward(HOUR)

    ended = clerk.state.intents[intent.id]
    assert (ended.state, ended.off_seen) == (IntentState.CONFIRMED, True)
    assert ended.verdict is Verdict.UNKNOWN
    assert not clerk.state.fleet.known_off


def test_what_is_out_already_only_ends() -> None:
    clerk = Clerk().begin()
    intent = clerk.send(with_a_cycle(clerk))

    told(clerk, list(carry_out(clerk.state, clerk.policy, intent, clerk.now)))

    assert clerk.state.intents[intent.id].state is IntentState.CONFIRMED


def test_a_request_to_a_person_stays_unanswered() -> None:
    clerk = Clerk(inventory=make_inventory(family="manual")).begin()
    intent = with_a_cycle(clerk)

    told(clerk, list(carry_out(clerk.state, clerk.policy, intent, clerk.now)))

    asked = clerk.state.intents[intent.id]
    assert asked.asks_a_person
    assert not waits_for_hands(asked)


def test_the_relay_takes_every_row() -> None:
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    clerk.fall_silent(node(0, 0), long=4 * DAY)
    rows = [row for row in clerk.state.outbox.values() if not row.mail]

    for row in rows:
        told(clerk, list(post(row, clerk.now)))

    assert rows
    assert all(row.mail for row in clerk.state.outbox.values())
    assert {intent.state for intent in clerk.intents()} == {IntentState.CONFIRMED}


def test_only_pcus_that_matter_are_tested_again() -> None:
    clerk = Clerk().begin()
    clerk.forward(13 * HOUR)
    assert needed_pcus(clerk.state) == []

    with_a_cycle(clerk)

    assert needed_pcus(clerk.state) == ["toml:p0"]


def test_a_test_is_told_again_after_its_interval_with_the_same_finding() -> None:
    clerk = Clerk().begin()
    with_a_cycle(clerk)
    rounds = Rounds(clerk.state, clerk.policy, clerk.now)
    every = clerk.policy.intervals.pcu_test

    told = [
        (event.at - clerk.now, event.body)
        for number in range(1, 14)
        for event in rounds.due(clerk.now + number * HOUR)
        if isinstance(event.body, PcuTested)
    ]

    assert [at for at, _ in told] == [every, 2 * every]
    assert {body for _, body in told} == {PcuTested(Finding.OK, "logged in")}


def test_scans_are_completed_one_after_the_other() -> None:
    clerk = Clerk().begin()
    rounds, every = Rounds(clerk.state, clerk.policy, clerk.now), clerk.policy.intervals.ssh

    told = [
        event
        for number in (1, 2, 3)
        for event in rounds.due(clerk.now + number * every)
        if isinstance(event.body, ScanCompleted)
    ]

    assert [event.at - clerk.now for event in told] == [every, 2 * every, 3 * every]
