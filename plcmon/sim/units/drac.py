"""A Dell DRAC or iDRAC: a shell with `racadm` before one server, in five generations."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from plcmon.sim.relay import Relay
from plcmon.sim.units.lines import LineUnit

SYNTAX = "ERROR: The syntax of the command specified is not correct."
INVALID = "ERROR: the command that was entered is not valid"
VERBS = {"powerup": "on", "powerdown": "off"}


class Generation(NamedTuple):
    """What tells one generation from another."""

    greeting: tuple[str, ...]
    prompt: str
    prefix: str  # before every command
    status: str  # power status, with {} for ON or OFF
    done: tuple[str, ...]  # the answer to a command that was taken


SUCCESSFUL = ("Server power operation successful",)
GENERATIONS: Mapping[str, Generation] = {
    "drac4": Generation(("Dell Remote Access Controller 4/I",), "[{}]# ", "", "", ()),
    "drac5": Generation(
        ("Dell Remote Access Controller 5 (DRAC 5)", "Firmware Version 1.60"),
        "$ ",
        "racadm ",
        "Server power status: {}",
        SUCCESSFUL,
    ),
    "idrac6": Generation((), "/admin1-> ", "racadm ", "Server power status: {}", SUCCESSFUL),
    "idrac9": Generation(
        (), "racadm>>", "", "Server Power Status: {}", ("Server power operation successful", "")
    ),
    "idrac9-new": Generation(
        (),
        "racadm>>",
        "racadm ",
        "Server power status: {}",
        ("Server power operation initiated successfully",),
    ),
}


class DracUnit(LineUnit):
    """A virtual DRAC that speaks as its `generation`."""

    family = "drac"
    denied = ("ERROR: The maximum number of user sessions has been reached.",)

    def __init__(
        self,
        relays: Mapping[str, Relay],
        *,
        user: str = "root",
        generation: str = "idrac6",
        **at: Any,
    ) -> None:
        super().__init__(relays, user=user, **at)
        (self.relay,) = relays.values()
        self.generation = GENERATIONS[generation]
        self.greeting = self.generation.greeting
        self.prompt = self.generation.prompt.format(user)
        self.says = ""  # its answer to the next power command, which then moves nothing

    async def answer(self, line: str) -> tuple[str, ...] | None:
        if line == "exit":
            return None
        if not line:
            return ()
        if not line.startswith(self.generation.prefix) or (
            not self.generation.prefix and line.startswith("racadm")
        ):
            return (INVALID,)
        words = line.removeprefix(self.generation.prefix).split()
        if words == ["getsysinfo"]:
            return self._sysinfo()
        if words[:1] != ["serveraction"]:
            return (INVALID,)
        return await self._serve_action(words[1:])

    async def _serve_action(self, words: list[str]) -> tuple[str, ...]:
        shown = "ON" if self.relay.on else "OFF"
        if words == ["powerstatus"] and self.generation.status:
            self.log.append("read", "", destructive=False)
            return (self.generation.status.format(shown),)
        if words[:2] == ["-d", "0"]:
            words = words[2:]
        if len(words) != 1 or words[0] not in VERBS:
            return (SYNTAX,)
        if self.says:
            return (self.says,)
        await self.act(VERBS[words[0]], self.relay)
        return self.generation.done

    def _sysinfo(self) -> tuple[str, ...]:
        self.log.append("read", "", destructive=False)
        return (
            "RAC Information:",
            "RAC Date/Time         = Tue, 15 May 2007 13:23:41 GMT-05:00",
            "Firmware Version      = 1.50",
            "",
            "System Information:",
            "System Model          = PowerEdge 1850",
            f"Power Status          = {'ON' if self.relay.on else 'OFF'}",
        )
