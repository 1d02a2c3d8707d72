"""Credentials over HTTP: basic and digest, shown at once or when the unit asks for them.

A request that is answered with 401 was not carried out; the one that follows it with credentials
is the first that counts. Every user and password goes into a header, never into an address.
"""

import base64
from collections.abc import Mapping
from typing import Protocol

import aiohttp

from plcmon.drivers.base import Call
from plcmon.drivers.situations import IncompleteError

Middlewares = tuple[aiohttp.ClientMiddlewareType, ...]


class Basic:
    """User and password in every request, or in every one after the first that was refused."""

    def __init__(self, call: Call, *, unasked: bool) -> None:
        user, password = call.pcu.user, call.password
        self._header = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self._shown = unasked

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if not self._shown:
            answer = await handler(request)
            if not asks(answer, "basic"):
                return answer
            self._shown = True
        request.headers["Authorization"] = self._header
        return await handler(request)


def asks(answer: aiohttp.ClientResponse, scheme: str) -> bool:
    """Whether the unit wants to know who we are, in this way."""
    asked = answer.headers.get("WWW-Authenticate", "").lower()
    return answer.status == 401 and asked.startswith(scheme)


def nobody(call: Call) -> Middlewares:
    return ()


def basic(call: Call) -> Middlewares:
    return (Basic(call, unasked=True),)


class Bearer:
    """The credential as a token in every request."""

    def __init__(self, call: Call) -> None:
        self._header = f"Bearer {call.password}"

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        request.headers["Authorization"] = self._header
        return await handler(request)


def bearer(call: Call) -> Middlewares:
    """Raises IncompleteError for a token that no header can carry."""
    if not (call.password.isascii() and call.password.isprintable()):
        raise IncompleteError(call.peer, "logging in", "a token holds plain ASCII only")
    return (Bearer(call),)


def digest(call: Call) -> Middlewares:
    """Raises IncompleteError for a name that digest cannot carry."""
    if ":" in call.pcu.user:
        raise IncompleteError(call.peer, "logging in", "a user name cannot hold a colon")
    return (aiohttp.DigestAuthMiddleware(call.pcu.user, call.password),)


def asked(call: Call) -> Middlewares:
    """As the unit asks: digest, or else basic; nothing where it does not ask."""
    return (*digest(call), Basic(call, unasked=False))


class Credentials(Protocol):
    """Makes what shows our credentials to the unit of one call."""

    def __call__(self, call: Call) -> Middlewares: ...


WAYS: Mapping[str, Credentials] = {
    "none": nobody,
    "basic": basic,
    "digest": digest,
    "bearer": bearer,
    "asked": asked,
}
"""How the option `auth` may be answered."""
