"""An operator's own program in the fence agents' calling form: any agent of theirs will do.

Tested:   a virtual agent that behaves like the real ones; no agent of the package itself yet.
Assumes:  the program is safe to run as plcmon's user; it ends by itself; `off` waits for the plug.
Session:  none; every action is one run of the program, which logs in by itself.
Source:   fence-agents, "FenceAgentAPI" (options on standard input, exit status) and fencing.py.

The program gets `name=value` lines on standard input, the password among them, and nothing on its
command line; no shell is in between. Its exit status is all that is believed.
"""

import re
import shlex
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from plcmon.drivers import program
from plcmon.drivers.base import Call, Control, Family
from plcmon.drivers.mask import clean
from plcmon.drivers.situations import NoSuchOutletError
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

ON, OFF = 0, 2  # exit status of `status`
DONE = 0
NOTHING_DONE: dict[int, tuple[type[DeviceError], str]] = {
    2: (UnsupportedError, "it does not take these options"),
    3: (LoginError, "it was refused by the unit"),
    10: (LoginError, "it has no password"),
    11: (RefusedError, "the account lacks the privilege"),
}
"""Ends before anything was switched."""
LEFT_OPEN: dict[int, tuple[type[DeviceError], str]] = {
    4: (UnreachableError, "it lost the unit"),
    5: (UnreachableError, "it waited too long for the unit"),
    6: (DialogueError, "it waited in vain for the plug to be on"),
    7: (DialogueError, "it waited in vain for the plug to be off"),
    8: (DialogueError, "it could not read the plug"),
}
"""Ends after which nobody knows."""
BUSY = re.compile(r"\bbusy\b|already logged in", re.IGNORECASE)
NO_PLUG = re.compile(r"plug is not available|not a valid plug|Unknown plug", re.IGNORECASE)


class Agent:
    """One program and the unit behind it."""

    def __init__(self, call: Call) -> None:
        self.seen = ""
        self._call = call

    async def login(self) -> None:
        """`monitor` logs in and reads the plugs; it switches nothing."""
        done = await self._run("monitor", "", "logging in")
        if done.status != DONE:
            raise self._error(done, "logging in")

    async def read(self, outlet: str) -> PowerState:
        doing = f"reading outlet {outlet}"
        done = await self._run("status", outlet, doing)
        if done.status == ON:
            return PowerState.ON
        if done.status == OFF:
            return PowerState.OFF
        raise self._error(done, doing)

    async def switch(self, outlet: str, state: PowerState) -> None:
        doing = f"switching outlet {outlet} {state.value}"
        self._call.point.passed = True
        done = await self._run(state.value, outlet, doing)
        if done.status != DONE:
            raise self._error(done, doing)

    async def cycle(self, outlet: str) -> None:
        raise UnsupportedError(self._call.peer, "cycling", "it offers no cycle of its own")

    async def logout(self) -> None:
        """Every run ends its own session."""

    async def _run(self, action: str, outlet: str, doing: str) -> program.Finished:
        call = self._call
        lines = list(self._options(action, outlet, doing))
        call.tell(f"> {call.pcu.options['program']} " + call.mask(" ".join(lines)))
        try:
            done = await program.run(
                [call.pcu.options["program"]], secrets={}, stdin="\n".join([*lines, ""])
            )
        except OSError as exc:
            call.point.passed = False
            raise UnsupportedError(call.peer, doing, "its program cannot be run") from exc
        except program.TooMuchError as exc:
            raise DialogueError(call.peer, doing, "its program talks without end") from exc
        for line in call.mask(clean(f"{done.out}\n{done.err}")).split("\n"):
            if line.strip():
                self.seen = line.strip()[-80:]
                call.tell("< " + line.rstrip())
        call.tell(f"< exit status {done.status}")
        return done

    def _options(self, action: str, outlet: str, doing: str) -> Iterator[str]:
        call = self._call
        given = {
            "action": action,
            "ip": call.pcu.host,
            "ipport": str(call.transport.port or ""),
            "username": call.pcu.user,
            "password": call.password,
            "plug": outlet,
        }
        words = dict(word.partition("=")[::2] for word in shlex.split(call.option("more", "")))
        for name, value in {**words, **given}.items():
            if "\n" in value or "\r" in value:
                raise UnsupportedError(call.peer, doing, f"its {name} holds a line break")
            if value:
                yield f"{name}={value}"

    def _error(self, done: program.Finished, doing: str) -> DeviceError:
        peer = self._call.peer
        if done.status in NOTHING_DONE:
            self._call.point.passed = False
            kind, why = NOTHING_DONE[done.status]
            return kind(peer, doing, why)
        if done.status in LEFT_OPEN:
            kind, why = LEFT_OPEN[done.status]
            return kind(peer, doing, why)
        said = clean(f"{done.err}\n{done.out}")
        if NO_PLUG.search(said):
            self._call.point.passed = False
            return NoSuchOutletError(peer, doing, "its program knows no such plug")
        if BUSY.search(said):
            return BusyError(peer, doing, "another session holds it")
        seen = f"exit status {done.status}, {self.seen!r}"
        return DialogueError.unexpected(peer, doing, expected="a known exit status", seen=seen)


@asynccontextmanager
async def connect(call: Call) -> AsyncIterator[Control]:
    yield Agent(call)


FAMILY = Family(
    name="command",
    title="an operator's program, called as a fence agent",
    transports=(Transport("program", 0),),
    connect=connect,
    needs=frozenset(),
    options={
        "program": "its whole path; it is run without a shell (required)",
        "more": "further options for it, as NAME=VALUE words",
    },
    required=frozenset({"program"}),
)
