"""Stepping up a ladder, and back down when nothing was sent."""

from datetime import datetime, timedelta

from plcmon.model.beliefs import NO_TIME, Span
from plcmon.model.issues import Climb
from plcmon.model.policy import Rung
from plcmon.model.replacing import replace
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
        owed=climb.owed,
        beside=climb.beside,
        before=replace(climb, before=None, waited=count(climb.waited, None, now, timedelta())),
    )


def step_beside(climb: Climb, rung: Rung) -> Climb:
    """The climb with what was owed taken; where it stands, and its wait, stay as they are."""
    times = climb.repeats.get(rung.name, 0) + 1
    return replace(climb, owed="", beside=rung.name, repeats={**climb.repeats, rung.name: times})


def pass_rung(climb: Climb, rung: str, why: str, *, owed: bool = False) -> Climb:
    """The climb with the rung passed over; `owed`: for a PCU's sake, so that it may run later."""
    still = climb.owed if climb.owed != rung else ""
    return replace(climb, passed={**climb.passed, rung: why}, owed=still or (rung if owed else ""))


def step_back(climb: Climb, rung: str) -> Climb:
    """The climb as if this rung had not been taken: nothing was sent, so nothing was done."""
    if climb.beside == rung:
        times = {name: n for name, n in climb.repeats.items() if name != rung}
        return replace(climb, owed=rung, beside="", repeats=times)
    if climb.rung != rung or climb.before is None:
        return climb
    return replace(climb.before, waited=added(climb.before.waited, climb.waited))


def added(before: Span, since: Span) -> Span:
    """Both waits together, running if the later one runs."""
    return Span(before.total + since.total, since.running_since, since.opposite_since)
