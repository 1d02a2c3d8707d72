"""Redfish rack PDUs: outlets with the action PowerControl.

Tested:   a virtual PDU; no real one yet.
Assumes:  an account that may control outlets; an outlet is the last part of its own address (A1).
Session:  as redfish.py.
Source:   DMTF DSP2056 "Redfish for Power Distribution Equipment", schemas RackPDU and Outlet.

PowerCycle is not used: nobody says what it does to an outlet that was off. Groups of outlets are
never switched.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from plcmon.drivers import https
from plcmon.drivers.base import Call, Control, Family
from plcmon.drivers.mask import clean
from plcmon.drivers.redfish import AUTH, STATES, action_of, settled
from plcmon.drivers.redfish_service import Service, only
from plcmon.drivers.situations import NoSuchOutletError
from plcmon.errors import RefusedError, UnsupportedError
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Transport

WORDS: Mapping[PowerState, str] = {PowerState.ON: "On", PowerState.OFF: "Off"}


class RackPdu:
    """One PDU with its outlets."""

    def __init__(self, call: Call, service: Service) -> None:
        self._call = call
        self._service = service
        self._outlets: Mapping[str, str] = {}  # paths by outlet
        self._switched: set[str] = set()

    @property
    def seen(self) -> str:
        return self._service.seen

    async def login(self) -> None:
        doing, service = "logging in", self._service
        root = await service.enter()
        equipment = await service.get(service.link(root, doing, "PowerEquipment"), doing)
        pdus = await service.members(service.link(equipment, doing, "RackPDUs"), doing)
        pdu = await service.get(only(self._call, pdus, "pdu", doing), doing)
        self._outlets = await service.members(service.link(pdu, doing, "Outlets"), doing)

    async def read(self, outlet: str) -> PowerState:
        path = self._path(outlet, f"reading outlet {outlet}")
        ours = outlet in self._switched
        return await settled(self._call, self._service, path, f"outlet {outlet}", ours=ours)

    async def switch(self, outlet: str, state: PowerState) -> None:
        doing, service = f"switching outlet {outlet} {state.value}", self._service
        path = self._path(outlet, doing)
        action = action_of(await service.get(path, doing), "#Outlet.PowerControl")
        allowed = await service.allowed(action, "PowerState", doing)
        if "target" not in action or (allowed and WORDS[state] not in allowed):
            raise UnsupportedError(self._call.peer, doing, "it does not switch this outlet")
        target = service.path(action["target"], doing)
        self._switched.add(outlet)
        try:
            await service.act(target, {"PowerState": WORDS[state]}, doing)
        except RefusedError:
            if STATES.get((await service.get(path, doing)).get("PowerState")) is not state:
                raise

    async def cycle(self, outlet: str) -> None:
        doing = f"cycling outlet {outlet}"
        raise UnsupportedError(self._call.peer, doing, "its own cycle may leave the outlet off")

    async def logout(self) -> None:
        await self._service.leave()

    def _path(self, outlet: str, doing: str) -> str:
        if outlet in self._outlets:
            return self._outlets[outlet]
        names = self._call.mask(clean(", ".join(list(self._outlets)[:8]))).replace("\n", " ")
        raise NoSuchOutletError(self._call.peer, doing, f"it has no such outlet, but {names[:120]}")


@asynccontextmanager
async def connect(call: Call) -> AsyncIterator[Control]:
    async with https.connect(call) as browser:
        yield RackPdu(call, Service(call, browser))


FAMILY = Family(
    name="redfish-pdu",
    title="Redfish, the outlets of a rack PDU",
    transports=(Transport("https", 443),),
    also=(Transport("http", 80),),
    connect=connect,
    options={"auth": AUTH, "pdu": "the Id of the PDU, where there are several"},
)
