"""Server-sent events: the story as it is written, each event's number its id."""

import asyncio
import logging
from collections.abc import AsyncGenerator

from aiohttp import web

from plcmon.api.shared import DESK, HEARTBEAT, STOPPING
from plcmon.errors import PlcmonError
from plcmon.operations.desk import Desk
from plcmon.operations.views import EventView
from plcmon.operations.wire import dump

log = logging.getLogger(__name__)

STILL_HERE = b": still here\n\n"  # a comment; tells both ends that the other is there


def wants_stream(request: web.Request) -> bool:
    asked = request.query.get("stream", "") in ("1", "true", "yes")
    return asked or "text/event-stream" in request.headers.get("Accept", "")


async def stream_events(request: web.Request, after: int) -> web.StreamResponse:
    """Send events until the reader goes or the service stops.

    A reader that is slow is waited for; what it misses meanwhile comes from the database.
    """
    response = web.StreamResponse(headers={"Cache-Control": "no-store"})
    response.content_type = "text/event-stream"
    try:
        await response.prepare(request)
        async with asyncio.TaskGroup() as tasks:
            desk = request[DESK]
            pump = tasks.create_task(send_events(response, desk, after), name="api-events")
            await keep_alive(request, response)
            pump.cancel()
    except* ConnectionError:
        log.debug("event reader went away")
    except* PlcmonError as failures:
        # The head of the answer is out: all that is left is to end it. The reader resumes by id.
        log.warning("event stream ended", extra={"error": str(failures.exceptions[0])})
    return response


async def send_events(response: web.StreamResponse, desk: Desk, after: int) -> None:
    await response.write(STILL_HERE)
    events = desk.watch(after)
    try:
        async for event in events:
            await response.write(frame(event))
    finally:
        if isinstance(events, AsyncGenerator):
            await events.aclose()  # so that its subscription ends now, not when it is collected


async def keep_alive(request: web.Request, response: web.StreamResponse) -> None:
    """Say from time to time that we are here; returns when the service stops."""
    stopping, heartbeat = request.app[STOPPING], request.app[HEARTBEAT].total_seconds()
    while not stopping.is_set():
        try:
            async with asyncio.timeout(heartbeat):
                await stopping.wait()
        except TimeoutError:
            await response.write(STILL_HERE)


def frame(event: EventView) -> bytes:
    """One event in the form of the HTML standard, section 9.2; JSON has no raw newline."""
    head = f"id: {event.seq}\nevent: {event.kind}\ndata: ".encode()
    return head + dump(EventView, event) + b"\n\n"
