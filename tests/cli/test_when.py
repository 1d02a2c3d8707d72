from datetime import datetime, timedelta, timezone

import pytest

from plcmon.cli.when import parse_end, parse_since

ZONE = timezone(timedelta(hours=2))
NOW = datetime(2026, 3, 14, 9, 30, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("08:00", datetime(2026, 3, 14, 8, 0, tzinfo=ZONE)),
        ("8:00", datetime(2026, 3, 14, 8, 0, tzinfo=ZONE)),
        ("18:00", datetime(2026, 3, 13, 18, 0, tzinfo=ZONE)),
        ("09:30", NOW),
        ("2h", NOW - timedelta(hours=2)),
        ("1h30m", NOW - timedelta(minutes=90)),
        ("7d", NOW - timedelta(days=7)),
        ("2026-03-13", datetime(2026, 3, 13, tzinfo=ZONE)),
        ("2026-03-13 18:00", datetime(2026, 3, 13, 18, 0, tzinfo=ZONE)),
        ("2026-03-13T18:00Z", datetime.fromisoformat("2026-03-13T18:00+00:00")),
    ],
)
def test_times_are_read_as_typed(text: str, at: datetime) -> None:
    assert parse_since(text, NOW) == at


@pytest.mark.parametrize("text", ["", "25:00", "soon", "18:00:99", "yesterday"])
def test_what_is_no_time_shows_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r'write for example "18:00"'):
        parse_since(text, NOW)


def test_the_future_has_not_happened() -> None:
    with pytest.raises(ValueError, match="in the future"):
        parse_since("2027-01-01", NOW)


@pytest.mark.parametrize("text", ["999999d", "99999999999999d"])
def test_what_lies_beyond_the_calendar_is_said_so(text: str) -> None:
    with pytest.raises(ValueError, match="longer than a hundred years"):
        parse_since(text, NOW)


def test_a_number_without_a_unit_is_asked_for_one() -> None:
    with pytest.raises(ValueError, match='"5" has no unit; write "5m"'):
        parse_since("5", NOW)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("4h", NOW + timedelta(hours=4)),
        (f"{NOW + timedelta(minutes=1):%H:%M}", (NOW + timedelta(minutes=1)).replace(second=0)),
        (f"{NOW:%H}:00", NOW.replace(minute=0, second=0) + timedelta(days=1)),
        ("2030-01-02", datetime(2030, 1, 2, tzinfo=NOW.tzinfo)),
    ],
)
def test_ends_lie_ahead(text: str, at: datetime) -> None:
    assert parse_end(text, NOW) == at


@pytest.mark.parametrize(
    ("text", "says"),
    [("soon", 'write for example "4h", "18:00"'), ("4", "no unit"), ("2020-01-01", "in the past")],
)
def test_what_is_no_end_shows_examples(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_end(text, NOW)
