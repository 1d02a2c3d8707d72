"""Selections: by group, label, site; nothing is nothing, never everything."""

from dataclasses import replace

from plcmon.model.subjects import Inventory
from plcmon.policy.selections import (
    is_selection,
    members,
    selected,
    selection_subject,
    too_many,
)
from tests.policy.clerk import make_inventory, node

A, B, C = node(0, 0), node(0, 1), node(1, 0)


def marked() -> Inventory:
    inventory = make_inventory()
    nodes = dict(inventory.nodes)
    nodes[A] = replace(nodes[A], labels={"rack": "7"}, groups=frozenset({"edge"}))
    nodes[C] = replace(nodes[C], labels={"rack": "8"})
    return replace(inventory, nodes=nodes)


def test_labels_groups_and_sites_select() -> None:
    inventory = marked()

    assert [n.key for n in selected(inventory, "label/rack")] == [A, C]
    assert [n.key for n in selected(inventory, "label/rack=7")] == [A]
    assert [n.key for n in selected(inventory, "group/edge")] == [A]
    assert [n.site for n in selected(inventory, "site/s1")] == ["s1"] * 3
    assert members(inventory, selection_subject("group/edge")) == selected(inventory, "group/edge")


def test_what_is_unknown_or_empty_selects_nothing() -> None:
    for text in ("label/none", "group/", "label/", "rack/7", ""):
        assert selected(marked(), text) == []


def test_only_groups_and_labels_are_no_subjects_of_their_own() -> None:
    assert is_selection("label/rack=7")
    assert not is_selection("site/s0")
    assert not is_selection("label/")


def test_a_tenth_of_the_fleet_and_more_than_five_is_much() -> None:
    small, large = make_inventory(nodes=3), make_inventory(sites=10, nodes=10)

    assert not too_many(small, 5, share=0.1, more_than=5)
    assert too_many(small, 6, share=0.1, more_than=5)
    assert not too_many(large, 10, share=0.1, more_than=5)
    assert too_many(large, 11, share=0.1, more_than=5)
