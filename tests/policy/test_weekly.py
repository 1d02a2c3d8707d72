"""Weekly windows: by the clock on the wall, on both sides of a change of the clocks."""

from datetime import UTC, datetime, timedelta

import pytest

from plcmon.policy.weekly import read_weekly, zone_named

BERLIN = zone_named("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_it_is_said_by_the_clock_of_the_site() -> None:
    found = read_weekly("Sat 02:00-06:00").following(at("2026-01-07 12:00"), BERLIN)

    assert found == (at("2026-01-10 01:00"), at("2026-01-10 05:00"))


def test_in_summer_the_same_words_mean_an_hour_earlier() -> None:
    found = read_weekly("Saturday 2:00 - 6:00").following(at("2026-07-08 12:00"), BERLIN)

    assert found == (at("2026-07-11 00:00"), at("2026-07-11 04:00"))


def test_one_that_runs_is_the_one_that_follows() -> None:
    found = read_weekly("Sat 02:00-06:00").following(at("2026-01-10 03:00"), BERLIN)

    assert found[0] == at("2026-01-10 01:00")


def test_past_midnight_the_day_of_the_end_is_named() -> None:
    found = read_weekly("Sat 22:00-Sun 04:00").following(at("2026-01-07 12:00"), BERLIN)

    assert found == (at("2026-01-10 21:00"), at("2026-01-11 03:00"))


def test_a_window_over_the_lost_hour_is_an_hour_shorter() -> None:
    starts_at, ends_at = read_weekly("Sun 01:00-06:00").following(at("2026-03-27 12:00"), BERLIN)

    assert ends_at - starts_at == timedelta(hours=4)


def test_a_window_inside_the_lost_hour_still_takes_place() -> None:
    starts_at, ends_at = read_weekly("Sun 02:10-02:50").following(at("2026-03-27 12:00"), BERLIN)

    assert (starts_at, ends_at) == (at("2026-03-29 01:10"), at("2026-03-29 01:50"))


def test_an_hour_that_comes_twice_is_covered_both_times() -> None:
    starts_at, ends_at = read_weekly("Sun 02:00-02:30").following(at("2026-10-24 12:00"), BERLIN)

    assert (starts_at, ends_at) == (at("2026-10-25 00:00"), at("2026-10-25 01:30"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Sat 06:00-02:00", "ends before it starts"),
        ("Sat 06:00-06:00", "ends before it starts"),
        ("Sat 06:00", "is no weekly window"),
        ("Som 02:00-06:00", "is no day"),
        ("Sat 25:00-26:00", "is no time of the day"),
    ],
)
def test_what_makes_no_sense_is_refused_where_it_is_said(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_weekly(text)


def test_an_unknown_zone_is_utc() -> None:
    assert zone_named("Nowhere/Land") is UTC
