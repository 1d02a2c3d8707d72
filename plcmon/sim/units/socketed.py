"""A unit behind an operator's program: one question and one answer as JSON lines on a socket."""

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


def write_agent(path: Path) -> Path:
    """Install the program that speaks to a `SocketedUnit` at `path`; for `options.program`."""
    return write_program(path, "agent.py")


def write_program(path: Path, name: str) -> Path:
    """Install the program whose source stands beside this module."""
    source = Path(__file__).with_name(name).read_text("utf-8")
    path.write_text(f"#!{sys.executable} -IS\n{source}", "utf-8")
    path.chmod(0o700)
    return path


class SocketedUnit:
    """A virtual unit with `relays` by outlet."""

    family = "command"

    def __init__(
        self,
        relays: Mapping[str, Relay],
        *,
        user: str = "admin",
        password: str,
        host: str = "127.0.0.1",
        port: int = 0,
        log: CommandLog | None = None,
    ) -> None:
        self.relays = relays
        self.user = user
        self.host = host
        self.faults = UnitFaults()
        self.log = log or CommandLog()
        self.mechanics = Mechanics(self.faults)
        self._password = password
        self._released = asyncio.Event()  # lets hanging questions go when the unit ends
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
            reply = await self._answer(json.loads(await reader.readline()))
            if reply is not None:
                writer.write(json.dumps(reply).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError):
            pass  # a caller that left or babbled
        finally:
            writer.close()

    async def _answer(self, question: Mapping[str, str]) -> dict[str, str] | None:
        """What the unit says; None: it cuts the link."""
        verb, faults = question["verb"], self.faults
        if faults.busy:
            return {"error": "busy"}
        self.log.append("login", "", destructive=False)
        wrong = (question["user"], question["password"]) != (self.user, self._password)
        if wrong or faults.wrong_password:
            return {"error": "password"}
        if verb == "monitor":
            return {}
        if faults.hangs_after_login:
            await self._released.wait()
        relay = self.relays.get(question["plug"])
        if relay is None:
            return {"error": "Unable to obtain correct plug status or plug is not available"}
        return self._act(verb, relay)

    def _act(self, verb: str, relay: Relay) -> dict[str, str] | None:
        if verb == "status":
            self.log.append("read", relay.outlet, destructive=False)
            return {"power": "on" if relay.on else "off"}
        destructive = verb != "on"
        if destructive and self.faults.drop_at == "before-commit":
            return None
        self.log.append(verb, relay.outlet, destructive)
        self.mechanics.obey(verb, relay)
        return None if destructive and self.faults.drop_at == "after-commit" else {}
