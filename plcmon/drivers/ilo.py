"""HP iLO 3 and later: RIBCL, one XML request per connection, posted to /ribcl over HTTPS.

Tested:   a virtual iLO 4; no real one yet.
Assumes:  an account with the right "Virtual Power and Reset".
Session:  none; requests are independent of one another.
Source:   HP iLO 4 Scripting and Command Line Guide, chapter "RIBCL XML Scripting Language".

iLO 1 and 2 take XML on a bare TLS socket instead and are not spoken to by this driver. Off is the
held button: the momentary press asks an operating system that may be dead. The reply is a stream
of documents; every one of them has to say 0x0000.
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from html import escape
from typing import Protocol

from plcmon.drivers import https
from plcmon.drivers.base import Call, Control, Family
from plcmon.drivers.mask import clean
from plcmon.drivers.situations import DeniedError
from plcmon.errors import (
    BusyError,
    DeviceError,
    DialogueError,
    LoginError,
    RefusedError,
    UnsupportedError,
)
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Transport

PATH = "/ribcl"
STATUS = "GET_HOST_POWER_STATUS"
ACTIONS: Mapping[PowerState, str] = {
    PowerState.ON: 'SET_HOST_POWER HOST_POWER="Yes"',
    PowerState.OFF: "HOLD_PWR_BTN",
}
RESPONSE = re.compile(
    r"""STATUS\s{0,9}=\s{0,9}["'](0x[0-9A-Fa-f]{4})["']\s{1,99}(?:MESSAGE|MSG)\s{0,9}=\s{0,9}'([^']{0,400})'"""
)
POWER = re.compile(r'HOST[_ ]POWER\s{0,9}=\s{0,9}"(ON|OFF)"', re.IGNORECASE)
ALREADY = re.compile(r"Host power is already (ON|OFF)", re.IGNORECASE)
OK = 0

ERRORS: tuple[tuple[re.Pattern[str], Callable[[str, str, str], DeviceError]], ...] = (
    (re.compile(r"Login failed|credentials rejected|login name was not found"), LoginError),
    (re.compile(r"does NOT have correct privilege", re.IGNORECASE), DeniedError),
    (re.compile(r"feature is not supported|version is incorrect"), UnsupportedError),
    (re.compile(r"too many|in use|try again", re.IGNORECASE), BusyError),
)
"""What a status other than 0x0000 means, by its message; anything else is a refusal."""


class Requests(Protocol):
    """How one request becomes one answer."""

    async def post(self, path: str, body: str, *, doing: str) -> str: ...


class Processor:
    """One iLO; every command is a request that logs in by itself."""

    def __init__(self, call: Call, browser: Requests) -> None:
        self.seen = ""
        self._call = call
        self._browser = browser

    async def login(self) -> None:
        await self._ask(STATUS, "read", "logging in")

    async def read(self, outlet: str) -> PowerState:
        doing = "reading the power state"
        answer = await self._ask(STATUS, "read", doing)
        found = POWER.search(answer)
        if found is None:
            raise DialogueError.unexpected(
                self._call.peer, doing, expected="HOST_POWER", seen=self.seen
            )
        return PowerState(found[1].lower())

    async def switch(self, outlet: str, state: PowerState) -> None:
        await self._ask(ACTIONS[state], "write", f"switching {state.value}", commit=True)

    async def cycle(self, outlet: str) -> None:
        raise UnsupportedError(self._call.peer, "cycling", "not every iLO has a power cycle")

    async def logout(self) -> None:
        """Every request ends its own login."""

    async def _ask(self, element: str, mode: str, doing: str, *, commit: bool = False) -> str:
        self._call.tell(f"> {element}")
        self._call.point.passed = commit
        answer = clean(await self._browser.post(PATH, self._request(element, mode), doing=doing))
        self._judge(answer, doing)
        return answer

    def _request(self, element: str, mode: str) -> str:
        user, password = escape(self._call.pcu.user), escape(self._call.password)
        return (
            f'<?xml version="1.0"?>\r\n<RIBCL VERSION="2.0">\r\n'
            f'<LOGIN USER_LOGIN="{user}" PASSWORD="{password}">\r\n'
            f'<SERVER_INFO MODE="{mode}">\r\n<{element}/>\r\n</SERVER_INFO>\r\n'
            f"</LOGIN>\r\n</RIBCL>\r\n"
        )

    def _judge(self, answer: str, doing: str) -> None:
        """Raise unless every document of the answer is content."""
        responses = RESPONSE.findall(answer)
        for status, message in responses:
            self.seen = self._call.mask(f"{status} {message}")
            self._call.tell(f"< {self.seen}")
        if not responses:
            self.seen = self._call.mask(answer.strip()[-80:])
            raise DialogueError.unexpected(
                self._call.peer, doing, expected="a RIBCL response", seen=self.seen
            )
        for status, message in responses:
            if int(status, 16) != OK and not ALREADY.search(message):
                raise self._error(message, doing)

    def _error(self, message: str, doing: str) -> DeviceError:
        kind = next((kind for pattern, kind in ERRORS if pattern.search(message)), RefusedError)
        return kind(self._call.peer, doing, self._call.mask(message))


@asynccontextmanager
async def connect(call: Call) -> AsyncIterator[Control]:
    async with https.connect(call) as browser:
        yield Processor(call, browser)


FAMILY = Family(
    name="ilo",
    title="HP iLO 3 and later, RIBCL",
    transports=(Transport("https", 443),),
    connect=connect,
    one_node=True,
)
