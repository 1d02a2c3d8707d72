"""A node has power while every path to it gives some; cut, it is gone at once."""

import asyncio
import contextlib

import pytest

from plcmon.model.readings import Observed
from plcmon.sim.fleet import Fleet
from plcmon.sim.machine import Condition
from plcmon.sim.node import VirtualNode
from tests.sim.eyes import Eyes

WITHIN = 20.0


@pytest.fixture
def node(fleet: Fleet) -> VirtualNode:
    """A node with one outlet."""
    return next(node for node in fleet.nodes.values() if len(node.relays) == 1)


def with_two_supplies(fleet: Fleet) -> VirtualNode:
    return next(node for node in fleet.nodes.values() if any(len(p) == 2 for p in node.paths))


def with_two_paths(fleet: Fleet) -> VirtualNode:
    return next(node for node in fleet.nodes.values() if len(node.paths) == 2)


def with_two_lines(fleet: Fleet) -> VirtualNode:
    return next(node for node in fleet.nodes.values() if len(node.plan.addresses) == 2)


async def booted(fleet: Fleet, node: VirtualNode, boots: int = 1) -> None:
    async with asyncio.timeout(WITHIN):
        await fleet.news.until(lambda: node.machine.boots >= boots)


async def test_cutting_the_outlet_silences_it_at_once(
    fleet: Fleet, node: VirtualNode, eyes: Eyes
) -> None:
    node.relays[0].switch(False)

    assert await eyes.state(node.plan.name) is Observed.SILENT
    assert not node.machine.powered


async def test_without_power_it_stays_silent(fleet: Fleet, node: VirtualNode) -> None:
    node.relays[0].switch(False)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await fleet.news.until(lambda: node.machine.boots > 0)


async def test_restoring_brings_it_back_with_a_new_boot(
    fleet: Fleet, node: VirtualNode, eyes: Eyes
) -> None:
    before = await eyes.look(node.plan.name)
    cut_at = eyes.clock.now()
    node.relays[0].switch(False)
    node.relays[0].switch(True)
    await booted(fleet, node)

    after = await eyes.look(node.plan.name)

    assert after.state is Observed.BOOT
    assert after.boot_id not in ("", before.boot_id)
    assert before.booted_at is not None
    assert after.booted_at is not None
    assert before.booted_at < cut_at < after.booted_at < eyes.clock.now()


async def test_it_is_silent_while_it_boots(node: VirtualNode) -> None:
    node.relays[0].switch(False)
    node.relays[0].switch(True)

    assert node.machine.booting
    assert node.conduct.observed is Observed.SILENT


async def test_cut_again_while_booting_it_does_not_come_back(
    fleet: Fleet, node: VirtualNode
) -> None:
    for on in (False, True, False):
        node.relays[0].switch(on)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await fleet.news.until(lambda: node.machine.boots > 0)


async def test_two_supplies_fail_together_only(fleet: Fleet, eyes: Eyes) -> None:
    node = with_two_supplies(fleet)
    first, second = node.relays
    first.switch(False)
    assert node.machine.powered
    assert await eyes.state(node.plan.name) is Observed.BOOT

    second.switch(False)
    assert not node.machine.powered

    first.switch(True)
    await booted(fleet, node)
    assert await eyes.state(node.plan.name) is Observed.BOOT


@pytest.mark.parametrize("path", [0, 1])
async def test_each_of_two_paths_can_cut_it(fleet: Fleet, path: int) -> None:
    node = with_two_paths(fleet)
    for relay in node.paths[path]:
        relay.switch(False)
    assert not node.machine.powered

    for relay in node.paths[path]:
        relay.switch(True)
    await booted(fleet, node)
    assert node.conduct.observed is Observed.BOOT


async def test_cutting_drops_those_who_are_connected(node: VirtualNode) -> None:
    reader, writer = await asyncio.open_connection(node.plan.addresses[0], node.plan.ssh_port)
    await reader.readline()  # the banner: the server is at work

    node.relays[0].switch(False)

    async with asyncio.timeout(WITHIN):
        with contextlib.suppress(ConnectionError):
            await reader.read()
    writer.close()


@pytest.mark.parametrize("condition", [Condition.SILENT, Condition.WEDGED, Condition.REFUSING])
async def test_a_power_cycle_cures(
    fleet: Fleet, node: VirtualNode, eyes: Eyes, condition: Condition
) -> None:
    node.fall_ill(condition)
    node.relays[0].switch(False)
    node.relays[0].switch(True)
    await booted(fleet, node)

    assert await eyes.state(node.plan.name) is Observed.BOOT


async def test_a_dead_machine_is_not_cured(fleet: Fleet, node: VirtualNode, eyes: Eyes) -> None:
    node.fall_ill(Condition.SILENT, Condition.SILENT)
    node.relays[0].switch(False)
    node.relays[0].switch(True)
    await booted(fleet, node)

    assert await eyes.state(node.plan.name) is Observed.SILENT


async def test_healing_needs_no_boot(node: VirtualNode, eyes: Eyes) -> None:
    before = node.machine.boot_id
    node.fall_ill(Condition.SILENT)
    node.fall_ill(Condition.HEALTHY)

    found = await eyes.look(node.plan.name)

    assert (found.state, found.boot_id) == (Observed.BOOT, before)


async def test_a_dead_line_hides_a_machine_that_lives_on(node: VirtualNode, eyes: Eyes) -> None:
    before = node.machine.boot_id
    node.go_dark(True)
    assert await eyes.state(node.plan.name) is Observed.SILENT

    node.go_dark(False)

    assert (await eyes.look(node.plan.name)).boot_id == before


async def test_a_node_answers_at_each_of_its_addresses(fleet: Fleet) -> None:
    node = with_two_lines(fleet)
    for address in node.plan.addresses:
        _, writer = await asyncio.open_connection(address, node.plan.ssh_port)
        writer.close()


async def test_a_changed_host_key_is_seen_and_the_old_one_returns(
    node: VirtualNode, eyes: Eyes
) -> None:
    assert await eyes.state(node.plan.name) is Observed.BOOT
    node.fall_ill(Condition.HOSTKEY)
    assert await eyes.state(node.plan.name) is Observed.DEAF

    node.fall_ill(Condition.HEALTHY)

    assert await eyes.state(node.plan.name) is Observed.BOOT


async def test_a_host_key_that_changes_twice_is_two_keys(node: VirtualNode, eyes: Eyes) -> None:
    name = node.plan.name
    shown = set()
    for _ in range(2):
        node.fall_ill(Condition.HOSTKEY)
        shown.add(next(r.host_key for r in (await eyes.read(name)).values() if r.host_key))
        node.fall_ill(Condition.HEALTHY)

    assert len(shown) == 2


async def test_swapped_cables_cut_the_neighbour(fleet: Fleet) -> None:
    lone = (node for node in fleet.nodes.values() if len(node.relays) == 1)
    first, other = next(lone), next(lone)
    relay = first.relays[0]
    fleet.rewire(first.plan.name, other.plan.name)

    relay.switch(False)

    assert first.machine.powered
    assert not other.machine.powered


async def test_a_node_plugged_into_a_dark_outlet_goes_out(fleet: Fleet) -> None:
    lone = (node for node in fleet.nodes.values() if len(node.relays) == 1)
    first, other = next(lone), next(lone)
    first.relays[0].switch(False)

    fleet.rewire(first.plan.name, other.plan.name)

    assert first.machine.powered
    assert not other.machine.powered
