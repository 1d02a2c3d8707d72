"""The virtual DRAC: each generation takes its own form of a command and refuses the other."""

import pytest

from plcmon.sim.relay import Relay
from plcmon.sim.units.drac import GENERATIONS, INVALID, SYNTAX, DracUnit


def make_unit(generation: str) -> DracUnit:
    return DracUnit({"1": Relay("1")}, password="pw", generation=generation)


async def test_the_oldest_says_nothing_when_it_obeys() -> None:
    unit = make_unit("drac4")

    assert await unit.answer("serveraction -d 0 powerdown") == ()
    assert not unit.relay.on


async def test_the_other_form_is_not_valid() -> None:
    assert await make_unit("idrac6").answer("serveraction powerdown") == (INVALID,)
    assert await make_unit("idrac9").answer("racadm serveraction powerdown") == (INVALID,)


@pytest.mark.parametrize("generation", GENERATIONS)
async def test_half_a_command_moves_nothing(generation: str) -> None:
    unit = make_unit(generation)

    said = await unit.answer(f"{unit.generation.prefix}serveraction")

    assert said == (SYNTAX,)
    assert not unit.log.destructive()
