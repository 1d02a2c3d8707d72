"""More to look at than can be looked at: a start, suspects, people, and what is put off."""

import math
from collections import Counter
from itertools import pairwise

import pytest

from plcmon.model.subjects import Subject, node_subject
from plcmon.scanner.agenda import AT_FIRST, PATIENCE, Check, Question
from tests.scanner.agendas import (
    SSH,
    SUSPECT,
    TCP,
    Crew,
    big_agenda,
    drain,
    live,
    make_agenda,
    out,
    ping,
    ssh,
    starts,
    tcp,
)


def test_a_start_of_ten_thousand_nodes_is_no_herd() -> None:
    agenda = big_agenda(10_000)
    counted = starts(agenda, 0, 350)
    mean = 10_000 * (2 / TCP + 1 / SSH)

    assert max(counted.values()) < 2.5 * AT_FIRST
    later = [counted[second] for second in range(300, 350)]
    assert mean / 2 < min(later) <= max(later) < 2 * mean


def test_a_second_reading_during_a_start_makes_no_herd_either() -> None:
    agenda = big_agenda(3000)
    places = {check: entry.place for check, entry in agenda._entries.items()}
    more = {Check(check.subject, Question.DNS): place for check, place in places.items()}
    agenda.update({**places, **more}, suspect=SUSPECT, now=0.0)
    counted = starts(agenda, 0, 40)

    assert max(counted.values()) < 1.5 * AT_FIRST


def test_when_there_is_too_much_logins_come_late_before_pings() -> None:
    agenda = big_agenda(300)
    done = live(agenda, 0, 4000, a_second=2)  # just what the cheap ones need
    late = [check for check, second in done if second > 2000]
    asked = Counter(check.question for check in late)

    assert asked[Question.PING] == pytest.approx(2000 / TCP * 300, rel=0.02)
    assert asked[Question.TCP] == pytest.approx(2000 / TCP * 300, rel=0.02)
    assert agenda.left_out[Question.SSH] == 0  # nothing ran that could have left a turn out
    assert agenda.put_off(4000.0)[0].keys() == {Question.SSH}


def test_when_there_is_too_much_suspects_are_asked_within_a_minute_all_the_same() -> None:
    agenda = big_agenda(300)
    live(agenda, 0, 2000, a_second=1)
    agenda.hasten([node_subject("n7")], 2000.0)
    seconds = [
        second
        for check, second in live(agenda, 2000, 2600, a_second=1)
        if check.subject == node_subject("n7")
    ]

    assert len(seconds) >= 3 * 10
    assert max(b - a for a, b in pairwise([2000, *seconds])) <= SUSPECT


def test_suspects_never_hold_every_worker_while_others_wait() -> None:
    agenda = big_agenda(300, workers=40)
    agenda.hasten([node_subject(f"n{n}") for n in range(100)], 0.0)
    out_now = [agenda.take(SUSPECT) for _ in range(40)]
    doubted = [check for check in out_now if check and int(check.subject.key[1:]) < 100]

    assert len(doubted) == 30


def test_logins_never_hold_every_worker() -> None:
    """A ping that becomes due while all logins hang finds a worker."""
    agenda = make_agenda(*(ssh(f"n{n}") for n in range(100)), workers=40)

    assert len(out(agenda, 0.0)) == 20
    assert agenda.next_due() == math.inf


def test_a_persons_wish_goes_first_even_if_there_is_too_much() -> None:
    agenda = big_agenda(300)
    agenda.hasten([node_subject(f"n{n}") for n in range(100, 300)], 0.0)
    live(agenda, 0, 1000, a_second=1)
    agenda.ask([node_subject("n7")], 1000.0)

    done = live(agenda, 1000, 1003, a_second=1)
    assert {check for check, _ in done} == {ping("n7"), tcp("n7"), ssh("n7")}


def test_the_newest_wish_does_not_wait_for_one_about_a_whole_fleet() -> None:
    agenda = big_agenda(300)
    agenda.ask([node_subject(f"n{n}") for n in range(300)], 10.0)
    agenda.ask([node_subject("n7")], 11.0)

    assert {agenda.take(11.0) for _ in range(3)} == {ping("n7"), tcp("n7"), ssh("n7")}


def test_a_persons_wish_goes_before_what_waits_for_the_same_site() -> None:
    agenda = make_agenda(*(tcp(f"n{n}") for n in range(8)), per_site=1)
    running = out(agenda, 0.0)
    wanted = next(f"n{n}" for n in range(8) if tcp(f"n{n}") not in running)
    agenda.ask([node_subject(wanted)], 1.0)
    agenda.done(running[0], 2.0)

    assert agenda.take(2.0) == tcp(wanted)


def test_who_keeps_up_is_not_behind() -> None:
    agenda = big_agenda(300)
    live(agenda, 0, 2000, a_second=100)

    assert not agenda.is_behind(2000.0)
    assert agenda.put_off(2000.0) == (Counter(), 0.0)
    assert not agenda.left_out


def test_what_waits_for_a_worker_too_long_is_put_off_and_told_by_question() -> None:
    agenda = make_agenda(tcp("a"), ssh("a"))
    late = PATIENCE * TCP + 1

    assert not agenda.is_behind(late - 2)
    assert agenda.is_behind(late)
    assert agenda.put_off(late) == (Counter({Question.TCP: 1, Question.SSH: 1}), late)


def test_what_waits_for_its_sites_line_is_not_put_off() -> None:
    agenda = make_agenda(tcp("a"), tcp("b"), per_site=1)
    out(agenda, 0.0)

    assert not agenda.is_behind(TCP)
    assert agenda.put_off(TCP) == (Counter(), 0.0)
    assert agenda.lateness(TCP) == TCP


def test_turns_that_never_were_are_counted() -> None:
    agenda = make_agenda(tcp("a"), ssh("a"))
    drain(agenda, 3.5 * TCP)

    assert agenda.left_out == {Question.TCP: 3, Question.SSH: 3}


def test_once_there_is_room_again_nothing_is_behind() -> None:
    agenda = big_agenda(300)
    live(agenda, 0, 2000, a_second=1)
    assert agenda.is_behind(2000.0)
    live(agenda, 2000, 2010, a_second=1000)

    assert not agenda.is_behind(2010.0)


def test_many_that_fall_silent_at_once_hold_up_nobody() -> None:
    """A quarter of sixty nodes; a silent one holds a worker for its whole deadline."""
    agenda, fell_at, known_after = big_agenda(60, workers=24), 3 * SSH, 600.0
    first_failed: dict[Subject, float] = {}

    def takes(check: Check, now: float) -> float:
        return 5.0 if is_silent(check, now) else 0.05

    def is_silent(check: Check, now: float) -> bool:
        return now >= fell_at and int(check.subject.key[1:]) % 4 == 0

    def after(check: Check, now: float) -> None:
        if not is_silent(check, now):
            return
        if check.subject not in first_failed:
            first_failed[check.subject] = now
            agenda.doubt(check.subject, now)
            agenda.hasten([check.subject], now)
        elif now - first_failed[check.subject] >= known_after:
            agenda.relax([check.subject])

    crew = Crew(agenda, 24, takes, after)
    crew.work(fell_at + 1000.0)
    healthy = [
        late
        for check, times in crew.begun.items()
        for late in (b - a - interval_of(check) for a, b in pairwise(times) if b > fell_at)
        if not is_silent(check, crew.now)
    ]
    doubted = [
        b - a
        for check, times in crew.begun.items()
        for a, b in pairwise(times)
        if is_silent(check, a)
        and first_failed[check.subject] <= a
        and b < first_failed[check.subject] + known_after
    ]

    assert len(first_failed) == 15
    assert max(healthy) < 0.02 * TCP
    assert max(doubted) <= SUSPECT


def interval_of(check: Check) -> float:
    return SSH if check.question is Question.SSH else TCP
