"""Relays behind commands."""

import asyncio

from plcmon.sim.relay import Relay
from plcmon.sim.units.mechanics import Mechanics
from plcmon.sim.units.unit import UnitFaults


async def test_a_relay_follows_at_once() -> None:
    relay = Relay("3")
    Mechanics(UnitFaults()).obey("off", relay)

    assert not relay.on


async def test_a_liar_moves_nothing() -> None:
    relay = Relay("3")
    Mechanics(UnitFaults(lies=True)).obey("off", relay)

    assert relay.on


async def test_a_reboot_ends_on() -> None:
    relay, back = Relay("3"), asyncio.Event()
    moves: list[bool] = []

    def moved(on: bool) -> None:
        moves.append(on)
        if on:
            back.set()

    relay.listeners.append(moved)
    Mechanics(UnitFaults(), reboot=0.02).obey("reboot", relay)

    async with asyncio.timeout(5):
        await back.wait()
    assert moves == [False, True]


async def test_a_reboot_leaves_what_was_off() -> None:
    relay = Relay("3", on=False)
    mechanics = Mechanics(UnitFaults(), reboot=0.0)
    mechanics.obey("reboot", relay)

    assert not relay.on


async def test_a_stopped_unit_moves_nothing_later() -> None:
    relay, later = Relay("3"), asyncio.Event()
    mechanics = Mechanics(UnitFaults(slow=0.05))
    mechanics.obey("off", relay)
    mechanics.stop()
    asyncio.get_running_loop().call_later(0.1, later.set)

    async with asyncio.timeout(5):
        await later.wait()
    assert relay.on
