from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plcmon.inventory.guards import diff, feeds, shrink
from plcmon.model.subjects import (
    Inventory,
    Node,
    NodeKey,
    Outlet,
    Pcu,
    PcuKey,
    PowerPath,
    Site,
    SiteKey,
)

SITE = SiteKey("s")
PCU = PcuKey("toml:p")


def a_node(number: int, outlet: str = "") -> Node:
    path = PowerPath((Outlet(PCU, outlet or str(number)),))
    return Node(NodeKey(f"toml:n{number}"), f"n{number}", SITE, ("127.0.0.1",), paths=(path,))


def an_inventory(*nodes: Node) -> Inventory:
    return Inventory({node.key: node for node in nodes}, {SITE: Site(SITE, "S")})


def of(count: int, *, first: int = 0) -> Inventory:
    return an_inventory(*(a_node(number) for number in range(first, count)))


def moved(count: int, changed: int) -> Inventory:
    return an_inventory(*(a_node(n, f"x{n}" if n < changed else "") for n in range(count)))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        pytest.param(of(0), of(0), "", id="empty stays empty"),
        pytest.param(of(0), of(9), "", id="first reading"),
        pytest.param(of(9), of(99), "", id="growth"),
        pytest.param(of(9), of(9), "", id="the same"),
        pytest.param(of(1), of(0), "all 1 nodes would be gone", id="to nothing"),
        pytest.param(of(2), of(1), "", id="one gone is never too much"),
        pytest.param(of(3), of(1), "2 of 3 nodes would be gone", id="two of few"),
        pytest.param(of(20), of(18), "", id="exactly a tenth"),
        pytest.param(of(20), of(17), "3 of 20 nodes would be gone", id="over a tenth"),
        pytest.param(of(20), of(40, first=3), "3 of 20 nodes would be gone", id="replaced"),
        pytest.param(of(9), moved(9, 2), "", id="two outlets are never too much"),
        pytest.param(of(9), moved(9, 3), "3 of 9 outlets would feed something else", id="three"),
        pytest.param(of(150), moved(150, 3), "", id="exactly two in a hundred"),
        pytest.param(
            of(149), moved(149, 3), "3 of 149 outlets would feed something else", id="over"
        ),
    ],
)
def test_shrinking_needs_a_person(old: Inventory, new: Inventory, why: str) -> None:
    assert shrink(old, new) == why


def test_outlets_of_nodes_that_are_gone_do_not_count_twice() -> None:
    assert shrink(of(100), of(96)) == ""


def test_swapped_outlets_count() -> None:
    swapped = an_inventory(a_node(0, "1"), a_node(1, "2"), a_node(2, "0"))

    assert shrink(of(3), swapped) == "3 of 3 outlets would feed something else"


@given(st.integers(0, 60))
def test_nothing_is_refused_when_nothing_changed(count: int) -> None:
    assert shrink(of(count), of(count)) == ""


def test_feeds_are_outlet_and_node() -> None:
    assert feeds(of(1)) == {(Outlet(PCU, "0"), NodeKey("toml:n0"))}


def test_diff_of_equals_is_empty() -> None:
    assert diff(of(3), of(3)) == []


def test_diff_names_what_came_went_and_changed() -> None:
    old = of(2)
    renamed = replace(a_node(1), hostname="new", groups=frozenset({"b", "a"}))
    pcu = Pcu(PCU, SITE, "p", "127.0.0.1", "apc")
    new = replace(an_inventory(renamed, a_node(2)), pcus={PCU: pcu})

    assert diff(old, new) == [
        "+ pcu toml:p",
        "- node toml:n0",
        "~ node toml:n1 hostname: n1 -> new",
        "~ node toml:n1 groups: none -> a, b",
        "+ node toml:n2",
    ]


def test_diff_says_outlets_in_words() -> None:
    lines = diff(an_inventory(a_node(1)), an_inventory(a_node(1, "9")))

    assert lines == ["~ node toml:n1 paths: toml:p outlet 1 -> toml:p outlet 9"]
