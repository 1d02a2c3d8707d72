"""APC Rack PDU 2 (AP8xxx, AP79xxB; AOS 5 and later): a command line over SSH or telnet.

Tested:   virtual units; no real card yet.
Assumes:  the account sees the outlet; one unit, no daisy chain. Unchecked on a card: codes other
          than E000 to E108, and whether a refused login says more than its prompt again.
Session:  tests/drivers/sessions/apc_cli.txt
Source:   APC Rack PDU 2G user's guide, chapter "Command line interface"; prompts as fence-agents'
          apc agent knows them.

No confirmation is asked. A list, a range, a name and `all` are outlets to this card, so that only a
plain number is ever said. Its own reboot is not offered: nobody says what it does to an outlet that
was off.
"""

import re

from plcmon.drivers import apc
from plcmon.drivers.base import Call, Family
from plcmon.drivers.conversation import Script, converse
from plcmon.drivers.dialogue import Dialogue, cue
from plcmon.drivers.situations import DeniedError, NoSuchOutletError
from plcmon.errors import BusyError, DialogueError, LoginError, RefusedError
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Transport

PROMPT = cue("its prompt", r"(?:^|\n) {0,8}apc> *$")
CODE = re.compile(r"^ {0,8}(E\d{3}): {0,4}([^\n]{0,80})", re.MULTILINE)
STATE = re.compile(r"^ {0,8}(\d{1,3}): {0,4}[^\n]{0,64}: {0,4}(On|Off)\*? *$", re.MULTILINE)
OUTLET = re.compile(r"[1-9]\d{0,2}")

ACCEPTED = ("E000", "E001")  # done; issued
NO_OUTLET = "E102"  # parameter error
NO_RIGHT = "E104"  # user level denial
DECLINED = ("E100", "E101", "E103")  # failed; no such command; command line error


async def login(d: Dialogue, call: Call) -> None:
    doing = "logging in"
    heard = await d.expect(apc.DENIED, apc.USER, PROMPT, apc.MENU, doing=doing)
    if heard.cue is apc.USER:
        await d.say(call.pcu.user)
        await d.expect(apc.PASSWORD, doing=doing)
        await d.say(call.password)
        heard = await d.expect(apc.DENIED, apc.USER, PROMPT, apc.MENU, doing=doing)
    if heard.cue is apc.DENIED:
        raise BusyError(d.peer, doing, "another session holds its console")
    if heard.cue is apc.USER:
        raise LoginError(d.peer, doing, "user name or password refused")
    if heard.cue is apc.MENU:
        raise DialogueError(d.peer, doing, "it shows menus: its family is apc")


async def read(d: Dialogue, call: Call, outlet: str) -> PowerState:
    doing = f"reading outlet {outlet}"
    if not OUTLET.fullmatch(outlet):
        raise NoSuchOutletError(d.peer, doing, "an outlet is a number")
    if not d.at_prompt:
        raise DialogueError.unexpected(d.peer, doing, expected="its prompt", seen=d.seen)
    await d.say(f"olStatus {outlet}")
    page = (await d.expect(PROMPT, doing=doing)).text
    check(d, page, doing)
    states = [found[2] for found in STATE.finditer(page) if found[1] == outlet]
    if len(states) != 1:
        raise DialogueError.unexpected(
            d.peer, doing, expected=f"the state of outlet {outlet}", seen=d.seen
        )
    return PowerState(states[0].lower())


async def switch(d: Dialogue, call: Call, outlet: str, state: PowerState) -> None:
    await read(d, call, outlet)
    doing = f"switching outlet {outlet} {state.value}"
    await d.commit(f"ol{state.value.capitalize()} {outlet}")
    check(d, (await d.expect(PROMPT, doing=doing)).text, doing)


async def logout(d: Dialogue) -> None:
    await d.say("exit")
    await d.until_closed()


def check(d: Dialogue, page: str, doing: str) -> None:
    """Return only when the card says that it did it; a code that may mean either is no refusal."""
    code = CODE.search(page)
    if code is None:
        raise DialogueError.unexpected(d.peer, doing, expected="a result code", seen=d.seen)
    why = f"it said {code[0].strip()!r}"
    if code[1] == NO_OUTLET:
        raise NoSuchOutletError(d.peer, doing, why)
    if code[1] == NO_RIGHT:
        raise DeniedError(d.peer, doing, why)
    if code[1] in DECLINED:
        raise RefusedError(d.peer, doing, why)
    if code[1] not in ACCEPTED:
        raise DialogueError(d.peer, doing, why)


FAMILY = Family(
    name="apc-cli",
    title="APC Rack PDU 2, command line",
    transports=(Transport("ssh", 22), Transport("telnet", 23)),
    connect=converse(Script(login, read, switch, logout)),
)
