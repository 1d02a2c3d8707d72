"""APC MasterSwitch, MasterSwitch Plus and AP79xx: numbered menus over telnet or SSH.

Tested:   virtual units with the five known menu layouts; no real card yet.
Assumes:  the account sees the outlets; no delayed action is pending; CR alone is Enter.
Session:  tests/drivers/sessions/apc.txt
Source:   APC Rack PDU user's guide, chapter "Control console"; menus as powerman's apc*.dev and
          fence-agents' apc agent know them.

The way to an outlet differs between firmwares and accounts, and so do the numbers of the actions:
digit 3 is "off" on one firmware and "reboot" on the next. Every number is read off the screen.
The unit's own reboot leaves an outlet that was off in the off state and is therefore not offered.
"""

import re
from collections.abc import Mapping

from plcmon.drivers.base import Call, Family
from plcmon.drivers.conversation import Script, converse
from plcmon.drivers.dialogue import Dialogue, Heard, cue
from plcmon.drivers.situations import NoSuchOutletError
from plcmon.errors import BusyError, DialogueError, LoginError, RefusedError
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Transport

ESC = "\x1b"
USER = cue("the user name prompt", r"(?:^|\n) {0,8}User Name {1,4}: *$")
PASSWORD = cue("the password prompt", r"(?:^|\n) {0,8}Password {1,4}: *$")
MENU = cue("a menu", r"(?:^|\n) {0,8}> *$")
MORE = cue("more of the page", r"Press <ENTER> to continue\.\.\.\s*$")
CONFIRM = cue("the confirmation", r"Enter 'YES' to continue or <ENTER> to cancel\s{0,8}: *$")
DENIED = cue("a refusal of the console", r"Access to the Control Console will be denied")
DONE = cue("success", r"Command successfully issued|\bSuccess\b|\bsuccessfully!")

ITEM = re.compile(r"^ {0,16}(\d{1,3})- {1,8}(\S[^\n]{0,70}?) *$", re.MULTILINE)
OUTLET = re.compile(r"^ {0,16}(\d{1,3})- {1,8}([^\n]{0,48}?) {1,40}(ON|OFF)\*? *$", re.MULTILINE)
SHOWN = re.compile(r"^ {0,16}Outlet {1,12}: *(\d{1,3}) *$", re.MULTILINE)

# The item that leads towards the outlets, in this order: the first that is on the screen.
ONWARD = (
    re.compile(r"Outlet Control/Configuration$"),
    re.compile(r"Outlet Management$"),
    re.compile(r"Outlet Control$"),
    re.compile(r"MasterSwitch plus", re.IGNORECASE),
)
CONTROL = re.compile(r"Control Outlet$")
LOGOUT = re.compile(r"Logout$")
DEVICES = re.compile(r"Device Manager$")
ACTIONS: Mapping[PowerState, re.Pattern[str]] = {
    PowerState.ON: re.compile(r"Immediate On$|Turn Outlet On$"),
    PowerState.OFF: re.compile(r"Immediate Off$|Turn Outlet Off$"),
}
DEPTH = 8  # levels; the deepest known way has five
PAGES = 8  # of one outlet list


async def login(d: Dialogue, call: Call) -> None:
    doing = "logging in"
    heard = await d.expect(DENIED, USER, MENU, doing=doing)
    if heard.cue is USER:
        await d.say(call.pcu.user)
        await d.expect(PASSWORD, doing=doing)
        await d.say(call.password)
        heard = await d.expect(DENIED, USER, MENU, doing=doing)
    if heard.cue is DENIED:
        raise BusyError(d.peer, doing, "another session holds its console")
    if heard.cue is USER:
        raise LoginError(d.peer, doing, "user name or password refused")


async def read(d: Dialogue, call: Call, outlet: str) -> PowerState:
    doing = f"reading outlet {outlet}"
    outlets = states(await outlet_list(d, doing))
    if outlet not in outlets:
        raise NoSuchOutletError(d.peer, doing, "it shows no such outlet")
    return outlets[outlet]


async def switch(d: Dialogue, call: Call, outlet: str, state: PowerState) -> None:
    doing = f"switching outlet {outlet} {state.value}"
    page = await outlet_list(d, doing)
    if outlet not in states(page):
        raise NoSuchOutletError(d.peer, doing, "it shows no such outlet")
    page = await choose(d, outlet, doing)
    if control := number(page, CONTROL):
        page = await choose(d, control, doing)
    check_outlet(d, page, outlet, doing)
    action = number(page, ACTIONS[state])
    if not action:
        raise RefusedError(d.peer, doing, "its page does not offer the action")
    await d.say(action)
    if (await d.expect(CONFIRM, MENU, doing=doing)).cue is MENU:
        raise RefusedError(d.peer, doing, "it did not ask for confirmation")
    await d.commit("YES")
    await d.expect(DONE, doing=doing)


async def logout(d: Dialogue) -> None:
    page = await main_menu(d, "logging out")
    await d.say(number(page, LOGOUT))
    await d.until_closed()


async def outlet_list(d: Dialogue, doing: str) -> str:
    """Walk from wherever we are to the page that lists the outlets with their states."""
    page = await main_menu(d, doing)
    page = await choose(d, number(page, DEVICES), doing)
    for _ in range(DEPTH):
        if states(page):
            return page
        onward = next((found for item in ONWARD if (found := number(page, item))), "")
        if not onward:
            break
        page = await choose(d, onward, doing)
    raise DialogueError.unexpected(d.peer, doing, expected="a way to the outlets", seen=d.seen)


async def main_menu(d: Dialogue, doing: str) -> str:
    """Go up until the menu with the logout is on the screen."""
    if not d.at_prompt:  # success was said, but not yet where it leaves us
        await leave_question(d, await d.expect(MENU, MORE, CONFIRM, doing=doing), doing)
    for _ in range(DEPTH * 2):
        await d.press(ESC, "ESC")
        heard = await d.expect(MENU, MORE, CONFIRM, doing=doing)
        page = await leave_question(d, heard, doing)
        if number(page, LOGOUT):
            return page
    raise DialogueError.unexpected(d.peer, doing, expected="the main menu", seen=d.seen)


async def leave_question(d: Dialogue, heard: Heard, doing: str) -> str:
    """Come back to a menu; pagers and confirmations swallow ESC, a bare Enter leaves both."""
    if heard.cue is MENU:
        return heard.text
    return await choose(d, "", doing)


async def choose(d: Dialogue, key: str, doing: str) -> str:
    """Choose an item and give the whole page it leads to."""
    await d.say(key)
    page = ""
    for _ in range(PAGES):
        heard = await d.expect(MENU, MORE, doing=doing)
        page += heard.text
        if heard.cue is MENU:
            return page
        await d.say("")
    raise DialogueError.unexpected(d.peer, doing, expected="the end of the list", seen=d.seen)


def number(page: str, item: re.Pattern[str]) -> str:
    """The number in front of an item; empty when the page does not show it."""
    listed = {outlet.start() for outlet in OUTLET.finditer(page)}
    for found in ITEM.finditer(page):
        # Outlets have names of their own, which may read like an item.
        if found.start() not in listed and item.match(found[2]):
            return found[1]
    return ""


def states(page: str) -> dict[str, PowerState]:
    """The outlets of a list; the last line, which means all of them at once, is none."""
    return {
        found[1]: PowerState(found[3].lower())
        for found in OUTLET.finditer(page)
        if not found[2].startswith("ALL ")
    }


def check_outlet(d: Dialogue, page: str, outlet: str, doing: str) -> None:
    """Refuse to go on when the page says that it is about another outlet."""
    shown = SHOWN.search(page)
    if shown and shown[1] != outlet:
        raise DialogueError.unexpected(
            d.peer, doing, expected=f"outlet {outlet}", seen=f"outlet {shown[1]}"
        )


FAMILY = Family(
    name="apc",
    title="APC MasterSwitch and AP79xx, menus",
    transports=(Transport("telnet", 23), Transport("ssh", 22)),
    connect=converse(Script(login, read, switch, logout)),
)
