"""Guards over many nodes in words: what is closed, and when a node's turn comes."""

from dataclasses import replace

import pytest

from plcmon.model.events import Actor
from plcmon.model.guards import SiteGuard, Storm
from plcmon.model.issues import IssueType
from plcmon.model.readings import Observed
from plcmon.model.subjects import (
    NodeKey,
    SiteKey,
    Subject,
    fleet_subject,
    node_subject,
    site_subject,
)
from plcmon.operations.crowd import closed_guards, crowd_facts, wave_of
from plcmon.operations.moment import Moment
from plcmon.operations.summary import summary_view
from plcmon.operations.why import why_view
from tests.policy.clerk import DAY, HOUR, Clerk, make_inventory, node

S = SiteKey("s0")
VIEWER = Actor("ann", "viewer", "socket")


@pytest.fixture
def clerk() -> Clerk:
    return Clerk(inventory=make_inventory(sites=8)).begin()


def moment(clerk: Clerk) -> Moment:
    state, wants = clerk.state, clerk.wants.by_issue
    return Moment(clerk.now, state, clerk.policy, wants, wants.get, lambda _key: None, {}, {})


def facts(clerk: Clerk, subject: Subject) -> str:
    issue = clerk.issue(subject, IssueType.NODE_DOWN)
    return "\n".join(crowd_facts(moment(clerk), subject, issue))


def storm(clerk: Clerk) -> None:
    for site in range(8):
        clerk.observe(node(site, 0), Observed.SILENT, since=clerk.now)


def close(clerk: Clerk, **changes: object) -> None:
    guard = replace(SiteGuard(clerk.now, 3, 3), **changes)  # type: ignore[arg-type] # a test's own
    clerk.state.sites[S] = replace(clerk.state.sites[S], guard=guard)


def test_a_quiet_fleet_has_nothing_to_say(clerk: Clerk) -> None:
    assert closed_guards(moment(clerk)) == ()
    assert facts(clerk, node_subject(node(0, 0))) == ""
    assert facts(clerk, site_subject(S)) == ""


def test_the_summary_names_what_is_closed(clerk: Clerk) -> None:
    storm(clerk)
    clerk.forward(25 * HOUR)
    close(clerk)

    found = summary_view(moment(clerk), VIEWER).closed

    assert found == (
        "common cause pcu:apc",
        "storm of 8 nodes, wave of 1",
        "site guard s0 closed",
    )


def test_several_of_a_kind_are_counted(clerk: Clerk) -> None:
    for site in (SiteKey("s0"), SiteKey("s1")):
        guard = SiteGuard(clerk.now, 3, 3)
        clerk.state.sites[site] = replace(clerk.state.sites[site], guard=guard)

    assert closed_guards(moment(clerk)) == ("2 site guards",)


def test_a_child_names_its_common_cause_and_when_it_opens(clerk: Clerk) -> None:
    storm(clerk)
    clerk.forward(25 * HOUR)
    cause = clerk.state.fleet.causes["pcu:apc"]

    found = facts(clerk, node_subject(node(0, 0)))

    assert f"common cause pcu:apc ({cause.issue}) holds 8 nodes; not before 13:11" in found


def test_why_has_it_among_its_facts(clerk: Clerk) -> None:
    storm(clerk)

    view = why_view(moment(clerk), node_subject(node(0, 0)), None)

    assert "fell in a storm of which 8 nodes are left" in "\n".join(view.facts)


@pytest.mark.parametrize(
    ("place", "size"), [(0, 1), (1, 2), (2, 2), (3, 4), (6, 4), (7, 8), (14, 8), (15, 16)]
)
def test_a_node_learns_the_wave_of_its_turn(clerk: Clerk, place: int, size: int) -> None:
    assert wave_of(Storm("s", clerk.now, None), place) == size


def test_who_had_a_turn_is_told_so(clerk: Clerk) -> None:
    storm(clerk)
    (found,) = clerk.state.fleet.storms.values()
    under_way, failed = node(0, 0), node(1, 0)
    present = replace(found, wave=1, turns={under_way: "i"}, failed=(failed,))
    clerk.state.fleet = replace(clerk.state.fleet, storms={found.id: present})

    assert "its own turn is under way" in facts(clerk, node_subject(under_way))
    assert "did not come back" in facts(clerk, node_subject(failed))
    assert "0 nodes fell before it, so its turn is in a wave of 4" in facts(
        clerk, node_subject(node(2, 0))
    )


def test_a_held_storm_says_until_when(clerk: Clerk) -> None:
    storm(clerk)
    (found,) = clerk.state.fleet.storms.values()
    held = replace(found, held_until=clerk.now + DAY)
    clerk.state.fleet = replace(clerk.state.fleet, storms={found.id: held})

    assert "held until 2026-03-03 12:11 UTC" in facts(clerk, node_subject(node(0, 0)))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"node": node(0, 1)}, "n0-1.example.org is the pathfinder"),
        ({"node": node(0, 0)}, "it is the pathfinder"),
        ({"failures": 3}, "the next goes after `re-arm`"),
        ({"failures": 1, "next_at": "later"}, "the next pathfinder goes"),
        ({}, "the most recently good goes first"),
    ],
)
def test_a_guarded_node_learns_who_goes_first(
    clerk: Clerk, changes: dict[str, object], says: str
) -> None:
    if "next_at" in changes:
        changes = {**changes, "next_at": clerk.now + DAY}
    close(clerk, **changes)

    assert says in facts(clerk, node_subject(node(0, 0)))
    assert "site guard closed: 3 of 3" in facts(clerk, site_subject(S))


def test_the_fleet_lists_what_is_closed(clerk: Clerk) -> None:
    close(clerk)

    assert facts(clerk, fleet_subject()) == "closed: site guard s0 closed"
    assert facts(clerk, node_subject(NodeKey("toml:n1-0"))) == ""
