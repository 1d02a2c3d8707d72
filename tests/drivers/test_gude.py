"""Gude: either page, its own cycle, and another user."""

import pytest

from plcmon.errors import BusyError
from plcmon.model.intents import PowerState
from plcmon.sim.units import GudeUnit
from tests.drivers.rigs import web_rig


@pytest.mark.parametrize("where", ["/statusjsn.js", "/status.json"])
async def test_either_page_does_everything(where: str) -> None:
    async with web_rig(GudeUnit, transport="http", where=where) as rig, rig.session() as unit:
        await unit.switch("3", PowerState.OFF)

        assert await unit.read("3") is PowerState.OFF
    assert f"> GET {where}?components=1&cmd=1&p=3&s=0" in rig.lines


async def test_its_own_cycle_names_both_steps() -> None:
    async with web_rig(GudeUnit, transport="http") as rig, rig.session() as unit:
        assert unit.native_cycle
        await unit.cycle("3")

    assert any(line.endswith("&cmd=5&p=3&a1=0&a2=1&s=10") for line in rig.lines)


async def test_another_user_makes_it_busy() -> None:
    async with web_rig(GudeUnit, transport="http") as rig:
        rig.unit.blocked = True  # type: ignore[attr-defined]  # of this unit alone
        with pytest.raises(BusyError, match="another user"):
            async with rig.session():
                pass
