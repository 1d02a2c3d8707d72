"""Who is due next: intervals, suspects, people, sites."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plcmon.model.subjects import Subject, node_subject, site_subject
from plcmon.scanner.agenda import Agenda, Check, Place, Question, fraction_of, turn_after
from tests.scanner.agendas import (
    ELSEWHERE,
    SITE,
    SUSPECT,
    TCP,
    WORKERS,
    drain,
    make_agenda,
    out,
    ssh,
    starts,
    tcp,
)


def test_everything_new_is_due_at_once() -> None:
    agenda = make_agenda(tcp("a"), ssh("a"), tcp("b"))

    assert set(drain(agenda, 0.0)) == {tcp("a"), ssh("a"), tcp("b")}


def test_an_empty_agenda_is_never_due() -> None:
    agenda = make_agenda()

    assert agenda.take(1e9) is None
    assert agenda.next_due() == math.inf


def test_a_check_comes_again_after_half_to_one_and_a_half_intervals_then_every_interval() -> None:
    agenda = make_agenda(tcp("a"))
    drain(agenda, 0.0)
    first = agenda.next_due()
    drain(agenda, first)
    second = agenda.next_due()

    assert TCP / 2 <= first <= 1.5 * TCP
    assert second - first == pytest.approx(TCP)


def test_a_fleet_is_spread_over_the_interval() -> None:
    checks = [tcp(f"n{n}") for n in range(1000)]
    agenda = make_agenda(*checks)
    starts(agenda, 0, 10)
    tenths = [len(drain(agenda, TCP + part * TCP / 10)) for part in range(-5, 6)]

    assert sum(tenths) > 950
    assert max(tenths[1:]) < 150


def test_a_checks_place_in_its_interval_is_its_own_and_stays() -> None:
    assert fraction_of(tcp("a")) == fraction_of(tcp("a"))
    assert fraction_of(tcp("a")) != fraction_of(ssh("a"))


@given(st.floats(0, 1e6), st.floats(0.01, 1e4), st.floats(0, 1))
def test_a_turn_is_never_early_nor_more_than_an_interval_late(
    earliest: float, interval: float, fraction: float
) -> None:
    turn = turn_after(earliest, interval, fraction)

    assert earliest - 1e-6 <= turn <= earliest + interval * (1 + 1e-6)


def test_a_check_that_still_runs_is_not_given_out_again() -> None:
    agenda = make_agenda(tcp("a"))
    assert agenda.take(0.0) == tcp("a")

    agenda.hasten([node_subject("a")], 0.0)
    agenda.doubt(node_subject("a"), 0.0)
    assert agenda.take(10_000.0) is None


def test_the_longest_due_comes_first() -> None:
    agenda = make_agenda(*(tcp(f"n{n}") for n in range(20)))
    drain(agenda, 0.0)
    dues: list[float] = []
    while agenda.next_due() < math.inf and len(dues) < 20:
        due = agenda.next_due()
        check = agenda.take(10_000.0)
        assert check is not None
        dues.append(due)

    assert dues == sorted(dues)


def test_suspects_are_due_within_the_suspects_interval_again_and_again() -> None:
    agenda = make_agenda(tcp("a"), ssh("a"), tcp("b"))
    drain(agenda, 0.0)
    agenda.hasten([node_subject("a")], 0.0)
    for minute in (1, 2, 3):
        assert set(drain(agenda, minute * SUSPECT)) >= {tcp("a"), ssh("a")}


def test_relaxed_checks_go_back_to_their_interval() -> None:
    agenda = make_agenda(tcp("a"))
    agenda.hasten([node_subject("a")], 0.0)
    agenda.relax([node_subject("a")])
    drain(agenda, 0.0)

    assert agenda.next_due() >= TCP / 2


def test_hastening_what_is_not_there_does_nothing() -> None:
    agenda = make_agenda(tcp("a"))
    drain(agenda, 0.0)
    agenda.hasten([node_subject("gone")], 0.0)
    agenda.relax([node_subject("gone")])

    assert agenda.take(1.0) is None


def test_names_are_not_asked_sooner_for_a_doubt() -> None:
    names = Check(node_subject("a"), Question.DNS)
    agenda = make_agenda(names, tcp("a"), interval=9_999.0)
    drain(agenda, 0.0)
    agenda.hasten([node_subject("a")], 0.0)
    agenda.doubt(node_subject("a"), 0.0)

    assert drain(agenda, SUSPECT) == [tcp("a")]
    assert drain(agenda, 2 * SUSPECT) == [tcp("a")]


def test_doubt_brings_the_other_probes_now_and_the_one_just_done_a_little_later() -> None:
    agenda = Agenda(per_site=9, workers=WORKERS)
    places = {tcp("a"): Place(SITE, 2 * SUSPECT), ssh("a"): Place(SITE, 9_999.0)}
    agenda.update(places, suspect=SUSPECT, now=0.0)
    drain(agenda, 0.0)
    now = agenda.next_due()
    assert drain(agenda, now) == [tcp("a")]
    agenda.doubt(node_subject("a"), now)

    assert drain(agenda, now) == [ssh("a")]
    assert drain(agenda, now + SUSPECT) == [tcp("a")]


def test_a_persons_wish_goes_before_everything_that_is_due() -> None:
    names = [f"n{n}" for n in range(10)]
    agenda = make_agenda(*map(tcp, names), ssh("n7"))

    assert agenda.ask([node_subject("n7")], 0.0) == 2
    assert {agenda.take(0.0), agenda.take(0.0)} == {tcp("n7"), ssh("n7")}


def test_a_persons_wish_needs_no_due_time() -> None:
    agenda = make_agenda(tcp("a"))
    drain(agenda, 0.0)
    agenda.ask([node_subject("a")], 0.0)

    assert agenda.next_due() == -math.inf
    assert drain(agenda, 1.0) == [tcp("a")]


def test_a_wish_for_what_is_running_is_kept_until_it_is_done() -> None:
    agenda = make_agenda(tcp("a"))
    agenda.take(0.0)
    agenda.ask([node_subject("a")], 0.0)
    assert agenda.take(0.0) is None

    agenda.done(tcp("a"), 1.0)
    assert drain(agenda, 1.0) == [tcp("a")]


def test_a_wish_uttered_twice_is_carried_out_once() -> None:
    agenda = make_agenda(tcp("a"))
    agenda.ask([node_subject("a"), node_subject("a")], 0.0)

    assert drain(agenda, 0.0) == [tcp("a")]


def test_a_wish_for_nothing_does_nothing() -> None:
    agenda = make_agenda(tcp("a"))
    drain(agenda, 0.0)

    assert agenda.ask([], 0.0) == 0
    assert agenda.ask([node_subject("gone")], 0.0) == 0
    assert agenda.take(1.0) is None


def test_a_site_has_a_bounded_number_of_checks_out() -> None:
    agenda = make_agenda(*(tcp(f"n{n}") for n in range(5)), per_site=2)
    taken = out(agenda, 0.0)
    assert len(taken) == 2

    agenda.done(taken[0], 0.0)
    assert len(out(agenda, 0.0)) == 1


def test_a_large_site_may_have_a_share_of_its_checks_out() -> None:
    agenda = make_agenda(*(tcp(f"n{n}") for n in range(80)), per_site=2)

    assert len(out(agenda, 0.0)) == 10


def test_what_is_due_together_does_not_go_by_name() -> None:
    names = [f"n{n:02}" for n in range(40)]
    agenda = make_agenda(*map(tcp, names))

    assert [check.subject.key for check in drain(agenda, 0.0)] != names


def test_a_full_site_does_not_hold_up_another() -> None:
    agenda = Agenda(per_site=1, workers=WORKERS)
    places = {tcp(f"n{n}"): Place(SITE, TCP) for n in range(5)}
    places[tcp("other")] = Place(ELSEWHERE, TCP)
    agenda.update(places, suspect=SUSPECT, now=0.0)

    assert tcp("other") in out(agenda, 0.0)


def test_every_parked_check_has_its_turn_once() -> None:
    agenda = make_agenda(*(tcp(f"n{n}") for n in range(9)), per_site=2)
    seen: list[Check] = []
    taken = out(agenda, 0.0)
    while taken:
        check = taken.pop(0)
        seen.append(check)
        agenda.done(check, 0.0)
        taken += out(agenda, 0.0)

    assert sorted(seen) == sorted(tcp(f"n{n}") for n in range(9))


def test_lateness_is_how_long_the_oldest_has_waited() -> None:
    agenda = make_agenda(tcp("a"), tcp("b"), per_site=1)
    assert agenda.lateness(0.0) == 0.0
    agenda.take(0.0)
    agenda.take(0.0)

    assert agenda.lateness(25.0) == 25.0


def test_nothing_due_is_not_late() -> None:
    agenda = make_agenda(tcp("a"))
    drain(agenda, 0.0)

    assert agenda.lateness(1.0) == 0.0


def test_an_update_keeps_turns_adds_the_new_and_drops_the_gone() -> None:
    agenda = make_agenda(tcp("old"), tcp("gone"))
    drain(agenda, 0.0)
    places = {tcp("old"): Place(SITE, TCP), tcp("new"): Place(SITE, TCP)}
    agenda.update(places, suspect=SUSPECT, now=10.0)

    assert drain(agenda, 10.0) == [tcp("new")]
    assert len(agenda) == 2
    assert drain(agenda, 10.0 + 2 * TCP) != []


def test_a_shorter_interval_counts_at_once() -> None:
    agenda = make_agenda(tcp("a"), interval=86_400.0)
    drain(agenda, 0.0)
    agenda.update({tcp("a"): Place(SITE, TCP)}, suspect=SUSPECT, now=0.0)

    assert agenda.next_due() <= TCP


def test_a_check_whose_node_went_while_it_ran_frees_its_site() -> None:
    agenda = make_agenda(tcp("a"), tcp("b"), per_site=1)
    running = agenda.take(0.0)
    assert running is not None
    left = tcp("b") if running == tcp("a") else tcp("a")
    agenda.update({left: Place(SITE, TCP)}, suspect=SUSPECT, now=0.0)
    assert agenda.take(0.0) is None

    agenda.done(running, 1.0)
    assert drain(agenda, 1.0) == [left]


def test_sites_have_checks_of_their_own() -> None:
    witnesses = Check(site_subject(SITE), Question.WITNESSES)
    agenda = make_agenda(tcp("a"), witnesses)
    drain(agenda, 0.0)
    agenda.doubt(site_subject(SITE), SUSPECT)

    assert drain(agenda, SUSPECT) == [witnesses]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["take", "done", "ask", "hasten", "relax", "doubt", "wait"]),
            st.integers(0, 5),
        ),
        max_size=60,
    )
)
def test_nothing_is_out_twice_and_nothing_is_lost(steps: list[tuple[str, int]]) -> None:
    """Whatever is done in whatever order, every check has its turn in the end."""
    names = [f"n{n}" for n in range(6)]
    agenda = make_agenda(*map(tcp, names), per_site=3)
    running: list[Check] = []
    now = 0.0
    for step, number in steps:
        subject: Subject = node_subject(names[number])
        if step == "take" and (check := agenda.take(now)) is not None:
            assert check not in running
            running.append(check)
            assert len(running) <= 3
        elif step == "done" and running:
            agenda.done(running.pop(0), now)
        elif step == "ask":
            agenda.ask([subject], now)
        elif step == "hasten":
            agenda.hasten([subject], now)
        elif step == "relax":
            agenda.relax([subject])
        elif step == "doubt":
            agenda.doubt(subject, now)
        else:
            now += 50.0 * number
    for check in running:
        agenda.done(check, now)
    later = now + 2 * TCP

    assert set(drain(agenda, later)) == {tcp(name) for name in names}
