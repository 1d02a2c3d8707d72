"""The API's server: who is calling, which desk is theirs, and every error as JSON."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Middleware

from plcmon.api.door import Porter, open_door, own_uid, peer_uid, user_name
from plcmon.api.routes import routes
from plcmon.api.shared import DESK, HEARTBEAT, STOPPING, Answerer, BadRequestError
from plcmon.errors import (
    DeclinedError,
    DeviceError,
    ForbiddenError,
    MistypedError,
    NotFoundError,
    PlcmonError,
    to_json,
)
from plcmon.model.events import Actor
from plcmon.operations.desk import ROLES, Desk
from plcmon.operations.wire import warm

log = logging.getLogger(__name__)

LARGEST = 64 * 1024  # bytes of a request's body
IDLE = 60.0  # seconds; who has not said what they want by then is let go
WAITING = 128  # callers at the door
STATUS: Mapping[type[PlcmonError], int] = {
    BadRequestError: 400,
    MistypedError: 400,
    ForbiddenError: 403,
    NotFoundError: 404,
    DeclinedError: 409,
    DeviceError: 502,
    PlcmonError: 503,  # the store, or the service itself
}
ROOT = 0


class Understood(logging.Filter):
    """What is no HTTP is the caller's fault: one line of it, and none of what was sent."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            record.levelno, record.levelname = logging.INFO, "INFO"
            record.msg, record.args, record.exc_info = "caller speaks no HTTP", (), None
        return True


http_log = logging.getLogger(f"{__name__}.http")
http_log.addFilter(Understood())


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the loops turn: seconds since each last did, and what they leave undone."""

    ok: bool
    ages: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


@asynccontextmanager
async def serve_api(
    desk_for: Callable[[Actor], Desk],
    *,
    socket: Path,
    mode: int = 0o660,
    group: str | None = None,
    roles: Mapping[str, str],
    health: Callable[[], Health],
    heartbeat: timedelta = timedelta(seconds=15),
    admins: Collection[int] | None = None,
) -> AsyncIterator[None]:
    """Serve the Desk at `socket` while entered.

    `roles`: user name -> role; who has none is refused. `admins`: uids that are admins unless
    their name has a role, by default root and the service's own user.
    Raises DeskError when the socket cannot be opened.
    """
    admins = frozenset((ROOT, own_uid())) if admins is None else frozenset(admins)
    app = web.Application(
        middlewares=[speak_json, admit(desk_for, roles, admins)], client_max_size=LARGEST
    )
    app[STOPPING], app[HEARTBEAT] = asyncio.Event(), heartbeat
    app.add_routes(routes())
    app.router.add_get("/healthz", healthz(health))
    # The handlers of streams end by themselves when told to stop, so little time is needed.
    runner = web.AppRunner(
        app, access_log=None, shutdown_timeout=2.0, keepalive_timeout=IDLE, logger=http_log
    )
    await asyncio.to_thread(warm)
    async with open_door(socket, mode=mode, group=group) as door:
        await runner.setup()
        assert runner.server is not None
        door.listen(WAITING)
        async with asyncio.TaskGroup() as tasks:
            porter = tasks.create_task(Porter(runner.server).run(door), name="api-porter")
            try:
                log.info("api opened", extra={"socket": str(socket)})
                yield
            finally:
                porter.cancel()
                app[STOPPING].set()
                await runner.cleanup()
                log.info("api closed", extra={"socket": str(socket)})


@web.middleware
async def speak_json(request: web.Request, handler: Answerer) -> web.StreamResponse:
    """Turn every error into its JSON form with the right status."""
    try:
        return await handler(request)
    except PlcmonError as exc:
        return refusal(exc)
    except web.HTTPException as exc:
        if exc.status < 400:
            raise
        return refusal(BadRequestError(request.path, request.method, exc.reason), exc.status)


def refusal(error: PlcmonError, status: int | None = None) -> web.Response:
    return web.json_response(to_json(error), status=status or status_of(type(error)))


def status_of(error: type[PlcmonError]) -> int:
    """The HTTP status of a situation: its own, or that of what it is a case of."""
    return next(STATUS[kind] for kind in error.__mro__ if kind in STATUS)


def admit(
    desk_for: Callable[[Actor], Desk], roles: Mapping[str, str], admins: Collection[int]
) -> Middleware:
    """A middleware that finds the caller and puts their desk into the request."""

    @web.middleware
    async def middleware(request: web.Request, handler: Answerer) -> web.StreamResponse:
        if request.path != "/healthz":
            uid = caller_uid(request)
            name = await asyncio.to_thread(user_name, uid)
            role = roles.get(name) or ("admin" if uid in admins else "")
            request[DESK] = desk_for(actor_in(name, role))
        return await handler(request)

    return middleware


def caller_uid(request: web.Request) -> int:
    connection = request.get_extra_info("socket")
    if connection is None:
        raise ForbiddenError("somebody", "calling", "the connection is already gone")
    return peer_uid(connection)


def actor_in(name: str, role: str) -> Actor:
    """Raises ForbiddenError for a user without a role that the Desk knows."""
    if role not in ROLES:
        raise ForbiddenError(name, "calling", "this user has no role here")
    return Actor(name, role, "socket")


def healthz(health: Callable[[], Health]) -> Answerer:
    async def answer(request: web.Request) -> web.StreamResponse:
        found = health()
        ages = "".join(f"{name} {seconds:.3f} s\n" for name, seconds in found.ages.items())
        counts = "".join(f"{name} {number}\n" for name, number in found.counts.items())
        word = "ok" if found.ok else "stale"
        return web.Response(text=f"{word}\n{ages}{counts}", status=200 if found.ok else 503)

    return answer
