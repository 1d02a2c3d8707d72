"""Redfish rack PDUs: outlets by the last part of their address."""

from collections.abc import AsyncIterator

import pytest

from plcmon.drivers.situations import NoSuchOutletError
from plcmon.errors import UnsupportedError
from plcmon.model.intents import PowerState
from tests.drivers.rigs import Rig, redfish_pdu_rig


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with redfish_pdu_rig() as made:
        yield made


async def test_an_outlet_of_a_later_page_is_found(rig: Rig) -> None:
    async with rig.session() as unit:
        await unit.switch("7", PowerState.OFF)
        await unit.switch("7", PowerState.OFF)

        assert await unit.read("7") is PowerState.OFF
    assert [row.outlet for row in rig.unit.log.destructive()] == ["7", "7"]


async def test_an_unknown_outlet_is_told_with_those_there_are(rig: Rig) -> None:
    async with rig.session() as unit:
        with pytest.raises(NoSuchOutletError, match="but 1, 2, 3"):
            await unit.read("A1")


async def test_two_outlets_do_not_mix(rig: Rig) -> None:
    async with rig.session() as unit:
        await unit.switch("2", PowerState.OFF)
        await unit.switch("5", PowerState.OFF)
        await unit.switch("2", PowerState.ON)

    assert [outlet for outlet, relay in rig.relays.items() if not relay.on] == ["5"]


async def test_its_own_cycle_is_not_offered(rig: Rig) -> None:
    async with rig.session() as unit:
        assert not unit.native_cycle
        with pytest.raises(UnsupportedError):
            await unit.cycle("3")


async def test_a_session_may_be_asked_for() -> None:
    async with redfish_pdu_rig("session") as rig, rig.session() as unit:
        assert await unit.read("3") is PowerState.ON
