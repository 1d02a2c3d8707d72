"""A BMC as the `ipmitool` program knows it: one machine, one short session for each command."""

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from plcmon.sim.relay import Relay
from plcmon.sim.units.door import Door, Listener
from plcmon.sim.units.mechanics import Mechanics
from plcmon.sim.units.unit import CommandLog, UnitFaults

VERBS = {"on": "on", "off": "off", "cycle": "reboot", "reset": "reboot"}


def write_ipmitool(path: Path) -> Path:
    """Install the program that speaks to an `IpmiUnit` at `path`; for `options.program`."""
    source = Path(__file__).with_name("ipmitool.py").read_text("utf-8")
    path.write_text(f"#!{sys.executable} -IS\n{source}", "utf-8")
    path.chmod(0o700)
    return path


class IpmiUnit:
    """A virtual BMC in front of one machine: the first of `relays`, whatever its outlet."""

    family = "ipmi"

    def __init__(
        self,
        relays: Mapping[str, Relay],
        *,
        user: str = "admin",
        password: str,
        host: str = "127.0.0.1",
        port: int = 0,
        log: CommandLog | None = None,
        cipher: str = "3",
    ) -> None:
        self.relay = next(iter(relays.values()))
        self.user = user
        self.cipher = cipher
        self.levels = {"", "OPERATOR", "ADMINISTRATOR"}  # what the account may ask for
        self.host = host
        self.faults = UnitFaults()
        self.log = log or CommandLog()
        self.mechanics = Mechanics(self.faults, reboot=1.0)
        self._password = password
        self._released = asyncio.Event()  # lets hanging sessions go when the unit ends
        self._door = Door(host, port, self.faults, self._open)

    @property
    def port(self) -> int:
        return self._door.port

    async def __aenter__(self) -> Self:
        await self._door.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._released.set()
        self.mechanics.stop()
        await self._door.__aexit__(kind, error, trace)

    async def _open(self, host: str, port: int) -> tuple[Listener, int]:
        server = await asyncio.start_server(self._serve, host, port, limit=65536)
        return server, server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            question = json.loads(await reader.readline())
            reply = await self._answer(question)
            if reply is not None:
                writer.write(json.dumps(reply).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError):
            pass  # a caller that left or babbled
        finally:
            writer.close()

    async def _answer(self, question: Mapping[str, str]) -> dict[str, str] | None:
        """What the BMC says; None: it cuts the link."""
        if self.faults.dead:
            await self._released.wait()
        if refusal := self._refusal(question):
            return {"error": refusal}
        if self.faults.hangs_after_login:
            await self._released.wait()
        return self._act(question["verb"])

    def _refusal(self, question: Mapping[str, str]) -> str:
        if self.faults.busy:
            return "busy"
        old = question.get("interface") == "lan"
        if not old and question["cipher"] != self.cipher:
            return "cipher"
        self.log.append("login", "", destructive=False)
        if question["user"] != self.user:
            return "user"
        if question.get("level", "") not in self.levels:
            return "privilege" if old else "Insufficient privilege level"
        wrong = self.faults.wrong_password or question["password"] != self._password
        return "password" if wrong else ""

    def _act(self, verb: str) -> dict[str, str] | None:
        if verb == "status":
            self.log.append("read", "", destructive=False)
            return {"power": "on" if self.relay.on else "off"}
        if verb not in VERBS:
            return {"error": "Invalid data field in request"}
        if VERBS[verb] == "reboot" and not self.relay.on:
            return {"error": "Command not supported in present state"}
        destructive = verb != "on"
        if destructive and self.faults.drop_at == "before-commit":
            return {"error": "silent"}
        self.log.append(verb, self.relay.outlet, destructive)
        self.mechanics.obey(VERBS[verb], self.relay)
        if destructive and self.faults.drop_at == "after-commit":
            return None
        return {"power": ""}
