"""A virtual AMT, asked without a driver."""

import aiohttp

from plcmon.drivers.amt import GET, SERVICE, STATUS, change, envelope
from plcmon.sim.units import AmtUnit
from tests.drivers.rigs import relays

CHANGE = f"{SERVICE}/RequestPowerStateChange"


async def ask(unit: AmtUnit, text: str, password: str = "pw") -> tuple[int, str]:
    digest = aiohttp.DigestAuthMiddleware(unit.user, password)
    async with (
        aiohttp.ClientSession(middlewares=(digest,)) as session,
        session.post(f"http://{unit.host}:{unit.port}/wsman", data=text) as response,
    ):
        return response.status, await response.text()


async def test_it_reads_and_cycles() -> None:
    async with AmtUnit(relays(1), password="pw", transport="http") as unit:
        assert "PowerState>2<" in (await ask(unit, envelope(GET, STATUS, "")))[1]
        assert "ReturnValue>0<" in (await ask(unit, envelope(CHANGE, SERVICE, change(5))))[1]

    assert [row.verb for row in unit.log.destructive()] == ["reboot"]


async def test_a_cycle_while_off_is_no_transition() -> None:
    async with AmtUnit(relays(1), password="pw", transport="http") as unit:
        unit.relay.on = False

        assert "ReturnValue>4097<" in (await ask(unit, envelope(CHANGE, SERVICE, change(5))))[1]


async def test_a_wrong_password_gets_nothing() -> None:
    async with AmtUnit(relays(1), password="pw", transport="http") as unit:
        status, text = await ask(unit, envelope(CHANGE, SERVICE, change(8)), password="no")

    assert (status, text) == (401, "")
    assert unit.relay.on
