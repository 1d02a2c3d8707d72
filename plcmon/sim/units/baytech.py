"""A BayTech power controller: outlets behind a prompt, and on some behind a menu before it."""

from collections.abc import Mapping
from typing import Any

from plcmon.sim.relay import Relay
from plcmon.sim.units.console import Console
from plcmon.sim.units.lines import typed
from plcmon.sim.units.terminal import TerminalUnit

TRIES = 3  # wrong passwords before the unit hangs up
LEAVING = frozenset({"exit", "logout", "logoff"})
QUESTIONS = {"on": "Turn On Outlet  {} (Y/N)?", "off": "Turn Off Outlet  {} (Y/N)?"}
QUESTIONS["reboot"] = "Reboot Outlet  {}        (Y/N)?"


class BayTechUnit(TerminalUnit):
    """`model` is its prompt; `wakes` the key without which it says nothing after an SSH login."""

    family = "baytech"
    denied = ("Port in use.",)

    def __init__(
        self,
        relays: Mapping[str, Relay],
        *,
        model: str = "RPC3-NC",
        confirms: bool = True,
        wakes: str = "",
        entry: str = "5",
        asks_again: bool = False,
        drops_first: bool = False,
        **at: Any,
    ) -> None:
        super().__init__(relays, **at)
        self.model = model
        self.confirms = confirms
        self.wakes = wakes
        self.entry = entry
        self.asks_again = asks_again
        self.drops_first = drops_first
        self.dropped = False
        self.locked: set[str] = set()

    async def talk(self, console: Console, *, logged_in: bool) -> None:
        if self.drops_first and not self.dropped:
            self.dropped = True
            await console.write("\r\nEnter")
            return
        self.dropped = False
        await Session(self, console).run(logged_in=logged_in)


class Session:
    """One caller, from the login to the outlets and back."""

    def __init__(self, unit: BayTechUnit, console: Console) -> None:
        self._unit = unit
        self._console = console
        self._prompts = 0
        self._awake = False

    async def run(self, *, logged_in: bool) -> None:
        if not logged_in and not await self._login():
            return
        if self._unit.faults.hangs_after_login:
            await self._console.silence()
        while logged_in and self._unit.wakes and await self._console.key() != self._unit.wakes:
            pass
        if self._unit.model == "DS-RPC":
            await self._data_switch()
        elif self._unit.model == "RPC-3":
            await self._old_menu()
        else:
            await self._outlets()

    async def _login(self) -> bool:
        unit, console = self._unit, self._console
        old = unit.model == "RPC-3"
        await console.write("\r\nRPC-3 Telnet Host\r\nRevision F 5.01, (C) 2001\r\n" if old else "")
        for _ in range(TRIES):
            user = unit.user
            if not old:
                await console.write("\r\nEnter user name: ")
                user = await console.line()
            await console.write("\r\nEnter password>" if old else "\r\nEnter Password: ")
            if unit.accepts(user, typed(await console.line(echo="*" if old else ""))):
                return True
            await console.write("\r\nInvalid password.\r\n")
        return False

    async def _data_switch(self) -> None:
        rows = (
            "  Console of host  (2 ,1).........2",
            f"  Control Outlets  (5 ,1).........{self._unit.entry}",
            "  Configuration ..................C",
            "  Logout .........................T",
            "",
        )
        while (choice := await self._choose(rows, "Enter Request :")) != "T":
            if choice == self._unit.entry:
                if self._unit.asks_again:
                    await self._console.write("\r\nEnter user name:")
                    await self._console.line()
                await self._outlets()

    async def _old_menu(self) -> None:
        items = ("Outlet Control", "Manage Users", "Configuration", "Unit Status", "Reset Unit")
        rows = tuple(f"   {at})...{item}" for at, item in enumerate((*items, "Logout"), 1))
        while (choice := await self._choose(rows, "Enter Selection>")) != "6":
            if choice == "1":
                await self._outlets()

    async def _choose(self, rows: tuple[str, ...], prompt: str) -> str:
        await self._console.screen("", *rows, prompt=prompt)
        return await self._console.line()

    async def _outlets(self) -> None:
        await self._status()
        while True:
            line = (await self._ask()).strip().lower()
            word, _, outlet = line.partition(" ")
            if self._leaves(word):
                return
            if word == "status":
                await self._status()
            elif word in QUESTIONS and (outlet in self._unit.relays or outlet in ("0", "all")):
                await self._act(word, outlet)
            elif line:
                await self._console.write("\r\nInput error\r\n")

    def _leaves(self, word: str) -> bool:
        if self._unit.model == "DS-RPC":
            return word == ";;;;;"
        return word == "menu" if self._unit.model == "RPC-3" else word in LEAVING

    async def _ask(self) -> str:
        """One line; an RPC-28 loses the first command after a rest."""
        if self._unit.faults.dead:
            await self._console.silence()
        model = self._unit.model
        self._prompts += 1
        other = "A" if model == "RPC-28" and self._prompts % 2 else ""
        await self._console.screen("", prompt=f"{'   ' * (model == 'RPC-3')}{model}{other}>")
        line = await self._console.line()
        while model == "RPC-28" and line and not self._awake:
            line = await self._console.line()
        self._awake = not line
        return line

    async def _act(self, verb: str, outlet: str) -> None:
        unit = self._unit
        if unit.confirms:
            await self._console.write("\r\n" + QUESTIONS[verb].format(outlet))
            if (await self._console.line()).upper() != "Y":
                return
        if outlet in unit.locked:
            return
        for relay in [unit.relays[outlet]] if outlet in unit.relays else unit.relays.values():
            await unit.act(verb, relay)
        if verb == "reboot":
            await self._console.write("\r\nRebooting...  9876543210\r\n")

    async def _status(self) -> None:
        self._unit.log.append("read", "", destructive=False)
        states = [
            (relay.outlet, relay.label or f"Outlet {relay.outlet}", self._shown(relay))
            for relay in self._unit.relays.values()
        ]
        if self._unit.model == "RPC-3":
            head = ["Selection   Outlet    Outlet   Power", "  Number     Name     Number   Status"]
            rows = [f"{at:>5}     {name:<12}{at:>5}     {shown}" for at, name, shown in states]
        else:
            head = ["Circuit Breaker : On", ""]
            rows = [f" {at})...{name:<16}: {shown}" for at, name, shown in states]
        if self._unit.model == "RPC-28":
            pairs = zip(rows[::2], rows[1::2], strict=True)
            rows = [f"{left:<40}{right}" for left, right in pairs]
        await self._console.screen(
            *head, *rows, "", prompt='Type "Help" for a list of commands\r\n'
        )

    def _shown(self, relay: Relay) -> str:
        return ("On" if relay.on else "Off") + " Locked" * (relay.outlet in self._unit.locked)
