"""A dead unit gives no answer, not a refusal; a mended one serves again at the same place."""

import asyncio

from plcmon.sim.units import ApcUnit
from plcmon.sim.units.door import Door
from plcmon.sim.units.unit import UnitFaults
from tests.drivers.rigs import relays


async def connects(port: int, within: float = 0.3) -> bool:
    """True when the port accepts and speaks; False when nothing at all comes back."""
    try:
        async with asyncio.timeout(within):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                return bool(await reader.read(1))
            finally:
                writer.close()
    except OSError:  # our deadline, or caught in the moment between the two listeners
        return False


async def silenced(port: int) -> None:
    """Connect until nothing answers any more."""
    while True:
        try:
            async with asyncio.timeout(0.5):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
        except TimeoutError:
            return
        except ConnectionError:
            continue


async def test_a_dead_unit_is_silent_and_a_mended_one_speaks() -> None:
    async with ApcUnit(relays(), password="pw") as unit:
        port = unit.port
        assert await connects(port, within=5)
        unit.faults.dead = True
        async with asyncio.timeout(10):
            await silenced(port)
        unit.faults.dead = False
        async with asyncio.timeout(10):
            while not await connects(port):
                pass

        assert unit.port == port


async def test_a_unit_can_be_dead_from_the_start() -> None:
    unit = ApcUnit(relays(), password="pw")
    unit.faults.dead = True

    async with unit, asyncio.timeout(10):
        await silenced(unit.port)


async def test_a_door_can_be_entered_again() -> None:
    async def opener(host: str, port: int) -> tuple[asyncio.Server, int]:
        server = await asyncio.start_server(lambda r, w: w.close(), host, port)
        return server, server.sockets[0].getsockname()[1]

    door = Door("127.0.0.1", 0, UnitFaults(), opener)
    async with door:
        first = door.port
    async with door:
        assert door.port == first
