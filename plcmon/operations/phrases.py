"""Ages and times as people say them."""

import re
from datetime import UTC, datetime, timedelta

from plcmon.times import LONGEST, TooLongError, format_duration, parse_duration

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def plain(text: str, most: int = 500) -> str:
    """One line without control or bidirectional codes, at most `most` characters."""
    return CONTROL.sub(" ", text).strip()[:most]


def age(at: datetime | None, now: datetime) -> str:
    """How long ago, as a duration in whole seconds; `never` for None, `0s` for what lies ahead."""
    if at is None:
        return "never"
    return format_duration(now - at) if now - at >= SECOND else "0s"


def ago(at: datetime | None, now: datetime) -> str:
    return "never" if at is None else f"{age(at, now)} ago"


def lasting(at: datetime | None, now: datetime) -> str:
    """` for 3h`, to follow a word; empty where no time is known."""
    return "" if at is None else f" for {age(at, now)}"


def within(at: datetime, now: datetime) -> str:
    """`in 3h 4m`, minutes rounded, or `now` for what is due."""
    left = at - now
    if left < SECOND:
        return "now"
    return f"in {format_duration(left if left < MINUTE else left + MINUTE / 2)}"


def parse_while(text: str) -> timedelta:
    """A duration, where a time would do as well. Raises ValueError with a sentence."""
    try:
        return parse_duration(text)
    except TooLongError:
        raise
    except ValueError as exc:
        if text.strip().replace(".", "", 1).isdigit():
            raise  # it names the unit that is missing
        raise ValueError(
            f'"{text}" is no end; write for example "4h", "7d", "2026-03-14 18:00"'
        ) from exc


def every(delta: timedelta) -> str:
    """`every 5m`; below ten seconds with tenths, since a scaled policy may be that quick."""
    seconds = delta.total_seconds()
    if 1 < seconds < 10 and seconds % 1:
        return f"every {seconds:.1f}s"
    return f"every {format_duration(delta)}"


def clock(at: datetime, now: datetime) -> str:
    """`14:02 UTC` on the same UTC day, else `2024-05-03 14:02 UTC`."""
    return f"{hand(at, now)} UTC"


def hand(at: datetime, now: datetime) -> str:
    """`14:02` before a line of a list whose head names the zone; the day where it is another."""
    at, now = at.astimezone(UTC), now.astimezone(UTC)
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M}"


def stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M:%S}"


def lasts(at: datetime | None, now: datetime) -> timedelta:
    """For how long from `now` on the words of `age(at, now)` stay the same."""
    if at is None or at > now:
        return DAY if at is None else at - now
    passed = now - at
    step = SECOND if passed < MINUTE else MINUTE if passed < DAY else HOUR
    return step - passed % step


def parse_until(text: str, now: datetime) -> datetime:
    """Read `4h`, `12h30m` or an ISO 8601 time (UTC unless it says otherwise).

    Raises ValueError with a sentence; what lies in the past is refused.
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = now + parse_while(text)
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    if at <= now:
        raise ValueError(f'"{text}" is not in the future')
    if at > now + LONGEST:
        raise ValueError(f'"{text}" is more than a hundred years ahead')
    return at.astimezone(UTC)


def count(number: int, noun: str) -> str:
    """`1 node`, `2 nodes`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def percent(share: float) -> str:
    """Never rounded up to a hundred: 99.996 % is not all of it."""
    return "100%" if share == 1 else f"{min(share, 0.9999):.2%}"
