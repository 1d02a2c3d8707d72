"""Maintenance: now, later, each week; for a node, a site, a group or a label."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.events import InventoryRead, Refused, Window
from plcmon.model.issues import IssueType
from plcmon.model.subjects import SiteKey, fleet_subject, node_subject, site_subject
from plcmon.policy.draft import Draft
from plcmon.policy.windows import in_maintenance
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, node

N, OTHER = node(0, 0), node(1, 0)
TARGET = node_subject(N)
SITE = site_subject(SiteKey("s0"))


@pytest.fixture
def clerk() -> Clerk:
    clerk = Clerk().begin()
    nodes = dict(clerk.inventory.nodes)
    nodes[N] = replace(nodes[N], labels={"rack": "7"}, groups=frozenset({"edge"}))
    sites = {k: replace(s, timezone="Europe/Berlin") for k, s in clerk.inventory.sites.items()}
    sites[SiteKey("s1")] = replace(sites[SiteKey("s1")], timezone="Asia/Tokyo")
    clerk.inventory = replace(clerk.inventory, nodes=nodes, sites=sites)
    clerk.tell(fleet_subject(), InventoryRead(clerk.inventory, "digest"))
    return clerk


def inside(clerk: Clerk, key: object = N) -> bool:
    view = Draft(clerk.state, clerk.policy, clerk.now)
    return in_maintenance(view, node_subject(key)) is not None  # type: ignore[arg-type] # a NodeKey


def window(clerk: Clerk) -> Window:
    (found,) = clerk.state.windows.values()
    return found


def refused(events: list) -> str:  # type: ignore[type-arg] # events of any body
    return next(event.body.why for event in events if isinstance(event.body, Refused))


def until(clerk: Clerk, delta: timedelta) -> str:
    return (clerk.now + delta).isoformat()


@pytest.mark.parametrize("selection", ["label/rack", "label/rack=7", "group/edge"])
def test_a_label_or_group_covers_its_nodes_alone(clerk: Clerk, selection: str) -> None:
    clerk.say(fleet_subject(selection), "maintenance", until=until(clerk, 4 * HOUR))

    assert inside(clerk)
    assert not inside(clerk, OTHER)


def test_a_selection_that_means_nobody_is_declined(clerk: Clerk) -> None:
    told = clerk.say(fleet_subject("label/none"), "maintenance", until=until(clerk, HOUR))

    assert refused(told) == "the selection is empty"


def test_one_that_lies_ahead_begins_and_ends_by_itself(clerk: Clerk) -> None:
    begins, ends = until(clerk, 2 * HOUR), until(clerk, 3 * HOUR)
    clerk.say(TARGET, "maintenance", begins=begins, until=ends)
    before = inside(clerk)

    clerk.forward(2 * HOUR + MINUTE)
    during = (inside(clerk), window(clerk).begun)
    clerk.forward(HOUR)

    assert (before, during, inside(clerk)) == (False, (True, True), False)


def test_an_end_before_its_start_is_refused_where_it_is_said(clerk: Clerk) -> None:
    told = clerk.say(
        TARGET, "maintenance", begins=until(clerk, 3 * HOUR), until=until(clerk, 2 * HOUR)
    )

    assert "lies before its start" in refused(told)
    assert clerk.state.windows == {}


def test_a_weekly_one_comes_again_by_the_clock_of_its_site(clerk: Clerk) -> None:
    clerk.say(SITE, "maintenance", weekly="Sat 02:00-06:00")
    first = window(clerk)
    assert f"{first.starts_at:%a %H:%M}" == "Sat 01:00"  # winter in Berlin

    clerk.now = first.starts_at
    clerk.forward(MINUTE)
    during = inside(clerk)
    clerk.forward(4 * HOUR)

    assert (during, inside(clerk)) == (True, False)
    assert window(clerk).starts_at == first.starts_at + 7 * DAY


def test_a_series_ends_with_its_end(clerk: Clerk) -> None:
    clerk.say(SITE, "maintenance", weekly="Sat 02:00-06:00", until=until(clerk, 9 * DAY))

    clerk.forward(8 * DAY)

    assert clerk.state.windows == {}


def test_a_series_without_an_end_is_given_one(clerk: Clerk) -> None:
    clerk.say(SITE, "maintenance", weekly="Sat 02:00-06:00")

    assert window(clerk).series_until == clerk.now + clerk.policy.limits.weekly_most


def test_a_series_over_two_zones_is_declined(clerk: Clerk) -> None:
    nodes = {k: replace(n, labels={"rack": "7"}) for k, n in clerk.inventory.nodes.items()}
    clerk.tell(fleet_subject(), InventoryRead(replace(clerk.inventory, nodes=nodes), "next"))

    told = clerk.say(fleet_subject("label/rack"), "maintenance", weekly="Sat 02:00-06:00")

    assert refused(told) == "it lies in 2 time zones; say it for each site"


def test_an_issue_in_a_window_stands_still(clerk: Clerk) -> None:
    clerk.fall_silent(N)
    issue = clerk.issue(TARGET, IssueType.NODE_DOWN)
    assert issue is not None
    clerk.say(fleet_subject("group/edge"), "maintenance", until=until(clerk, 30 * DAY))
    before = issue.bad.value(clerk.now)

    clerk.forward(20 * DAY)

    after = clerk.issue(TARGET, IssueType.NODE_DOWN)
    assert after is not None
    assert after.bad.value(clerk.now) - before < MINUTE


def test_a_word_ends_a_series_too(clerk: Clerk) -> None:
    clerk.say(SITE, "maintenance", weekly="Sat 02:00-06:00")

    clerk.say(SITE, "maintenance-end")

    assert clerk.state.windows == {}
