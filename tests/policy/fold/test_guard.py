"""The fleet guard: closes at its line, opens late and only after a scan."""

from dataclasses import replace

import pytest

from plcmon.model.beliefs import Status
from plcmon.model.events import AlertRaised, ScanCompleted
from plcmon.model.issues import Cause, IssueType
from plcmon.model.readings import Observed
from plcmon.model.subjects import fleet_subject, node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.fold.guard import count_in_service
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node

ALL = fleet_subject()


@pytest.fixture
def clerk() -> Clerk:
    return Clerk(inventory=make_inventory(sites=8)).begin()


def turn_bad(clerk: Clerk, count: int) -> None:
    for site in range(count):
        clerk.observe(node(site, 0), Observed.SILENT)


def scan(clerk: Clerk) -> None:
    number = len(clerk.inventory.nodes)
    clerk.tell(ALL, ScanCompleted(number, number, 1.0))


def closed(clerk: Clerk) -> bool:
    return clerk.state.fleet.guard_closed


def test_five_are_not_more_than_five(clerk: Clerk) -> None:
    turn_bad(clerk, 5)

    assert not closed(clerk)


def test_six_are(clerk: Clerk) -> None:
    turn_bad(clerk, 6)

    assert closed(clerk)
    issue = clerk.issue(ALL, IssueType.MASS_OUTAGE)
    assert issue is not None
    assert issue.summary == "6 nodes turned bad within 30 min; the line is 5"


def test_spread_over_hours_they_are_not(clerk: Clerk) -> None:
    for site in range(8):
        clerk.observe(node(site, 0), Observed.SILENT)
        clerk.forward(10 * MINUTE)

    assert not closed(clerk)


def test_in_a_large_fleet_the_share_decides(clerk: Clerk) -> None:
    clerk.policy = replace(clerk.policy, guard=replace(clerk.policy.guard, share=0.3))
    clerk.canaries(3, 3)

    turn_bad(clerk, 7)

    assert not closed(clerk), "24 nodes in service, the line is 7"


def test_it_opens_half_an_hour_and_a_scan_after_it_is_calm(clerk: Clerk) -> None:
    turn_bad(clerk, 6)
    clerk.forward(59 * MINUTE)
    scan(clerk)
    assert closed(clerk)
    clerk.forward(2 * MINUTE)

    scan(clerk)

    assert not closed(clerk)
    issue = next(i for i in clerk.state.issues.values() if i.type is IssueType.MASS_OUTAGE)
    assert issue.cause is Cause.CONDITION_GONE


def test_without_a_scan_it_stays_closed(clerk: Clerk) -> None:
    turn_bad(clerk, 6)

    clerk.forward(5 * HOUR)

    assert closed(clerk)


def test_new_trouble_begins_the_calm_anew(clerk: Clerk) -> None:
    turn_bad(clerk, 6)
    clerk.forward(45 * MINUTE)
    for site in range(4):
        clerk.observe(node(site, 1), Observed.SILENT)

    clerk.forward(20 * MINUTE)
    scan(clerk)

    assert closed(clerk)


@pytest.mark.parametrize(
    "status", [Status.NEW, Status.RETIRED, Status.DISABLED], ids=lambda s: s.value
)
def test_who_is_not_in_service_is_not_counted(clerk: Clerk, status: Status) -> None:
    key = node(0, 0)
    clerk.state.nodes[key] = replace(clerk.state.nodes[key], status=status)

    assert in_service(clerk) == 23


def in_service(clerk: Clerk) -> int:
    return count_in_service(Draft(clerk.state, clerk.policy, clerk.now))


def test_nor_who_is_in_maintenance(clerk: Clerk) -> None:
    until = (clerk.now + HOUR).isoformat()
    clerk.say(node_subject(node(0, 0)), "maintenance", until=until)

    assert in_service(clerk) == 23


def test_nor_who_has_been_bad_for_a_week(clerk: Clerk) -> None:
    turn_bad(clerk, 1)
    assert in_service(clerk) == 24

    clerk.forward(7 * DAY + MINUTE)

    assert in_service(clerk) == 23


def test_who_is_in_maintenance_did_not_turn_bad(clerk: Clerk) -> None:
    until = (clerk.now + HOUR).isoformat()
    clerk.say(node_subject(node(0, 0)), "maintenance", until=until)

    turn_bad(clerk, 6)

    assert not closed(clerk)


def test_nor_did_who_has_not_been_good_for_a_week(clerk: Clerk) -> None:
    """It goes round between boot and silence; neither count has it."""
    key = node(0, 0)
    belief = clerk.state.nodes[key]
    clerk.state.nodes[key] = replace(
        belief, status=Status.ONLINE, not_good_since=clerk.now - 8 * DAY
    )

    turn_bad(clerk, 6)

    assert not closed(clerk)


def test_a_scan_that_began_before_it_was_calm_does_not_open_it(clerk: Clerk) -> None:
    turn_bad(clerk, 6)
    clerk.forward(61 * MINUTE)

    clerk.tell(ALL, ScanCompleted(24, 24, (40 * MINUTE).total_seconds()))

    assert closed(clerk)


def test_one_alert_stands_for_all(clerk: Clerk) -> None:
    turn_bad(clerk, 6)
    clerk.forward(HOUR)

    alerts = [event for event in clerk.events if isinstance(event.body, AlertRaised)]
    issue = clerk.issue(ALL, IssueType.MASS_OUTAGE)
    assert issue is not None
    assert [event.body.topic for event in alerts] == [issue.id]  # type: ignore[union-attr]
