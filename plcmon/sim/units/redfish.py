"""Redfish services: a management controller before one machine, and a rack PDU."""

import asyncio
import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from plcmon.sim.relay import Relay
from plcmon.sim.units.http import HttpUnit, hang_up

Document = dict[str, Any]

ROOT = "/redfish/v1"
SESSIONS = f"{ROOT}/SessionService/Sessions"
SYSTEM = f"{ROOT}/Systems/System.Embedded.1"
RESET = f"{SYSTEM}/Actions/ComputerSystem.Reset"
INFO = f"{SYSTEM}/ResetActionInfo"
PDU = f"{ROOT}/PowerEquipment/RackPDUs/1"
RESETS = {
    "On": "on",
    "ForceOn": "on",
    "ForceOff": "off",
    "PowerCycle": "reboot",
    "ForceRestart": "reboot",
}
WORDS = {"On": "on", "Off": "off"}
CHANGING = {"on": "PoweringOn", "off": "PoweringOff", "reboot": "PoweringOff"}
PSU501 = "IDRAC.1.6.PSU501"
STATE = "iLO.0.10.InvalidOperationForSystemState"


class RedfishService(HttpUnit):
    """What both have in common: documents, accounts, sessions."""

    limit = 1  # sessions at a time

    def __init__(self, relays: Mapping[str, Relay], **at: Any) -> None:
        self.sessions: set[str] = set()
        self.shows_changes = False  # PoweringOn and PoweringOff while a slow relay follows
        self._changing: dict[str, str] = {}  # by outlet
        super().__init__(relays, **at)

    def documents(self) -> Mapping[str, Callable[[], Document]]:
        """What there is to read, beside the root."""
        raise NotImplementedError

    def post(self, path: str, body: Document) -> web.Response | None:
        """Carry an action out; None: the link is cut."""
        raise NotImplementedError

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path.rstrip("/")
        if path == ROOT:
            return web.json_response(
                {
                    "Systems": link(f"{ROOT}/Systems"),
                    "PowerEquipment": link(f"{ROOT}/PowerEquipment"),
                    "Links": {"Sessions": link(SESSIONS)},
                }
            )
        if path == SESSIONS:
            return self._log_in(await request.json())
        if not self._accepts(request):
            return declined(401, "Base.1.0.NoValidSession", "no valid session")
        return await self._serve_known(request, path)

    async def _serve_known(self, request: web.Request, path: str) -> web.StreamResponse:
        if request.method == "DELETE" and path.startswith(SESSIONS):
            self.sessions.discard(path.rpartition("/")[2])
            return web.Response(status=204)
        if self.faults.hangs_after_login:
            await self.hang()
        if request.method == "POST":
            return self.post(path, await request.json()) or hang_up(request)
        document = self.documents().get(path)
        if document is None:
            return declined(404, "Base.1.0.ResourceMissingAtURI", "no such resource")
        return web.json_response(document())

    def _log_in(self, account: Document) -> web.Response:
        self.log.append("login", "", destructive=False)
        given = account.get("UserName"), account.get("Password")
        if self.faults.wrong_password or given != (self.user, self.password):
            return declined(401, "Base.1.0.ResourceAtUriUnauthorized", "wrong credentials")
        if len(self.sessions) >= self.limit:
            return declined(503, "Base.1.0.SessionLimitExceeded", "too many sessions")
        name = f"s{len(self.log.rows)}"
        self.sessions.add(name)
        headers = {"X-Auth-Token": name, "Location": f"{SESSIONS}/{name}"}
        return web.json_response({"Id": name}, status=201, headers=headers)

    def _accepts(self, request: web.Request) -> bool:
        if request.headers.get("X-Auth-Token", "") in self.sessions:
            return True
        scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
        given = base64.b64decode(encoded).decode() if scheme == "Basic" else ""
        right = given == f"{self.user}:{self.password}" and not self.faults.wrong_password
        # Every request shows the account; only the first of them, and a wrong one, is worth a row.
        if not (right and self.log.rows):
            self.log.append("login", "", destructive=False)
        return right

    def state(self, relay: Relay) -> str:
        """What a document says of one relay."""
        self.log.append("read", relay.outlet, destructive=False)
        changing = self._changing.get(relay.outlet)
        return changing or ("On" if relay.on else "Off")

    def move(self, verb: str, relay: Relay) -> web.Response | None:
        destructive = verb != "on"
        if destructive and self.faults.drop_at == "before-commit":
            return None
        self.log.append(verb, relay.outlet, destructive)
        if self.shows_changes and self.faults.slow:
            self._changing[relay.outlet] = CHANGING[verb]
            asyncio.get_running_loop().call_later(
                self.faults.slow, self._changing.pop, relay.outlet, None
            )
        self.mechanics.obey(verb, relay)
        return None if destructive and self.faults.drop_at == "after-commit" else done()


class RedfishUnit(RedfishService):
    """A controller before one machine: the first of `relays`, whatever its outlet."""

    family = "redfish"
    reboot = 0.2

    def __init__(self, relays: Mapping[str, Relay], *, user: str = "root", **at: Any) -> None:
        super().__init__(relays, user=user, **at)
        self.relay = next(iter(relays.values()))
        self.allowed = ["On", "ForceOff", "GracefulShutdown", "ForceRestart", "PowerCycle"]
        self.informs = False  # values in a resource of their own
        self.systems = [SYSTEM]

    def documents(self) -> Mapping[str, Callable[[], Document]]:
        parameter = {"Name": "ResetType", "AllowableValues": self.allowed}
        return {
            f"{ROOT}/Systems": lambda: collection(self.systems),
            SYSTEM: self._system,
            INFO: lambda: {"Parameters": [parameter]},
        }

    def _system(self) -> Document:
        said = {"@Redfish.ActionInfo": INFO} if self.informs else self._listed()
        reset = {"target": RESET, **said}
        return {
            "Id": "System.Embedded.1",
            "PowerState": self.state(self.relay),
            "Actions": {"#ComputerSystem.Reset": reset},
        }

    def _listed(self) -> Document:
        return {"ResetType@Redfish.AllowableValues": self.allowed} if self.allowed else {}

    def post(self, path: str, body: Document) -> web.Response | None:
        kind = str(body.get("ResetType"))
        if path != RESET:
            return declined(404, "Base.1.0.ResourceMissingAtURI", "no such action")
        if kind not in RESETS or (self.allowed and kind not in self.allowed):
            return declined(400, "Base.1.0.ActionParameterNotSupported", f"{kind} is not supported")
        verb, state = RESETS[kind], "ON" if self.relay.on else "OFF"
        if verb == state.lower():
            return declined(409, PSU501, f"Server is already powered {state}.")
        if verb == "reboot" and not self.relay.on:
            return declined(400, STATE, "Power is off")
        return self.move(verb, self.relay)


class RedfishPduUnit(RedfishService):
    """A rack PDU; its outlets are the relays."""

    family = "redfish-pdu"

    def documents(self) -> Mapping[str, Callable[[], Document]]:
        outlets = [f"{PDU}/Outlets/{outlet}" for outlet in self.relays]
        return {
            f"{ROOT}/PowerEquipment": lambda: {"RackPDUs": link(f"{ROOT}/PowerEquipment/RackPDUs")},
            f"{ROOT}/PowerEquipment/RackPDUs": lambda: collection([PDU]),
            PDU: lambda: {"Id": "1", "Outlets": link(f"{PDU}/Outlets")},
            f"{PDU}/Outlets": lambda: collection(outlets[:4], f"{PDU}/Outlets2"),
            f"{PDU}/Outlets2": lambda: collection(outlets[4:]),
            **{path: self._outlet(path) for path in outlets},
        }

    def _outlet(self, path: str) -> Callable[[], Document]:
        relay = self.relays[path.rpartition("/")[2]]
        control = {
            "target": f"{path}/Outlet.PowerControl",
            "PowerState@Redfish.AllowableValues": ["On", "Off", "PowerCycle"],
        }
        return lambda: {
            "Id": relay.outlet,
            "PowerState": self.state(relay),
            "Actions": {"#Outlet.PowerControl": control},
        }

    def post(self, path: str, body: Document) -> web.Response | None:
        outlet, _, action = path.removeprefix(f"{PDU}/Outlets/").partition("/")
        relay = self.relays.get(outlet)
        if relay is None or action != "Outlet.PowerControl":
            return declined(404, "Base.1.0.ResourceMissingAtURI", "no such action")
        verb = WORDS.get(str(body.get("PowerState")))
        if verb is None:
            return declined(400, "Base.1.0.ActionParameterNotSupported", "not supported")
        return self.move(verb, relay)


def link(path: str) -> Document:
    return {"@odata.id": path}


def collection(paths: list[str], following: str = "") -> Document:
    page: Document = {"Members": [link(path) for path in paths]}
    return {**page, "Members@odata.nextLink": following} if following else page


def done() -> web.Response:
    return web.Response(status=204)


def declined(status: int, message_id: str, message: str) -> web.Response:
    """An error document."""
    detail = {"MessageId": message_id, "Message": message, "MessageArgs": []}
    error = {"code": "Base.1.0.GeneralError", "@Message.ExtendedInfo": [detail]}
    return web.Response(
        status=status, text=json.dumps({"error": error}), content_type="application/json"
    )
