"""Common causes: what opens together under one label is held as one, and then goes on in waves."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from plcmon.model.decisions import Gate, GateName, Pass
from plcmon.model.events import AlertRaised
from plcmon.model.guards import CommonCause
from plcmon.model.intents import ActionKind
from plcmon.model.issues import Cause, Issue, IssueType
from plcmon.model.readings import Observed
from plcmon.model.subjects import Inventory, NodeKey, fleet_subject, node_subject
from plcmon.policy.common_cause import cause_line
from plcmon.policy.draft import Draft
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node
from tests.policy.mender import Mender

PREFIX = "prefix:192.0.2.0/24"


def spread(inventory: Inventory, addresses: Mapping[NodeKey, str]) -> Inventory:
    nodes = {
        key: replace(row, addresses=(addresses.get(key, row.addresses[0]),))
        for key, row in inventory.nodes.items()
    }
    return replace(inventory, nodes=nodes)


@pytest.fixture
def clerk() -> Clerk:
    """Ten sites of three; the first node of each of the first eight shares a prefix."""
    inventory = make_inventory(sites=10)
    shared = {node(site, 0): f"192.0.2.{site + 1}" for site in range(8)}
    rest = {node(site, n): f"203.0.{site}.{n}" for site in range(10) for n in (1, 2)}
    return Clerk(inventory=spread(inventory, {**rest, **shared})).begin()


def opens(clerk: Clerk, count: int) -> None:
    """So many of the prefix open `node_down` within the window, and nothing else is closed."""
    rules = replace(clerk.policy.guard, window=60 * MINUTE, more_than=50, storm_more_than=50)
    clerk.policy = replace(clerk.policy, guard=rules)
    for site in range(count):
        clerk.observe(node(site, 0), Observed.SILENT, since=clerk.now)
        clerk.forward(8 * MINUTE)
    clerk.forward(25 * HOUR)


def cause(clerk: Clerk) -> CommonCause | None:
    return clerk.state.fleet.causes.get(PREFIX)


def parent(clerk: Clerk) -> Issue:
    found = clerk.issue(fleet_subject(PREFIX), IssueType.COMMON_CAUSE)
    assert found is not None
    return found


def gate_of(clerk: Clerk, key: NodeKey) -> Gate:
    gates = clerk.want(key).gates
    return next(gate for gate in gates if gate.name is GateName.COMMON_CAUSE)


def test_five_have_no_common_cause(clerk: Clerk) -> None:
    opens(clerk, 5)

    assert not clerk.state.fleet.causes


def test_six_of_one_prefix_have(clerk: Clerk) -> None:
    opens(clerk, 6)

    assert cause(clerk) is not None
    children = clerk.state.crowd.children[parent(clerk).id]
    assert len(children) == 6


def test_the_rarest_label_they_share_is_it(clerk: Clerk) -> None:
    """They share a PCU model too, as every node does."""
    opens(clerk, 7)

    assert set(clerk.state.fleet.causes) == {PREFIX}


def test_who_opens_later_joins(clerk: Clerk) -> None:
    opens(clerk, 8)

    assert len(clerk.state.crowd.children[parent(clerk).id]) == 8


def test_other_nodes_are_none_of_its_children(clerk: Clerk) -> None:
    opens(clerk, 6)
    clerk.observe(node(9, 1), Observed.SILENT, since=clerk.now)
    clerk.forward(25 * HOUR)

    other = clerk.issue(node_subject(node(9, 1)), IssueType.NODE_DOWN)
    assert other is not None
    assert other.parent == ""


def test_the_share_of_the_label_counts_too(clerk: Clerk) -> None:
    clerk.policy = replace(clerk.policy, guard=replace(clerk.policy.guard, cause_share=0.99))

    assert cause_line(Draft(clerk.state, clerk.policy, clerk.now), PREFIX) == 7


def test_it_is_said_once_by_its_own_issue(clerk: Clerk) -> None:
    opens(clerk, 6)

    topics = [e.body.topic for e in clerk.events if isinstance(e.body, AlertRaised)]
    assert topics.count(parent(clerk).id) == 1


def test_its_children_get_no_power_and_no_first_notice(clerk: Clerk) -> None:
    opens(clerk, 6)
    clerk.refresh()

    assert clerk.planned() == []
    found = gate_of(clerk, node(0, 0))
    assert found.answer is Pass.HOLD
    assert parent(clerk).id in found.fact
    assert found.clears_at is not None


def test_first_notices_are_held_too() -> None:
    inventory = make_inventory(sites=10, paths=False)
    shared = {node(site, 0): f"192.0.2.{site + 1}" for site in range(8)}
    clerk = Clerk(inventory=spread(inventory, shared)).begin()
    opens(clerk, 6)

    clerk.forward(5 * DAY)
    clerk.canaries(3, 3)

    assert clerk.planned(ActionKind.NOTIFY) == []
    assert gate_of(clerk, node(0, 0)).answer is Pass.HOLD


def test_it_closes_a_window_and_a_scan_after_it_is_calm(clerk: Clerk) -> None:
    opens(clerk, 6)
    clerk.forward(2 * HOUR)
    assert cause(clerk) is not None, "no scan was completed since"

    clerk.refresh()

    assert cause(clerk) is None
    closed = [i for i in clerk.state.issues.values() if i.type is IssueType.COMMON_CAUSE]
    assert [issue.cause for issue in closed] == [Cause.CONDITION_GONE]


def test_what_is_left_goes_on_as_a_storm(clerk: Clerk) -> None:
    opens(clerk, 6)
    clerk.observe(node(0, 0), Observed.BOOT)
    clerk.forward(20 * MINUTE)
    clerk.forward(2 * HOUR)
    clerk.refresh()

    (storm,) = clerk.state.fleet.storms.values()
    assert storm.cause == PREFIX
    assert clerk.state.crowd.storms[storm.id] == {node(site, 0) for site in range(1, 6)}
    assert len(clerk.planned()) == 1, "a wave of one"


def test_a_person_may_close_it(clerk: Clerk) -> None:
    opens(clerk, 6)
    clerk.say(fleet_subject(PREFIX), "close", issue=parent(clerk).id)
    clerk.canaries(3, 3)

    assert cause(clerk) is None
    assert len(clerk.state.fleet.storms) == 1


def test_issues_of_another_type_widen_it(clerk: Clerk) -> None:
    opens(clerk, 6)
    for site in range(8):
        clerk.observe(node(site, 0), Observed.DEAF, since=clerk.now)
    clerk.forward(25 * HOUR)

    found = cause(clerk)
    assert found is not None
    assert found.kinds == (IssueType.NODE_DOWN, IssueType.NODE_LOGIN)


def test_a_prefix_that_fails_together_gets_at_most_the_waves_power() -> None:
    inventory = make_inventory(sites=10)
    shared = {node(site, 0): f"192.0.2.{site + 1}" for site in range(8)}
    clerk = Clerk(inventory=spread(inventory, shared)).begin()
    mender = Mender(clerk, dead=clerk.inventory.nodes.keys())

    mender.fall(*shared)
    mender.work(DAY + 12 * HOUR)

    assert len(mender.cycled) == 1


def test_a_node_alone_has_none(clerk: Clerk) -> None:
    clerk.fall_silent(node(0, 0))

    gates = {gate.name: gate.answer for gate in clerk.want(node(0, 0)).gates}

    assert gates[GateName.COMMON_CAUSE] is Pass.PASS
