"""The plan of a fleet: the same for the same seed, whole, and inside its block."""

from collections import Counter
from ipaddress import ip_address, ip_network

import pytest

from plcmon.sim.layout import MOST_NODES, OUTLETS, STYLES, Layout, control_of, plan_layout

SEEDS = (1, 2, 3)


def addresses(layout: Layout) -> list[str]:
    """Every address that somebody listens at."""
    return [
        *(address for node in layout.nodes for address in node.addresses),
        *(pcu.host for pcu in layout.pcus),
        *(site.gateway.host for site in layout.sites),
        *(canary.host for canary in layout.canaries),
        layout.mail.host,
        layout.control.host,
    ]


def test_by_default_there_are_sixty_nodes_on_twelve_sites() -> None:
    layout = plan_layout(1)

    assert len(layout.nodes) == 60
    assert Counter(node.site for node in layout.nodes) == {site.key: 5 for site in layout.sites}
    assert len(layout.sites) == 12
    assert len(layout.canaries) == 3


def test_the_same_seed_gives_the_same_plan() -> None:
    assert plan_layout(7, block=20) == plan_layout(7, block=20)


def test_another_seed_gives_another_plan() -> None:
    assert plan_layout(7) != plan_layout(8)


@pytest.mark.parametrize("size", [(60, 12), (1000, 100), (14, 7), (1, 1), (17, 5)])
@pytest.mark.parametrize("seed", SEEDS)
def test_every_address_is_its_own_and_in_the_block(seed: int, size: tuple[int, int]) -> None:
    nodes, sites = size
    found = addresses(plan_layout(seed, block=33, nodes=nodes, sites=sites))

    assert len(found) == len(set(found))
    assert all(ip_address(address) in ip_network("127.33.0.0/16") for address in found)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_feed_is_an_outlet_that_exists_and_feeds_one_node(seed: int) -> None:
    layout = plan_layout(seed, nodes=200)
    outlets = {(pcu.name, outlet) for pcu in layout.pcus for outlet in pcu.outlets}
    feeds = [feed for node in layout.nodes for path in node.paths for feed in path]

    assert set(feeds) <= outlets
    assert len(feeds) == len(set(feeds))


@pytest.mark.parametrize("seed", SEEDS)
def test_every_node_can_be_cut_by_a_unit_of_its_own_site(seed: int) -> None:
    layout = plan_layout(seed)
    site_of = {pcu.name: pcu.site for pcu in layout.pcus}

    for node in layout.nodes:
        assert node.paths
        assert {site_of[feed.pcu] for path in node.paths for feed in path} == {node.site}


@pytest.mark.parametrize("seed", SEEDS)
def test_every_kind_of_equipment_is_there(seed: int) -> None:
    layout = plan_layout(seed)

    assert {pcu.family for pcu in layout.pcus} == {"apc", "ilo", "ipmi"}
    assert {pcu.transport for pcu in layout.pcus} == {"telnet", "ssh", "https", "ipmi"}
    assert any(len(path) == 2 for node in layout.nodes for path in node.paths)
    assert any(len(node.paths) == 2 for node in layout.nodes)
    assert any(len(node.addresses) == 2 for node in layout.nodes)
    assert {node.profile for node in layout.nodes} == {"linux", "planetlab"}


def test_most_units_are_rack_pdus_over_telnet() -> None:
    transports = Counter(pcu.transport for pcu in plan_layout(1).pcus)

    assert transports.most_common(1)[0][0] == "telnet"


def test_every_site_has_a_pcu_and_people_of_each_role() -> None:
    layout = plan_layout(1)

    assert {pcu.site for pcu in layout.pcus} == {site.key for site in layout.sites}
    for site in layout.sites:
        assert [person.role for person in site.people] == ["tech", "pi", "user"]


def test_a_large_site_has_as_many_racks_as_it_needs() -> None:
    layout = plan_layout(1, nodes=2 * OUTLETS + 1, sites=1)
    racks = [pcu for pcu in layout.pcus if pcu.family == "apc"]

    assert len(racks) % 3 == 0


def test_names_sort_as_they_count() -> None:
    names = [node.name for node in plan_layout(1, nodes=1000, sites=100).nodes]

    assert names == sorted(names)
    assert names[0] == "n0001"


def test_nodes_that_do_not_divide_are_spread() -> None:
    sizes = Counter(node.site for node in plan_layout(1, nodes=17, sites=5).nodes)

    assert sorted(sizes.values()) == [3, 3, 3, 4, 4]


@pytest.mark.parametrize("size", [(5, 6), (5, 0), (1000, 241), (MOST_NODES + 1, 1)])
def test_what_does_not_fit_is_refused(size: tuple[int, int]) -> None:
    nodes, sites = size

    with pytest.raises(ValueError, match="sites"):
        plan_layout(1, nodes=nodes, sites=sites)


def test_the_control_address_follows_from_the_block() -> None:
    assert plan_layout(1, block=44).control == control_of(44)


def test_small_fleets_show_as_many_kinds_as_they_have_sites() -> None:
    layout = plan_layout(5, nodes=14, sites=len(STYLES))

    assert {pcu.family for pcu in layout.pcus} == {"apc", "ilo", "ipmi"}


def test_sites_may_lie_in_another_network_and_orders_stay_on_loopback() -> None:
    layout = plan_layout(1, block=44, network=10)

    assert all(a.startswith("10.44.") for node in layout.nodes for a in node.addresses)
    assert layout.control == control_of(44)
