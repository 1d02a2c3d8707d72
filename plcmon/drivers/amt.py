"""Intel AMT 3.0 and later: power of one machine by WS-Management, SOAP posted to /wsman.

Tested:   a virtual AMT; no real one yet.
Assumes:  the account has the realm Redirection or Remote Control; digest, as AMT always asks for.
Session:  none; requests are independent of one another.
Source:   Intel AMT SDK (CIM_PowerManagementService.RequestPowerStateChange; the codes also in the
          public power state table of Intel's device management toolkit), DMTF DSP0226, DSP1027.

Off is 8: despite its name, "soft", it asks no operating system. 5 takes the power and gives it
back, and is refused while off. 10 resets the bus, cuts no power, and is not used. An engine that
sleeps may lose the first link to it, so the first reading is tried again.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from html import escape
from typing import Protocol
from xml.etree import ElementTree

from plcmon.drivers import challenge, https
from plcmon.drivers.base import Call, Control, Family
from plcmon.drivers.https import Answer
from plcmon.drivers.mask import clean
from plcmon.drivers.situations import DeniedError, NoRouteError, NotListeningError
from plcmon.errors import (
    BusyError,
    DeviceError,
    DialogueError,
    LoginError,
    RefusedError,
    UnreachableError,
    UnsupportedError,
)
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Transport

PATH = "/wsman"
ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSMAN = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
CIM = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/"
SERVICE = f"{CIM}CIM_PowerManagementService"
STATUS = f"{CIM}CIM_AssociatedPowerManagementService"
GET = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get"
ANYBODY = f"{ADDRESSING}/role/anonymous"

STATES: Mapping[int, PowerState] = {
    2: PowerState.ON,
    3: PowerState.UNKNOWN,  # asleep, light
    4: PowerState.UNKNOWN,  # asleep, deep
    6: PowerState.OFF,
    7: PowerState.UNKNOWN,  # hibernating
    8: PowerState.OFF,
}
CODES: Mapping[str, int] = {"on": 2, "off": 8, "cycle": 5}
DONE = frozenset({0, 4096})  # completed; a job does it
REFUSALS: Mapping[int, tuple[type[DeviceError], str]] = {
    1: (UnsupportedError, "it has no such power state"),
    4: (RefusedError, "it failed"),
    5: (RefusedError, "it calls the request invalid"),
    6: (BusyError, "it is in use"),
    4097: (RefusedError, "not in its present state"),
    4099: (BusyError, "it is busy"),
}
"""By ReturnValue; of any other one nobody knows what was done."""
FAULTS: Mapping[str, type[DeviceError]] = {
    "AccessDenied": DeniedError,
    "DestinationUnreachable": UnsupportedError,
    "ActionNotSupported": UnsupportedError,
}
"""By the end of a fault's subcode; the rest of what the sender did wrong is a refusal."""
TRIES = 3  # of the first reading
PAUSE = 2.0  # seconds between them


class Requests(Protocol):
    """How one request becomes one answer."""

    async def send(
        self, method: str, path: str, body: str, *, doing: str, headers: Mapping[str, str]
    ) -> Answer: ...


class Engine:
    """One management engine; every command is a request of its own."""

    def __init__(self, call: Call, browser: Requests) -> None:
        self.seen = ""
        self._call = call
        self._browser = browser

    async def login(self) -> None:
        for _ in range(TRIES - 1):
            try:
                await self._state("logging in")
            except (NotListeningError, NoRouteError):
                raise
            except UnreachableError:
                await asyncio.sleep(PAUSE)
            else:
                return
        await self._state("logging in")

    async def read(self, outlet: str) -> PowerState:
        doing = "reading the power state"
        state = await self._state(doing)
        if state not in STATES:
            raise self._unexpected(doing, "a power state that has a meaning")
        return STATES[state]

    async def switch(self, outlet: str, state: PowerState) -> None:
        doing = f"switching {state.value}"
        try:
            await self._request(state.value, doing)
        except RefusedError:
            # A decline is no error where the machine is as it should be already.
            self._call.point.passed = False
            if STATES.get(await self._state(doing)) is not state:
                raise

    async def cycle(self, outlet: str) -> None:
        await self._request("cycle", "cycling")

    async def logout(self) -> None:
        """Every request ends its own login."""

    async def _state(self, doing: str) -> int:
        return await self._ask(GET, STATUS, "", f"{{{STATUS}}}PowerState", doing)

    async def _request(self, verb: str, doing: str) -> None:
        action, body = f"{SERVICE}/RequestPowerStateChange", change(CODES[verb])
        self._call.point.passed = True
        value = await self._ask(action, SERVICE, body, f"{{{SERVICE}}}ReturnValue", doing)
        if value in DONE:
            return
        if value not in REFUSALS:
            raise DialogueError(self._call.peer, doing, f"it returned {value}")
        kind, why = REFUSALS[value]
        raise kind(self._call.peer, doing, why)

    async def _ask(self, action: str, resource: str, body: str, wanted: str, doing: str) -> int:
        """Send one envelope; the number in the element of the answer that is `wanted`."""
        self._call.tell(f"> {action.rpartition('/')[2]} {' '.join(body.split())}".rstrip())
        headers = {"Content-Type": "application/soap+xml;charset=UTF-8"}
        text = envelope(action, resource, body)
        answer = await self._browser.send("POST", PATH, text, doing=doing, headers=headers)
        self._note(f"{answer.status} {' '.join(clean(answer.text).split())}")
        if answer.status == 401:
            raise LoginError(self._call.peer, doing, "user name or password refused")
        tree = parsed(answer.text)
        if tree is not None and tree.find(f".//{{{ENVELOPE}}}Fault") is not None:
            raise self._fault(tree, doing)
        numbers = {element.text for element in tree.iter(wanted)} if tree is not None else set()
        number = (numbers.pop() or "").strip() if len(numbers) == 1 else ""
        if answer.status != 200 or not (number.isdecimal() and len(number) < 6):
            raise self._unexpected(doing, wanted.rpartition("}")[2])
        self._note(f"{wanted.rpartition('}')[2]} {number}")
        return int(number)

    def _fault(self, tree: ElementTree.Element, doing: str) -> DeviceError:
        code, subcode = faults(tree)
        reason = tree.findtext(f".//{{{ENVELOPE}}}Text") or subcode or code
        why = self._call.mask(clean(reason)).replace("\n", " ").strip()[:200]
        if code != "Sender":
            return DialogueError(self._call.peer, doing, why)
        return FAULTS.get(subcode, RefusedError)(self._call.peer, doing, why)

    def _note(self, said: str) -> None:
        masked = self._call.mask(said)
        self.seen = masked[:80]
        self._call.tell(f"< {masked[:400]}")

    def _unexpected(self, doing: str, expected: str) -> DialogueError:
        return DialogueError.unexpected(self._call.peer, doing, expected=expected, seen=self.seen)


def parsed(text: str) -> ElementTree.Element | None:
    """The document; None for what is none, or has a DOCTYPE, without which no entity grows."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return None
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError):
        return None


def faults(tree: ElementTree.Element) -> tuple[str, str]:
    """Code and subcode of a fault, without their prefixes."""
    values = [local(element.text or "") for element in tree.iter(f"{{{ENVELOPE}}}Value")]
    return values[0] if values else "", values[1] if len(values) > 1 else ""


def local(name: str) -> str:
    return name.strip().rpartition(":")[2]


def envelope(action: str, resource: str, body: str) -> str:
    """One request; its identifier is new each time."""
    selected = selectors({"Name": "Intel(r) AMT Power Management Service"}) if body else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\r\n'
        f'<s:Envelope xmlns:s="{ENVELOPE}" xmlns:a="{ADDRESSING}" xmlns:w="{WSMAN}"><s:Header>'
        f"<a:Action>{action}</a:Action><a:To>{PATH}</a:To>"
        f"<w:ResourceURI>{resource}</w:ResourceURI>"
        f"<a:MessageID>uuid:{uuid.uuid4()}</a:MessageID>"
        f"<a:ReplyTo><a:Address>{ANYBODY}</a:Address></a:ReplyTo>"
        f"<w:OperationTimeout>PT60S</w:OperationTimeout>{selected}"
        f"</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    )


def change(code: int) -> str:
    """The body that asks for one power state of the machine as a whole."""
    managed = {"CreationClassName": "CIM_ComputerSystem", "Name": "ManagedSystem"}
    return (
        f'<p:RequestPowerStateChange_INPUT xmlns:p="{SERVICE}"><p:PowerState>{code}</p:PowerState>'
        f"<p:ManagedElement><a:Address>{ANYBODY}</a:Address><a:ReferenceParameters>"
        f"<w:ResourceURI>{CIM}CIM_ComputerSystem</w:ResourceURI>{selectors(managed)}"
        f"</a:ReferenceParameters></p:ManagedElement></p:RequestPowerStateChange_INPUT>"
    )


def selectors(named: Mapping[str, str]) -> str:
    def each() -> Iterator[str]:
        for name, value in named.items():
            yield f'<w:Selector Name="{name}">{escape(value)}</w:Selector>'

    return f"<w:SelectorSet>{''.join(each())}</w:SelectorSet>"


@asynccontextmanager
async def connect(call: Call) -> AsyncIterator[Control]:
    async with https.connect(call, *challenge.digest(call)) as browser:
        yield Engine(call, browser)


FAMILY = Family(
    name="amt",
    title="Intel AMT, WS-Management",
    transports=(Transport("http", 16992), Transport("https", 16993)),
    connect=connect,
    native_cycle=True,
    one_node=True,
)
