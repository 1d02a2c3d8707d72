"""A person as a unit."""

from dataclasses import replace

import pytest

from plcmon.drivers import DriverUnits, outcome_of
from plcmon.errors import NeedsHumanError
from plcmon.model.intents import Outcome, PowerState
from plcmon.model.subjects import Pcu, PcuKey, SiteKey
from tests.drivers.rigs import Purse, wire

PCU = Pcu(PcuKey("toml:desk"), SiteKey("s"), "front desk", "", "manual")


async def test_a_person_is_asked_and_nothing_is_done() -> None:
    async with DriverUnits(Purse(), wire()).session(PCU) as unit:
        for state in (PowerState.ON, PowerState.OFF):
            with pytest.raises(NeedsHumanError) as caught:
                await unit.switch("1", state)

    assert outcome_of(caught.value) is Outcome.NEEDS_HUMAN


async def test_a_person_cannot_be_read_back() -> None:
    async with DriverUnits(Purse(), wire()).session(PCU) as unit:
        assert not unit.readable
        assert await unit.read("1") is PowerState.UNKNOWN


async def test_an_empty_model_means_a_person() -> None:
    assert DriverUnits(Purse(), wire()).problems(replace(PCU, family="")) == []
