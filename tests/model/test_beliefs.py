"""Beliefs: a span's value is what is closed and what runs."""

from plcmon.model.beliefs import NO_TIME, Span
from tests.policy.clerk import HOUR, START


def test_a_span_that_runs_grows() -> None:
    assert Span(HOUR, running_since=START).value(START + HOUR) == 2 * HOUR


def test_a_span_that_stands_does_not() -> None:
    assert Span(HOUR).value(START + HOUR) == HOUR


def test_a_span_that_begins_later_has_only_its_total() -> None:
    assert Span(HOUR, running_since=START).value(START - HOUR) == HOUR


def test_no_time_is_none() -> None:
    assert not NO_TIME.value(START)
