"""Shelly: which generation it is, and what no login shows."""

import pytest

from plcmon.drivers.situations import NoSuchOutletError
from plcmon.model.intents import PowerState
from plcmon.sim.units import ShellyUnit
from tests.drivers.rigs import web_rig


@pytest.mark.parametrize("generation", [1, 2])
async def test_the_generation_is_found_out_at_login(generation: int) -> None:
    async with web_rig(ShellyUnit, generation=generation) as rig, rig.session() as unit:
        assert await unit.read("3") is PowerState.ON

    assert any(line == "> GET /relay/2" for line in rig.lines) is (generation == 1)


@pytest.mark.parametrize("generation", [1, 2])
async def test_a_unit_without_a_password_is_driven_too(generation: int) -> None:
    async with web_rig(ShellyUnit, generation=generation, asks="") as rig, rig.session() as unit:
        await unit.switch("1", PowerState.OFF)

    assert not rig.relays["1"].on


@pytest.mark.parametrize("generation", [1, 2])
async def test_a_relay_that_is_not_there_is_named_when_it_should_be_lit(generation: int) -> None:
    async with web_rig(ShellyUnit, generation=generation) as rig, rig.session() as unit:
        with pytest.raises(NoSuchOutletError):
            await unit.switch("9", PowerState.ON)
