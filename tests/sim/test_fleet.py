"""The whole fleet, seen with the service's own eyes: each state for what it is."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.model.readings import Login, Mark, Observed, PortAnswer, Probe
from plcmon.model.subjects import SiteKey
from plcmon.probes.canary import ask_canaries, ask_witnesses, witnesses_of
from plcmon.sim.fleet import Fleet, new_machine
from plcmon.sim.layout import Layout
from plcmon.sim.machine import CONDUCTS, Condition
from tests.sim.eyes import Eyes, debuggable, open_eyes

DEADLINE = timedelta(seconds=0.3)
FIREWALLED = frozenset({Mark.FIREWALLED})
HOSTKEY = frozenset({Mark.HOSTKEY})
SEEN = {
    Condition.HEALTHY: (Observed.BOOT, frozenset[Mark]()),
    Condition.SILENT: (Observed.SILENT, frozenset[Mark]()),
    Condition.WEDGED: (Observed.WEDGED, frozenset[Mark]()),
    Condition.DEAF: (Observed.DEAF, frozenset[Mark]()),
    Condition.REFUSING: (Observed.DEAF, frozenset[Mark]()),
    Condition.DEBUG: (Observed.DEBUG, frozenset[Mark]()),
    Condition.FIREWALLED: (Observed.BOOT, FIREWALLED),
    Condition.PORT_CLOSED: (Observed.BOOT, FIREWALLED),
    Condition.HOSTKEY: (Observed.DEAF, HOSTKEY),
    Condition.BABBLING: (Observed.WEDGED, frozenset[Mark]()),
    Condition.FLOODING: (Observed.DEAF, frozenset[Mark]()),
    Condition.HANGING: (Observed.DEAF, frozenset[Mark]()),
    Condition.DROPPING: (Observed.DEAF, frozenset[Mark]()),
}


@pytest.mark.parametrize("condition", Condition)
async def test_each_condition_is_seen_for_what_it_is(
    fleet: Fleet, eyes: Eyes, condition: Condition
) -> None:
    name = debuggable(fleet)
    await eyes.look(name)  # meets the host key
    fleet.nodes[name].fall_ill(condition)

    found = await eyes.look(name)

    assert (found.state, found.marks) == SEEN[condition]
    assert found.state is CONDUCTS[condition].observed


async def test_silence_is_a_timeout_at_every_port(fleet: Fleet, eyes: Eyes) -> None:
    fleet.nodes["n01"].fall_ill(Condition.SILENT)

    readings = await eyes.read("n01")

    assert set(readings[Probe.TCP].ports.values()) == {PortAnswer.FILTERED}
    assert readings[Probe.SSH].login is Login.NO_CONNECT


async def test_a_wedged_node_accepts_everywhere_and_says_nothing(fleet: Fleet, eyes: Eyes) -> None:
    fleet.nodes["n01"].fall_ill(Condition.WEDGED)

    readings = await eyes.read("n01")

    assert set(readings[Probe.TCP].ports.values()) == {PortAnswer.OPEN}
    assert readings[Probe.SSH].login is Login.NO_BANNER


async def test_a_refusing_node_resets_everywhere(fleet: Fleet, eyes: Eyes) -> None:
    fleet.nodes["n01"].fall_ill(Condition.REFUSING)

    readings = await eyes.read("n01")

    assert set(readings[Probe.TCP].ports.values()) == {PortAnswer.REFUSED}


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        (Condition.FIREWALLED, PortAnswer.FILTERED),
        (Condition.PORT_CLOSED, PortAnswer.REFUSED),
    ],
)
async def test_a_firewall_may_drop_or_reset(
    fleet: Fleet, eyes: Eyes, condition: Condition, answer: PortAnswer
) -> None:
    fleet.nodes["n01"].fall_ill(condition)

    ports = (await eyes.read("n01"))[Probe.TCP].ports

    assert ports == {2222: PortAnswer.OPEN, 8080: answer}


async def test_every_node_of_a_new_fleet_is_well_and_long_up(fleet: Fleet, eyes: Eyes) -> None:
    for name in fleet.nodes:
        found = await eyes.look(name)
        assert found.state is Observed.BOOT
        assert not found.marks
        assert found.booted_at is not None
        assert eyes.clock.now() - found.booted_at > timedelta(days=1)


async def test_no_two_nodes_share_a_boot_or_a_host_key(fleet: Fleet, eyes: Eyes) -> None:
    readings = [(await eyes.read(name))[Probe.SSH] for name in fleet.nodes]

    assert len({reading.host_key for reading in readings}) == len(fleet.nodes)
    assert len({reading.facts.boot_id for reading in readings if reading.facts}) == len(fleet.nodes)


async def test_a_fleet_may_share_one_host_key(layout: Layout, tmp_path: Path) -> None:
    async with Fleet(layout, tmp_path, shared_key=True) as fleet:
        eyes = await open_eyes(fleet)
        shown = {(await eyes.read(name))[Probe.SSH].host_key for name in ("n01", "n02")}

    assert len(shown) == 1


async def test_a_dark_site_takes_nodes_pcus_and_gateway_with_it(fleet: Fleet, eyes: Eyes) -> None:
    site = fleet.layout.sites[0].key
    record = eyes.inventory.sites[SiteKey(site)]
    witnesses = witnesses_of(record, eyes.inventory.pcus_by_site[record.key])
    fleet.dark_sites.add(site)
    fleet.draw_lines()

    for node in fleet.nodes.values():
        wanted = Observed.SILENT if node.plan.site == site else Observed.BOOT
        assert node.conduct.observed is wanted
    assert await eyes.state("n01") is Observed.SILENT
    async with asyncio.timeout(30):
        while any((await ask_witnesses(witnesses, DEADLINE)).values()):
            pass  # a unit's door follows a moment later
    assert len(witnesses) > 1


async def test_a_dark_site_leaves_the_canaries_alone(fleet: Fleet) -> None:
    fleet.dark_sites.update(fleet.gateways)
    fleet.draw_lines()

    assert (await ask_canaries(fleet.layout.canaries, DEADLINE)).good == 3


async def test_a_lit_site_answers_again_as_it_was(fleet: Fleet, eyes: Eyes) -> None:
    site = fleet.nodes["n01"].plan.site
    before = fleet.nodes["n01"].machine.boot_id
    fleet.dark_sites.add(site)
    fleet.draw_lines()
    fleet.dark_sites.clear()
    fleet.draw_lines()

    assert (await eyes.look("n01")).boot_id == before


async def test_with_everything_dark_the_canaries_are_silent_too(fleet: Fleet, eyes: Eyes) -> None:
    fleet.all_dark = True
    fleet.draw_lines()

    assert (await ask_canaries(fleet.layout.canaries, DEADLINE)).good == 0
    assert {node.conduct.observed for node in fleet.nodes.values()} == {Observed.SILENT}
    assert await eyes.state("n01") is Observed.SILENT


async def test_a_mute_canary_is_alone(fleet: Fleet) -> None:
    fleet.mute_canaries.add(1)
    fleet.draw_lines()

    asked = await ask_canaries(fleet.layout.canaries, DEADLINE)

    assert asked.good == 2
    assert str(fleet.layout.canaries[1]) in asked.detail


async def test_power_moves_on_in_the_dark(fleet: Fleet) -> None:
    node = fleet.nodes["n01"]
    fleet.all_dark = True
    fleet.draw_lines()
    for relay in node.relays:
        relay.switch(False)
    for relay in node.relays:
        relay.switch(True)
    async with asyncio.timeout(30):
        await fleet.news.until(lambda: node.machine.boots == 1)

    assert node.conduct.observed is Observed.SILENT


async def test_left_it_answers_no_more(layout: Layout, tmp_path: Path) -> None:
    async with Fleet(layout, tmp_path) as fleet:
        eyes = await open_eyes(fleet)

    assert set((await eyes.read("n01"))[Probe.TCP].ports.values()) == {PortAnswer.REFUSED}


async def test_started_again_it_shows_the_same_host_keys(layout: Layout, tmp_path: Path) -> None:
    shown = []
    for _ in range(2):
        async with Fleet(layout, tmp_path) as fleet:
            eyes = await open_eyes(fleet)
            shown.append((await eyes.read("n01"))[Probe.SSH].host_key)

    assert shown[0] == shown[1]


async def test_two_fleets_on_one_block_are_refused(fleet: Fleet, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="in use"):
        async with Fleet(fleet.layout, tmp_path / "other"):
            pass


async def test_a_refused_fleet_leaves_the_other_alone(
    fleet: Fleet, eyes: Eyes, tmp_path: Path
) -> None:
    with pytest.raises(OSError, match="in use"):
        async with Fleet(fleet.layout, tmp_path / "other"):
            pass

    assert await eyes.state("n01") is Observed.BOOT


async def test_machines_follow_from_the_seed(layout: Layout) -> None:
    plan = layout.nodes[0]

    assert new_machine(plan, 5).boot_id == new_machine(plan, 5).boot_id
    assert new_machine(plan, 5).boot_id != new_machine(plan, 6).boot_id
