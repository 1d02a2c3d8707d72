"""The chronic level: an alert and a baseline, never a stop."""

from dataclasses import replace

import pytest

from plcmon.model.beliefs import Status
from plcmon.model.events import AlertRaised, Event, Refused
from plcmon.model.issues import IssueType
from plcmon.model.subjects import fleet_subject
from tests.policy.clerk import DAY, Clerk, make_inventory, node

CHRONIC = fleet_subject("chronic")


@pytest.fixture
def clerk() -> Clerk:
    return Clerk(inventory=make_inventory(sites=2, nodes=10)).begin()


def sicken(clerk: Clerk, count: int) -> None:
    """So many nodes have been down for ten days."""
    for number in range(count):
        key = node(number % 2, number // 2)
        since = clerk.now - 10 * DAY
        down = replace(clerk.state.nodes[key], status=Status.DOWN, not_good_since=since)
        clerk.state.nodes[key] = down
    clerk.canaries(3, 3)


def alerts(told: list[Event]) -> list[str]:
    return [e.body.text for e in told if isinstance(e.body, AlertRaised)]


def open_now(clerk: Clerk) -> bool:
    return clerk.issue(CHRONIC, IssueType.SELF) is not None


def test_a_fifth_of_the_fleet_is_no_alert_yet(clerk: Clerk) -> None:
    sicken(clerk, 4)

    assert (clerk.state.fleet.chronic, clerk.state.fleet.chronic_of) == (4, 20)
    assert not open_now(clerk)


def test_more_than_a_fifth_is(clerk: Clerk) -> None:
    sicken(clerk, 5)

    assert any("5 of 20 nodes in service are bad" in text for text in alerts(clerk.events))
    assert open_now(clerk)


def test_it_stops_nothing(clerk: Clerk) -> None:
    sicken(clerk, 5)

    assert not clerk.state.fleet.guard_closed


def test_an_accepted_baseline_ends_it(clerk: Clerk) -> None:
    sicken(clerk, 5)

    clerk.say(fleet_subject(), "baseline-accept", reason="old hardware")

    assert clerk.state.fleet.chronic_baseline == 5
    assert not open_now(clerk)


def test_clearly_more_than_the_baseline_alerts_again(clerk: Clerk) -> None:
    sicken(clerk, 5)
    clerk.say(fleet_subject(), "baseline-accept")
    sicken(clerk, 6)
    assert not open_now(clerk)

    sicken(clerk, 7)

    assert open_now(clerk)


def test_without_any_there_is_nothing_to_accept(clerk: Clerk) -> None:
    told = clerk.say(fleet_subject(), "baseline-accept")

    assert [e.body.why for e in told if isinstance(e.body, Refused)] == [
        "no node is bad for so long"
    ]
