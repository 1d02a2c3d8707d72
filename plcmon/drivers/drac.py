"""Dell DRAC and iDRAC: `racadm` at a shell, over SSH, or telnet on the old cards.

Tested:   virtual units with the five known prompts; no real card yet.
Assumes:  an account with the right "Server Control"; CR alone is Enter.
Session:  none recorded.
Source:   Dell's racadm guides; ClusterLabs fence-agents' drac and drac5 agents. Unchecked: the
          texts of a full house and of a missing right.

The generations differ in their prompt and in whether `racadm` goes before a command. The form is
found by asking for the power state, which is harmless, and kept for the command that follows.
A chassis (DRAC/MC, CMC) switches many blades from one shell and is not spoken to by this driver.
The card's own powercycle is refused by many firmwares while the server is off: not offered.
"""

import re
from typing import NamedTuple

from plcmon.drivers.base import Call, Family
from plcmon.drivers.conversation import Script, converse
from plcmon.drivers.dialogue import Dialogue, cue
from plcmon.drivers.situations import DeniedError
from plcmon.errors import BusyError, DialogueError, LoginError, RefusedError, UnsupportedError
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Transport

SHELL = r"\$|/[\w./]{0,60}->|racadm>>|\[[^\]\n]{1,64}\]#"
PROMPT = cue("the shell's prompt", rf"(?:^|\n) {{0,4}}(?:{SHELL}) {{0,4}}$")
CHASSIS = cue("a chassis", r"(?:^|\n)DRAC/MC: {0,4}$")
USER = cue("the user name prompt", r"(?:^|\n)[^\n]{0,40}?(?:[Ll]ogin|[Uu]ser ?[Nn]ame) {0,4}: *$")
PASSWORD = cue("the password prompt", r"(?:^|\n) {0,8}[Pp]assword {0,4}: *$")
DENIED = cue("a refused login", r"(?i:login (?:incorrect|failed)|authentication failed)")
FULL = cue("a full house", r"(?i:maximum (?:number of )?(?:\w{1,12} )?sessions)")

POWER = re.compile(
    r"^ {0,8}(?:Server )?Power Status {0,40}[:=] {0,8}(?:Powering )?(ON|OFF) {0,8}$",
    re.IGNORECASE | re.MULTILINE,
)
# The operation may have begun before the card lost patience.
LATE = re.compile(r"time[d ]{0,2}-?out", re.IGNORECASE)
NOT_ALLOWED = re.compile(r"insufficient (?:user )?privilege|permission denied", re.IGNORECASE)
ALREADY = re.compile(r"already (?:powered |turned )?(ON|OFF)\b", re.IGNORECASE)
ERROR = re.compile(r"\bERROR\b|INVALID ARGUMENT|NOT RECOGNIZED|is not valid", re.IGNORECASE)
DONE = re.compile(r"power operation (?:initiated )?successful", re.IGNORECASE)


class Form(NamedTuple):
    """How one generation wants to be told."""

    status: str
    action: str  # goes before `powerup` and `powerdown`
    silent: bool = False  # says nothing at all when a command is taken


PREFIXED = Form("racadm serveraction powerstatus", "racadm serveraction")
BARE = Form("serveraction powerstatus", "serveraction")
DRAC4 = Form("getsysinfo", "serveraction -d 0", silent=True)
VERBS = {PowerState.ON: "powerup", PowerState.OFF: "powerdown"}


async def login(d: Dialogue, call: Call) -> None:
    doing = "logging in"
    heard = await d.expect(FULL, CHASSIS, USER, PROMPT, doing=doing)
    if heard.cue is USER:
        await d.say(call.pcu.user)
        await d.expect(PASSWORD, doing=doing)
        await d.say(call.password)
        heard = await d.expect(DENIED, FULL, CHASSIS, USER, PROMPT, doing=doing)
    if heard.cue in (DENIED, USER):
        raise LoginError(d.peer, doing, "user name or password refused")
    if heard.cue is FULL:
        raise BusyError(d.peer, doing, "other sessions hold its shell")
    if heard.cue is CHASSIS or "Chassis Management Controller" in heard.text:
        raise UnsupportedError(d.peer, doing, "it is a chassis of many blades, not one server")


async def read(d: Dialogue, call: Call, outlet: str) -> PowerState:
    _, state = await status(d, "reading the power state")
    return state


async def switch(d: Dialogue, call: Call, outlet: str, state: PowerState) -> None:
    doing = f"switching the server {state.value}"
    form, _ = await status(d, doing)
    command = f"{form.action} {VERBS[state]}"
    await d.commit(command)
    judge(d, await answer(d, command, doing), form, state, doing)


async def logout(d: Dialogue) -> None:
    await d.say("exit")
    await d.until_closed()


async def status(d: Dialogue, doing: str) -> tuple[Form, PowerState]:
    """Ask for the power state, in the first form that the card understands."""
    said = ""
    for form in forms(d.seen):
        await d.say(form.status)
        said = await answer(d, form.status, doing)
        if found := POWER.search(said):
            return form, PowerState(found[1].lower())
        if NOT_ALLOWED.search(said):
            raise DeniedError(d.peer, doing, "the account may not see the power state")
        if not ERROR.search(said):
            break
    raise DialogueError.unexpected(d.peer, doing, expected="the power state", seen=last(said))


def forms(prompt: str) -> tuple[Form, ...]:
    """What to try at this prompt, the likeliest first."""
    if prompt.startswith("["):
        return DRAC4, BARE, PREFIXED
    return (BARE, PREFIXED) if prompt.startswith("racadm") else (PREFIXED, BARE)


async def answer(d: Dialogue, command: str, doing: str) -> str:
    """What the card says to a command, without the echo and the next prompt."""
    heard = await d.expect(PROMPT, doing=doing)
    said = heard.text[: heard.match.start()].strip()
    return said.removeprefix(command).strip()


def judge(d: Dialogue, said: str, form: Form, state: PowerState, doing: str) -> None:
    """Return when the command was taken; raise by what the card says instead."""
    already = ALREADY.search(said)
    if DONE.search(said) or (form.silent and not said):
        return
    if already and already[1].lower() == state.value:
        return
    if NOT_ALLOWED.search(said):
        raise DeniedError(d.peer, doing, "the account may not switch the server")
    if ERROR.search(said) and not LATE.search(said):
        raise RefusedError(d.peer, doing, f"it said {last(said)!r}")
    raise DialogueError.unexpected(d.peer, doing, expected="success", seen=last(said))


def last(said: str) -> str:
    """The last line of an answer, short enough for a sentence."""
    return said.rpartition("\n")[2].strip()[-80:]


FAMILY = Family(
    name="drac",
    title="Dell DRAC and iDRAC, racadm",
    transports=(Transport("ssh", 22), Transport("telnet", 23)),
    connect=converse(Script(login, read, switch, logout)),
    one_node=True,
)
