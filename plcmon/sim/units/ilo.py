"""An HP iLO: one machine's management processor, RIBCL over HTTPS."""

import asyncio
import html
import re
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

USER = re.compile(r'USER_LOGIN="([^"]*)"')
PASSWORD = re.compile(r'PASSWORD="([^"]*)"')
ACTION = re.compile(
    r"<(GET_HOST_POWER_STATUS|SET_HOST_POWER|HOLD_PWR_BTN|PRESS_PWR_BTN|RESET_SERVER|COLD_BOOT_SERVER)"
    r'(?:\s+HOST_POWER="(Yes|No)")?'
)
VERBS = {
    "PRESS_PWR_BTN": "off",
    "HOLD_PWR_BTN": "off",
    "RESET_SERVER": "reboot",
    "COLD_BOOT_SERVER": "reboot",
}


class Site:
    """aiohttp's server, with the manners of a Listener."""

    def __init__(self, runner: web.AppRunner) -> None:
        self._runner = runner

    def close(self) -> None:
        """Everything is awaited below."""

    async def wait_closed(self) -> None:
        await self._runner.cleanup()


class IloUnit:
    """A virtual iLO 4 in front of one machine: the first of `relays`, whatever its outlet."""

    family = "ilo"

    def __init__(
        self,
        relays: Mapping[str, Relay],
        *,
        user: str = "Administrator",
        password: str,
        host: str = "127.0.0.1",
        port: int = 0,
        log: CommandLog | None = None,
        certificate: Certificate | None = None,
    ) -> None:
        self.relay = next(iter(relays.values()))
        self.user = user
        self.host = host
        self.faults = UnitFaults()
        self.log = log or CommandLog()
        self.mechanics = Mechanics(self.faults)
        self.certificate = certificate or Certificate.make(host)
        self._password = password
        self._tls: ssl.SSLContext | None = None
        self._released = asyncio.Event()  # lets hanging requests go when the unit ends
        self._door = Door(host, port, self.faults, self._open)

    @property
    def port(self) -> int:
        return self._door.port

    @property
    def fingerprint(self) -> str:
        return self.certificate.fingerprint

    async def __aenter__(self) -> Self:
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
        app.router.add_post("/ribcl", self._ribcl)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, host, port, ssl_context=self._tls).start()
        return Site(runner), runner.addresses[0][1]

    async def _ribcl(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        if self.faults.dead:
            await self._released.wait()
        if self.faults.busy:
            return web.Response(status=503, text="Service Unavailable")
        self.log.append("login", "", destructive=False)
        if not self._accepts(body):
            return answer(("0x0000", "No error", ""), ("0x005F", "Login failed.", ""))
        if self.faults.hangs_after_login:
            await self._released.wait()
        action = ACTION.search(body)
        if action is None:
            return answer(("0x0001", "There has been a severe error.", ""))
        return self._act(request, action[1], action[2] or "", write='MODE="write"' in body)

    def _accepts(self, body: str) -> bool:
        user, password = USER.search(body), PASSWORD.search(body)
        if user is None or password is None or self.faults.wrong_password:
            return False
        given = html.unescape(user[1]), html.unescape(password[1])
        return given == (self.user, self._password)

    def _act(
        self, request: web.Request, action: str, power: str, *, write: bool
    ) -> web.StreamResponse:
        if action == "GET_HOST_POWER_STATUS":
            self.log.append("read", "", destructive=False)
            state = "ON" if self.relay.on else "OFF"
            return answer(
                *LOGGED_IN, ("0x0000", "No error", f'<GET_HOST_POWER HOST_POWER="{state}"/>')
            )
        if not write:
            message = "Server information is open for read-only access. Write access is required."
            return answer(*LOGGED_IN, ("0x0004", message, ""))
        verb = VERBS.get(action, "on" if power == "Yes" else "off")
        if verb != "on" and self.faults.drop_at == "before-commit":
            return hang_up(request)
        if verb == ("on" if self.relay.on else "off"):
            return answer(*LOGGED_IN, ("0x0004", f"Host power is already {verb.upper()}.", ""))
        self.log.append(verb, self.relay.outlet, destructive=verb != "on")
        self.mechanics.obey(verb, self.relay)
        if verb != "on" and self.faults.drop_at == "after-commit":
            return hang_up(request)
        inform = "<INFORM>Server being reset.</INFORM>" if verb == "reboot" else ""
        return answer(*LOGGED_IN, ("0x0000", "No error", inform))


LOGGED_IN = (("0x0000", "No error", ""), ("0x0000", "No error", ""))


def answer(*responses: tuple[str, str, str]) -> web.Response:
    """A stream of documents, one for each element of the request."""
    documents = (
        f'<?xml version="1.0"?>\r\n<RIBCL VERSION="2.23">\r\n'
        f"<RESPONSE\r\n    STATUS=\"{status}\"\r\n    MESSAGE='{message}'\r\n     />\r\n"
        f"{payload}\r\n</RIBCL>\r\n"
        for status, message, payload in responses
    )
    return web.Response(text="".join(documents), content_type="text/xml")


def hang_up(request: web.Request) -> web.StreamResponse:
    """Cut the link without a word."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
