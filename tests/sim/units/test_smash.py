"""The virtual iLO command line: statuses, and the way in through an MP."""

from plcmon.sim.relay import Relay
from plcmon.sim.units.smash import PROMPTS, SYNTAX, SmashUnit


def make_unit(kind: str = "ilo2") -> SmashUnit:
    return SmashUnit({"1": Relay("1")}, password="pw", kind=kind)


async def test_every_reply_states_a_status() -> None:
    unit = make_unit()

    for line in ("power", "show /system1", "power off hard", "power on"):
        assert "status=0" in (await unit.answer(line) or ())
    assert await unit.answer("poweroff") == SYNTAX


async def test_the_button_alone_moves_nothing() -> None:
    unit = make_unit()

    assert await unit.answer("power off") == SYNTAX
    assert unit.relay.on


async def test_an_mp_has_to_be_sent_to_the_command_line() -> None:
    unit = make_unit("mp")

    assert await unit.answer("power") == ("Invalid command.",)
    await unit.answer("SMCLP")

    assert unit.prompt == PROMPTS["ilo2"]
    assert await unit.answer("power") == SYNTAX
