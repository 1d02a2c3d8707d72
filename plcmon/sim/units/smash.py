"""An HP iLO at its SMASH command line, or an iLO MP that has to be sent there first."""

from collections.abc import Mapping
from typing import Any

from plcmon.sim.relay import Relay
from plcmon.sim.units.lines import LineUnit

COMPLETED = ("", "status=0", "status_tag=COMMAND COMPLETED", "Tue May  5 10:12:44 2009", "")
FAILED = ("", "status=2", "status_tag=COMMAND PROCESSING FAILED")
SYNTAX = (*FAILED, "error_tag=COMMAND SYNTAX ERROR", "Tue May  5 10:12:44 2009", "")
POWER = {"power on": "on", "power off hard": "off"}
SYSTEM = {"start /system1": "on", "stop -f /system1": "off"}
PROMPTS = {"ilo2": "</>hpiLO-> ", "ilo5": "</>iLO-> ", "mp": "[gstlhpg1] MP> "}


class SmashUnit(LineUnit):
    """A virtual iLO; `kind` is one of PROMPTS."""

    family = "ilo-smash"
    denied = ("The maximum number of connections has been reached.",)
    user_prompt = "Login Name:  "
    password_prompt = "Password:    "
    refusal = "Login failed."

    def __init__(
        self,
        relays: Mapping[str, Relay],
        *,
        user: str = "Administrator",
        kind: str = "ilo2",
        **at: Any,
    ) -> None:
        super().__init__(relays, user=user, **at)
        (self.relay,) = relays.values()
        self.kind = kind
        self.greeting = (f"User:{user} logged-in to ILOUSE2M2.", "iLO 2 Advanced 1.70", "")
        self.prompt = PROMPTS[kind]
        self.says: tuple[str, ...] = ()  # its answer to the next power command, and moves nothing

    async def answer(self, line: str) -> tuple[str, ...] | None:
        if line == "exit":
            self.prompt = PROMPTS[self.kind]
            return None
        if self.prompt == PROMPTS["mp"]:
            return self._at_mp(line)
        return await self._at_ilo(line)

    def _at_mp(self, line: str) -> tuple[str, ...]:
        if line != "SMCLP":
            return ("Invalid command.",) if line else ()
        self.prompt = PROMPTS["ilo2"]
        return ("", "")

    async def _at_ilo(self, line: str) -> tuple[str, ...]:
        verbs = SYSTEM if self.kind == "mp" else {**POWER, **SYSTEM}
        if not line:
            return ()
        if line == "power" and self.kind != "mp":
            return (*COMPLETED, f"power: server power is currently: {self._shown('On', 'Off')}", "")
        if line == "show /system1":
            return (*COMPLETED, *self._system())
        if line not in verbs:
            return SYNTAX
        if self.says:
            return self.says
        return await self._move(verbs[line])

    async def _move(self, verb: str) -> tuple[str, ...]:
        if self.relay.on == (verb == "on"):
            return (*COMPLETED, f"Server power already {verb}.", "")
        await self.act(verb, self.relay)
        if verb == "on":
            return (*COMPLETED, "Server powering on .......", "")
        wait = "Please wait 6 seconds for this process to complete."
        return (*COMPLETED, "Forcing server power off .......", wait, "")

    def _system(self) -> tuple[str, ...]:
        return (
            "/system1",
            "  Targets",
            "    firmware1",
            "  Properties",
            "    name=ProLiant DL380 G5",
            f"    enabledstate={self._shown('enabled', 'disabled')}",
            "  Verbs",
            "    cd version exit show reset set start stop",
            "",
        )

    def _shown(self, on: str, off: str) -> str:
        self.log.append("read", "", destructive=False)
        return on if self.relay.on else off
