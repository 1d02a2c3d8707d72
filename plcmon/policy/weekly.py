"""Weekly windows: wall-clock times of a zone, week after week, whatever its summer time does."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

WEEK = timedelta(days=7)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY, TIME = r"([A-Za-z]{3})[a-z]*\s+", r"(\d{1,2}:\d\d)"
SPAN = re.compile(rf"{DAY}{TIME}\s*-\s*(?:{DAY})?{TIME}")
EXAMPLES = 'write for example "Sat 02:00-06:00" or "Sat 22:00-Sun 04:00"'


@dataclass(frozen=True, slots=True)
class Weekly:
    """From one moment of the week to a later one, as a clock on the wall shows them."""

    day: int  # 0: Monday
    start: time
    end: time
    days: int  # between the day it starts and the day it ends

    def occurrence(self, monday: date, zone: tzinfo) -> tuple[datetime, datetime]:
        """Its stretch in the week of that Monday, in UTC."""
        first = monday + timedelta(days=self.day)
        last = first + timedelta(days=self.days)
        return instant(first, self.start, zone), instant(last, self.end, zone, late=True)

    def following(self, after: datetime, zone: tzinfo) -> tuple[datetime, datetime]:
        """The first stretch that ends after this; perhaps it runs already."""
        local = after.astimezone(zone).date()
        monday = local - timedelta(days=local.weekday()) - WEEK
        while True:
            starts_at, ends_at = self.occurrence(monday, zone)
            if ends_at > after and starts_at < ends_at:
                return starts_at, ends_at
            monday += WEEK


def instant(day: date, at: time, zone: tzinfo, *, late: bool = False) -> datetime:
    """A wall-clock time in UTC. One that comes twice: the first, or the second where it is `late`;
    one that a change of the clocks leaves out lies as much after the change.
    """
    wanted = datetime.combine(day, at, tzinfo=zone)
    found = wanted.replace(fold=1 if late else 0).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None, fold=0) != wanted.replace(tzinfo=None):
        found = wanted.replace(fold=0).astimezone(UTC)
    return found


def read_weekly(text: str) -> Weekly:
    """Read `Sat 02:00-06:00`; one that goes past midnight names the day on which it ends.

    Raises ValueError with a sentence.
    """
    found = SPAN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'"{text}" is no weekly window; {EXAMPLES}')
    first, start, last, end = found.groups()
    day, starts, ends = day_of(first), time_of(start), time_of(end)
    days = (day_of(last) - day) % 7 if last else 0
    if days == 0 and ends <= starts:
        raise ValueError(f'"{text}" ends before it starts; {EXAMPLES}')
    return Weekly(day, starts, ends, days)


def day_of(word: str) -> int:
    if word.lower() not in DAYS:
        raise ValueError(f'"{word}" is no day; {EXAMPLES}')
    return DAYS.index(word.lower())


def time_of(text: str) -> time:
    hours, _, minutes = text.partition(":")
    if int(hours) > 23 or int(minutes) > 59:
        raise ValueError(f'"{text}" is no time of the day; {EXAMPLES}')
    return time(int(hours), int(minutes))


def zone_named(name: str) -> tzinfo:
    """The IANA zone; UTC where there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
