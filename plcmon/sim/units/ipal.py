"""A Dataprobe iPAL: requests without line ends on a bare port, or a prompt over telnet."""

from collections.abc import Mapping
from typing import Any

from plcmon.sim.relay import Relay
from plcmon.sim.units.console import ESC, Console
from plcmon.sim.units.lines import typed
from plcmon.sim.units.terminal import TerminalUnit

CHANNELS = 8
COMMANDS = "OIEDPTSM"
VERBS = {"E": "on", "D": "off", "P": "reboot"}


class IpalUnit(TerminalUnit):
    """A virtual iPAL; `shows` overrides the digit of an outlet."""

    family = "ipal"
    denied = ()  # it hangs up without a word

    def __init__(
        self,
        relays: Mapping[str, Relay],
        *,
        transport: str = "tcp",
        sleepy: bool = False,
        **at: Any,
    ) -> None:
        super().__init__(relays, user="", transport=transport, **at)
        self.shows: dict[str, str] = {}
        self._sleepy = sleepy  # says nothing before two Enters

    async def talk(self, console: Console, *, logged_in: bool) -> None:
        await (self._telnet(console) if self.transport == "telnet" else self._requests(console))

    async def _requests(self, console: Console) -> None:
        """Take ESC, password, ESC, data and a letter, again and again."""
        served = 0
        while True:
            while await console.key() != ESC:
                pass
            password = await self._until(console, ESC)
            data = await self._until(console, COMMANDS)
            if not self._may(password[:-1], first=not served) or self.faults.dead:
                continue
            if served and self.faults.hangs_after_login:
                await console.silence()
            served += 1
            await console.write(await self.obey(data[-1] + data[:-1]))

    async def _until(self, console: Console, ends: str) -> str:
        """The keys up to one of `ends`, with it."""
        taken = ""
        while not taken or taken[-1] not in ends:
            taken += await console.key()
        return taken

    def _may(self, password: str, *, first: bool) -> bool:
        return not first or self.accepts("", typed(password))

    async def obey(self, command: str) -> str:
        """Carry out a letter and its data; what is answered."""
        verb, outlet = VERBS.get(command[:1], ""), command[1:]
        if verb and outlet in self.relays:
            await self.act(verb, self.relays[outlet])
        elif command == "O":
            self.log.append("read", "", destructive=False)
        else:
            return "ERROR   "
        return "".join(self._digit(str(number)) for number in range(1, CHANNELS + 1))

    def _digit(self, outlet: str) -> str:
        relay = self.relays.get(outlet)
        return self.shows.get(outlet) or ("1" if relay and relay.on else "0")

    async def _telnet(self, console: Console) -> None:
        for _ in range(2 if self._sleepy else 0):
            await console.line()
        while True:
            await console.write("\r\nPassword > ")
            if self.accepts("", typed(await console.line(echo=""))):
                break
        if self.faults.hangs_after_login:
            await console.silence()
        while not self.faults.dead:
            await console.write("\r\nEnter > ")
            line = await console.line()
            if line:
                await console.write(f"{await self.obey(line)}\r\n")
        await console.silence()
