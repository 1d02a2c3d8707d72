"""Stepping up a ladder, and back down when nothing was sent."""

from dataclasses import replace
from datetime import datetime, timedelta

from plcmon.model.beliefs import NO_TIME, Span
from plcmon.model.issues import Climb
from plcmon.model.policy import Rung
from plcmon.policy.spans import count


def step_up(climb: Climb, rung: Rung, passed: tuple[tuple[str, str], ...], now: datetime) -> Climb:
    """The climb with this rung taken; its wait starts anew."""
    running = climb.waited.running_since is not None
    return Climb(
        rung=rung.name,
        order=max(climb.order, rung.order),
        taken_at=now,
        repeats={**climb.repeats, rung.name: climb.repeats.get(rung.name, 0) + 1},
        passed={**climb.passed, **dict(passed)},
        waited=count(NO_TIME, True, now, timedelta()) if running else NO_TIME,
        before=replace(climb, before=None, waited=count(climb.waited, None, now, timedelta())),
    )


def step_back(climb: Climb, rung: str) -> Climb:
    """The climb as if this rung had not been taken: nothing was sent, so nothing was done."""
    if climb.rung != rung or climb.before is None:
        return climb
    return replace(climb.before, waited=added(climb.before.waited, climb.waited))


def added(before: Span, since: Span) -> Span:
    """Both waits together, running if the later one runs."""
    return Span(before.total + since.total, since.running_since, since.opposite_since)
