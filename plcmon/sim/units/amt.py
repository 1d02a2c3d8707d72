"""An Intel AMT management engine: WS-Management over HTTP, digest asked for at every new nonce."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from plcmon.sim.relay import Relay
from plcmon.sim.units.http import HttpUnit, hang_up

REALM = "Digest:3C4E0000000000000000000000000000"
CIM = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
PAIR = re.compile(r'(\w+)="?([^",]*)"?')
ACTION = re.compile(r"<a:Action>[^<]*/(\w+)</a:Action>")
CODE = re.compile(r"<p:PowerState>(\d+)</p:PowerState>")
VERBS = {"2": "on", "5": "reboot", "8": "off", "10": "reset"}
INVALID_TRANSITION = 4097


class AmtUnit(HttpUnit):
    """A virtual engine in one machine: the first of `relays`, whatever its outlet."""

    family = "amt"
    reboot = 0.2

    def __init__(self, relays: Mapping[str, Relay], **at: Any) -> None:
        super().__init__(relays, **at)
        self.relay = next(iter(relays.values()))
        self.asleep = 0  # links that are lost before it wakes
        self._nonces: set[str] = set()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if self.asleep:
            self.asleep -= 1
            return hang_up(request)
        if request.path != "/wsman":
            return web.Response(status=404)
        given = dict(PAIR.findall(request.headers.get("Authorization", "")))
        if not self._accepts(given, request):
            return self._challenge()
        if self.faults.hangs_after_login:
            await self.hang()
        text = await request.text()
        action = ACTION.search(text)
        if action is None:
            return fault("Sender", "InvalidMessageInformationHeader", "no action")
        if action[1] == "Get":
            self.log.append("read", "", destructive=False)
            return reply(f"{CIM}CIM_AssociatedPowerManagementService", "PowerState", self._state())
        return self._act(text) or hang_up(request)

    def _challenge(self) -> web.Response:
        nonce = hashlib.md5(str(len(self._nonces)).encode()).hexdigest()
        self._nonces.add(nonce)
        asked = f'Digest realm="{REALM}", nonce="{nonce}",stale="false",qop="auth"'
        return web.Response(status=401, headers={"WWW-Authenticate": asked})

    def _accepts(self, given: dict[str, str], request: web.Request) -> bool:
        if given.get("nonce") not in self._nonces:
            return False
        if not self.log.rows or self.faults.wrong_password:
            self.log.append("login", "", destructive=False)
        if self.faults.wrong_password:
            return False
        account = hashed(self.user, REALM, self.password)
        asked = hashed(request.method, request.path)
        words = (given["nonce"], given["nc"], given["cnonce"], given["qop"])
        return given["response"] == hashed(account, *words, asked)

    def _state(self) -> int:
        return 2 if self.relay.on else 8

    def _act(self, text: str) -> web.Response | None:
        code = CODE.search(text)
        verb = VERBS.get(code[1]) if code else None
        if verb is None or verb == "reset":
            return returned(1)
        if (verb == "on") is self.relay.on:
            return returned(INVALID_TRANSITION)
        destructive = verb != "on"
        if destructive and self.faults.drop_at == "before-commit":
            return None
        self.log.append(verb, self.relay.outlet, destructive)
        self.mechanics.obey(verb, self.relay)
        return None if destructive and self.faults.drop_at == "after-commit" else returned(0)


def hashed(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode()).hexdigest()


def returned(value: int) -> web.Response:
    return reply(f"{CIM}CIM_PowerManagementService", "ReturnValue", value)


def reply(namespace: str, name: str, value: int) -> web.Response:
    return soap(f'<g:Answer xmlns:g="{namespace}"><g:{name}>{value}</g:{name}></g:Answer>')


def fault(code: str, subcode: str, reason: str) -> web.Response:
    codes = f"<a:Code><a:Value>a:{code}</a:Value><a:Subcode><a:Value>b:{subcode}</a:Value>"
    text = f'<a:Reason><a:Text xml:lang="en">{reason}</a:Text></a:Reason>'
    return soap(f"<a:Fault>{codes}</a:Subcode></a:Code>{text}</a:Fault>", status=400)


def soap(body: str, *, status: int = 200) -> web.Response:
    return web.Response(
        status=status,
        text=f'<?xml version="1.0" encoding="UTF-8"?>'
        f'<a:Envelope xmlns:a="http://www.w3.org/2003/05/soap-envelope">'
        f"<a:Header/><a:Body>{body}</a:Body></a:Envelope>",
        content_type="application/soap+xml",
    )
