"""What nodes have in common: every group once, under the names that policy knows."""

from dataclasses import replace

from plcmon.model.subjects import Inventory
from plcmon.operations.groups import Group, Groups, wide_network
from tests.policy.clerk import make_inventory, node

N = node(0, 0)


def inventory(addresses: tuple[str, ...] = ("192.0.2.7", "2001:db8:7:1::1")) -> Inventory:
    made = make_inventory(sites=2, nodes=2)
    labels = {"country": "DE", "rack": "r7"}
    record = replace(made.nodes[N], addresses=addresses, labels=labels, groups=frozenset({"beta"}))
    return replace(made, nodes={**made.nodes, N: record})


def groups_of(groups: Groups, key: str = N) -> set[tuple[str, str]]:
    return {groups.all[number][:2] for number in groups.of[N if key == N else node(0, 1)]}


def test_a_node_is_in_a_group_of_every_kind() -> None:
    assert groups_of(Groups(inventory())) == {
        ("site", "s0"),
        ("network", "192.0.2.0/24"),
        ("network", "192.0.0.0/16"),
        ("network", "2001:db8:7::/48"),
        ("network", "2001:db8::/32"),
        ("PCU", "pcu-0"),
        ("PCU model", "apc"),
        ("group", "beta"),
        ("label", "country=DE"),
        ("label", "rack=r7"),
    }


def test_a_group_is_kept_once_with_all_that_are_in_it() -> None:
    groups = Groups(inventory())
    number = groups.all.index(Group("site", "s0", "s0"))

    assert groups.members[number] == [node(0, 0), node(0, 1)]
    assert len(set(groups.all)) == len(groups.all)


def test_what_policy_has_a_name_for_keeps_it() -> None:
    keys = {group.name: group.key for group in Groups(inventory()).all}

    assert keys["country=DE"] == "country:DE"
    assert keys["192.0.2.0/24"] == "prefix:192.0.2.0/24"
    assert keys["pcu-0"] == "toml:p0"


def test_loopback_is_no_network() -> None:
    assert not any(kind == "network" for kind, _ in groups_of(Groups(inventory(("127.0.0.1",)))))


def test_a_wide_network_is_around_the_narrow_one() -> None:
    assert wide_network("192.0.2.0/24") == "192.0.0.0/16"
    assert wide_network("2001:db8:7::/48") == "2001:db8::/32"
