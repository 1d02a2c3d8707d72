"""ePowerSwitch and a page made by hand: units whose pages are forms."""

import re
from typing import Any

from aiohttp import web

from plcmon.sim.relay import Relay
from plcmon.sim.units.web import WebUnit

VERBS = {"0": "off", "1": "on", "r": "reboot", "off": "off", "on": "on", "restart": "reboot"}
FIELD = re.compile(r"P0?(\d{1,2})", re.IGNORECASE)
LOGIN = '<form action="elogin.html" method="post"><input type="password" name="pwd"></form>'


class EpowerUnit(WebUnit):
    """`kind` is the page that controls it: cmd, home, old, r2 or hidden (before R2)."""

    reboot = 0.05

    def __init__(self, *args: Any, kind: str = "cmd", **more: Any) -> None:
        old = {"asks": ""} if kind == "old" else {}
        super().__init__(*args, **{"transport": "http", **old, **more})
        names = {"old": "old", "r2": "hidden", "hidden": "hidden"}
        self.family = f"epowerswitch-{names.get(kind, 'new')}"
        self.kind = kind
        self.of_socket = ""  # the password is the one of this socket alone
        self.restarting: set[str] = set()
        self._welcome: set[str] = set()  # addresses that gave the password

    async def page(self, request: web.Request) -> web.StreamResponse:
        if self.kind in ("r2", "hidden"):
            return self._hidden(request)
        if self.kind == "old":
            return await self._old(request)
        places = {"cmd": "/cmd.html", "home": "/config/home_f.html"}
        if request.path != places[self.kind]:
            return web.Response(status=404, text="404 Not Found")
        return await self._form(request) or self._sockets(request.path)

    async def _form(self, request: web.Request) -> web.StreamResponse | None:
        for name, word in (await request.post()).items():
            found, verb = FIELD.fullmatch(name), VERBS.get(str(word))
            relay = self.relays.get(found[1]) if found else None
            if relay and verb and (gone := self.act(request, verb, relay)):
                return gone
        return None

    async def _old(self, request: web.Request) -> web.StreamResponse:
        caller = request.remote or ""
        if request.path == "/elogin.html":
            given = (await request.post()).get("pwd")
            if self.lets_in(given == self.password):
                self._welcome.add(caller)
            else:
                self._welcome.discard(caller)
        control = f"/econtrol_{self.of_socket}.html" if self.of_socket else "/econtrol.html"
        if request.path not in ("/elogin.html", control):
            return web.Response(status=404, text="404 Not Found")
        if caller not in self._welcome:
            return web.Response(text=LOGIN, content_type="text/html")
        if self.faults.hangs_after_login:
            await self.hang()
        return await self._form(request) or self._sockets(control)

    def _sockets(self, form: str) -> web.Response:
        lines = "\r\n".join(
            f'socket({outlet},"node {outlet}      ",{self._state(relay)},0);'
            for outlet, relay in self.relays.items()
        )
        text = f'<script>hfr("Rack 1");\r\n{lines}</script><form action="{form}"></form>'
        return web.Response(text=text, content_type="text/html")

    def _state(self, relay: Relay) -> int:
        return 2 if relay.outlet in self.restarting else int(self.shows(relay))

    def _hidden(self, request: web.Request) -> web.StreamResponse:
        if request.path != "/hidden.htm":
            return web.Response(status=404, text="404 Not Found")
        prefix = "M0:O" if self.kind == "r2" else "P0"
        for command in filter(None, request.query_string.split("&")):
            name, _, word = command.partition("=")
            relay, verb = self.relays.get(name.removeprefix(prefix)), VERBS.get(word.lower())
            if relay and verb and (gone := self.act(request, verb, relay)):
                return gone
        if self.kind == "r2":
            lines = (f"M0:O{o}={'On' if r.on else 'Off'}" for o, r in self.relays.items())
            return web.Response(text="Hidden Page\r\nVersion: 2.1.0.0\r\n" + "\r\n".join(lines))
        lines = (f"p0{o}={int(r.on)} <br>" for o, r in self.relays.items())
        return web.Response(text="\r\n".join(lines), content_type="text/html")


class PhpUnit(WebUnit):
    """A page that somebody wrote for the relays of one site."""

    family = "http"

    async def page(self, request: web.Request) -> web.StreamResponse:
        if request.path != "/plab-pcu/index.php":
            return web.Response(status=404, text="Not Found")
        for name, word in (await request.post()).items():
            relay = self.relays.get(name.removeprefix("plab"))
            if relay is None:
                return web.Response(text="<h1>no such node</h1>", content_type="text/html")
            if gone := self.act(request, VERBS[str(word)], relay):
                return gone
        rows = (
            f"<tr><td>plab{o}</td><td>{self._word(r)}</td></tr>" for o, r in self.relays.items()
        )
        text = f"<h1>plab power</h1><table>{''.join(rows)}</table>"
        return web.Response(text=text, content_type="text/html")

    def _word(self, relay: Relay) -> str:
        return "running" if self.shows(relay) else "stopped"
