"""A unit of web pages: how it asks for a password, and what its pages may do to a relay."""

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from plcmon.sim.relay import Relay
from plcmon.sim.units.http import HttpUnit, hang_up

HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
PAIR = re.compile(r'(\w+)=(?:"((?:\\.|[^"\\])*)"|([^",\s]+))')


class WebUnit(HttpUnit):
    """A family says `page`; `asks` is basic, digest by an algorithm, or nothing."""

    locks_after = 0  # so many wrong passwords, and nobody gets in any more

    def __init__(self, relays: Mapping[str, Relay], *, asks: str = "basic", **more: Any) -> None:
        super().__init__(relays, **more)
        self.asks = asks
        self.refusals = 0
        self._nonce = secrets.token_hex(8)

    async def page(self, request: web.Request) -> web.StreamResponse:
        """What the family says to one request of who may ask."""
        raise NotImplementedError

    async def answer(self, request: web.Request) -> web.StreamResponse:
        shown = request.headers.get("Authorization", "")
        if self.asks and not (shown and self.lets_in(self._proves(shown, request))):
            return web.Response(
                status=401,
                text="401 Unauthorized",
                headers={"WWW-Authenticate": self._challenge()},
            )
        if self.faults.hangs_after_login:
            await self.hang()
        return await self.page(request)

    def lets_in(self, right: bool) -> bool:
        """Judge a login and write it down."""
        self.log.append("login", "", destructive=False)
        locked = 0 < self.locks_after <= self.refusals
        welcome = right and not locked and not self.faults.wrong_password
        self.refusals = 0 if welcome else self.refusals + 1
        return welcome

    def act(self, request: web.Request, verb: str, relay: Relay) -> web.StreamResponse | None:
        """Take a command; None unless the faults cut the link around it."""
        destructive = verb != "on"
        if destructive and self.faults.drop_at == "before-commit":
            return hang_up(request)
        self.log.append(verb, relay.outlet, destructive)
        # These units' own cycle ends on, whatever the outlet was before.
        self.mechanics.obey("on" if verb == "reboot" and not relay.on else verb, relay)
        if destructive and self.faults.drop_at == "after-commit":
            return hang_up(request)
        return None

    def shows(self, relay: Relay) -> bool:
        """What the outlet reads."""
        self.log.append("read", relay.outlet, destructive=False)
        return relay.on

    def _challenge(self) -> str:
        if self.asks == "basic":
            return 'Basic realm="Power"'
        return f'Digest realm="Power", qop="auth", nonce="{self._nonce}", algorithm={self.asks}'

    def _proves(self, shown: str, request: web.Request) -> bool:
        if self.asks == "basic":
            pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            return shown == f"Basic {pair}"
        said = {name: quoted or bare for name, quoted, bare in PAIR.findall(shown)}
        first = self._hash(self.user, "Power", self.password)
        second = self._hash(request.method, request.raw_path)
        middle = (said.get(name, "") for name in ("nonce", "nc", "cnonce", "qop"))
        return said.get("nonce") == self._nonce and said.get("response") == self._hash(
            first, *middle, second
        )

    def _hash(self, *parts: str) -> str:
        return HASHES[self.asks](":".join(parts).encode()).hexdigest()
