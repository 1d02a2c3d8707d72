"""The virtual iPAL: eight digits, and letters that it does not know."""

import pytest

from plcmon.sim.relay import Relay
from plcmon.sim.units.ipal import IpalUnit


def make_unit() -> IpalUnit:
    return IpalUnit({"1": Relay("1"), "2": Relay("2")}, password="pw")


async def test_channels_that_are_not_there_are_off() -> None:
    assert await make_unit().obey("O") == "11000000"


async def test_it_answers_a_command_with_what_is_so_now() -> None:
    unit = make_unit()

    assert await unit.obey("D2") == "10000000"
    assert await unit.obey("E2") == "11000000"


@pytest.mark.parametrize("command", ["S", "D9", "DA", "x"])
async def test_what_it_does_not_know_is_an_error(command: str) -> None:
    unit = make_unit()

    assert (await unit.obey(command)).strip() == "ERROR"
    assert not unit.log.destructive()
