"""The API's routes: one for each thing the Desk can show, and one for every verb."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import TypeVar

from aiohttp import web

from plcmon.api.shared import DESK, Answerer, BadRequestError
from plcmon.api.stream import stream_events, wants_stream
from plcmon.model.policy import Policy
from plcmon.operations.desk import Desk
from plcmon.operations.reports import (
    AvailabilityView,
    DigestView,
    HistoryView,
    ReadinessView,
    RepairsView,
)
from plcmon.operations.views import (
    Answer,
    ApprovalView,
    AuditView,
    EventView,
    HandoverView,
    IntentView,
    IssueView,
    NodeView,
    PcuView,
    PlanView,
    PolicyDiffView,
    SessionView,
    SiteView,
    Summary,
    VerifyView,
    View,
    WhyView,
)
from plcmon.operations.wire import Order, dump, load
from plcmon.times import EPOCH, parse_duration

T = TypeVar("T")

MOST = 5_000  # rows of one answer that can be asked for
LONGEST = 300  # characters of a filter or name
POSTED = 30.0  # seconds for a body to come whole
LAST = datetime(9000, 1, 1, tzinfo=UTC)  # a later time could not be reckoned with


def routes() -> Iterable[web.RouteDef]:
    """Every route but /healthz, which asks nobody's desk."""
    return (
        web.get("/api/summary", shows(Summary, lambda desk, ask: desk.summary())),
        web.get("/api/view", shows(View, lambda desk, ask: desk.view())),
        web.get("/api/nodes", shows(list[NodeView], lambda desk, ask: desk.nodes(match(ask)))),
        web.get("/api/sites", shows(list[SiteView], lambda desk, ask: desk.sites(match(ask)))),
        web.get("/api/pcus", shows(list[PcuView], lambda desk, ask: desk.pcus(match(ask)))),
        web.get("/api/pcus/{pcu:.+}/sessions", shows(list[SessionView], sessions)),
        web.get("/api/issues", shows(list[IssueView], issues)),
        web.get("/api/intents", shows(list[IntentView], intents)),
        web.get("/api/why/{subject:.+}", shows(WhyView, why)),
        web.get("/api/since", shows(HandoverView, since)),
        web.get("/api/audit", shows(list[AuditView], audit)),
        web.get("/api/audit/verify", shows(VerifyView, lambda desk, ask: desk.verify())),
        web.get("/api/plan", shows(PlanView, plan)),
        web.get("/api/approvals", shows(list[ApprovalView], lambda desk, ask: desk.approvals())),
        web.get("/api/repairs", shows(RepairsView, repairs)),
        web.get("/api/readiness", shows(ReadinessView, lambda desk, ask: desk.readiness())),
        web.get("/api/history/{node:.+}", shows(HistoryView, history)),
        web.get("/api/availability", shows(AvailabilityView, availability)),
        web.get("/api/digest", shows(DigestView, lambda desk, ask: desk.digest())),
        web.post("/api/policy-diff", shows(PolicyDiffView, policy_diff)),
        web.get("/api/events", events),
        web.post("/api/do", do),
    )


def shows(kind: type[T], ask: Callable[[Desk, web.Request], Awaitable[T]]) -> Answerer:
    """A handler that asks the caller's desk and writes what it says as JSON."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return as_json(kind, await ask(request[DESK], request))

    return answer


def as_json(kind: type[T], value: T) -> web.Response:
    return web.Response(body=dump(kind, value), content_type="application/json")


def match(request: web.Request) -> str:
    return request.query.get("match", "")[:LONGEST]


async def issues(desk: Desk, request: web.Request) -> list[IssueView]:
    closed = request.query.get("closed", "") in ("1", "true", "yes")
    return await desk.issues(match(request), closed=closed)


async def intents(desk: Desk, request: web.Request) -> list[IntentView]:
    return await desk.intents(match(request), limit=number(request, "limit", 200, most=MOST))


async def sessions(desk: Desk, request: web.Request) -> list[SessionView]:
    return await desk.sessions(request.match_info["pcu"][:LONGEST])


async def why(desk: Desk, request: web.Request) -> WhyView:
    at = instant(request, "at") if "at" in request.query else None
    return await desk.why(request.match_info["subject"][:LONGEST], at)


async def since(desk: Desk, request: web.Request) -> HandoverView:
    return await desk.since(instant(request, "at"))


async def audit(desk: Desk, request: web.Request) -> list[AuditView]:
    said = {name: request.query.get(name, "")[:LONGEST] for name in ("about", "actor", "verb")}
    times = {name: instant(request, name) for name in ("since", "until") if name in request.query}
    limit = number(request, "limit", 200, most=MOST)
    return await desk.audit(
        said["about"],
        actor=said["actor"],
        verb=said["verb"],
        since=times.get("since"),
        until=times.get("until"),
        limit=limit,
    )


async def plan(desk: Desk, request: web.Request) -> PlanView:
    text = request.query.get("for", "7d")
    try:
        span = parse_duration(text)
    except ValueError as exc:
        raise BadRequestError("for", "reading the request", str(exc)) from exc
    return await desk.plan(span)


async def repairs(desk: Desk, request: web.Request) -> RepairsView:
    return await desk.repairs(instant(request, "since"))


async def history(desk: Desk, request: web.Request) -> HistoryView:
    return await desk.history(request.match_info["node"][:LONGEST], instant(request, "since"))


async def availability(desk: Desk, request: web.Request) -> AvailabilityView:
    until = instant(request, "until") if "until" in request.query else None
    by = request.query.get("by", "site")[:LONGEST]
    return await desk.availability(instant(request, "since"), until, by=by, match=match(request))


async def policy_diff(desk: Desk, request: web.Request) -> PolicyDiffView:
    """A body beyond the cap is refused before it is read whole."""
    return await desk.policy_diff(await posted(request, Policy))


async def posted(request: web.Request, kind: type[T]) -> T:
    try:
        async with asyncio.timeout(POSTED):
            body = await request.read()
    except (ConnectionError, TimeoutError) as exc:
        raise BadRequestError("body", "reading the request", "it was never finished") from exc
    try:
        return load(kind, body)
    except ValueError as exc:
        raise BadRequestError("body", "reading the request", str(exc)) from exc


def instant(request: web.Request, name: str) -> datetime:
    """A time of the query; UTC unless it says otherwise. Beyond our calendar, its end."""
    text = request.query.get(name, "")
    try:
        at = datetime.fromisoformat(text)
    except ValueError as exc:
        raise BadRequestError(name, "reading the request", f"{text!r} is no ISO time") from exc
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return min(max(at, EPOCH), LAST)


async def events(request: web.Request) -> web.StreamResponse:
    """A page of events, or the stream of them from a number on."""
    if wants_stream(request):
        return await stream_events(request, resume_from(request))
    limit = number(request, "limit", 500, most=MOST)
    page = await request[DESK].events(number(request, "after", 0), limit=limit)
    return as_json(list[EventView], page)


def resume_from(request: web.Request) -> int:
    """Last-Event-ID, which a reconnecting reader sends by itself, goes before `after`."""
    last = request.headers.get("Last-Event-ID", "")
    return whole("Last-Event-ID", last) if last else number(request, "after", 0)


async def do(request: web.Request) -> web.StreamResponse:
    """Say a verb. A body beyond the cap is refused before it is read whole."""
    order = await posted(request, Order)
    answer = await request[DESK].do(
        order.verb,
        order.subject,
        reason=order.reason,
        arguments=order.arguments,
        force=order.force,
    )
    return as_json(Answer, answer)


def number(request: web.Request, name: str, default: int, *, most: int | None = None) -> int:
    """A whole number of the query, not negative, cut at `most`."""
    text = request.query.get(name)
    found = default if text is None else whole(name, text)
    return found if most is None else min(found, most)


def whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise BadRequestError(name, "reading the request", f"{text[:20]!r} is no whole number")
    return int(text)
