"""Tallies: what a site's nodes show, without walking the site."""

from collections import Counter
from random import Random

import pytest

from plcmon.model.beliefs import NodeBelief, Status
from plcmon.model.readings import Evidence, Observed
from plcmon.model.replacing import replace
from plcmon.model.state import Changes, State
from plcmon.model.subjects import Inventory, Node, NodeKey, SiteKey
from plcmon.model.tally import AILING, UNKNOWN, WELL, Face, Tally, counted, face_of

HERE, THERE = SiteKey("here"), SiteKey("there")
GOOD = NodeBelief(NodeKey("n0"), Status.GOOD, evidence=Evidence.FRESH, observed=Observed.BOOT)


def make_inventory(*, at_home: int = 6, away: int = 2) -> Inventory:
    sites = [HERE] * at_home + [THERE] * away
    nodes = [
        Node(NodeKey(f"n{number}"), f"n{number}.example.org", site, ())
        for number, site in enumerate(sites)
    ]
    return Inventory(nodes={node.key: node for node in nodes})


def believe(state: State, *beliefs: NodeBelief) -> None:
    state.apply(Changes(beliefs={(NodeBelief, belief.key): belief for belief in beliefs}))


def walked(state: State, site: SiteKey) -> Tally:
    """The plain way: every belief of the site."""
    nodes = state.inventory.nodes.values()
    keys = [node.key for node in nodes if node.site == site]
    return counted(state.nodes[key] for key in keys if key in state.nodes)


def test_every_status_is_unknown_well_or_ailing() -> None:
    assert set(Status) == UNKNOWN | WELL | AILING
    assert not WELL & AILING


def test_what_nobody_shows_any_more_is_not_counted() -> None:
    tally = counted([GOOD])
    tally.drop(GOOD)
    tally.add(replace(GOOD, status=Status.DOWN))

    assert tally.faces == Counter({Face(Status.DOWN, Evidence.FRESH, Observed.BOOT): 1})
    assert list(tally.faces.values()) == [1]
    assert tally.ailing == {GOOD.key}


def test_a_copy_is_its_own() -> None:
    tally = counted([GOOD])
    twin = tally.copy()
    twin.drop(GOOD)

    assert tally.faces[face_of(GOOD)] == 1


def test_a_node_that_nobody_lists_counts_nowhere() -> None:
    state = State(inventory=make_inventory(at_home=1, away=0))
    state.tally(HERE)
    believe(state, replace(GOOD, key=NodeKey("gone")))

    assert not state.tally(HERE).faces


def test_another_inventory_counts_anew() -> None:
    state = State(inventory=make_inventory(at_home=1, away=0))
    believe(state, GOOD)
    assert state.tally(HERE).faces

    state.apply(Changes(inventory=make_inventory(at_home=0, away=1)))

    assert not state.tally(HERE).faces
    assert state.tally(THERE).faces == Counter({face_of(GOOD): 1})


def test_a_fork_counts_for_itself() -> None:
    state = State(inventory=make_inventory())
    believe(state, GOOD)
    before = state.tally(HERE).copy()
    twin = state.fork()

    believe(twin, replace(GOOD, status=Status.DOWN))

    assert twin.tally(HERE).ailing == {GOOD.key}
    assert state.tally(HERE) == before


@pytest.mark.parametrize("seed", range(10))
def test_it_is_what_walking_the_site_would_count(seed: int) -> None:
    chance, state = Random(seed), State(inventory=make_inventory())
    for _ in range(60):
        belief = NodeBelief(
            NodeKey(f"n{chance.randrange(9)}"),
            chance.choice(list(Status)),
            evidence=chance.choice(list(Evidence)),
            observed=chance.choice(list(Observed)),
        )
        believe(state, belief)

        for site in (HERE, THERE):
            assert state.tally(site) == walked(state, site)
