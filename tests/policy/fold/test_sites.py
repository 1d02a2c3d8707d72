"""Sites: witnesses, being out of reach, and what only seems to be back."""

from dataclasses import replace

import pytest

from plcmon.model.beliefs import Status
from plcmon.model.events import InventoryRead, Started
from plcmon.model.issues import Cause, Issue, IssueType
from plcmon.model.readings import Evidence, Observed
from plcmon.model.subjects import SiteKey, fleet_subject, node_subject, site_subject
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node

S = SiteKey("s0")
SUBJECT = site_subject(S)
OUT = IssueType.SITE_UNREACHABLE


@pytest.fixture
def clerk() -> Clerk:
    return Clerk().begin()


def go_dark(clerk: Clerk) -> None:
    clerk.witnesses(S, answered=False)
    for number in range(3):
        clerk.observe(node(0, number), Observed.SILENT, evidence=Evidence.UNREACHABLE)


def stay_dark(clerk: Clerk, hours: int) -> None:
    for _ in range(hours):
        clerk.witnesses(S, answered=False)
        clerk.forward(HOUR)
        clerk.refresh()


def closed(clerk: Clerk) -> Issue:
    return next(i for i in clerk.state.issues.values() if i.type is OUT and not i.is_open)


def test_a_dark_site_is_unreachable_and_after_an_hour_an_issue(clerk: Clerk) -> None:
    go_dark(clerk)
    assert clerk.state.sites[S].status is Status.UNREACHABLE
    clerk.forward(59 * MINUTE)
    assert clerk.issue(SUBJECT, OUT) is None

    clerk.forward(2 * MINUTE)

    assert clerk.issue(SUBJECT, OUT) is not None


def test_a_long_outage_is_not_forgotten(clerk: Clerk) -> None:
    """Witnesses are silent for longer than their memory: it is still that outage."""
    go_dark(clerk)

    stay_dark(clerk, 60)

    assert clerk.state.sites[S].status is Status.UNREACHABLE
    assert clerk.issue(SUBJECT, OUT) is not None
    assert not [row for row in clerk.state.outbox.values() if row.notice == "online"]


def test_witnesses_that_never_answered_say_nothing_by_their_silence() -> None:
    clerk = Clerk()
    clerk.tell(fleet_subject(), Started("test", "", adopted=True))
    clerk.tell(fleet_subject(), InventoryRead(clerk.inventory, "digest"))
    clerk.witnesses(S, answered=False)

    assert clerk.state.sites[S].witnesses_silent_since is None


def test_one_node_that_answers_keeps_the_site_in_reach(clerk: Clerk) -> None:
    clerk.witnesses(S, answered=False)
    for number in range(2):
        clerk.observe(node(0, number), Observed.SILENT, evidence=Evidence.UNREACHABLE)

    clerk.forward(5 * HOUR)

    assert clerk.issue(SUBJECT, OUT) is None


def test_half_an_hour_of_answers_closes_it(clerk: Clerk) -> None:
    go_dark(clerk)
    clerk.forward(2 * HOUR)
    clerk.observe(node(0, 0), Observed.BOOT)
    clerk.forward(29 * MINUTE)
    assert clerk.issue(SUBJECT, OUT) is not None

    clerk.forward(2 * MINUTE)

    assert closed(clerk).cause is Cause.HEALTHY


@pytest.mark.parametrize("evidence", [Evidence.STALE, Evidence.SUSPECT])
def test_not_looking_is_not_an_answer(clerk: Clerk, evidence: Evidence) -> None:
    go_dark(clerk)
    clerk.forward(2 * HOUR)

    clerk.observe(node(0, 0), Observed.SILENT, evidence=evidence)
    clerk.forward(5 * HOUR)

    assert clerk.issue(SUBJECT, OUT) is not None
    assert clerk.state.sites[S].status is Status.UNREACHABLE


def test_a_stop_of_ours_does_not_bring_a_site_back(clerk: Clerk) -> None:
    go_dark(clerk)
    clerk.forward(2 * HOUR)
    clerk.tell(fleet_subject(), Started("test", "", adopted=True))

    clerk.forward(3 * HOUR)

    assert clerk.issue(SUBJECT, OUT) is not None


def test_a_stop_of_ours_is_not_time_out_of_reach(clerk: Clerk) -> None:
    go_dark(clerk)
    clerk.forward(30 * MINUTE)
    clerk.canaries(3, 3)
    clerk.now += 5 * HOUR
    clerk.tell(fleet_subject(), Started("test", "", adopted=True))
    go_dark(clerk)

    clerk.forward(20 * MINUTE)

    assert clerk.issue(SUBJECT, OUT) is None


def test_blindness_is_not_time_out_of_reach(clerk: Clerk) -> None:
    go_dark(clerk)
    clerk.forward(30 * MINUTE)
    clerk.canaries(0, 3)

    clerk.forward(5 * HOUR)

    assert clerk.issue(SUBJECT, OUT) is None
    assert clerk.state.sites[S].status is Status.UNREACHABLE


def test_an_outage_of_the_site_is_no_bad_time_of_its_nodes(clerk: Clerk) -> None:
    since = clerk.now
    go_dark(clerk)
    stay_dark(clerk, 30)
    clerk.witnesses(S, answered=True)
    clerk.observe(node(0, 0), Observed.SILENT, since=since)
    assert clerk.issue(node_subject(node(0, 0)), IssueType.NODE_DOWN) is None

    clerk.forward(23 * HOUR)

    assert clerk.issue(node_subject(node(0, 0)), IssueType.NODE_DOWN) is None


def test_a_dark_site_counts_as_one_for_the_guard(clerk: Clerk) -> None:
    for number in range(3):
        clerk.observe(node(0, number), Observed.SILENT)
    assert len(clerk.state.fleet.turned_bad) == 3

    clerk.witnesses(S, answered=False)

    assert [what for what, _ in clerk.state.fleet.turned_bad] == [str(SUBJECT)]


def test_a_site_that_vanished_is_retired(clerk: Clerk) -> None:
    go_dark(clerk)
    clerk.forward(2 * HOUR)
    left = {key: site for key, site in clerk.inventory.sites.items() if key != S}

    clerk.tell(fleet_subject(), InventoryRead(replace(clerk.inventory, sites=left), "less"))

    assert closed(clerk).cause is Cause.RETIRED


def test_up_counts_the_well_and_those_in_maintenance(clerk: Clerk) -> None:
    clerk.observe(node(0, 0), Observed.SILENT)
    assert clerk.state.sites[S].up == 2

    until = (clerk.now + DAY).isoformat()
    clerk.say(node_subject(node(0, 0)), "maintenance", until=until)

    assert clerk.state.sites[S].up == 3


def test_a_site_with_too_few_nodes_up_is_offline_then_down(clerk: Clerk) -> None:
    for number in range(2):
        clerk.observe(node(0, number), Observed.SILENT)
    assert clerk.state.sites[S].status is Status.OFFLINE

    clerk.forward(12 * HOUR + MINUTE)

    assert clerk.state.sites[S].status is Status.DOWN


def test_nodes_that_nobody_has_seen_yet_make_no_site_offline() -> None:
    clerk = Clerk()
    clerk.tell(fleet_subject(), InventoryRead(clerk.inventory, "digest"))
    clerk.observe(node(0, 0), Observed.BOOT)

    assert clerk.state.sites[S].status is Status.ONLINE


# site_down


def lose(clerk: Clerk, *numbers: int) -> None:
    for number in numbers:
        clerk.observe(node(0, number), Observed.DEAF)


def live(clerk: Clerk, days: float) -> None:
    """The witnesses answer all the time; nobody helps the nodes."""
    for _ in range(int(days * 8)):
        clerk.witnesses(S, answered=True)
        clerk.refresh()
        clerk.forward(3 * HOUR)


def test_a_site_that_is_down_for_a_week_is_an_issue(clerk: Clerk) -> None:
    lose(clerk, 0, 1)
    live(clerk, 7.25)
    assert clerk.state.sites[S].status is Status.DOWN
    assert clerk.issue(SUBJECT, IssueType.SITE_DOWN) is None

    live(clerk, 0.5)

    issue = clerk.issue(SUBJECT, IssueType.SITE_DOWN)
    assert issue is not None
    assert issue.summary == "only 1 of 2 have been up for 7 d"


def test_it_closes_when_the_site_is_good_again(clerk: Clerk) -> None:
    lose(clerk, 0, 1)
    live(clerk, 8)
    clerk.observe(node(0, 0), Observed.BOOT)
    live(clerk, 0.25)
    assert clerk.issue(SUBJECT, IssueType.SITE_DOWN) is not None, "online is not good yet"

    live(clerk, 0.5)

    assert clerk.issue(SUBJECT, IssueType.SITE_DOWN) is None


def test_blind_time_is_no_time_down(clerk: Clerk) -> None:
    lose(clerk, 0, 1)
    live(clerk, 2)
    clerk.canaries(0, 3)
    clerk.forward(9 * DAY)
    for _ in range(3):
        clerk.canaries(3, 3)
    lose(clerk, 0, 1)

    assert clerk.issue(SUBJECT, IssueType.SITE_DOWN) is None
    assert clerk.state.sites[S].down.value(clerk.now) < 2 * DAY


def test_a_person_closes_it_and_their_word_stands_for_a_day(clerk: Clerk) -> None:
    lose(clerk, 0, 1)
    live(clerk, 8)
    issue = clerk.issue(SUBJECT, IssueType.SITE_DOWN)
    assert issue is not None

    clerk.say(SUBJECT, "close", issue=issue.id)

    live(clerk, 0.5)
    assert clerk.issue(SUBJECT, IssueType.SITE_DOWN) is None
    live(clerk, 1)
    assert clerk.issue(SUBJECT, IssueType.SITE_DOWN) is not None


def test_a_node_in_maintenance_is_up_and_is_not_needed() -> None:
    """Two nodes, one in maintenance: the other alone must be up."""
    clerk = Clerk(inventory=make_inventory(sites=1, nodes=2)).begin()
    until = (clerk.now + DAY).isoformat()
    clerk.say(node_subject(node(0, 0)), "maintenance", until=until)
    lose(clerk, 0, 1)

    site = clerk.state.sites[S]
    assert (site.up, site.needed) == (1, 1)
    assert site.status is Status.GOOD or site.status is Status.ONLINE
