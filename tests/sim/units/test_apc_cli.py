"""The virtual command line of APC: what it does to callers that no driver of ours is."""

import pytest

from plcmon.sim.units import ApcCliUnit
from tests.drivers.rigs import relays
from tests.sim.units.test_units import Teletype, calling


async def log_in(caller: Teletype) -> None:
    await caller.until("User Name : ")
    await caller.type("apc\r")
    await caller.until("Password  : ")
    await caller.type("pw\r")
    await caller.until("apc>")


@pytest.mark.parametrize(
    ("outlets", "moved"),
    [
        ("1,3", ["1", "3"]),
        ("2-4", ["2", "3", "4"]),
        ("all", ["1", "2", "3", "4"]),
        ("spare", ["2"]),
    ],
)
async def test_lists_ranges_names_and_all_are_outlets(outlets: str, moved: list[str]) -> None:
    async with ApcCliUnit(relays(4), password="pw") as unit, calling(unit) as caller:
        unit.relays["2"].label = "spare"
        await log_in(caller)
        await caller.type(f"olOff {outlets}\r")
        await caller.until("E000: Success")

        assert [row.outlet for row in unit.log.destructive()] == moved


@pytest.mark.parametrize(
    ("line", "said"), [("frobnicate", "E101"), ("olOff 77", "E102"), ("olOff", "E102")]
)
async def test_what_it_does_not_know_has_a_code(line: str, said: str) -> None:
    async with ApcCliUnit(relays(), password="pw") as unit, calling(unit) as caller:
        await log_in(caller)
        await caller.type(line + "\r")

        assert said in await caller.until("apc>")
        assert not unit.log.destructive()


async def test_three_wrong_passwords_end_the_call() -> None:
    async with ApcCliUnit(relays(), password="pw") as unit, calling(unit) as caller:
        for _ in range(3):
            await caller.until("User Name : ")
            await caller.type("apc\rwrong\r")
        await caller.end()

        assert [row.verb for row in unit.log.rows] == ["login"] * 3
