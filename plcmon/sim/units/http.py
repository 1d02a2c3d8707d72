"""A unit that answers HTTP requests, with or without TLS: its server, its health, its relays."""

import asyncio
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from aiohttp import web

from plcmon.sim.relay import Relay
from plcmon.sim.units.certificate import Certificate
from plcmon.sim.units.door import Door, Listener
from plcmon.sim.units.mechanics import Mechanics
from plcmon.sim.units.unit import CommandLog, UnitFaults


class Site:
    """aiohttp's server, with the manners of a Listener."""

    def __init__(self, runner: web.AppRunner) -> None:
        self._runner = runner

    def close(self) -> None:
        """Everything is awaited below."""

    async def wait_closed(self) -> None:
        await self._runner.cleanup()


class HttpUnit:
    """A family says how it answers one request."""

    family = ""
    reboot = 5.0  # seconds between off and on of its own reboot

    def __init__(
        self,
        relays: Mapping[str, Relay],
        *,
        user: str = "admin",
        password: str,
        host: str = "127.0.0.1",
        port: int = 0,
        log: CommandLog | None = None,
        transport: str = "https",
        certificate: Certificate | None = None,
    ) -> None:
        self.relays = relays
        self.user = user
        self.host = host
        self.faults = UnitFaults()
        self.log = log or CommandLog()
        self.mechanics = Mechanics(self.faults, reboot=self.reboot)
        self.transport = transport
        self.password = password
        self._certificate = certificate
        self._tls: ssl.SSLContext | None = None
        self._released = asyncio.Event()  # lets hanging requests go when the unit ends
        self._door = Door(host, port, self.faults, self._open)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """What the family says to one request."""
        raise NotImplementedError

    @property
    def port(self) -> int:
        return self._door.port

    @property
    def certificate(self) -> Certificate:
        """Made when first asked for; a unit without TLS needs none."""
        if self._certificate is None:
            self._certificate = Certificate.make(self.host)
        return self._certificate

    @property
    def fingerprint(self) -> str:
        """What a record pins; empty without TLS."""
        return self.certificate.fingerprint if self.transport == "https" else ""

    async def hang(self) -> None:
        """Say nothing until the unit ends."""
        await self._released.wait()

    async def __aenter__(self) -> Self:
        if self.transport == "https":
            self._tls = await asyncio.to_thread(self.certificate.context)
        await self._door.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._released.set()
        self.mechanics.stop()
        await self._door.__aexit__(kind, error, trace)

    async def _open(self, host: str, port: int) -> tuple[Listener, int]:
        app = web.Application(client_max_size=64 * 1024)
        app.router.add_route("*", "/{path:.*}", self._serve)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, host, port, ssl_context=self._tls).start()
        return Site(runner), runner.addresses[0][1]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if self.faults.dead:
            await self.hang()
        if self.faults.busy:
            return web.Response(status=503, text="Service Unavailable")
        return await self.answer(request)


def hang_up(request: web.Request) -> web.StreamResponse:
    """Cut the link without a word."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
