"""Questions of the command line whose answer is a page: what is asked, and how it is shown."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from typing import Any

from plcmon.errors import DeskError
from plcmon.operations.desk import Desk
from plcmon.operations.reports import HistoryView
from plcmon.operations.views import NodeView
from plcmon.times import parse_duration
from plcmon.tui.answers import (
    availability_page,
    history_page,
    is_it_us_page,
    last_answers,
    plan_page,
    readiness_page,
    repairs_page,
)
from plcmon.tui.pages import why_page
from plcmon.tui.prose import Line

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Question:
    """One question, ready to be put."""

    title: tuple[str, ...]
    view: Callable[[], Awaitable[Any]]
    page: Callable[[Any, int], Iterable[Line]]


def plan(desk: Desk, argument: str, _now: datetime, _plain: bool) -> Question:
    """`:plan 7d`. Raises ValueError with a sentence."""
    span = parse_duration(argument or "7d")
    return Question(("Plan", argument or "7d"), lambda: desk.plan(span), plan_page)


def repairs(desk: Desk, argument: str, now: datetime, _plain: bool) -> Question:
    """`:repairs 90d`. Raises ValueError with a sentence."""
    since = now - parse_duration(argument or "90d")
    return Question(("Repairs", argument or "90d"), lambda: desk.repairs(since), repairs_page)


def readiness(desk: Desk, _argument: str, _now: datetime, plain: bool) -> Question:
    return Question(
        ("Readiness",),
        desk.readiness,
        lambda view, width: readiness_page(view, width, plain=plain),
    )


def history(desk: Desk, argument: str, now: datetime, _plain: bool) -> Question:
    """`:history NAME 30d`. Raises ValueError with a sentence."""
    name, _, span = argument.partition(" ")
    if not name:
        raise ValueError("history: of which node? Then for how long: 30d")
    since = now - parse_duration(span.strip() or "30d")
    return Question(
        ("History", name, span.strip() or "30d"), lambda: desk.history(name, since), history_page
    )


class LastAnswers:
    """What a node answered last, for its page: asked for again when it changed, or in a minute."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._node: NodeView | None = None
        self._at: datetime | None = None
        self._found: HistoryView | None = None

    async def lines(self, node: NodeView, now: datetime, width: int) -> list[Line]:
        """Nothing where the desk does not tell: the page has all the rest."""
        if node != self._node or self._at is None or now - self._at >= MINUTE:
            self._node, self._at = node, now
            try:
                self._found = await self._desk.history(node.key, now - DAY)
            except DeskError:
                self._found = None
        return [] if self._found is None else [*last_answers(self._found, now, width)]


def availability(desk: Desk, argument: str, now: datetime, _plain: bool) -> Question:
    """`:availability 30d pcu`. Raises ValueError with a sentence."""
    span, _, by = argument.partition(" ")
    since, by = now - parse_duration(span or "30d"), by.strip() or "site"
    return Question(
        ("Availability", span or "30d", by),
        lambda: desk.availability(since, by=by),
        availability_page,
    )


def is_it_us(desk: Desk, _argument: str, _now: datetime, plain: bool) -> Question:
    return Question(
        ("Is it us?",), desk.is_it_us, lambda view, width: is_it_us_page(view, width, plain=plain)
    )


def why(desk: Desk, argument: str, now: datetime, plain: bool) -> Question:
    """`:why NAME`, `:why NAME 03:00`. Raises ValueError with a sentence."""
    name, _, time = argument.partition(" ")
    if not name:
        raise ValueError("why: of what? Then a time, if it is about one: 03:00, 2h")
    at = then(time.strip(), now) if time.strip() else None
    return Question(
        ("Why", *argument.split()),
        lambda: desk.why(name, at),
        lambda view, width: why_page(view, at or now, width, plain=plain),
    )


def then(text: str, now: datetime) -> datetime:
    """`03:00` (the last time it was, UTC), `2h` ago, or an ISO time."""
    if ":" in text and "-" not in text:
        at = datetime.combine(now.date(), clock_time.fromisoformat(text.zfill(5)), tzinfo=UTC)
        return at if at <= now else at - DAY
    if "-" in text:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return now - parse_duration(text)


ASKED: Mapping[str, Callable[[Desk, str, datetime, bool], Question]] = {
    "plan": plan,
    "repairs": repairs,
    "readiness": readiness,
    "history": history,
    "availability": availability,
    "why": why,
    "is-it-us": is_it_us,
}
