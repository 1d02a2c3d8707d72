"""HP iLO at its command line (SMASH CLP), over SSH, or telnet on iLO 1; for one without RIBCL.

Tested:   virtual units as iLO 2 to 5 and as an iLO MP; no real one yet.
Assumes:  an account with the right "Virtual Power and Reset"; CR alone is Enter.
Session:  none recorded.
Source:   HP iLO scripting and command line guides; powerman's hpilo.dev; fence-agents' ilo_ssh and
          ilo_mp. Unchecked: the words behind `status=` other than 0, and of a full house.

Off is `power off hard`: without the word it presses a button that a dead system does not feel.
Every reply states a status; 0 and 1 are success, 2 is a refusal, and 3, which may have begun, and
a reply without one leave the outcome unknown. `reset` is refused while the server is off: not
offered.
"""

import re
from typing import NamedTuple

from plcmon.drivers.base import Call, Family
from plcmon.drivers.conversation import Script, converse
from plcmon.drivers.dialogue import Dialogue, cue
from plcmon.drivers.situations import DeniedError
from plcmon.errors import BusyError, DialogueError, LoginError, RefusedError
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Transport

PROMPT = cue("the iLO prompt", r"(?:^|\n) {0,4}</[\w/]{0,60}>(?:hp)?iLO-> {0,4}$")
MP = cue("the MP prompt", r"(?:^|\n) {0,4}(?:\[[^\]\n]{1,64}\] {0,2})?MP> {0,4}$")
MORE = cue("more of the answer", r"--\s?[Mm]ore\s?--[^\n]{0,40}$")
USER = cue("the login prompt", r"(?:^|\n) {0,8}(?:MP )?[Ll]ogin(?: Name)? {0,4}: *$")
PASSWORD = cue("the password prompt", r"(?:^|\n) {0,8}(?:MP )?[Pp]assword {0,4}: *$")
DENIED = cue("a refused login", r"(?i:login (?:failed|incorrect)|invalid login|access denied)")
FULL = cue("a full house", r"(?i:maximum (?:number of )?(?:\w{1,12} )?(?:sessions|connections))")

POWER = re.compile(
    r"server power is currently: {0,4}(On|Off)\b"
    r"|^ {0,16}EnabledState {0,4}= {0,4}(enabled|disabled)\b",
    re.IGNORECASE | re.MULTILINE,
)
STATES = {
    "on": PowerState.ON,
    "enabled": PowerState.ON,
    "off": PowerState.OFF,
    "disabled": PowerState.OFF,
}
STATUS = re.compile(r"^ {0,8}status {0,4}= {0,4}(\d{1,4})\b", re.MULTILINE)
TAG = re.compile(r"^ {0,8}error_tag {0,4}= {0,4}([^\n]{1,80})", re.MULTILINE)
NOT_ALLOWED = re.compile(r"privilege|not authorized|access denied", re.IGNORECASE)
ACCEPTED = frozenset({"0", "1"})  # completed, spawned
REFUSED = "2"  # not even begun
PAGES = 8  # of one answer


class Form(NamedTuple):
    """One set of commands; which one an iLO has shows in its answer to the first."""

    status: str
    on: str
    off: str


FORMS = (
    Form("power", "power on", "power off hard"),
    Form("show /system1", "start /system1", "stop -f /system1"),
)


async def login(d: Dialogue, call: Call) -> None:
    doing = "logging in"
    heard = await d.expect(FULL, USER, MP, PROMPT, doing=doing)
    if heard.cue is USER:
        await d.say(call.pcu.user)
        await d.expect(PASSWORD, doing=doing)
        await d.say(call.password)
        heard = await d.expect(DENIED, FULL, USER, MP, PROMPT, doing=doing)
    if heard.cue in (DENIED, USER):
        raise LoginError(d.peer, doing, "user name or password refused")
    if heard.cue is FULL:
        raise BusyError(d.peer, doing, "other sessions hold its command line")
    if heard.cue is MP:
        await d.say("SMCLP")
        await d.expect(PROMPT, doing=doing)


async def read(d: Dialogue, call: Call, outlet: str) -> PowerState:
    _, state = await status(d, "reading the power state")
    return state


async def switch(d: Dialogue, call: Call, outlet: str, state: PowerState) -> None:
    doing = f"switching the server {state.value}"
    form, _ = await status(d, doing)
    await d.commit(form.on if state is PowerState.ON else form.off)
    judge(d, await answer(d, doing), doing)


async def logout(d: Dialogue) -> None:
    await d.say("exit")
    await d.until_closed()


async def status(d: Dialogue, doing: str) -> tuple[Form, PowerState]:
    """Ask for the power state, in the first form that the iLO understands."""
    for form in FORMS:
        await d.say(form.status)
        said = await answer(d, doing)
        if found := POWER.search(said):
            return form, STATES[(found[1] or found[2]).lower()]
        if NOT_ALLOWED.search(said):
            raise DeniedError(d.peer, doing, "the account may not see the power state")
    raise DialogueError.unexpected(d.peer, doing, expected="the power state", seen=told(said))


async def answer(d: Dialogue, doing: str) -> str:
    """Everything up to the next prompt, over all its pages."""
    said = ""
    for _ in range(PAGES):
        heard = await d.expect(PROMPT, MORE, doing=doing)
        said += heard.text[: heard.match.start()] + "\n"
        if heard.cue is PROMPT:
            return said
        await d.press(" ", "SPACE")
    raise DialogueError.unexpected(d.peer, doing, expected="the end of the answer", seen=d.seen)


def judge(d: Dialogue, said: str, doing: str) -> None:
    """Return when the command was taken; raise by what the iLO says instead."""
    found = STATUS.search(said)
    if found and found[1] in ACCEPTED:
        return
    if found and found[1] == REFUSED:
        if NOT_ALLOWED.search(said):
            raise DeniedError(d.peer, doing, "the account may not switch the server")
        raise RefusedError(d.peer, doing, f"it said {told(said)!r}")
    raise DialogueError.unexpected(d.peer, doing, expected="success", seen=told(said))


def told(said: str) -> str:
    """The reason in an answer, else its last line."""
    tag = TAG.search(said)
    return tag[1].strip() if tag else said.strip().rpartition("\n")[2].strip()[-80:]


FAMILY = Family(
    name="ilo-smash",
    title="HP iLO, SMASH command line",
    transports=(Transport("ssh", 22), Transport("telnet", 23)),
    connect=converse(Script(login, read, switch, logout)),
    one_node=True,
)
