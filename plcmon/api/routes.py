"""The API's routes: one for each thing the Desk can show, and one for every verb."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TypeVar

from aiohttp import web

from plcmon.api.shared import DESK, Answerer, BadRequestError
from plcmon.api.stream import stream_events, wants_stream
from plcmon.config.sources import MOST_POSTED
from plcmon.operations.desk import Desk
from plcmon.operations.reports import (
    AvailabilityView,
    DigestView,
    HistoryView,
    IsItUsView,
    PostedView,
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
from plcmon.operations.wire import Order, dump, load, load_policy
from plcmon.times import EPOCH, parse_duration

T = TypeVar("T")

MOST = 5_000  # rows of one answer that can be asked for
LONGEST = 300  # characters of a filter or name
AT_ONCE = 500  # rows written in one turn of the loop, some 3 ms
CHUNK = 64 * 1024  # bytes
FORMS = {"application/json": "json", "text/csv": "csv"}
UNTOLD = ("application/octet-stream", "application/x-www-form-urlencoded", "text/plain")
AUDIT = ("about", "actor", "verb", "since", "until", "limit")
AVAILABILITY = ("since", "until", "by", "match")
YES, NO = ("1", "true", "yes"), ("", "0", "false", "no")
POSTED = 30.0  # seconds for a body to come whole
LAST = datetime(9000, 1, 1, tzinfo=UTC)  # a later time could not be reckoned with


def routes() -> Iterable[web.RouteDef]:
    """Every route but /healthz, which asks nobody's desk."""
    return (
        web.get("/api/summary", shows(Summary, lambda desk, ask: desk.summary())),
        web.get("/api/view", shows(View, lambda desk, ask: desk.view())),
        web.get("/api/nodes", shows(list[NodeView], nodes, "match")),
        web.get("/api/sites", shows(list[SiteView], sites, "match")),
        web.get("/api/pcus", shows(list[PcuView], pcus, "match")),
        web.get("/api/pcus/{pcu:.+}/sessions", shows(list[SessionView], sessions)),
        web.get("/api/issues", shows(list[IssueView], issues, "match", "closed")),
        web.get("/api/intents", shows(list[IntentView], intents, "match", "limit")),
        web.get("/api/why/{subject:.+}", shows(WhyView, why, "at")),
        web.get("/api/since", shows(HandoverView, since, "at")),
        web.get("/api/audit", shows(list[AuditView], audit, *AUDIT)),
        web.get("/api/audit/verify", shows(VerifyView, lambda desk, ask: desk.verify())),
        web.get("/api/plan", shows(PlanView, plan, "for")),
        web.get("/api/approvals", shows(list[ApprovalView], lambda desk, ask: desk.approvals())),
        web.get("/api/repairs", shows(RepairsView, repairs, "since")),
        web.get("/api/readiness", shows(ReadinessView, lambda desk, ask: desk.readiness())),
        web.get("/api/is-it-us", shows(IsItUsView, lambda desk, ask: desk.is_it_us())),
        web.get("/api/history/{node:.+}", shows(HistoryView, history, "since")),
        web.get("/api/availability", shows(AvailabilityView, availability, *AVAILABILITY)),
        web.get("/api/digest", shows(DigestView, lambda desk, ask: desk.digest())),
        web.post("/api/readings/{source}", shows(PostedView, post_readings)),
        web.post("/api/policy-diff", shows(PolicyDiffView, policy_diff)),
        web.get("/api/events", events),
        web.post("/api/do", do),
    )


def shows(kind: type[T], ask: Callable[[Desk, web.Request], Awaitable[T]], *names: str) -> Answerer:
    """A handler that asks the caller's desk and writes what it says as JSON.

    `names` are those that the query may have.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        refuse_unknown(request, names)
        return await as_json(kind, await ask(request[DESK], request))

    return answer


def refuse_unknown(request: web.Request, names: Sequence[str]) -> None:
    """A misspelt name would ask another question. Raises BadRequestError."""
    for name in request.query:
        if name not in names:
            allowed = f"allowed: {', '.join(names)}" if names else "nothing is asked for here"
            why = f"unknown in the query; {allowed}"
            raise BadRequestError(name[:LONGEST], "reading the request", why)


async def in_pieces(kind: type[T], value: T) -> bytes:
    """The value as JSON; a long list is written while the loop turns, for others are in haste."""
    if not isinstance(value, list):
        return dump(kind, value)
    pieces = []
    for begin in range(0, len(value), AT_ONCE):
        pieces.append(dump(kind, value[begin : begin + AT_ONCE])[1:-1])
        await asyncio.sleep(0)
    return b"[%s]" % b",".join(pieces)


async def as_json(kind: type[T], value: T) -> web.Response:
    return web.Response(body=await in_pieces(kind, value), content_type="application/json")


def match(request: web.Request) -> str:
    return request.query.get("match", "")[:LONGEST]


async def nodes(desk: Desk, request: web.Request) -> list[NodeView]:
    return await desk.nodes(match(request))


async def sites(desk: Desk, request: web.Request) -> list[SiteView]:
    return await desk.sites(match(request))


async def pcus(desk: Desk, request: web.Request) -> list[PcuView]:
    return await desk.pcus(match(request))


async def issues(desk: Desk, request: web.Request) -> list[IssueView]:
    closed = request.query.get("closed", "").lower()
    if closed not in YES + NO:
        why = f"{closed[:20]!r} is neither yes nor no"
        raise BadRequestError("closed", "reading the request", why)
    return await desk.issues(match(request), closed=closed in YES)


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
    return await desk.policy_diff(await posted(request, load_policy))


async def post_readings(desk: Desk, request: web.Request) -> PostedView:
    """A body beyond the cap is refused before it is read whole."""
    form = form_of(request)
    body = await read_body(request, MOST_POSTED)
    return await desk.post_readings(request.match_info["source"][:LONGEST], body, form=form)


def form_of(request: web.Request) -> str:
    """By its type; what curl and others call it without being told is looked at itself."""
    kind = request.content_type
    if kind in UNTOLD:
        return ""
    if kind not in FORMS:
        why = f'"{kind}" is not taken; {", ".join(FORMS)} are'
        raise BadRequestError("Content-Type", "reading the request", why)
    return FORMS[kind]


async def read_body(request: web.Request, most: int) -> bytes:
    """The whole body, where a larger one is taken than by other routes."""
    body = bytearray()
    async with in_time():
        async for chunk in request.content.iter_chunked(CHUNK):
            body += chunk
            if len(body) > most:
                raise web.HTTPRequestEntityTooLarge(max_size=most, actual_size=len(body))
    return bytes(body)


@asynccontextmanager
async def in_time() -> AsyncIterator[None]:
    """A body that does not come whole is nothing, and holds nobody up."""
    try:
        async with asyncio.timeout(POSTED):
            yield
    except (ConnectionError, TimeoutError) as exc:
        raise BadRequestError("body", "reading the request", "it was never finished") from exc


async def posted(request: web.Request, read: Callable[[bytes], T]) -> T:
    async with in_time():
        body = await request.read()
    try:
        return read(body)
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
    refuse_unknown(request, ("after", "limit", "stream"))
    if wants_stream(request):
        return await stream_events(request, resume_from(request))
    limit = number(request, "limit", 500, most=MOST)
    page = await request[DESK].events(number(request, "after", 0), limit=limit)
    return await as_json(list[EventView], page)


def resume_from(request: web.Request) -> int:
    """Last-Event-ID, which a reconnecting reader sends by itself, goes before `after`."""
    last = request.headers.get("Last-Event-ID", "")
    return whole("Last-Event-ID", last) if last else number(request, "after", 0)


async def do(request: web.Request) -> web.StreamResponse:
    """Say a verb. A body beyond the cap is refused before it is read whole."""
    order = await posted(request, lambda body: load(Order, body))
    answer = await request[DESK].do(
        order.verb,
        order.subject,
        reason=order.reason,
        arguments=order.arguments,
        force=order.force,
    )
    return await as_json(Answer, answer)


def number(request: web.Request, name: str, default: int, *, most: int | None = None) -> int:
    """A whole number of the query, not negative, cut at `most`."""
    text = request.query.get(name)
    found = default if text is None else whole(name, text)
    return found if most is None else min(found, most)


def whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise BadRequestError(name, "reading the request", f"{text[:20]!r} is no whole number")
    return int(text)
