"""A BMC as the `ipmitool` program knows it: one machine, one short session for each command."""

from collections.abc import Mapping
from pathlib import Path

from plcmon.sim.relay import Relay
from plcmon.sim.units.socketed import SocketedUnit, write_program
from plcmon.sim.units.unit import CommandLog

VERBS = {"on": "on", "off": "off", "cycle": "reboot", "reset": "reboot"}


def write_ipmitool(path: Path) -> Path:
    """Install the program that speaks to an `IpmiUnit` at `path`; for `options.program`."""
    return write_program(path, "ipmitool.py")


class IpmiUnit(SocketedUnit):
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
        super().__init__(relays, user=user, password=password, host=host, port=port, log=log)
        self.relay = next(iter(relays.values()))
        self.cipher = cipher
        self.levels = {"", "OPERATOR", "ADMINISTRATOR"}  # what the account may ask for
        self.mechanics.reboot = 1.0

    async def _answer(self, question: Mapping[str, str]) -> dict[str, str] | None:
        """What the BMC says; None: it cuts the link."""
        if self.faults.dead:
            await self._released.wait()
        if refusal := self._refusal(question):
            return {"error": refusal}
        if self.faults.hangs_after_login:
            await self._released.wait()
        return self._chassis(question["verb"])

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

    def _chassis(self, verb: str) -> dict[str, str] | None:
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
