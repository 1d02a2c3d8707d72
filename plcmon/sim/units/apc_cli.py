"""An APC Rack PDU of the second generation: a command line behind SSH or telnet."""

from collections.abc import Mapping
from typing import Any

from plcmon.sim.relay import Relay
from plcmon.sim.units.apc import DENIED, TRIES
from plcmon.sim.units.console import Console
from plcmon.sim.units.lines import typed
from plcmon.sim.units.terminal import TerminalUnit

VERBS = {"olon": "on", "oloff": "off", "olreboot": "reboot"}
LEAVING = frozenset({"exit", "quit", "bye"})
BANNER = (
    "Schneider Electric                      Network Management Card AOS      v6.8.2",
    "(c) Copyright 2019 All Rights Reserved  RPDU 2g APP                      v6.8.0",
    "-" * 79,
    "Name      : RackPDU                                   Date : 06/01/2019",
    "User      : Super User                                Stat : P+ N4+ N6+ A+",
    "",
    "Type ? for command listing",
    "Use tcpip command for IP address(-i), subnet(-s), and gateway(-g)",
)


class ApcCliUnit(TerminalUnit):
    """`says` is the code it answers to power commands instead of success, and does not obey."""

    family = "apc-cli"
    denied = DENIED

    def __init__(self, relays: Mapping[str, Relay], *, user: str = "apc", **at: Any) -> None:
        super().__init__(relays, user=user, **at)
        self.says = ""

    async def talk(self, console: Console, *, logged_in: bool) -> None:
        if not logged_in and not await self._login(console):
            return
        if self.faults.hangs_after_login:
            await console.silence()
        await console.screen("", *BANNER, prompt="")
        while True:
            if self.faults.dead:
                await console.silence()
            await console.screen("", prompt="apc>")
            word, _, outlets = (await console.line()).strip().partition(" ")
            if word.lower() in LEAVING:
                return
            await console.write("\r\n".join(await self._answer(word.lower(), outlets)))

    async def _login(self, console: Console) -> bool:
        for _ in range(TRIES):
            await console.write("\r\nUser Name : ")
            user = await console.line()
            await console.write("Password  : ")
            if self.accepts(user, typed(await console.line(echo="*"))):
                return True
        return False

    async def _answer(self, word: str, outlets: str) -> list[str]:
        if not word:
            return []
        if word != "olstatus" and word not in VERBS:
            return ["E101: Command Not Found", ""]
        relays = self._meant(outlets)
        if not relays:
            return ["E102: Parameter Error", ""]
        if word == "olstatus":
            self.log.append("read", "", destructive=False)
            return ["E000: Success", *map(shown, relays), ""]
        if self.says:
            return [self.says, ""]
        for relay in relays:
            await self.act(VERBS[word], relay)
        return ["E000: Success", ""]

    def _meant(self, outlets: str) -> list[Relay]:
        """The outlets of a list of numbers, ranges and names, or all of them."""
        if outlets == "all":
            return list(self.relays.values())
        meant: list[Relay] = []
        for part in outlets.split(","):
            low, dash, high = part.partition("-")
            if dash and low.isdigit() and high.isdigit():
                numbers = range(int(low), int(high) + 1)
                meant += [relay for at, relay in self.relays.items() if int(at) in numbers]
            else:
                meant += [
                    one for at, one in self.relays.items() if part and part in (at, one.label)
                ]
        return meant


def shown(relay: Relay) -> str:
    name = relay.label or f"Outlet {relay.outlet}"
    return f" {relay.outlet}: {name}: {'On' if relay.on else 'Off'}"
