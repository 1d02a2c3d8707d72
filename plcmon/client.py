"""The Desk over the service's unix socket, for faces in another process."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import aiohttp
from aiohttp.http import HttpProcessingError
from yarl import URL

from plcmon.errors import DeskError, PlcmonError
from plcmon.model.policy import Policy
from plcmon.operations.posting import check_form
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
from plcmon.operations.wire import Order, dump, error_from, load
from plcmon.times import Clock, SystemClock

T = TypeVar("T")

BASE = "http://plcmon"  # the name is never looked up: the socket is the address
SHOWING = timedelta(seconds=30)
DOING = timedelta(minutes=5)  # a PCU may take its time
PATIENCE = timedelta(seconds=60)  # for a service that restarts, while watching
QUIET = timedelta(seconds=45)  # three heartbeats of the service
FIRST_PAUSE, LONGEST_PAUSE = timedelta(milliseconds=100), timedelta(seconds=5)
LONGEST_LINE = 1024 * 1024  # bytes; also what is read ahead
NOTHING: Mapping[str, str] = {}
CONTENT = {"": "application/octet-stream", "json": "application/json", "csv": "text/csv"}


class LostError(DeskError):
    """The connection could not be made or broke; to `watch` a reason to try again."""


class Client:
    """A Desk. Errors of the service arrive as the classes they left as."""

    def __init__(
        self,
        socket: Path,
        *,
        clock: Clock | None = None,
        showing: timedelta = SHOWING,
        doing: timedelta = DOING,
        patience: timedelta = PATIENCE,
        quiet: timedelta = QUIET,
    ) -> None:
        self._socket = socket
        self._clock = clock or SystemClock()
        self._showing = showing
        self._doing = doing
        self._patience = patience
        self._quiet = quiet
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # No timeouts of the library: each call has one deadline of its own.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(str(self._socket)),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            read_bufsize=LONGEST_LINE,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def summary(self) -> Summary:
        return await self._show(Summary, "summary")

    async def view(self) -> View:
        return await self._show(View, "view")

    async def nodes(self, match: str = "") -> list[NodeView]:
        return await self._show(list[NodeView], "nodes", {"match": match})

    async def sites(self, match: str = "") -> list[SiteView]:
        return await self._show(list[SiteView], "sites", {"match": match})

    async def pcus(self, match: str = "") -> list[PcuView]:
        return await self._show(list[PcuView], "pcus", {"match": match})

    async def issues(self, match: str = "", *, closed: bool = False) -> list[IssueView]:
        query = {"match": match, "closed": "1" if closed else "0"}
        return await self._show(list[IssueView], "issues", query)

    async def intents(self, match: str = "", *, limit: int = 200) -> list[IntentView]:
        query = {"match": match, "limit": str(max(0, limit))}
        return await self._show(list[IntentView], "intents", query)

    async def why(self, subject: str, at: datetime | None = None) -> WhyView:
        what = f"why/{quote(subject.strip() or ' ', safe='')}"
        if at is None:
            return await self._show(WhyView, what)
        return await self._show(WhyView, what, {"at": at.isoformat()}, patience=self._doing)

    async def plan(self, span: timedelta) -> PlanView:
        query = {"for": f"{span.total_seconds():.3f}s"}
        return await self._show(PlanView, "plan", query, patience=self._doing)

    async def approvals(self) -> list[ApprovalView]:
        return await self._show(list[ApprovalView], "approvals")

    async def repairs(self, since: datetime) -> RepairsView:
        return await self._show(RepairsView, "repairs", {"since": since.isoformat()})

    async def readiness(self) -> ReadinessView:
        return await self._show(ReadinessView, "readiness")

    async def digest(self) -> DigestView:
        return await self._show(DigestView, "digest")

    async def is_it_us(self) -> IsItUsView:
        return await self._show(IsItUsView, "is-it-us")

    async def history(self, node: str, since: datetime) -> HistoryView:
        what = f"history/{quote(node.strip() or ' ', safe='')}"
        query = {"since": since.isoformat()}
        return await self._show(HistoryView, what, query, patience=self._doing)

    async def availability(
        self, since: datetime, until: datetime | None = None, *, by: str = "site", match: str = ""
    ) -> AvailabilityView:
        query = {"since": since.isoformat(), "by": by, "match": match}
        query |= {"until": until.isoformat()} if until is not None else {}
        return await self._show(AvailabilityView, "availability", query, patience=self._doing)

    async def sessions(self, pcu: str) -> list[SessionView]:
        return await self._show(
            list[SessionView], f"pcus/{quote(pcu.strip() or ' ', safe='')}/sessions"
        )

    async def post_readings(self, source: str, body: bytes, *, form: str = "") -> PostedView:
        check_form(source, form)
        what = f"readings/{quote(source.strip() or ' ', safe='')}"
        return await self._post(PostedView, "posting readings", what, body, CONTENT[form])

    async def policy_diff(self, policy: Policy) -> PolicyDiffView:
        return await self._post(
            PolicyDiffView, "comparing the policies", "policy-diff", dump(Policy, policy)
        )

    async def since(self, since: datetime) -> HandoverView:
        return await self._show(HandoverView, "since", {"at": since.isoformat()})

    async def audit(
        self,
        about: str = "",
        *,
        actor: str = "",
        verb: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 200,
    ) -> list[AuditView]:
        query = {"about": about, "actor": actor, "verb": verb, "limit": str(max(0, limit))}
        for name, at in (("since", since), ("until", until)):
            query |= {name: at.isoformat()} if at is not None else {}
        return await self._show(list[AuditView], "audit", query)

    async def verify(self) -> VerifyView:
        return await self._show(VerifyView, "audit/verify", patience=self._doing)

    async def events(self, after: int, *, limit: int = 500) -> list[EventView]:
        query = {"after": str(max(0, after)), "limit": str(max(0, limit))}
        return await self._show(list[EventView], "events", query)

    async def do(
        self,
        verb: str,
        subject: str = "",
        *,
        reason: str = "",
        arguments: Mapping[str, Any] | None = None,
        force: bool = False,
    ) -> Answer:
        """Post a verb, once: a connection that breaks is reported, never tried again."""
        body = dump(Order, Order(verb, subject, reason, arguments or {}, force))
        return await self._post(Answer, f"saying {verb}", "do", body)

    async def watch(self, after: int) -> AsyncIterator[EventView]:
        """Resumes by number when the connection breaks.

        Raises DeskError when the service is not there at first, or stays away for long.
        """
        met, pause, lost_at = False, FIRST_PAUSE, self._clock.monotonic()
        while True:
            try:
                async with aclosing(self._listen(after)) as heard:
                    async for event in heard:
                        met, pause, lost_at = True, FIRST_PAUSE, self._clock.monotonic()
                        if event is not None and event.seq > after:
                            after = event.seq
                            yield event
            except LostError:
                away = self._clock.monotonic() - lost_at
                if not met or away > self._patience.total_seconds():
                    raise
            await self._clock.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _listen(self, after: int) -> AsyncGenerator[EventView | None, None]:
        """One connection's events, None for its heartbeats; ends when the service ends it."""
        doing = "watching the events"
        headers = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
        async with self._answer(doing, "events", headers=headers) as answer:
            try:
                while line := await self._line(answer, doing):
                    if line.startswith(b"data: "):
                        yield self._read(EventView, doing, line[6:])
                    elif line.startswith(b":"):
                        yield None
            except (ValueError, HttpProcessingError) as exc:  # a line beyond all measure
                raise DeskError(str(self._socket), doing, "an event is too long") from exc

    async def _line(self, answer: aiohttp.ClientResponse, doing: str) -> bytes:
        """The next line; a service that stands still sends not even its heartbeat."""
        try:
            async with asyncio.timeout(self._quiet.total_seconds()):
                return await answer.content.readline()
        except TimeoutError as exc:
            why = f"no sign of life for {self._quiet.total_seconds():g} s"
            raise LostError(str(self._socket), doing, why) from exc

    async def _post(
        self, kind: type[T], doing: str, what: str, body: bytes, form: str = "application/json"
    ) -> T:
        headers = {"Content-Type": form}
        async with (
            self._deadline(doing, self._doing),
            self._answer(doing, what, method="POST", headers=headers, body=body) as answer,
        ):
            return self._read(kind, doing, await answer.read())

    async def _show(
        self,
        kind: type[T],
        what: str,
        query: Mapping[str, str] = NOTHING,
        *,
        patience: timedelta | None = None,
    ) -> T:
        doing = f"asking for {what}"
        async with (
            self._deadline(doing, patience or self._showing),
            self._answer(doing, what, query=query) as answer,
        ):
            return self._read(kind, doing, await answer.read())

    @asynccontextmanager
    async def _deadline(self, doing: str, deadline: timedelta) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                yield
        except TimeoutError as exc:
            seconds = f"{deadline.total_seconds():g} s"
            raise DeskError(str(self._socket), doing, f"no answer within {seconds}") from exc

    @asynccontextmanager
    async def _answer(
        self,
        doing: str,
        what: str,
        *,
        method: str = "GET",
        query: Mapping[str, str] = NOTHING,
        headers: Mapping[str, str] = NOTHING,
        body: bytes | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """One request's answer. Raises the service's own error, or LostError."""
        if self._session is None:
            raise DeskError(str(self._socket), doing, "the client is not open")
        url = URL(f"{BASE}/api/{what}", encoded=True).with_query(query)
        try:
            async with self._session.request(
                method, url, headers=dict(headers), data=None if body is None else BytesIO(body)
            ) as answer:
                if answer.status != 200:
                    raise self._refusal(doing, answer.status, await answer.read())
                yield answer
        except aiohttp.ClientError as exc:
            raise LostError(str(self._socket), doing, lost(exc)) from exc

    def _read(self, kind: type[T], doing: str, data: bytes) -> T:
        try:
            return load(kind, data)
        except ValueError as exc:
            why = f"the service speaks another version: {exc}"
            raise DeskError(str(self._socket), doing, why) from exc

    def _refusal(self, doing: str, status: int, data: bytes) -> PlcmonError:
        try:
            found = json.loads(data)
        except ValueError:
            found = None
        if isinstance(found, dict) and "error" in found:
            return error_from(found)
        return DeskError(str(self._socket), doing, f"the service answered with status {status}")


def lost(error: aiohttp.ClientError) -> str:
    """Why there is no answer, in words that say what to look at."""
    if isinstance(error, aiohttp.ClientConnectorError):
        if isinstance(error.os_error, PermissionError):
            return "this user may not use the socket"
        if isinstance(error.os_error, FileNotFoundError | ConnectionRefusedError):
            return "no service listens there; is it running?"
        return error.os_error.strerror or str(error.os_error)
    return "the connection broke before the answer was complete"
