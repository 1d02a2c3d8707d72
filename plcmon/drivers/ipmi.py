"""IPMI 2.0 through the `ipmitool` program: one short session for each command.

Tested:   ipmitool 1.8.19 against OpenIPMI's ipmi_sim (tests/peers).
Assumes:  ipmitool is installed; the account has OPERATOR privilege; chassis power as specified.
Session:  none; requests are independent of one another.
Source:   IPMI 2.0 specification, 28.3 "Chassis Control"; ipmitool(1).

The password goes by the child's environment, never on its command line. A wrong password and a
dead machine give the same sentence; only `-v` tells them apart. The specification has "power
cycle" end in the on state, so the unit's own cycle is offered. The cipher suite that worked is
remembered and tried first from then on; IPMI 1.5 has none.
"""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager

from plcmon.drivers import program
from plcmon.drivers.base import Call, Control, Family
from plcmon.drivers.mask import clean
from plcmon.drivers.situations import DeniedError, NoRouteError
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
from plcmon.model.subjects import Pcu, Transport

CIPHERS = ("17", "3")  # SHA-256 first; 3 is the one that every unit must have
INTERFACES = ("lanplus", "lan")
LEVELS = ("CALLBACK", "USER", "OPERATOR", "ADMINISTRATOR")
SUITE = re.compile(r"[1-9][0-9]{0,2}")
WORKS = "cipher"  # under this word a suite is remembered
POWER = re.compile(r"^Chassis Power is (on|off) *$", re.MULTILINE)
ACCEPTED = re.compile(r"^Chassis Power Control: \S", re.MULTILINE)
NO_CIPHER = re.compile(r"invalid authentication algorithm|no matching cipher suite")
NO_SESSION = re.compile(r"Unable to establish|Address lookup for|Could not open socket")
ERRORS: tuple[tuple[re.Pattern[str], type[DeviceError], str], ...] = (
    (re.compile(r"password is longer than"), LoginError, "the password is too long for IPMI"),
    (re.compile(r"RAKP 2 HMAC is invalid"), LoginError, "password refused"),
    (re.compile(r"unauthorized name"), LoginError, "user refused"),
    # IPMI 1.5: it greeted us, and says nothing to a session with a wrong password.
    (re.compile(r"Activate Session command failed"), LoginError, "password refused"),
    (re.compile(r"Invalid user name"), LoginError, "user refused"),
    (re.compile(r"privilege level exceeds limit"), DeniedError, "privilege refused"),
    (re.compile(r"insufficient resources for session"), BusyError, "it has no session left"),
    (NO_CIPHER, UnsupportedError, "it refuses our cipher suites; see the option cipher"),
    (re.compile(r"Address lookup for .* failed"), NoRouteError, "the name does not resolve"),
    (re.compile(r"Unable to establish"), UnreachableError, "no answer"),
    (re.compile(r"Insufficient privilege level"), DeniedError, "insufficient privilege"),
    (re.compile(r"Set Session Privilege Level to \S+ failed"), DeniedError, "privilege refused"),
    (re.compile(r"not supported in present state"), RefusedError, "not in its present state"),
    (re.compile(r"Invalid data field|Invalid command"), UnsupportedError, "it has no such command"),
    (re.compile(r"Chassis Power \S.* failed: "), RefusedError, "it declined"),
)
"""What ipmitool's complaints mean, the first that matches; anything else is not understood."""


class Controller:
    """One BMC."""

    def __init__(self, call: Call) -> None:
        self.seen = ""
        self._call = call
        self._ciphers = suites(call)

    async def login(self) -> None:
        await self._power("status", "logging in")

    async def read(self, outlet: str) -> PowerState:
        doing = "reading the power state"
        found = POWER.search(await self._power("status", doing))
        if found is None:
            raise self._unexpected(doing, "Chassis Power is")
        return PowerState(found[1])

    async def switch(self, outlet: str, state: PowerState) -> None:
        await self._command(state.value, f"switching {state.value}")

    async def cycle(self, outlet: str) -> None:
        await self._command("cycle", "cycling")

    async def logout(self) -> None:
        """Every command ends its own session."""

    async def _command(self, verb: str, doing: str) -> None:
        if not ACCEPTED.search(await self._power(verb, doing)):
            raise self._unexpected(doing, "Chassis Power Control:")

    async def _power(self, verb: str, doing: str) -> str:
        """Run `chassis power VERB` and give what it printed."""
        while True:
            self._call.point.passed = verb != "status"
            done = await self._run(verb, doing)
            if done.status == 0:
                if self._call.option("interface", "lanplus") == "lanplus":
                    self._call.learn(WORKS, self._ciphers[0])
                return clean(done.out)
            complaint = clean(done.err)
            if NO_SESSION.search(complaint):
                self._call.point.passed = False  # nothing was ever asked of the unit
                # A cipher suite is refused before any password is shown.
                if NO_CIPHER.search(complaint) and len(self._ciphers) > 1:
                    del self._ciphers[0]
                    continue
            raise self._error(complaint, doing)

    async def _run(self, verb: str, doing: str) -> program.Finished:
        argv = self._argv(verb)
        self._call.tell("> " + self._call.mask(" ".join(argv)))
        try:
            done = await program.run(argv, secrets={"IPMI_PASSWORD": self._call.password})
        except OSError as exc:
            self._call.point.passed = False
            raise UnsupportedError(self._call.peer, doing, f"{argv[0]} cannot be run") from exc
        except program.TooMuchError as exc:
            raise DialogueError(self._call.peer, doing, f"{argv[0]} talks without end") from exc
        for line in self._call.mask(clean(f"{done.out}\n{done.err}")).split("\n"):
            if line.strip():
                self.seen = line.strip()[-80:]
                self._call.tell("< " + line.rstrip())
        return done

    def _argv(self, verb: str) -> list[str]:
        call = self._call
        interface, suite = call.option("interface", "lanplus"), self._ciphers[0]
        options: Mapping[str, str] = {
            "-I": interface,
            "-H": call.pcu.host,
            "-p": str(call.transport.port),
            "-U": call.pcu.user,
            "-L": call.option("level", "OPERATOR"),
            **({"-C": suite} if interface == "lanplus" else {}),
            "-N": "2",  # seconds for each try
            "-R": "3",  # tries beside the first; with the above, 8 s for a dead unit
        }
        flat = [word for option in options.items() for word in option]
        return [call.option("program", "ipmitool"), *flat, "-E", "-v", "chassis", "power", verb]

    def _error(self, complaint: str, doing: str) -> DeviceError:
        for pattern, kind, why in ERRORS:
            if pattern.search(complaint):
                return kind(self._call.peer, doing, why)
        return self._unexpected(doing, "a known answer")

    def _unexpected(self, doing: str, expected: str) -> DialogueError:
        return DialogueError.unexpected(self._call.peer, doing, expected=expected, seen=self.seen)


def suites(call: Call) -> list[str]:
    """The cipher suites to try, in order: the record's own, or the one that worked before all."""
    chosen, worked = call.option("cipher", ""), call.learned(WORKS)
    if chosen:
        return [chosen]
    known = [worked] if SUITE.fullmatch(worked) else []
    return [*known, *(suite for suite in CIPHERS if suite not in known)]


def check(pcu: Pcu) -> Iterator[str]:
    """What is wrong with the options' texts; a program would take some for options of its own."""
    suite = pcu.options.get("cipher", CIPHERS[0])
    if suite == "0":
        yield "cipher suite 0 would let anybody in and is not used"
    elif not SUITE.fullmatch(suite):
        yield f"the cipher {suite!r} is no number of a suite"
    for option, known in (("interface", INTERFACES), ("level", LEVELS)):
        if pcu.options.get(option, known[0]) not in known:
            yield f"the {option} must be one of {', '.join(known)}"


@asynccontextmanager
async def connect(call: Call) -> AsyncIterator[Control]:
    yield Controller(call)


FAMILY = Family(
    name="ipmi",
    title="IPMI 2.0 through ipmitool",
    transports=(Transport("ipmi", 623),),
    connect=connect,
    options={
        "program": "the program to run (ipmitool)",
        "interface": "lanplus (IPMI 2.0, the default) or lan",
        "cipher": "the cipher suite; without it the one that worked, 17, then 3",
        "level": "the privilege asked for (OPERATOR)",
    },
    check=check,
    native_cycle=True,
    one_node=True,
    peers="ipmitool with OpenIPMI's ipmi_sim",
)
