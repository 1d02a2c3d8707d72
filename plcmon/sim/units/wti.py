"""A WTI power switch: commands with a slash behind telnet or SSH, one session at a time."""

from collections.abc import Mapping
from typing import Any

from plcmon.sim.relay import Relay
from plcmon.sim.units.console import Console
from plcmon.sim.units.lines import typed
from plcmon.sim.units.terminal import TerminalUnit

HEAD = "Plug | Name             | Password    | Status | Boot/Seq. Delay |"
RULE = "-----+------------------+-------------+--------+-----------------+"
TRIES = 3  # wrong passwords before the unit hangs up
PAGE = 16  # plugs on one screen
VERBS = {"/ON": "on", "/OFF": "off", "/BOOT": "reboot"}


class WtiUnit(TerminalUnit):
    """`asks_user` is a later generation, `is_open` one in automated mode; `confirms` a setting."""

    family = "wti"
    denied = ("Telnet port is busy.",)

    def __init__(
        self,
        relays: Mapping[str, Relay],
        *,
        model: str = "IPS",
        asks_user: bool = False,
        is_open: bool = False,
        confirms: bool = True,
        **at: Any,
    ) -> None:
        super().__init__(relays, **at)
        self.model = model
        self.asks_user = asks_user
        self.is_open = is_open
        self.confirms = confirms and not is_open

    async def talk(self, console: Console, *, logged_in: bool) -> None:
        await Session(self, console).run(logged_in=logged_in)


class Session:
    """One caller at the prompt."""

    def __init__(self, unit: WtiUnit, console: Console) -> None:
        self._unit = unit
        self._console = console

    async def run(self, *, logged_in: bool) -> None:
        if not (logged_in or self._unit.is_open) and not await self._login():
            return
        if self._unit.faults.hangs_after_login:
            await self._console.silence()
        await self._status()
        while (line := await self._ask()).upper() != "/X":
            await self._obey(line)

    async def _login(self) -> bool:
        unit, console = self._unit, self._console
        for _ in range(TRIES):
            user = unit.user
            if unit.asks_user:
                await console.write("\r\nlogin: ")
                user = await console.line()
            await console.write("Password: " if unit.asks_user else "\r\nEnter Password: ")
            if unit.accepts(user, typed(await console.line(echo="*"))):
                return True
            await console.write("Invalid Password\r\n")
        return False

    async def _ask(self) -> str:
        if self._unit.faults.dead:
            await self._console.silence()
        await self._console.screen("", prompt=f"{self._unit.model}> ")
        return await self._console.line()

    async def _obey(self, line: str) -> None:
        unit = self._unit
        word, _, plug = line.partition(" ")
        if word.upper() == "/S":
            await self._status()
        elif (verb := VERBS.get(word.upper())) is None or plug not in unit.relays:
            await self._console.write("\r\nInvalid Command\r\n" if line else "")
        elif not unit.confirms or await self._is_sure():
            await unit.act(verb, unit.relays[plug])
            if not unit.is_open:  # automated mode says nothing but its prompt
                await self._status()

    async def _is_sure(self) -> bool:
        await self._console.write("\r\nSure? (Y/N): ")
        return (await self._console.line()).upper() == "Y"

    async def _status(self) -> None:
        self._unit.log.append("read", "", destructive=False)
        rows = [
            f"  {relay.outlet:<2} | {relay.label or '(undefined)':<16} | (undefined) |"
            f" {'ON' if relay.on else 'OFF':^6} |     5 Secs      |"
            for relay in self._unit.relays.values()
        ]
        head = ("Internet Power Switch v1.41c     Site ID: (undefined)", "", HEAD, RULE)
        while len(rows) > PAGE:
            more = "Press the Enter key to continue. Enter: "
            await self._console.screen(*head, *rows[:PAGE], prompt=more)
            await self._console.line()
            del rows[:PAGE]
        await self._console.screen(*head, *rows, RULE, prompt='"/H" for help.\r\n')
