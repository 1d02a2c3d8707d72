"""BayTech RPC-3, RPC-16, RPC-28, RPC3-NC and DS-RPC: an outlet prompt, behind a menu on some.

Tested:   virtual units of each kind; no real unit yet.
Assumes:  CR alone is Enter; the account sees the outlet. Unchecked on a unit: how a DS-RPC asks for
          the login over telnet, and the letter of its logout.
Session:  tests/drivers/sessions/baytech.txt
Source:   BayTech DS-RPC and RPC owner's manuals, chapters "Controlling receptacles"; prompts as
          powerman's baytech*.dev know them.

Whether a unit asks before it acts is a setting of its own, so that the command itself is the point
of no return. An empty line goes before every command, since some units lose the first after a rest.
Its own reboot leaves an outlet that was off in the off state and is therefore not offered.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import NamedTuple

from plcmon.drivers.base import Call, Control, Family
from plcmon.drivers.conversation import LINKS, Script, converse, give_user
from plcmon.drivers.dialogue import Dialogue, Heard, cue
from plcmon.drivers.situations import NoSuchOutletError
from plcmon.errors import BusyError, DialogueError, LoginError, RefusedError, UnreachableError
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Transport

USER = cue("the user name prompt", r"(?:^|\n) {0,8}Enter [Uu]ser [Nn]ame {0,4}[:>] *$")
PASSWORD = cue("the password prompt", r"(?:^|\n) {0,8}Enter [Pp]assword {0,4}[:>] *$")
PROMPT = cue("its prompt", r"(?:^|\n) {0,8}(RPC3-NC|RPC-?\d{1,3}A?|DS-RPC|RPC) ?> *$")
REQUEST = cue("the menu", r"(?:^|\n) {0,8}Enter Request {0,4}: *$")
SELECTION = cue("the menu", r"(?:^|\n) {0,8}Enter Selection> *$")
CONFIRM = cue(
    "the confirmation",
    r"(?:^|\n) {0,8}(?:Turn On|Turn Off) Outlet {1,8}(\d{1,3}) {0,12}\(Y/N\) ?\? *$",
)
DENIED = cue("a refused login", r"^ {0,8}Invalid (?:[Pp]assword|[Ll]ogin|[Uu]ser)\b")
IN_USE = cue("that it is in use", r"^ {0,8}Port in use\b")
ERROR = cue("an error", r"^ {0,8}Input error\b")

INSIDE = (PROMPT, REQUEST, SELECTION)
ENTRY = re.compile(
    r"^ {0,8}(?:(\d)\)\.{2,12}Outlet Control"
    r"|Control Outlets?\b[^\n.]{0,32}\.{2,40}(\d{1,2})) *$",
    re.MULTILINE,
)
LOGOUT = re.compile(
    r"^ {0,8}(?:(\d)\)\.{2,12}Logout|Logout\b[^\n.]{0,32}\.{2,40}([A-Z\d]{1,2})) *$", re.MULTILINE
)
CELL = re.compile(r"\b(\d{1,3})\)[. ]{1,12}[^\n:]{0,40}?: {0,4}(On|Off)\b( {1,4}Locked)?")
ROW = re.compile(  # the number to type and the one on the unit must be the same
    r"^ {0,16}(\d{1,3}) {2,16}\S[^\n]{0,40}? {1,20}\1 {1,16}(On|Off)\b( {1,4}Locked)? *$",
    re.MULTILINE,
)
KEYS: Mapping[str, tuple[str, str]] = {"ctrl-c": ("\x03", "CTRL-C"), "enter": ("\r\n", "ENTER")}
HINTED = 0.5  # seconds of silence before a key that the record asks for
PATIENCE = 3.0  # seconds of silence before a key is tried
SETTLE = 1.0  # seconds between two connections


class Outlet(NamedTuple):
    """One outlet as the status shows it."""

    state: PowerState
    locked: bool


async def login(d: Dialogue, call: Call) -> None:
    doing = "logging in"
    await wake(d, call)
    heard = await d.expect(IN_USE, *INSIDE, USER, PASSWORD, doing=doing)
    if heard.cue is USER:
        await rest(call)
        await give_user(d, call, doing)
        heard = await d.expect(DENIED, IN_USE, *INSIDE, PASSWORD, doing=doing)
    if heard.cue is PASSWORD:
        await say(d, call, call.password)
        heard = await d.expect(DENIED, IN_USE, *INSIDE, USER, PASSWORD, doing=doing)
    if heard.cue in (DENIED, USER, PASSWORD):
        raise LoginError(d.peer, doing, "user name or password refused")
    if heard.cue in (REQUEST, SELECTION):
        heard = await enter(d, call, heard.text, doing)
    if heard.cue is IN_USE:
        raise BusyError(d.peer, doing, "another session holds its outlets")


async def wake(d: Dialogue, call: Call) -> None:
    """Press the key without which some units say nothing after an SSH login."""
    hinted = [key for quirk, key in KEYS.items() if call.quirk(quirk)]
    tried = list(KEYS.values()) if call.transport.name == "ssh" else []
    for key, name in hinted or tried:
        if not await d.is_silent(HINTED if hinted else PATIENCE):
            return
        await d.press(key, name)


async def enter(d: Dialogue, call: Call, menu: str, doing: str) -> Heard:
    """Go from the menu to the outlet prompt; some units ask for the name once more."""
    entry = call.option("entry", "") or number(menu, ENTRY)
    if not entry:
        raise DialogueError.unexpected(
            d.peer, doing, expected="a menu entry for the outlets", seen=d.seen
        )
    await say(d, call, entry)
    heard = await d.expect(IN_USE, PROMPT, USER, doing=doing)
    if heard.cue is USER:
        await rest(call)
        await give_user(d, call, doing)
        heard = await d.expect(IN_USE, PROMPT, doing=doing)
    return heard


async def read(d: Dialogue, call: Call, outlet: str) -> PowerState:
    return (await look(d, call, outlet, f"reading outlet {outlet}")).state


async def switch(d: Dialogue, call: Call, outlet: str, state: PowerState) -> None:
    doing = f"switching outlet {outlet} {state.value}"
    if (await look(d, call, outlet, doing)).locked:
        raise RefusedError(d.peer, doing, "the outlet is locked")
    await ready(d, call, doing)
    await rest(call)
    await d.commit(f"{state.value.capitalize()} {outlet}")
    heard = await d.expect(IN_USE, ERROR, CONFIRM, PROMPT, doing=doing)
    if heard.cue is CONFIRM:
        yes = heard.match[1] == outlet
        await say(d, call, "Y" if yes else "N")
        if not yes:
            raise RefusedError(d.peer, doing, f"it asked about outlet {heard.match[1]}")
        heard = await d.expect(IN_USE, ERROR, PROMPT, doing=doing)
    if heard.cue is IN_USE:
        raise BusyError(d.peer, doing, "another session holds its outlets")
    if heard.cue is ERROR:
        raise RefusedError(d.peer, doing, "it said 'Input error'")


async def logout(d: Dialogue) -> None:
    word = "Logout"
    if d.seen.startswith("DS-RPC"):
        word = ";;;;;"
    elif d.seen.startswith("RPC-3>"):
        word = "menu"
    await d.say(word)
    if word != "Logout":
        heard = await d.expect(REQUEST, SELECTION, doing="logging out")
        await d.say(number(heard.text, LOGOUT))
    await d.until_closed()


async def look(d: Dialogue, call: Call, outlet: str, doing: str) -> Outlet:
    await ready(d, call, doing)
    await say(d, call, "Status")
    heard = await d.expect(IN_USE, ERROR, PROMPT, doing=doing)
    if heard.cue is not PROMPT:
        raise BusyError(d.peer, doing, f"it answered with {heard.match[0].strip()!r}")
    rows = [*CELL.finditer(heard.text), *ROW.finditer(heard.text)]
    found = [row for row in rows if row[1] == outlet]
    if not found:
        raise NoSuchOutletError(d.peer, doing, "it shows no such outlet")
    if len(found) > 1:  # a name that reads like a row
        raise DialogueError(d.peer, doing, f"it shows outlet {outlet} more than once")
    return Outlet(PowerState(found[0][2].lower()), bool(found[0][3]))


async def ready(d: Dialogue, call: Call, doing: str) -> None:
    if not d.at_prompt:
        raise DialogueError.unexpected(d.peer, doing, expected="its prompt", seen=d.seen)
    await say(d, call, "")
    await d.expect(PROMPT, doing=doing)


async def say(d: Dialogue, call: Call, text: str) -> None:
    await rest(call)
    await d.say(text)


async def rest(call: Call) -> None:
    """Some units lose what is typed too soon after their last word."""
    await asyncio.sleep(float(call.option("pause", "0")))


def number(menu: str, item: re.Pattern[str]) -> str:
    """The key of a menu's item; empty when the menu does not show it."""
    found = item.search(menu)
    return (found[1] or found[2]) if found else ""


@asynccontextmanager
async def connect(call: Call) -> AsyncIterator[Control]:
    if call.quirk("first-dropped"):
        await knock(call)
    async with TALK(call) as control:
        yield control


async def knock(call: Call) -> None:
    """Open the connection that the unit drops, without a word from us."""
    with contextlib.suppress(UnreachableError):
        async with LINKS[call.transport.name](call) as link:
            await link.read()
    await asyncio.sleep(SETTLE)


TALK = converse(Script(login, read, switch, logout))
FAMILY = Family(
    name="baytech",
    title="BayTech RPC and DS-RPC",
    transports=(Transport("ssh", 22), Transport("telnet", 23)),
    connect=connect,
    needs=frozenset({"host", "credential"}),
    options={
        "entry": "the entry of the menu that leads to the outlets; without it, as the menu says",
        "pause": "seconds to wait before each line, up to 10",
    },
)
