"""Bad time: gaps never count, for anything, and enough of the opposite begins it anew."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plcmon.model.beliefs import NO_TIME, Span
from plcmon.model.readings import Evidence, Observed
from plcmon.policy.spans import MEANING, count, count_all, reaches
from tests.policy.clerk import HOUR, MINUTE, START

RESTART = 10 * MINUTE
Stretch = tuple[bool | None, timedelta]


def play(stretches: list[Stretch]) -> timedelta:
    """The sum at the end of these stretches of yes, no and gap."""
    span, at = NO_TIME, START
    for says, length in stretches:
        span = count(span, says, at, RESTART)
        at += length
    return count(span, None, at, RESTART).value(at)


@pytest.mark.parametrize(
    ("stretches", "total"),
    [
        pytest.param([(True, HOUR)], HOUR, id="it runs while it is so"),
        pytest.param([(True, HOUR), (None, 9 * HOUR)], HOUR, id="a gap does not count"),
        pytest.param([(True, HOUR), (None, HOUR), (True, HOUR)], 2 * HOUR, id="it goes on after"),
        pytest.param([(True, HOUR), (False, 9 * MINUTE)], HOUR, id="a little of the opposite"),
        pytest.param(
            [(True, HOUR), (False, 9 * MINUTE), (True, MINUTE)], HOUR + MINUTE, id="goes on"
        ),
        pytest.param([(True, HOUR), (False, RESTART)], timedelta(), id="enough of the opposite"),
        pytest.param(
            [(True, HOUR), (False, MINUTE), (None, HOUR), (True, HOUR)],
            2 * HOUR,
            id="a gap is not the opposite either",
        ),
        pytest.param(
            [(True, HOUR), (False, 6 * MINUTE), (None, HOUR), (False, 6 * MINUTE), (True, HOUR)],
            HOUR,
            id="the opposite adds up over a gap",
        ),
        pytest.param(
            [(True, HOUR), (False, 6 * MINUTE), (True, MINUTE), (False, 6 * MINUTE)],
            HOUR + MINUTE,
            id="but not over the thing itself",
        ),
        pytest.param([(False, HOUR), (True, HOUR)], HOUR, id="it may begin with the opposite"),
    ],
)
def test_time_is_summed(stretches: list[Stretch], total: timedelta) -> None:
    assert play(stretches) == total


STRETCHES = st.lists(
    st.tuples(st.sampled_from([True, False, None]), st.integers(1, 90).map(lambda n: n * MINUTE)),
    max_size=12,
)


@given(STRETCHES, st.integers(0, 12), st.integers(1, 600))
def test_inserting_a_gap_changes_no_sum(stretches: list[Stretch], place: int, long: int) -> None:
    inserted: list[Stretch] = [*stretches[:place], (None, long * MINUTE), *stretches[place:]]

    assert play(inserted) == play(stretches)


@given(STRETCHES, st.integers(1, 89))
def test_looking_more_often_changes_no_sum(stretches: list[Stretch], cut: int) -> None:
    finer: list[Stretch] = []
    for says, length in stretches:
        first = min(length, cut * MINUTE)
        finer += [(says, first), (says, length - first)]

    assert play(finer) == play(stretches)


def test_it_says_when_a_threshold_is_reached() -> None:
    span = Span(HOUR, running_since=START)

    assert reaches(span, 3 * HOUR) == START + 2 * HOUR


def test_a_sum_that_stands_still_reaches_nothing() -> None:
    assert reaches(Span(HOUR), 3 * HOUR) is None


@pytest.mark.parametrize("state", [s for s in Observed if any(s in m for m in MEANING.values())])
def test_each_finding_runs_the_sums_that_mean_it(state: Observed) -> None:
    spans = count_all({}, state, Evidence.FRESH, START, RESTART)

    running = {name for name, span in spans.items() if span.running_since is not None}
    assert running == {name for name, states in MEANING.items() if state in states}


@pytest.mark.parametrize("evidence", [e for e in Evidence if e is not Evidence.FRESH])
def test_without_fresh_evidence_no_sum_runs(evidence: Evidence) -> None:
    before = count_all({}, Observed.SILENT, Evidence.FRESH, START, RESTART)

    after = count_all(before, Observed.SILENT, evidence, START + HOUR, RESTART)

    assert after["silent"] == Span(HOUR)


def test_a_sum_never_runs_backwards() -> None:
    span = Span(HOUR, running_since=START)

    assert span.value(START - HOUR) == HOUR
