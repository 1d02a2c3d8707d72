"""Relays and strips asked over HTTP: Shelly, Tasmota, NETIO, Digital Loggers, Gude."""

import json
from typing import Any

from aiohttp import web

from plcmon.sim.relay import Relay
from plcmon.sim.units.web import WebUnit

SWITCH = {"ON": "on", "OFF": "off", "CCL": "reboot"}


class ShellyUnit(WebUnit):
    """Generation 1 asks for basic; 2 and later for digest with SHA-256."""

    family = "shelly"

    def __init__(self, *args: Any, generation: int = 2, **more: Any) -> None:
        asks = "basic" if generation == 1 else "SHA-256"
        super().__init__(*args, **{"asks": asks, "transport": "http", **more})
        self.generation = generation

    async def page(self, request: web.Request) -> web.StreamResponse:
        if self.generation > 1:
            return await self._rpc(request)
        if request.path == "/status":
            return web.json_response({"relays": [{"ison": True} for _ in self.relays]})
        _, _, place = request.path.rpartition("/relay/")
        relay = at(self, place)
        if relay is None:
            return web.Response(status=404, text="Not Found")
        turn = request.query.get("turn", "")
        if turn in ("on", "off") and (gone := self.act(request, turn, relay)):
            return gone
        return web.json_response({"ison": self.shows(relay), "has_timer": False})

    async def _rpc(self, request: web.Request) -> web.StreamResponse:
        if request.path != "/rpc":
            return web.Response(status=404, text="Not Found")
        frame = json.loads(await request.text())
        if frame["method"] == "Sys.GetStatus":
            return self._reply(frame, result={"uptime": 77})
        place = frame["params"]["id"]
        relay = at(self, str(place))
        if relay is None:
            why = f"Argument 'id', value {place} not found!"
            return self._reply(frame, error={"code": -105, "message": why})
        if frame["method"] == "Switch.GetStatus":
            return self._reply(frame, result={"id": place, "output": self.shows(relay)})
        was = relay.on
        gone = self.act(request, "on" if frame["params"]["on"] else "off", relay)
        return gone or self._reply(frame, result={"was_on": was})

    def _reply(self, frame: dict[str, Any], **more: Any) -> web.Response:
        return web.json_response({"id": frame["id"], "src": "shellypro4pm-0", **more})


class TasmotaUnit(WebUnit):
    """User and password are arguments; whoever has them wrong is warned, with status 200."""

    family = "tasmota"

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **{"asks": "", "transport": "http", **more})

    async def page(self, request: web.Request) -> web.StreamResponse:
        if request.path != "/cm":
            return web.Response(status=404)
        given = {**request.query, **dict(await request.post())}
        right = (given.get("user"), given.get("password")) == (self.user, self.password)
        if not self.lets_in(right):
            return said({"WARNING": "Need user=<username>&password=<password>"})
        command, _, value = str(given.get("cmnd", "")).partition(" ")
        if command == "Status":
            return said({"Status": {"Power": 1}})
        number = command.removeprefix("Power")
        relay = self.relays.get(number)
        if relay is None:
            return said({"Command": "Unknown"})
        verb = value.lower()
        if verb in ("on", "off") and (gone := self.act(request, verb, relay)):
            return gone
        name = "POWER" if len(self.relays) == 1 else f"POWER{number}"
        return said({name: value.upper() or ("ON" if self.shows(relay) else "OFF")})


class NetioUnit(WebUnit):
    """Answers everything with the state of all its outputs."""

    family = "netio"
    reboot = 0.05

    async def page(self, request: web.Request) -> web.StreamResponse:
        if request.path != "/netio.json":
            return web.Response(status=404)
        if request.method == "POST":
            for output in json.loads(await request.text())["Outputs"]:
                relay = self.relays.get(str(output["ID"]))
                verb = {0: "off", 1: "on", 2: "reboot"}.get(output["Action"])
                if relay and verb and (gone := self.act(request, verb, relay)):
                    return gone
        outputs = [
            {"ID": int(outlet), "Name": f"out_{outlet}", "State": int(relay.on), "Action": 6}
            for outlet, relay in self.relays.items()
        ]
        return web.json_response({"Agent": {"Model": "NETIO 4All"}, "Outputs": outputs})


class DliUnit(WebUnit):
    """`kind` is rest, early (REST without the physical state), status or index."""

    family = "dli"
    locks_after = 3

    def __init__(self, *args: Any, kind: str = "rest", **more: Any) -> None:
        asks = "MD5" if kind in ("rest", "early") else "basic"
        super().__init__(*args, **{"asks": asks, **more})
        self.kind = kind

    async def page(self, request: web.Request) -> web.StreamResponse:
        if self.kind in ("rest", "early"):
            return await self._rest(request)
        if request.path == "/outlet":
            outlet, _, word = request.query_string.partition("=")
            relay, verb = self.relays.get(outlet), SWITCH.get(word)
            if relay and verb and (gone := self.act(request, verb, relay)):
                return gone
            return web.Response(text="<html></html>", content_type="text/html")
        places = {"status": "/status", "index": "/index.htm"}
        if request.path != places[self.kind]:
            return web.Response(status=404)
        lit = sum(1 << int(outlet) - 1 for outlet, relay in self.relays.items() if relay.on)
        if self.kind == "status":
            return web.Response(text=f'<div id="state">{lit:02x}</div><div id="lock">00</div>')
        return web.Response(text=f"<html>\r\n<!-- state={lit:02x} lock=00 -->\r\n</html>")

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        place, _, what = request.path.removeprefix("/restapi/relay/outlets/").partition("/")
        relay = at(self, place)
        known = {"state/"} | ({"physical_state/"} if self.kind == "rest" else set())
        if relay is None or what not in known:
            return web.Response(status=404, text="Not Found")
        if request.method == "GET":
            return web.json_response(self.shows(relay))
        if "X-CSRF" not in request.headers:
            return web.Response(status=403, text="Forbidden")
        value = str((await request.post()).get("value"))
        gone = self.act(request, "on" if value == "true" else "off", relay)
        return gone or web.Response(status=204)


class GudeUnit(WebUnit):
    """`where` is the page that answers, for its generation of firmware."""

    family = "gude"
    reboot = 0.05

    def __init__(self, *args: Any, where: str = "/statusjsn.js", **more: Any) -> None:
        super().__init__(*args, **more)
        self.where = where
        self.blocked = False  # another user works at its pages

    async def page(self, request: web.Request) -> web.StreamResponse:
        if request.path != self.where:
            return web.Response(status=404)
        if self.blocked:
            return web.Response(text="Device is blocked by another user with IP 192.0.2.9")
        relay, query = self.relays.get(request.query.get("p", "")), request.query
        verb = {("1", "0"): "off", ("1", "1"): "on"}.get((query.get("cmd", ""), query.get("s", "")))
        if query.get("cmd") == "5" and (query["a1"], query["a2"]) == ("0", "1"):
            verb = "reboot"
        if relay and verb and (gone := self.act(request, verb, relay)):
            return gone
        outputs = [{"name": f"Port {o}", "state": int(r.on)} for o, r in self.relays.items()]
        return web.json_response({"outputs": outputs})


def at(unit: WebUnit, place: str) -> Relay | None:
    """The relay of a unit that counts from 0."""
    return unit.relays.get(str(int(place) + 1)) if place.isdigit() else None


def said(document: dict[str, Any]) -> web.Response:
    """As Tasmota writes JSON: without spaces."""
    text = json.dumps(document, separators=(",", ":"))
    return web.Response(text=text, content_type="application/json")
