"""Redfish systems: the power of one machine, as its management controller offers it.

Tested:   sushy-emulator over HTTP and HTTPS (tests/peers), and a virtual controller.
Assumes:  an account with the privilege ConfigureComponents; ComputerSystem.Reset as specified.
Session:  none with basic, which every service has; with `auth = session` one, deleted at the end.
Source:   DMTF DSP0266 and the schemas ComputerSystem and Resource (ResetType, PowerState); error
          documents of iDRAC 9 (409 PSU501) and iLO (400 InvalidOperationForSystemState) as
          published.

Target and values are those that the system lists. Off is ForceOff: GracefulShutdown asks an
operating system that may be dead. PushPowerButton is never used: sent twice it is an *off*.
PowerCycle takes the power away and gives it back, and is offered where it is listed; the restarts
cut no power. A decline is no error where the system reads as it should be already.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from plcmon.drivers import https
from plcmon.drivers.base import Call, Control, Family
from plcmon.drivers.redfish_service import Document, Service, only
from plcmon.errors import BusyError, DialogueError, RefusedError, UnsupportedError
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Transport

STATES: Mapping[object, PowerState] = {"On": PowerState.ON, "Off": PowerState.OFF}
"""The final ones; in every other it is on its way, or does not know yet."""
RESETS: Mapping[str, tuple[str, ...]] = {
    "on": ("On", "ForceOn"),
    "off": ("ForceOff",),
    "cycle": ("PowerCycle",),
}
"""The first that is listed is sent; the first of all where nothing is listed."""
LOOKS = 20  # at a system that somebody else is switching
PAUSE = 1.0  # seconds between two of them
AUTH = "basic (the default) or session"


class System:
    """One machine."""

    def __init__(self, call: Call, service: Service) -> None:
        self._call = call
        self._service = service
        self._path = ""
        self._target = ""
        self._allowed: tuple[str, ...] = ()
        self._switched = False

    @property
    def seen(self) -> str:
        return self._service.seen

    async def login(self) -> None:
        doing, service = "logging in", self._service
        root = await service.enter()
        found = await service.members(service.link(root, doing, "Systems"), doing)
        self._path = only(self._call, found, "system", doing)
        action = action_of(await service.get(self._path, doing), "#ComputerSystem.Reset")
        self._target = str(action.get("target", ""))
        self._allowed = await service.allowed(action, "ResetType", doing)
        self._call.offers.cycle = RESETS["cycle"][0] in self._allowed

    async def read(self, outlet: str) -> PowerState:
        return await settled(
            self._call, self._service, self._path, "the power state", ours=self._switched
        )

    async def switch(self, outlet: str, state: PowerState) -> None:
        doing = f"switching {state.value}"
        try:
            await self._reset(state.value, doing)
        except RefusedError:
            if await self._reads(doing) is not state:
                raise

    async def cycle(self, outlet: str) -> None:
        await self._reset("cycle", "cycling")

    async def logout(self) -> None:
        await self._service.leave()

    async def _reset(self, verb: str, doing: str) -> None:
        kinds = RESETS[verb]
        fitting = [kind for kind in kinds if kind in self._allowed or not self._allowed]
        if not self._target or not fitting:
            listed = ", ".join(self._allowed) or "no way to switch it"
            why = f"it offers {self._call.mask(listed)[:120]}, none of {', '.join(kinds)}"
            raise UnsupportedError(self._call.peer, doing, why)
        target = self._service.path(self._target, doing)
        self._switched = True
        await self._service.act(target, {"ResetType": fitting[0]}, doing)

    async def _reads(self, doing: str) -> PowerState | None:
        return STATES.get((await self._service.get(self._path, doing)).get("PowerState"))


async def settled(call: Call, service: Service, path: str, what: str, *, ours: bool) -> PowerState:
    """What a resource reads; while it is changing, unknown where that is our doing.

    Somebody else's change is waited for: it may end dark by their will.
    """
    doing = f"reading {what}"
    for look in range(LOOKS):
        document = await service.get(path, doing)
        if "PowerState" not in document:
            raise DialogueError.unexpected(
                call.peer, doing, expected="PowerState", seen=service.seen
            )
        word = str(document["PowerState"])
        service.note(f"PowerState {word}")
        if word in STATES:
            return STATES[word]
        if ours:
            return PowerState.UNKNOWN
        if look < LOOKS - 1:
            await asyncio.sleep(PAUSE)
    raise BusyError(call.peer, doing, f"{what} is still {call.mask(word)[:40]}")


def action_of(document: Document, name: str) -> Document:
    """One of the actions of a resource; empty when it has no such action."""
    actions = document.get("Actions")
    action = actions.get(name) if isinstance(actions, Mapping) else None
    return action if isinstance(action, Mapping) else {}


@asynccontextmanager
async def connect(call: Call) -> AsyncIterator[Control]:
    async with https.connect(call) as browser:
        yield System(call, Service(call, browser))


FAMILY = Family(
    name="redfish",
    title="Redfish, the system of a management controller",
    transports=(Transport("https", 443),),
    also=(Transport("http", 80),),
    connect=connect,
    options={"auth": AUTH, "system": "the Id of the system, where there are several"},
    native_cycle=True,
    one_node=True,
    peers="sushy-emulator",
)
