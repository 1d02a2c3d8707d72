"""An APC switched rack PDU: numbered menus behind telnet or SSH, one session at a time."""

from collections.abc import Mapping
from typing import Any

from plcmon.sim.relay import Relay
from plcmon.sim.units.console import ESC, Console, GoneError
from plcmon.sim.units.menus import LAYOUTS, MAIN, VERBS
from plcmon.sim.units.terminal import TerminalUnit

FOOT = "     <ESC>- Back, <ENTER>- Refresh, <CTRL-L>- Event Log"
MAIN_FOOT = "     <ESC>- Main Menu, <ENTER>- Refresh, <CTRL-L>- Event Log"
CONTINUE = "        Press <ENTER> to continue..."
CONFIRM = "        Enter 'YES' to continue or <ENTER> to cancel : "
DENIED = (
    "Someone is already logged into the APC Management Card.",
    "Access to the Control Console will be denied.",
)
PAGE = 22  # outlets on one screen
TRIES = 3  # wrong passwords before the card hangs up


class ApcUnit(TerminalUnit):
    """A virtual AP79xx or MasterSwitch: menus as `layout` says."""

    family = "apc"
    denied = DENIED

    def __init__(
        self,
        relays: Mapping[str, Relay],
        *,
        user: str = "apc",
        layout: str = "13p13",
        **at: Any,
    ) -> None:
        super().__init__(relays, user=user, **at)
        self.layout = LAYOUTS[layout]

    async def talk(self, console: Console, *, logged_in: bool) -> None:
        await Session(self, console).run(logged_in=logged_in)


class Session:
    """One caller in the menus."""

    def __init__(self, unit: ApcUnit, console: Console) -> None:
        self._unit = unit
        self._console = console

    async def run(self, *, logged_in: bool) -> None:
        if not logged_in and not await self._login():
            return
        if self._unit.faults.hangs_after_login:
            await self._console.silence()
        await self._main()

    async def _login(self) -> bool:
        for _ in range(TRIES):
            await self._console.write("\r\nUser Name : ")
            user = await self._console.line()
            await self._console.write("Password  : ")
            if self._unit.accepts(user, await self._console.line(echo="*")):
                return True
        return False

    async def _main(self) -> None:
        unit = self._unit
        banner = (
            "American Power Conversion               Network Management Card AOS      v2.7.0",
            f"(c) Copyright 2004 All Rights Reserved  Rack PDU APP                     "
            f"{unit.layout.application}",
            "-" * 79,
            "Name      : RackPDU                                   Date : 06/01/2004",
            "User      : Administrator                             Stat : P+ N+ A+",
            "",
            "Switched Rack PDU: Communication Established",
            "",
            "------- Control Console " + "-" * 55,
            "",
        )
        while True:
            choice = await self._menu(banner, MAIN, MAIN_FOOT)
            if choice == "Logout":
                return
            if choice == "Device Manager":
                await self._walk(0)

    async def _walk(self, level: int) -> None:
        """Show one level of the way to the outlets, until the caller goes back."""
        menus = self._unit.layout.menus
        if level == len(menus):
            await self._outlets()
            return
        title, items, onward = menus[level]
        while choice := await self._menu((heading(title), ""), items, FOOT):
            if choice == onward:
                await self._walk(level + 1)

    async def _outlets(self) -> None:
        while True:
            self._unit.log.append("read", "", destructive=False)
            rows = [
                f"     {relay.outlet}- {relay.label or 'Outlet ' + relay.outlet:<26}"
                f"{'ON' if relay.on else 'OFF'}"
                for relay in self._unit.relays.values()
            ]
            head = heading("Outlet Control/Configuration")
            rows.append(f"     {len(self._unit.relays) + 1}- ALL Accessible Outlets")
            while len(rows) > PAGE:
                await self._console.screen(head, "", *rows[:PAGE], prompt=CONTINUE)
                await self._enter()
                await self._console.write("\r" + " " * len(CONTINUE) + "\r")
                del rows[:PAGE]
            choice = await self._ask((head, "", *rows), FOOT)
            if choice == ESC:
                return
            if choice in self._unit.relays:
                await self._outlet(self._unit.relays[choice])

    async def _outlet(self, relay: Relay) -> None:
        if not self._unit.layout.control:
            await self._actions(relay)
            return
        items = ("Control Outlet", "Configure Outlet")
        while choice := await self._menu(self._about("Outlet", relay), items, FOOT):
            if choice == "Control Outlet":
                await self._actions(relay)

    async def _actions(self, relay: Relay) -> None:
        actions = self._unit.layout.actions
        while choice := await self._menu(self._about("Control Outlet", relay), actions, FOOT):
            if choice in VERBS:
                await self._act(relay, choice)

    async def _act(self, relay: Relay, action: str) -> None:
        verb, unit = VERBS[action], self._unit
        if verb != "on" and unit.faults.drop_at == "before-commit":
            raise GoneError
        name = relay.label or f"Outlet {relay.outlet}"
        await self._console.screen(
            f"        {action}",
            "",
            f"        This command will act on outlet {relay.outlet}",
            f"        named '{name}'.",
            "",
            prompt=CONFIRM,
        )
        if await self._console.line() != "YES":
            return
        await unit.act(verb, relay)
        await self._console.screen("        Command successfully issued.", "", prompt=CONTINUE)
        await self._enter()

    async def _enter(self) -> None:
        """Wait for Enter; ESC is swallowed here without a word."""
        while await self._console.line() == ESC:
            pass

    def _about(self, title: str, relay: Relay) -> tuple[str, ...]:
        return (
            heading(title),
            "",
            f"        Name         : {relay.label or 'Outlet ' + relay.outlet}",
            f"        Outlet       : {relay.outlet}",
            f"        State        : {'ON' if relay.on else 'OFF'}",
            "",
        )

    async def _menu(self, head: tuple[str, ...], items: tuple[str, ...], foot: str) -> str:
        """Show a menu until an item is chosen; empty when the caller goes back."""
        rows = [f"     {number}- {item}" for number, item in enumerate(items, 1)]
        while True:
            typed = await self._ask((*head, *rows), foot)
            if typed == ESC and foot is FOOT:
                return ""
            if typed.isdigit() and 1 <= int(typed) <= len(items):
                return items[int(typed) - 1]

    async def _ask(self, rows: tuple[str, ...], foot: str) -> str:
        if self._unit.faults.dead:
            await self._console.silence()
        await self._console.screen(*rows, "", foot, "", prompt="> ")
        return await self._console.line()


def heading(title: str) -> str:
    return f"------- {title} ".ljust(79, "-")
