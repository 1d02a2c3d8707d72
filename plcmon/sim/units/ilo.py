"""An HP iLO: one machine's management processor, RIBCL over HTTPS."""

import html
import re
from collections.abc import Mapping

from aiohttp import web

from plcmon.sim.relay import Relay
from plcmon.sim.units.certificate import Certificate
from plcmon.sim.units.http import HttpUnit, hang_up
from plcmon.sim.units.unit import CommandLog

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


class IloUnit(HttpUnit):
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
        super().__init__(
            relays,
            user=user,
            password=password,
            host=host,
            port=port,
            log=log,
            certificate=certificate,
        )
        self.relay = next(iter(relays.values()))

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if (request.method, request.path) != ("POST", "/ribcl"):
            return web.Response(status=404)
        body = await request.text()
        self.log.append("login", "", destructive=False)
        if not self._accepts(body):
            return ribcl(("0x0000", "No error", ""), ("0x005F", "Login failed.", ""))
        if self.faults.hangs_after_login:
            await self.hang()
        action = ACTION.search(body)
        if action is None:
            return ribcl(("0x0001", "There has been a severe error.", ""))
        return self._act(request, action[1], action[2] or "", write='MODE="write"' in body)

    def _accepts(self, body: str) -> bool:
        user, password = USER.search(body), PASSWORD.search(body)
        if user is None or password is None or self.faults.wrong_password:
            return False
        given = html.unescape(user[1]), html.unescape(password[1])
        return given == (self.user, self.password)

    def _act(
        self, request: web.Request, action: str, power: str, *, write: bool
    ) -> web.StreamResponse:
        if action == "GET_HOST_POWER_STATUS":
            self.log.append("read", "", destructive=False)
            state = "ON" if self.relay.on else "OFF"
            return ribcl(
                *LOGGED_IN, ("0x0000", "No error", f'<GET_HOST_POWER HOST_POWER="{state}"/>')
            )
        if not write:
            message = "Server information is open for read-only access. Write access is required."
            return ribcl(*LOGGED_IN, ("0x0004", message, ""))
        verb = VERBS.get(action, "on" if power == "Yes" else "off")
        if verb != "on" and self.faults.drop_at == "before-commit":
            return hang_up(request)
        if verb == ("on" if self.relay.on else "off"):
            return ribcl(*LOGGED_IN, ("0x0004", f"Host power is already {verb.upper()}.", ""))
        self.log.append(verb, self.relay.outlet, destructive=verb != "on")
        self.mechanics.obey(verb, self.relay)
        if verb != "on" and self.faults.drop_at == "after-commit":
            return hang_up(request)
        inform = "<INFORM>Server being reset.</INFORM>" if verb == "reboot" else ""
        return ribcl(*LOGGED_IN, ("0x0000", "No error", inform))


LOGGED_IN = (("0x0000", "No error", ""), ("0x0000", "No error", ""))


def ribcl(*responses: tuple[str, str, str]) -> web.Response:
    """A stream of documents, one for each element of the request."""
    documents = (
        f'<?xml version="1.0"?>\r\n<RIBCL VERSION="2.23">\r\n'
        f"<RESPONSE\r\n    STATUS=\"{status}\"\r\n    MESSAGE='{message}'\r\n     />\r\n"
        f"{payload}\r\n</RIBCL>\r\n"
        for status, message, payload in responses
    )
    return web.Response(text="".join(documents), content_type="text/xml")
