"""The virtual WTI unit: what it does to callers that no driver of ours is."""

from plcmon.sim.units import WtiUnit
from tests.drivers.rigs import relays
from tests.sim.units.test_units import calling


async def test_three_wrong_passwords_end_the_call() -> None:
    async with WtiUnit(relays(), password="pw") as unit, calling(unit) as caller:
        for _ in range(3):
            await caller.until("Enter Password: ")
            await caller.type("wrong\r")
        await caller.end()

        assert [row.verb for row in unit.log.rows] == ["login"] * 3


async def test_anything_but_y_leaves_the_plug_alone() -> None:
    async with WtiUnit(relays(), password="pw") as unit, calling(unit) as caller:
        await caller.until("Enter Password: ")
        await caller.type("pw\r")
        await caller.until("IPS> ")
        await caller.type("/off 3\r")
        await caller.until("Sure? (Y/N): ")
        await caller.type("\r")
        await caller.until("IPS> ")

        assert unit.relays["3"].on
        assert not unit.log.destructive()


async def test_automated_mode_answers_with_its_prompt_alone() -> None:
    async with WtiUnit(relays(), password="pw", is_open=True) as unit, calling(unit) as caller:
        await caller.until("IPS> ")
        await caller.type("/Off 3\r")

        assert "Plug" not in await caller.until("IPS> ")
        assert not unit.relays["3"].on


async def test_an_unknown_plug_or_word_is_declined() -> None:
    async with WtiUnit(relays(), password="pw", is_open=True) as unit, calling(unit) as caller:
        await caller.until("IPS> ")
        for line in ("/Off 77\r", "/Off *\r", "hello\r"):
            await caller.type(line)
            assert "Invalid Command" in await caller.until("IPS> ")

        assert not unit.log.destructive()
