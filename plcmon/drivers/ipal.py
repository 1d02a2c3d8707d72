"""Dataprobe iPAL (IP-41x, IP-81x): requests on TCP port 9100, or a prompt over telnet.

Tested:   virtual units; no real one yet.
Assumes:  a password of at most eight characters; port 9100 open for us alone.
Session:  none recorded.
Source:   Dataprobe's protocol note for port 9100. Unchecked: `E`, `D` and `O` at the telnet prompt,
          by analogy (a unit without `O` there cannot be read and is not switched); the digits of a
          relay whose sense is reversed.

Every answer is eight digits, one for each channel from 1 on. There is no user name. Port 9100 says
nothing to a wrong password, which is told as silence, and hangs up at once while somebody else is
in. The pulse starts from wherever the relay is, and is therefore not offered.
"""

import re
from typing import NamedTuple

from plcmon.drivers.base import Call, Family
from plcmon.drivers.conversation import Script, converse
from plcmon.drivers.dialogue import Dialogue, cue
from plcmon.drivers.situations import NoSuchOutletError
from plcmon.errors import BusyError, DialogueError, LoginError, RefusedError, UnreachableError
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Transport

ESC = "\x1b"
REPLY = cue("the eight channels", r"^\s{0,8}([014-6]{8})\s{0,8}$")
NO = cue("a refusal", r"^\s{0,8}ERROR\s{0,8}$")
PASSWORD = cue("the password prompt", r"(?:^|\n) {0,8}Password {0,4}> *$")
ENTER = cue("the prompt", r"(?:^|\n) {0,8}Enter {0,4}> *$")
CHANNELS = re.compile(r"^ {0,8}([014-6]{8}) {0,8}$", re.MULTILINE)
SHOWN = {"0": PowerState.OFF, "1": PowerState.ON, "4": PowerState.OFF, "5": PowerState.ON}
FEEDBACK = "45"  # what is measured is not what was asked for
OTHER = {PowerState.ON: PowerState.OFF, PowerState.OFF: PowerState.ON}
VERBS = {PowerState.ON: "E", PowerState.OFF: "D"}  # energize, de-energize
STATUS = "O"


class Request(NamedTuple):
    """One thing to ask or to tell."""

    text: str
    doing: str
    destructive: bool = False


async def login(d: Dialogue, call: Call) -> None:
    doing = "logging in"
    try:
        if call.transport.name == "telnet":
            await enter(d, call, doing)
        else:
            await exchange(d, call, Request(STATUS, doing))
    except UnreachableError as exc:
        raise BusyError(d.peer, doing, "it hung up at once: another session is open") from exc


async def enter(d: Dialogue, call: Call, doing: str) -> None:
    """Give the password at the telnet prompt."""
    if call.quirk("wake-up"):
        await d.say("")
        await d.say("")
    await d.expect(PASSWORD, doing=doing)
    await d.say(call.password)
    if (await d.expect(PASSWORD, ENTER, doing=doing)).cue is PASSWORD:
        raise LoginError(d.peer, doing, "password refused")


async def read(d: Dialogue, call: Call, outlet: str) -> PowerState:
    doing = f"reading outlet {outlet}"
    check(d, outlet, doing)
    return shown(d, call, outlet, await exchange(d, call, Request(STATUS, doing)))


async def switch(d: Dialogue, call: Call, outlet: str, state: PowerState) -> None:
    doing = f"switching outlet {outlet} {state.value}"
    check(d, outlet, doing)
    await exchange(d, call, Request(STATUS, doing))
    verb = VERBS[OTHER[state] if call.quirk("reversed") else state]
    telnet = call.transport.name == "telnet"
    text = f"{verb}{outlet}" if telnet else f"{outlet}{verb}"
    await exchange(d, call, Request(text, doing, destructive=True))


async def logout(d: Dialogue) -> None:
    """There is no goodbye; hanging up frees the session."""


async def exchange(d: Dialogue, call: Call, request: Request) -> str:
    """Send one request and give the digits of its answer."""
    if call.transport.name == "telnet":
        return await ask(d, request)
    key = f"{ESC}{call.password}{ESC}{request.text}"
    if request.destructive:
        await d.commit_key(key, request.text)
    else:
        await d.press(key, request.text)
    heard = await d.expect(REPLY, NO, doing=request.doing)
    if heard.cue is NO:
        raise RefusedError(d.peer, request.doing, "it answered ERROR")
    return heard.match[1]


async def ask(d: Dialogue, request: Request) -> str:
    """The same at the telnet prompt."""
    if request.destructive:
        await d.commit(request.text)
    else:
        await d.say(request.text)
    heard = await d.expect(ENTER, doing=request.doing)
    found = CHANNELS.search(heard.text)
    if found:
        return found[1]
    seen = heard.text[: heard.match.start()].strip().rpartition("\n")[2][-80:]
    raise DialogueError.unexpected(d.peer, request.doing, expected=REPLY.name, seen=seen)


def check(d: Dialogue, outlet: str, doing: str) -> None:
    """Refuse what is no channel; `A` would mean all of them."""
    if outlet not in tuple("12345678"):
        raise NoSuchOutletError(d.peer, doing, "its outlets are 1 to 8")


def shown(d: Dialogue, call: Call, outlet: str, digits: str) -> PowerState:
    """What the digit of an outlet says; the first is of outlet 1."""
    digit, doing = digits[int(outlet) - 1], f"reading outlet {outlet}"
    if digit not in SHOWN:
        raise DialogueError(d.peer, doing, "it reports a cable error")
    if not call.quirk("reversed"):
        return SHOWN[digit]
    if digit in FEEDBACK:
        raise DialogueError(d.peer, doing, "what it measures is not what it was asked for")
    return OTHER[SHOWN[digit]]


FAMILY = Family(
    name="ipal",
    title="Dataprobe iPAL, port 9100 and telnet",
    transports=(Transport("tcp", 9100), Transport("telnet", 23)),
    connect=converse(Script(login, read, switch, logout)),
    needs=frozenset({"host", "credential"}),
)
