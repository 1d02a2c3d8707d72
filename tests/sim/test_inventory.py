"""The inventory's file is what the service's own reader understands, and says what is there."""

from pathlib import Path

import pytest

from plcmon.inventory.toml import read_inventory, shipped_profiles
from plcmon.model.subjects import Inventory, NodeKey, Outlet, PcuKey, Role, SiteKey
from plcmon.sim.inventory import FILE, write_inventory
from plcmon.sim.kit import CALLER, KEYS, Kit, open_kit
from plcmon.sim.layout import Layout, plan_layout


@pytest.fixture(params=[(14, 7), (60, 12), (300, 30)], ids=str)
def plan(request: pytest.FixtureRequest) -> Layout:
    nodes, sites = request.param
    return plan_layout(5, block=21, nodes=nodes, sites=sites)


@pytest.fixture
def kit(plan: Layout, tmp_path: Path) -> Kit:
    return open_kit(plan, tmp_path)


@pytest.fixture
def inventory(plan: Layout, kit: Kit, tmp_path: Path) -> Inventory:
    return read_inventory([write_inventory(plan, kit, tmp_path)])


def test_everything_that_is_planned_is_in_it(plan: Layout, inventory: Inventory) -> None:
    assert len(inventory.nodes) == len(plan.nodes)
    assert len(inventory.pcus) == len(plan.pcus)
    assert set(inventory.sites) == {site.key for site in plan.sites}


def test_nodes_are_where_they_are_planned(plan: Layout, inventory: Inventory) -> None:
    for node in plan.nodes:
        found = inventory.nodes[NodeKey(f"toml:{node.name}")]
        assert found.addresses == node.addresses
        assert found.hostname == node.hostname
        assert (found.ssh_port, found.ports) == (node.ssh_port, node.ports)
        assert found.profile == node.profile


def test_power_paths_are_in_order_and_vouched_for(plan: Layout, inventory: Inventory) -> None:
    for node in plan.nodes:
        paths = inventory.nodes[NodeKey(f"toml:{node.name}")].paths
        assert all(path.proven for path in paths)
        assert [path.outlets for path in paths] == [
            tuple(Outlet(PcuKey(f"toml:{feed.pcu}"), feed.outlet) for feed in path)
            for path in node.paths
        ]


def test_pcus_are_where_they_are_planned(plan: Layout, inventory: Inventory) -> None:
    for pcu in plan.pcus:
        found = inventory.pcus[PcuKey(f"toml:{pcu.name}")]
        assert (found.host, found.family) == (pcu.host, pcu.family)
        assert [(t.name, t.port) for t in found.transports] == [(pcu.transport, pcu.port)]
        assert found.credential == pcu.name


def test_each_transport_brings_what_it_pins(plan: Layout, kit: Kit, inventory: Inventory) -> None:
    for pcu in plan.pcus:
        found = inventory.pcus[PcuKey(f"toml:{pcu.name}")]
        assert bool(found.host_key) == (pcu.transport == "ssh")
        assert bool(found.fingerprint) == (pcu.transport == "https")
        assert ("program" in found.options) == (pcu.family == "ipmi")


def test_no_password_stands_in_it(kit: Kit, inventory: Inventory, tmp_path: Path) -> None:
    text = (tmp_path / FILE).read_text("utf-8")

    assert not any(password in text for password in kit.passwords.values())


def test_profiles_are_the_shipped_ones_with_the_fleets_key(
    inventory: Inventory, tmp_path: Path
) -> None:
    for name, entry in shipped_profiles().items():
        profile = inventory.profiles[name]
        assert profile.key_file == str(tmp_path / KEYS / CALLER)
        shipped = {fact: asked.command for fact, asked in entry.record.facts.items()}
        assert profile.facts == shipped
        assert profile.debug_fact == entry.record.debug_fact


def test_sites_have_witnesses_and_people(plan: Layout, inventory: Inventory) -> None:
    for plan_site in plan.sites:
        site = inventory.sites[SiteKey(plan_site.key)]
        assert site.witnesses == (plan_site.gateway,)
        assert {role for contact in site.contacts for role in contact.roles} == set(Role)
        assert site.timezone == plan_site.timezone


def test_writing_again_changes_nothing(plan: Layout, kit: Kit, tmp_path: Path) -> None:
    first = write_inventory(plan, kit, tmp_path).read_bytes()

    assert write_inventory(plan, kit, tmp_path).read_bytes() == first
