"""Ages and times in words."""

from datetime import timedelta

import pytest

from plcmon.operations.phrases import (
    age,
    ago,
    clock,
    count,
    every,
    lasting,
    lasts,
    parse_until,
    percent,
    plain,
    stamp,
    within,
)
from tests.fakes.book import DAY, HOUR, MINUTE, NOW

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (SECOND / 3, "0s"),
        (40 * SECOND, "40s"),
        (5 * MINUTE, "5m"),
        (3 * DAY + 4 * HOUR, "3d 4h"),
        (-HOUR, "0s"),
    ],
)
def test_an_age_is_a_duration(passed: timedelta, words: str) -> None:
    assert age(NOW - passed, NOW) == words
    assert ago(NOW - passed, NOW) == f"{words} ago"


def test_what_never_was_has_no_age() -> None:
    assert ago(None, NOW) == "never"
    assert lasting(None, NOW) == ""
    assert lasting(NOW - HOUR, NOW) == " for 1h"


def test_what_comes_often_is_told_in_tenths() -> None:
    assert every(5 * MINUTE) == "every 5m"
    assert every(2.5 * SECOND) == "every 2.5s"
    assert every(3 * SECOND) == "every 3s"
    assert every(SECOND / 50) == "every 20ms"


def test_what_is_due_is_now() -> None:
    assert within(NOW + 3 * HOUR, NOW) == "in 3h"
    assert within(NOW, NOW) == "now"
    assert within(NOW - HOUR, NOW) == "now"


def test_another_day_is_named() -> None:
    assert clock(NOW - HOUR, NOW) == "13:00 UTC"
    assert clock(NOW - DAY, NOW) == "2026-02-28 14:00 UTC"
    assert stamp(NOW) == "14:00:00"


@pytest.mark.parametrize(
    "passed",
    [SECOND, 59 * SECOND, 61 * SECOND, 59 * MINUTE + SECOND, 5 * HOUR, 23 * HOUR, 2 * DAY, 9 * DAY],
)
def test_the_words_of_an_age_hold_for_as_long_as_said_and_no_longer(passed: timedelta) -> None:
    at = NOW - passed - timedelta(milliseconds=250)
    steady = lasts(at, NOW)

    assert age(at, NOW + steady - timedelta(milliseconds=1)) == age(at, NOW)
    assert age(at, NOW + steady) != age(at, NOW)


def test_never_lasts_for_long_and_the_future_until_it_comes() -> None:
    assert lasts(None, NOW) == DAY
    assert lasts(NOW + MINUTE, NOW) == MINUTE


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("3h", NOW + 3 * HOUR),
        ("1h30m", NOW + 90 * MINUTE),
        ("2026-03-01T18:00:00", NOW + 4 * HOUR),
        ("2026-03-01T18:00:00+01:00", NOW + 3 * HOUR),
    ],
)
def test_an_end_is_a_duration_or_a_time(text: str, at: object) -> None:
    assert parse_until(text, NOW) == at


@pytest.mark.parametrize("text", ["", "soon", "12", "2020-01-01T00:00:00", "0s"])
def test_an_end_that_is_none_or_past_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not|no unit|no end"):
        parse_until(text, NOW)


@pytest.mark.parametrize(
    "text", ["99999999999d", "40000d", "9999-12-31T23:59:59-12:00", "2200-01-01T00:00"]
)
def test_an_end_that_nobody_lives_to_see_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a hundred years"):
        parse_until(text, NOW)


def test_control_and_bidirectional_codes_do_not_pass() -> None:
    assert plain("a\x1b[2Jb\r\nc\u202ed") == "a [2Jb c d"
    assert plain("x" * 600, 10) == "x" * 10


def test_counts_are_plural_beyond_one() -> None:
    assert [count(n, "node") for n in (0, 1, 2)] == ["0 nodes", "1 node", "2 nodes"]


@pytest.mark.parametrize(
    ("share", "said"), [(1.0, "100%"), (0.99999, "99.99%"), (0.995, "99.50%"), (0.0, "0.00%")]
)
def test_only_all_is_a_hundred(share: float, said: str) -> None:
    assert percent(share) == said
