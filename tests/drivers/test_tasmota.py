"""Tasmota: units of one relay, and answers that are warnings."""

import pytest
from aiohttp import web

from plcmon.drivers.situations import NoSuchOutletError
from plcmon.errors import UnsupportedError
from plcmon.model.intents import PowerState
from plcmon.sim.units import TasmotaUnit
from tests.drivers.rigs import web_rig


async def test_a_single_relay_has_no_number() -> None:
    async with web_rig(TasmotaUnit, outlets=1) as rig, rig.session() as unit:
        await unit.switch("1", PowerState.OFF)

        assert await unit.read("1") is PowerState.OFF
    assert '< {"POWER":"OFF"}' in rig.lines


async def test_a_single_relay_is_no_other_ones() -> None:
    class Careless(TasmotaUnit):
        """Answers for its only relay, whatever was asked."""

        async def page(self, request: web.Request) -> web.StreamResponse:
            answer = await super().page(request)
            wrong = isinstance(answer, web.Response) and answer.text == '{"Command":"Unknown"}'
            return web.Response(text='{"POWER":"ON"}') if wrong else answer

    async with web_rig(Careless, outlets=1) as rig, rig.session() as unit:
        with pytest.raises(NoSuchOutletError):
            await unit.switch("2", PowerState.OFF)

    assert not rig.unit.log.destructive()


async def test_without_its_web_log_it_gives_no_answers() -> None:
    class Silent(TasmotaUnit):
        async def page(self, request: web.Request) -> web.StreamResponse:
            return web.Response(text='{"WARNING":"Enable weblog 2 if response expected"}')

    async with web_rig(Silent) as rig:
        with pytest.raises(UnsupportedError, match="web log"):
            async with rig.session():
                pass
