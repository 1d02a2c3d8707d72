from datetime import datetime, timedelta, timezone

import pytest

from plcmon.cli.when import parse_since

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


@pytest.mark.parametrize("text", ["", "5", "25:00", "soon", "18:00:99", "yesterday"])
def test_what_is_no_time_shows_examples(text: str) -> None:
    with pytest.raises(ValueError, match=r'write for example "18:00"'):
        parse_since(text, NOW)


def test_the_future_has_not_happened() -> None:
    with pytest.raises(ValueError, match="in the future"):
        parse_since("2027-01-01", NOW)
