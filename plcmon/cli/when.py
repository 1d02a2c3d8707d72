"""When: times as people type them at a prompt."""

from datetime import datetime, timedelta
from datetime import time as clock_time

from plcmon.times import parse_duration


def parse_since(text: str, now: datetime) -> datetime:
    """Read `18:00` (the last time it was), `2h` ago, or an ISO 8601 date or time.

    `now` is aware; what says no zone is in its zone. Raises ValueError with a sentence.
    """
    cleaned = text.strip()
    found = _time_of_day(cleaned, now) or _iso(cleaned, now)
    if found is None:
        try:
            found = now - parse_duration(cleaned)
        except ValueError:
            raise ValueError(
                f'"{text}" is no time; write for example "18:00", "2h", "2026-03-14 18:00"'
            ) from None
    if found > now:
        raise ValueError(f'"{text}" is in the future')
    return found


def _time_of_day(text: str, now: datetime) -> datetime | None:
    if ":" not in text or "-" in text or "T" in text:
        return None
    try:
        at = clock_time.fromisoformat(text.zfill(5))
    except ValueError:
        return None
    today = datetime.combine(now.date(), at, tzinfo=now.tzinfo)
    return today if today <= now else today - timedelta(days=1)


def _iso(text: str, now: datetime) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=now.tzinfo)
