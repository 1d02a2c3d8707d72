"""When: times as people type them at a prompt."""

from datetime import datetime, timedelta
from datetime import time as clock_time

from plcmon.times import TooLongError, parse_duration

DAY = timedelta(days=1)


def parse_since(text: str, now: datetime) -> datetime:
    """Read `18:00` (the last time it was), `2h` ago, or an ISO 8601 date or time.

    `now` is aware; what says no zone is in its zone. Raises ValueError with a sentence.
    """
    at = _time_of_day(text.strip(), now)
    if at is not None:
        return at if at <= now else at - DAY
    found = _iso(text.strip(), now) or now - _duration(text, "time", "18:00", "2h")
    if found > now:
        raise ValueError(f'"{text}" is in the future')
    return found


def parse_end(text: str, now: datetime) -> datetime:
    """Read `18:00` (the next time it will be), `2h` from now, or an ISO 8601 date or time.

    `now` is aware; what says no zone is in its zone. Raises ValueError with a sentence.
    """
    at = _time_of_day(text.strip(), now)
    if at is not None:
        return at if at > now else at + DAY
    found = _iso(text.strip(), now) or now + _duration(text, "end", "4h", "18:00")
    if found <= now:
        raise ValueError(f'"{text}" is in the past')
    return found


def _duration(text: str, what: str, *examples: str) -> timedelta:
    try:
        return parse_duration(text)
    except TooLongError:
        raise
    except ValueError as exc:
        if text.strip().replace(".", "", 1).isdigit():
            raise  # it names the unit that is missing
        shown = ", ".join(f'"{example}"' for example in (*examples, "2026-03-14 18:00"))
        raise ValueError(f'"{text}" is no {what}; write for example {shown}') from exc


def _time_of_day(text: str, now: datetime) -> datetime | None:
    if ":" not in text or "-" in text or "T" in text:
        return None
    try:
        at = clock_time.fromisoformat(text.zfill(5))
    except ValueError:
        return None
    return datetime.combine(now.date(), at, tzinfo=now.tzinfo)


def _iso(text: str, now: datetime) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=now.tzinfo)
