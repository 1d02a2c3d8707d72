"""A unit behind a program, asked as its program asks."""

import asyncio
import json
from typing import Any

from plcmon.sim.relay import Relay
from plcmon.sim.units import SocketedUnit


async def ask(unit: SocketedUnit, **question: str) -> Any:
    reader, writer = await asyncio.open_connection(unit.host, unit.port)
    writer.write(json.dumps({"user": "admin", "password": "pw", "plug": "1", **question}).encode())
    writer.write(b"\n")
    line = await reader.readline()
    writer.close()
    return json.loads(line) if line else None


async def test_it_reads_and_switches() -> None:
    relays = {"1": Relay("1")}
    async with SocketedUnit(relays, password="pw") as unit:
        assert await ask(unit, verb="status") == {"power": "on"}
        assert await ask(unit, verb="off") == {}

    assert not relays["1"].on


async def test_a_wrong_password_and_a_strange_plug_are_errors() -> None:
    async with SocketedUnit({"1": Relay("1")}, password="pw") as unit:
        wrong = await ask(unit, verb="off", password="no")
        strange = await ask(unit, verb="off", plug="9")

    assert wrong == {"error": "password"}
    assert "plug is not available" in strange["error"]
    assert not unit.log.destructive()
