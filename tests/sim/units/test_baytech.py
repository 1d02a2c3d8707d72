"""The virtual BayTech unit: what it does to callers that no driver of ours is."""

from plcmon.sim.units import BayTechUnit
from tests.drivers.rigs import relays
from tests.sim.units.test_units import Teletype, calling


async def log_in(caller: Teletype) -> None:
    await caller.until("Enter user name: ")
    await caller.type("admin\r")
    await caller.until("Enter Password: ")
    await caller.type("pw\r")
    await caller.until(">")


async def test_three_wrong_passwords_end_the_call() -> None:
    async with BayTechUnit(relays(), password="pw", model="RPC-3") as unit, calling(unit) as caller:
        for _ in range(3):
            await caller.until("Enter password>")
            await caller.type("wrong\r")
        assert b"Invalid password." in await caller.end()

        assert [row.verb for row in unit.log.rows] == ["login"] * 3


async def test_anything_but_y_leaves_the_outlet_alone() -> None:
    async with BayTechUnit(relays(), password="pw") as unit, calling(unit) as caller:
        await log_in(caller)
        await caller.type("off 3\r")
        await caller.until("(Y/N)?")
        await caller.type("n\r")
        await caller.until("RPC3-NC>")

        assert not unit.log.destructive()


async def test_outlet_0_means_all_of_them() -> None:
    async with BayTechUnit(relays(2), password="pw", confirms=False) as unit:
        async with calling(unit) as caller:
            await log_in(caller)
            await caller.type("Off 0\r")
            await caller.until("RPC3-NC>")

        assert [row.outlet for row in unit.log.destructive()] == ["1", "2"]


async def test_an_rpc_28_loses_what_follows_a_rest() -> None:
    async with BayTechUnit(relays(), password="pw", model="RPC-28", confirms=False) as unit:
        async with calling(unit) as caller:
            await log_in(caller)
            await caller.type("Off 3\r")
            await caller.type("\r")
            await caller.until("RPC-28")
            await caller.type("Off 4\r")
            await caller.until("RPC-28")

        assert [row.outlet for row in unit.log.destructive()] == ["4"]


async def test_a_locked_outlet_does_not_move() -> None:
    async with BayTechUnit(relays(), password="pw", confirms=False) as unit:
        unit.locked.add("3")
        async with calling(unit) as caller:
            await log_in(caller)
            await caller.type("Off 3\r")
            await caller.until("RPC3-NC>")

        assert unit.relays["3"].on


async def test_an_unknown_word_is_an_input_error() -> None:
    async with BayTechUnit(relays(), password="pw") as unit, calling(unit) as caller:
        await log_in(caller)
        await caller.type("frobnicate 3\r")

        assert "Input error" in await caller.until("RPC3-NC>")
