"""A virtual Redfish service, asked without a driver."""

import base64

import aiohttp

from plcmon.sim.units import RedfishPduUnit, RedfishUnit
from plcmon.sim.units.redfish import PDU, RESET, SYSTEM, RedfishService
from tests.drivers.rigs import relays


async def ask(unit: RedfishService, method: str, path: str, **body: str) -> tuple[int, str]:
    account = base64.b64encode(f"{unit.user}:{unit.password}".encode()).decode()
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Basic {account}"}) as session,
        session.request(method, f"http://{unit.host}:{unit.port}{path}", json=body) as response,
    ):
        return response.status, await response.text()


async def test_a_system_is_reset() -> None:
    async with RedfishUnit(relays(1), password="pw", transport="http") as unit:
        assert await ask(unit, "POST", RESET, ResetType="ForceOff") == (204, "")
        assert '"PowerState": "Off"' in (await ask(unit, "GET", SYSTEM))[1]

    assert not unit.relay.on


async def test_what_is_already_so_is_a_conflict() -> None:
    async with RedfishUnit(relays(1), password="pw", transport="http") as unit:
        status, text = await ask(unit, "POST", RESET, ResetType="On")

    assert status == 409
    assert "PSU501" in text


async def test_strange_values_and_places_are_declined() -> None:
    async with RedfishPduUnit(relays(), password="pw", transport="http") as unit:
        target = f"{PDU}/Outlets/3/Outlet.PowerControl"

        assert (await ask(unit, "POST", target, PowerState="Sideways"))[0] == 400
        assert (await ask(unit, "POST", f"{PDU}/Outlets/99/Outlet.PowerControl"))[0] == 404
        assert (await ask(unit, "GET", f"{PDU}/Nowhere"))[0] == 404
        assert not unit.log.destructive()
