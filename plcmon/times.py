"""Time: reading and writing durations, and the Clock that everything else is handed."""

import asyncio
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

UNITS = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|min|s|m|h|d|w)")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST = timedelta(days=36_525)  # no duration is longer: a time so far off can be reckoned with


class TooLongError(ValueError):
    """A duration beyond what times can be reckoned with; its text says so."""


class Clock(Protocol):
    """Wall time for what is written down, monotonic time for what is waited for."""

    def now(self) -> datetime:
        """The wall clock, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        ...

    async def sleep(self, delay: timedelta) -> None:
        """Wait for `delay` of monotonic time."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, delay: timedelta) -> None:
        await asyncio.sleep(max(0.0, delay.total_seconds()))


def parse_duration(text: str) -> timedelta:
    """Read `90s`, `5m`, `1h30m`, `7d`; a bare number is refused.

    Raises ValueError with a sentence that shows what would be accepted.
    """
    cleaned = text.strip()
    if re.fullmatch(r"\d+(\.\d+)?", cleaned):
        raise ValueError(f'"{text}" has no unit; write "{cleaned}m" or "{cleaned}s"')
    if not cleaned or PART.sub("", cleaned).strip():
        raise ValueError(f'"{text}" is not a duration; write for example "90s", "5m", "1h30m"')
    seconds = sum(float(n) * UNITS[unit] for n, unit in PART.findall(cleaned))
    if seconds > LONGEST.total_seconds():
        raise TooLongError(f'"{text}" is longer than a hundred years')
    return timedelta(seconds=seconds)


def format_duration(delta: timedelta) -> str:
    """Write a duration with two units at most (`3d 4h`, `41m`, `12s`); no seconds over a minute.

    Under a second it is `20ms`: nothing but nothing is `0s`.
    """
    seconds = int(delta.total_seconds())
    if delta < timedelta():
        return f"-{format_duration(-delta)}"
    if seconds < 1 and delta >= timedelta(milliseconds=1):
        return f"{delta // timedelta(milliseconds=1)}ms"
    if seconds < 60:
        return f"{seconds}s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 60:
        return f"{minutes}m"
    if hours < 24:
        return f"{hours}h {minutes % 60}m" if minutes % 60 else f"{hours}h"
    return f"{days}d {hours % 24}h" if hours % 24 else f"{days}d"


def to_ms(at: datetime) -> int:
    """Unix milliseconds, the database's form of an instant."""
    return round((at - EPOCH) / timedelta(milliseconds=1))


def from_ms(ms: int) -> datetime:
    """The instant of `ms` unix milliseconds."""
    return EPOCH + timedelta(milliseconds=ms)
