"""After each event the guards over many nodes follow what it changed, and nothing else."""

from dataclasses import replace

import pytest

from plcmon.model.beliefs import FleetBelief, SiteBelief
from plcmon.model.events import Event, InventoryRead, NodeObserved, Tick
from plcmon.model.readings import Evidence, Observation, Observed
from plcmon.model.subjects import SiteKey, fleet_subject, node_subject
from plcmon.policy.fold import fold
from tests.policy.clerk import DAY, MINUTE, Clerk, make_inventory, node

N = node(0, 0)


@pytest.fixture
def clerk() -> Clerk:
    return Clerk(inventory=make_inventory(sites=8)).begin()


def test_when_a_node_fell_is_remembered_until_it_is_back(clerk: Clerk) -> None:
    began = clerk.now - 12 * MINUTE
    clerk.observe(N, Observed.SILENT, since=began)
    assert clerk.state.crowd.begun == [(began, N)]

    clerk.observe(N, Observed.BOOT)

    assert clerk.state.crowd.begun == []
    assert clerk.state.nodes[N].fell_at is None


def test_who_falls_while_already_bad_fell_before(clerk: Clerk) -> None:
    clerk.observe(N, Observed.SILENT, since=clerk.now)
    fell = clerk.state.nodes[N].fell_at
    clerk.forward(3 * DAY)

    clerk.observe(N, Observed.WEDGED, since=clerk.now)

    assert clerk.state.nodes[N].fell_at == fell


def test_who_vanishes_is_in_no_storm(clerk: Clerk) -> None:
    for site in range(6):
        clerk.observe(node(site, 0), Observed.SILENT, since=clerk.now)
    nodes = {key: row for key, row in clerk.inventory.nodes.items() if key != N}

    clerk.tell(fleet_subject(), InventoryRead(replace(clerk.inventory, nodes=nodes), "less"))

    assert N not in {key for found in clerk.state.crowd.storms.values() for key in found}


def test_a_look_that_shows_the_same_touches_neither_site_nor_fleet(clerk: Clerk) -> None:
    """Else every look at a node would have every issue weighed again."""
    seen = Observation(Observed.BOOT, clerk.now, clerk.now, Evidence.FRESH, boot_id="first")
    event = Event(clerk.now, node_subject(N), NodeObserved(seen))

    changes = fold(clerk.policy, clerk.state, event)

    assert not {kind for kind, _ in changes.beliefs} & {FleetBelief, SiteBelief}


def test_time_alone_changes_nothing_of_an_open_guard(clerk: Clerk) -> None:
    changes = fold(clerk.policy, clerk.state, Event(clerk.now, fleet_subject(), Tick()))

    assert not changes.beliefs
    assert clerk.state.sites[SiteKey("s0")].guard is None
