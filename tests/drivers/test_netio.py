"""NETIO: its own cycle, and its silence about refusals."""

import pytest
from aiohttp import web

from plcmon.model.intents import PowerState
from plcmon.sim.units import NetioUnit
from tests.drivers.rigs import web_rig


@pytest.mark.parametrize("on", [True, False])
async def test_its_own_cycle_ends_on(on: bool) -> None:
    async with web_rig(NetioUnit, transport="http") as rig, rig.session() as unit:
        rig.relay.on = on
        assert unit.native_cycle
        rig.unit.mechanics.reboot = 0  # type: ignore[attr-defined]  # of every HTTP unit
        await unit.cycle("3")

        assert await unit.read("3") is PowerState.ON
    assert [row.verb for row in rig.unit.log.destructive()] == ["reboot"]


async def test_a_refusal_that_looks_like_a_yes_is_told_by_reading() -> None:
    class Locked(NetioUnit):
        """A schedule holds its outputs."""

        async def page(self, request: web.Request) -> web.StreamResponse:
            return await super().page(request.clone(method="GET"))

    async with web_rig(Locked, transport="http") as rig, rig.session() as unit:
        await unit.switch("3", PowerState.OFF)

        assert await unit.read("3") is PowerState.ON
