"""Stepping up a ladder, and back down when nothing was sent."""

from plcmon.model.beliefs import Span
from plcmon.model.issues import FOOT, Climb
from plcmon.model.policy import Rung
from plcmon.policy.climbing import step_back, step_up
from tests.policy.clerk import HOUR, START

RUNG = Rung("cycle", (), order=10)
WAITING = Climb(waited=Span(running_since=START))


def test_a_step_up_counts_the_taking_and_begins_a_new_wait() -> None:
    later = START + HOUR

    climb = step_up(WAITING, RUNG, (("repair", "never"),), later)

    assert (climb.rung, climb.order, climb.taken_at) == ("cycle", 10, later)
    assert climb.repeats == {"cycle": 1}
    assert climb.passed == {"repair": "never"}
    assert climb.waited.value(later) == HOUR - HOUR


def test_a_second_taking_is_counted() -> None:
    once = step_up(WAITING, RUNG, (), START)

    assert step_up(once, RUNG, (), START).repeats == {"cycle": 2}


def test_a_wait_that_stands_still_stays_so() -> None:
    assert step_up(FOOT, RUNG, (), START).waited.running_since is None


def test_a_step_back_leaves_it_as_if_nothing_had_been_taken() -> None:
    taken = step_up(WAITING, RUNG, (), START + HOUR)

    back = step_back(taken, "cycle")

    assert (back.rung, back.order, back.repeats) == ("", -1, {})
    assert back.waited.value(START + 3 * HOUR) == 3 * HOUR


def test_only_the_last_rung_can_be_stepped_back_from() -> None:
    taken = step_up(step_up(WAITING, RUNG, (), START), Rung("tell", (), order=30), (), START)

    assert step_back(taken, "cycle") == taken


def test_nobody_steps_back_twice() -> None:
    back = step_back(step_up(WAITING, RUNG, (), START), "cycle")

    assert step_back(back, "cycle") == back
