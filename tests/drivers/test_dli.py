"""Digital Loggers: four generations, and an account that is locked out."""

import pytest

from plcmon.drivers.situations import NoSuchOutletError
from plcmon.errors import LoginError
from plcmon.model.intents import PowerState
from plcmon.sim.units import DliUnit
from tests.drivers.rigs import web_rig


@pytest.mark.parametrize("kind", ["rest", "early", "status", "index"])
async def test_each_generation_is_found_out_and_driven(kind: str) -> None:
    async with web_rig(DliUnit, transport="http", kind=kind) as rig, rig.session() as unit:
        await unit.switch("8", PowerState.OFF)

        assert await unit.read("8") is PowerState.OFF
        assert await unit.read("1") is PowerState.ON
        with pytest.raises(NoSuchOutletError):
            await unit.read("9")
    assert not rig.relays["8"].on


async def test_one_wrong_password_does_not_lock_the_account() -> None:
    async with web_rig(DliUnit, transport="http", kind="status") as rig:
        for _ in range(2):
            with pytest.raises(LoginError):
                async with rig.session(password="guess"):
                    pass
        async with rig.session() as unit:
            assert await unit.read("3") is PowerState.ON


async def test_a_locked_account_is_a_refused_login() -> None:
    async with web_rig(DliUnit, transport="http", kind="status") as rig:
        rig.unit.refusals = 3  # type: ignore[attr-defined]  # of every unit of web pages
        with pytest.raises(LoginError):
            async with rig.session():
                pass
