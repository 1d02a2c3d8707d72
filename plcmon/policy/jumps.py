"""Jumps of the wall clock: a window that it jumped over is longer by as much, so nothing leaves it
early. A jump back needs no help: what was done before it then lies ahead, and counts.
"""

from datetime import datetime, timedelta

from plcmon.model.beliefs import FleetBelief

REMEMBERED = timedelta(days=31)  # the longest window of any limit

Jump = tuple[datetime, float]  # when, by the new time, and seconds forward


def remember(fleet: FleetBelief, now: datetime, seconds: float) -> tuple[Jump, ...]:
    """The jumps that may still lie in a window, this one among them."""
    kept = tuple(jump for jump in fleet.jumps if abs(now - jump[0]) < REMEMBERED)
    return (*kept, (now, seconds)) if seconds else kept


def widened(fleet: FleetBelief, window: timedelta, now: datetime) -> timedelta:
    """The window in time that the clock showed, so that it holds as much time that passed."""
    for at, seconds in sorted(fleet.jumps, reverse=True):
        if seconds > 0 and now - at < window:
            window += timedelta(seconds=seconds)
    return window
