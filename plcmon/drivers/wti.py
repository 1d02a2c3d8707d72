"""WTI IPS, NPS and relatives: commands with a slash, over telnet or SSH.

Tested:   virtual units with and without a user name, a password, a pager, a confirmation; no real
          unit yet.
Assumes:  CR LF is Enter; the account sees the plug. Unchecked on a unit: SSH, and the words of a
          refused password, a refused command and a busy unit.
Source:   WTI NPS and IPS user's guides, chapters "Operation" and "The Automated Mode"; prompts and
          columns as powerman's wti.dev and fence-agents' wti agent know them.

Whether a unit asks before it acts is a setting of its own, so that the command itself is the point
of no return; a question is answered. A unit in automated mode asks for no password: anybody may
switch it. A unit that is busy may refuse the connection.
"""

import re

from plcmon.drivers.base import Call, Family
from plcmon.drivers.conversation import Script, converse, give_user
from plcmon.drivers.dialogue import Cue, Dialogue, cue
from plcmon.drivers.situations import NoSuchOutletError
from plcmon.errors import BusyError, DialogueError, LoginError, RefusedError
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Transport

USER = cue(
    "the user name prompt",
    r"(?:^|\n) {0,8}(?:[Ll]ogin(?: Name)?|[Uu]ser ?[Nn]ame) {0,4}: *$",
)
PASSWORD = cue("the password prompt", r"(?:^|\n) {0,8}(?:Enter )?[Pp]assword {0,4}: *$")
PROMPT = cue("its prompt", r"(?:^|\n) {0,8}(?:IPS|NPS|RSM|MPC|TPS|NBB|VMR|RPS|RPC)> *$")
PAGER = cue("more of the page", r"(?:^|\n)[^\n]{0,72}\bEnter: *$")
CONFIRM = cue("the confirmation", r"(?:^|\n)[^\n]{0,72}Sure\? {0,4}\(Y/N\) {0,4}:? *$")
DENIED = cue("a refused login", r"^ {0,8}(?:Invalid|Incorrect) (?:[Pp]assword|[Ll]ogin)\b")
BUSY = cue(
    "that it is busy",
    r"^ {0,8}(?:Another session|Port|Session|System|Telnet|Unit)[a-z ]{0,24}"
    r" (?:active|busy|in use)[.! ]{0,4}\n",
)
DECLINED = re.compile(
    r"^ {0,8}((?:\*{0,3} ?)?(?:Invalid|Illegal|Error|ERROR|Unknown|Access denied)\b[^\n]{0,60})",
    re.MULTILINE,
)
STATE = re.compile(r"\*?(ON|OFF)\*?")
PAGES = 8  # of one status screen


async def login(d: Dialogue, call: Call) -> None:
    doing = "logging in"
    heard = await d.expect(BUSY, PROMPT, PAGER, USER, PASSWORD, doing=doing)
    if heard.cue is USER:
        await give_user(d, call, doing)
        heard = await d.expect(BUSY, PASSWORD, doing=doing)
    if heard.cue is PASSWORD:
        await d.say(call.password)
        heard = await d.expect(DENIED, BUSY, PROMPT, PAGER, USER, PASSWORD, doing=doing)
    if heard.cue is PAGER:  # the status screen of a large unit
        await d.say("")
        await whole_page(d, doing)
    elif heard.cue is BUSY:
        raise BusyError(d.peer, doing, "another session holds it")
    elif heard.cue is not PROMPT:
        raise LoginError(d.peer, doing, "user name or password refused")


async def read(d: Dialogue, call: Call, outlet: str) -> PowerState:
    doing = f"reading outlet {outlet}"
    plugs = states(await status(d, doing))
    if outlet not in plugs:
        raise NoSuchOutletError(d.peer, doing, "it shows no such plug")
    return plugs[outlet]


async def switch(d: Dialogue, call: Call, outlet: str, state: PowerState) -> None:
    doing = f"switching outlet {outlet} {state.value}"
    if outlet not in states(await status(d, doing)):
        raise NoSuchOutletError(d.peer, doing, "it shows no such plug")
    await d.commit(f"/{state.value.capitalize()} {outlet}")
    page = await whole_page(d, doing, CONFIRM)
    if declined := DECLINED.search(page):
        raise RefusedError(d.peer, doing, f"it said {declined[1].strip()!r}")


async def logout(d: Dialogue) -> None:
    await d.say("/X")
    await d.until_closed()


async def status(d: Dialogue, doing: str) -> str:
    """The whole status screen."""
    if not d.at_prompt:
        raise DialogueError.unexpected(d.peer, doing, expected="its prompt", seen=d.seen)
    await d.say("/S")
    return await whole_page(d, doing)


async def whole_page(d: Dialogue, doing: str, *confirm: Cue) -> str:
    """Everything up to the next prompt; pages are turned, and `confirm` is answered with yes."""
    page = ""
    for _ in range(PAGES):
        heard = await d.expect(*confirm, PAGER, PROMPT, doing=doing)
        page += heard.text
        if heard.cue is PROMPT:
            return page
        await d.say("" if heard.cue is PAGER else "Y")
    raise DialogueError.unexpected(d.peer, doing, expected="the end of the list", seen=d.seen)


def states(page: str) -> dict[str, PowerState]:
    """The plugs of a status screen, by the columns that its head names.

    An asterisk means that the plug is about to move; what it shows is what it is.
    """
    head: list[str] = []
    plugs: dict[str, PowerState] = {}
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if {"PLUG", "STATUS"} <= {cell.upper() for cell in cells}:
            head = [cell.upper() for cell in cells]
        # A name that holds a bar would move the columns.
        elif head and len(cells) == len(head):
            row = dict(zip(head, cells, strict=True))
            if found := STATE.fullmatch(row["STATUS"].upper()):
                plugs[row["PLUG"]] = PowerState(found[1].lower())
    return plugs


FAMILY = Family(
    name="wti",
    title="WTI IPS, NPS and relatives",
    transports=(Transport("telnet", 23), Transport("ssh", 22)),
    connect=converse(Script(login, read, switch, logout), eol="\r\n"),
    needs=frozenset({"host", "credential"}),
)
