"""The rule by which a group stands out: far more down than the rest, and no chance."""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta

from plcmon.model.subjects import Inventory, NodeKey
from plcmon.operations.clusters import Cluster, clusters, rushes
from plcmon.operations.groups import Groups
from tests.policy.clerk import START, make_inventory, node

MINUTE = timedelta(minutes=1)


def at(site: int, *numbers: int) -> set[NodeKey]:
    return {node(site, number) for number in numbers}


def found(
    down: Collection[NodeKey],
    inventory: Inventory | None = None,
    besides: Collection[NodeKey] = (),
) -> list[Cluster]:
    return clusters(Groups(inventory or make_inventory(sites=20, nodes=5)), down, besides)


def in_country(inventory: Inventory, country: str, sites: Collection[int]) -> Inventory:
    wanted = {f"s{site}" for site in sites}
    nodes = {
        key: replace(one, labels={"country": country if one.site in wanted else "elsewhere"})
        for key, one in inventory.nodes.items()
    }
    return replace(inventory, nodes=nodes)


def test_a_site_that_fell_stands_out_once_and_with_its_other_name() -> None:
    (one,) = found(at(3, 0, 1, 2, 3, 4) | at(7, 0))

    assert (one.group.kind, one.group.name, one.nodes) == ("site", "s3", 5)
    assert set(one.down) == at(3, 0, 1, 2, 3, 4)
    assert [(other.kind, other.name) for other in one.also] == [("PCU", "pcu-3")]
    assert one.rest == 1 / 95


def test_two_nodes_are_chance() -> None:
    assert found(at(3, 0, 1)) == []


def test_less_than_half_of_a_small_group_is_chance() -> None:
    inventory = make_inventory(sites=20, nodes=8)

    assert found(at(3, 0, 1, 2, 3), inventory) == []
    assert [one.group.name for one in found(at(3, 0, 1, 2, 3, 4), inventory)] == ["s3"]


def test_twenty_nodes_of_a_group_are_none_though_most_of_it_works() -> None:
    inventory = in_country(make_inventory(sites=40, nodes=10), "DE", range(10))
    down = set().union(*(at(site, 0, 1) for site in range(10)))

    (one,) = found(down, inventory)

    assert (one.group.name, len(one.down), one.nodes) == ("country=DE", 20, 100)


def test_what_is_no_more_down_than_the_rest_does_not_stand_out() -> None:
    down = set().union(*(at(site, 0, 1, 2) for site in range(20)))

    assert found(down) == []


def test_what_a_line_above_explains_is_left_out_below() -> None:
    inventory = in_country(make_inventory(sites=40, nodes=30), "DE", range(4))

    assert [one.group.name for one in found(at(1, *range(30)), inventory)] == ["s1"]


def test_a_country_goes_before_its_sites_when_it_is_all_down() -> None:
    inventory = in_country(make_inventory(sites=40, nodes=5), "DE", range(10))
    down = set().union(*(at(site, 0, 1, 2, 3, 4) for site in range(10)))

    assert [one.group.name for one in found(down, inventory)] == ["country=DE"]


def test_where_there_are_no_others_nothing_stands_out() -> None:
    assert found(at(0, 0, 1, 2), make_inventory(sites=1, nodes=3)) == []


def test_who_is_not_in_question_is_in_neither_count() -> None:
    (one,) = found(at(3, 0, 1, 2), besides=at(3, 3, 4))

    assert (len(one.down), one.nodes) == (3, 3)


def test_a_rush_is_the_fullest_stretch_and_then_the_next() -> None:
    early = {NodeKey(f"a{n}"): START + n * MINUTE / 10 for n in range(6)}
    late = {NodeKey(f"b{n}"): START + 60 * MINUTE for n in range(5)}

    assert list(rushes(early | late, 5 * MINUTE)) == [
        (START, START + MINUTE / 2, 6),
        (START + 60 * MINUTE, START + 60 * MINUTE, 5),
    ]


def test_a_trickle_is_no_rush() -> None:
    fell = {NodeKey(f"n{n}"): START + 10 * n * MINUTE for n in range(30)}

    assert list(rushes(fell, 5 * MINUTE)) == []
    assert list(rushes({}, 5 * MINUTE)) == []
