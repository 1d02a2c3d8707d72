"""What the API's modules hand one another through aiohttp."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from aiohttp import web

from plcmon.errors import DeskError
from plcmon.operations.desk import Desk

Answerer = Callable[[web.Request], Awaitable[web.StreamResponse]]

DESK = web.RequestKey("desk", Desk)
STOPPING = web.AppKey("stopping", asyncio.Event)  # set when streams are to end
HEARTBEAT = web.AppKey("heartbeat", timedelta)


class BadRequestError(DeskError):
    """What was sent is not a request of this API."""

    code = "bad-request"
    advice = "Check the path, the query and the body."
