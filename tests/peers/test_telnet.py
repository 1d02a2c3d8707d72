"""The telnet transport and the APC dialogue through inetutils' telnetd, served by socat."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.drivers import DriverUnits
from plcmon.errors import LoginError
from plcmon.model.intents import PowerState
from plcmon.model.policy import Wire
from plcmon.model.ports import Unit
from plcmon.model.subjects import Pcu, PcuKey, SiteKey, Transport
from tests.drivers.rigs import Purse
from tests.peers.conftest import listening, program, running

PASSWORD = "telnet-pass"
MENUS = f"""#!{sys.executable} -IS
import os, sys, termios, tty

STATE = {{path!r}}
tty.setraw(0)

def key():
    data = os.read(0, 1)
    if not data:
        sys.exit()
    return data.decode("latin-1")

def line():
    typed = ""
    while (k := key()) not in "\\r\\x1b":
        if k not in "\\n\\0":
            typed += k
    return "ESC" if k == "\\x1b" else typed

def say(*rows):
    os.write(1, "\\r\\n".join(rows).encode())

def menu(*rows):
    say("", *rows, "", "> ")
    return line()

def on():
    return open(STATE).read().strip() == "on"

def move(word):
    with open(STATE, "w") as f:
        f.write(word)
    with open(STATE + ".log", "a") as f:
        f.write(word + "\\n")

def outlet():
    actions = "     1- Immediate On", "     2- Immediate Off", "     3- Immediate Reboot"
    while (choice := menu("     Outlet       : 3", *actions)) != "ESC":
        if choice in ("1", "2"):
            say("", "  Enter 'YES' to continue or <ENTER> to cancel : ")
            if line() == "YES":
                move("on" if choice == "1" else "off")
                say("", "  Command successfully issued.", "  Press <ENTER> to continue...")
                line()

def outlets():
    while True:
        row = "     3- planetlab-3         " + ("ON" if on() else "OFF")
        choice = menu(row, "     4- ALL Accessible Outlets")
        if choice == "ESC":
            return
        if choice == "3":
            outlet()

def devices():
    while (choice := menu("     1- Phase Monitor", "     2- Outlet Control")) != "ESC":
        if choice == "2":
            outlets()

for _ in range(3):
    say("", "User Name : ")
    user = line()
    say("", "Password  : ")
    if (user, line()) == ("apc", {{password!r}}):
        break
else:
    sys.exit()
while (choice := menu("     1- Device Manager", "     2- Network", "     4- Logout")) != "4":
    if choice == "1":
        devices()
"""


@dataclass
class Card:
    """Menus behind a real telnet daemon."""

    port: int
    state: Path

    def session(self, password: str = PASSWORD) -> AbstractAsyncContextManager[Unit]:
        pcu = Pcu(
            key=PcuKey("toml:card"),
            site=SiteKey("s"),
            name="card",
            host="127.0.0.1",
            family="apc",
            transports=(Transport("telnet", self.port),),
            user="apc",
            credential="secret",
        )
        wire = Wire(pcu_command=timedelta(seconds=20))
        return DriverUnits(Purse(secret=password), wire).session(pcu)


@pytest.fixture
async def card(tmp_path: Path) -> AsyncIterator[Card]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    made = Card(port, tmp_path / "outlet")
    made.state.write_text("on")
    menus = tmp_path / "menus"
    menus.write_text(MENUS.replace("{path!r}", repr(str(made.state))).replace(
        "{password!r}", repr(PASSWORD)
    ))  # fmt: skip
    menus.chmod(0o755)
    # telnetd asks for its peer's address, so it needs the socket itself as its standard input.
    listen = f"TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr"
    serve = f"EXEC:{program('telnetd')} -h -E {menus},nofork"
    async with running(program("socat"), listen, serve, folder=tmp_path):
        await listening("127.0.0.1", port)
        yield made


async def test_switches_through_a_real_telnet_daemon(card: Card) -> None:
    async with card.session() as unit:
        assert await unit.read("3") is PowerState.ON
        await unit.switch("3", PowerState.OFF)
        assert await unit.read("3") is PowerState.OFF
        await unit.switch("3", PowerState.ON)

    assert card.state.with_name("outlet.log").read_text().split() == ["off", "on"]


async def test_a_wrong_password_is_refused(card: Card) -> None:
    with pytest.raises(LoginError):
        async with card.session("wrong"):
            pass


async def test_many_sessions_follow_one_another(card: Card) -> None:
    for _ in range(3):
        async with asyncio.timeout(20), card.session() as unit:
            assert await unit.read("3") is PowerState.ON
