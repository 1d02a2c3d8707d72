"""A node's observation: status, sums, not good since, and the guard's count."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.beliefs import NodeBelief, Status
from plcmon.model.events import (
    IntentClaimed,
    IntentEnded,
    InventoryRead,
    Started,
    StatusChanged,
)
from plcmon.model.intents import ActionKind, Outcome
from plcmon.model.issues import IssueType
from plcmon.model.readings import Evidence, Observed
from plcmon.model.subjects import NodeKey, Outlet, PcuKey, PowerPath, fleet_subject, node_subject
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node

N = node(0, 0)
SUBJECT = node_subject(N)


@pytest.fixture
def clerk() -> Clerk:
    return Clerk().begin()


def fresh() -> Clerk:
    """Nobody has seen any node yet."""
    clerk = Clerk(inventory=make_inventory(sites=1, nodes=1))
    clerk.tell(fleet_subject(), Started("test", "", adopted=True))
    clerk.tell(fleet_subject(), InventoryRead(clerk.inventory, "digest"))
    clerk.canaries(3, 3)
    return clerk


def belief(clerk: Clerk) -> NodeBelief:
    return clerk.state.nodes[N]


def test_a_node_that_is_not_in_the_inventory_is_nothing(clerk: Clerk) -> None:
    clerk.observe(NodeKey("toml:stranger"), Observed.SILENT)

    assert NodeKey("toml:stranger") not in clerk.state.nodes


def test_bad_time_counts_from_the_first_failure(clerk: Clerk) -> None:
    first = clerk.now - 10 * MINUTE

    clerk.observe(N, Observed.SILENT, since=first)

    assert belief(clerk).spans["silent"].value(clerk.now) == 10 * MINUTE
    assert belief(clerk).status_since == first


@pytest.mark.parametrize("gap", [Evidence.STALE, Evidence.UNREACHABLE])
def test_but_not_what_lies_in_a_gap(clerk: Clerk, gap: Evidence) -> None:
    first = clerk.now
    clerk.observe(N, Observed.SILENT, evidence=gap)
    clerk.forward(30 * HOUR)

    clerk.observe(N, Observed.SILENT, since=first)

    assert belief(clerk).spans["silent"].value(clerk.now) == timedelta()
    assert clerk.issue(SUBJECT, IssueType.NODE_DOWN) is None


def test_suspicion_is_not_a_gap_before_a_failure_that_counts(clerk: Clerk) -> None:
    first = clerk.now
    clerk.observe(N, Observed.BOOT, evidence=Evidence.SUSPECT)
    clerk.forward(10 * MINUTE)

    clerk.observe(N, Observed.SILENT, since=first)

    assert belief(clerk).spans["silent"].value(clerk.now) == 10 * MINUTE


def test_a_suspect_node_keeps_its_status(clerk: Clerk) -> None:
    clerk.observe(N, Observed.BOOT, evidence=Evidence.SUSPECT)

    assert (belief(clerk).status, belief(clerk).evidence) == (Status.GOOD, Evidence.SUSPECT)


def test_a_node_first_seen_bad_is_offline_and_not_good_since_then() -> None:
    clerk = fresh()
    first = clerk.now - 10 * MINUTE

    clerk.observe(N, Observed.SILENT, since=first)

    assert belief(clerk).status is Status.OFFLINE
    assert belief(clerk).not_good_since == first
    assert belief(clerk).first_seen_at == clerk.now
    assert not clerk.state.fleet.turned_bad, "it did not turn bad: it was so"


def test_a_node_first_seen_booting_is_not_good_yet() -> None:
    clerk = fresh()

    clerk.observe(N, Observed.BOOT, booted_at=clerk.now - HOUR)

    assert belief(clerk).status is Status.ONLINE
    assert belief(clerk).not_good_since == clerk.now


def test_not_good_since_ends_only_with_good(clerk: Clerk) -> None:
    """Round and round through offline, failboot and online doesn't reset it."""
    assert belief(clerk).not_good_since is None
    went = clerk.now
    for state in (Observed.SILENT, Observed.DEBUG, Observed.BOOT, Observed.SILENT, Observed.BOOT):
        clerk.observe(N, state)
        clerk.forward(HOUR)
        assert belief(clerk).not_good_since == went
    assert belief(clerk).status is Status.ONLINE

    clerk.forward(12 * HOUR)

    assert belief(clerk).status is Status.GOOD
    assert belief(clerk).not_good_since is None


def test_a_node_that_rebooted_without_saying_when_is_not_good_at_once(clerk: Clerk) -> None:
    """The boot time that it told before it went away is not that of this boot."""
    clerk.observe(N, Observed.SILENT)

    clerk.observe(N, Observed.BOOT)

    assert belief(clerk).status is Status.ONLINE


def test_whoever_leaves_good_counts_for_the_guard_once(clerk: Clerk) -> None:
    clerk.observe(N, Observed.SILENT)
    clerk.observe(N, Observed.DEAF)

    assert [what for what, _ in clerk.state.fleet.turned_bad] == [str(SUBJECT)]
    assert belief(clerk).turned_bad_at == clerk.now


def test_every_change_of_belief_is_told(clerk: Clerk) -> None:
    told = clerk.observe(N, Observed.SILENT)

    changed = [e.body for e in told if isinstance(e.body, StatusChanged) and e.subject == SUBJECT]
    assert [(body.old, body.new) for body in changed] == [("good", "offline")]


def test_a_node_that_boots_has_power(clerk: Clerk) -> None:
    outlet = Outlet(PcuKey("toml:p0"), "1")
    clerk.fall_silent(N)
    (intent,) = clerk.planned()
    clerk.tell(SUBJECT, IntentClaimed(1), intent=intent.id)
    ended = IntentEnded("cancelled", None, "off by an unknown hand", foreign=(outlet,))
    clerk.tell(SUBJECT, ended, intent=intent.id)
    assert clerk.state.fleet.foreign_off == {outlet}

    clerk.observe(N, Observed.BOOT)

    assert not clerk.state.fleet.foreign_off


OUTLET = Outlet(PcuKey("toml:p0"), "1")


def switch_off(clerk: Clerk) -> None:
    """A person's own *off*, from end to end."""
    clerk.say(SUBJECT, "power-off", until=(clerk.now + DAY).isoformat())
    (intent,) = clerk.planned(ActionKind.POWER_OFF)
    clerk.send(intent)
    clerk.end(intent, "confirmed", Outcome.OK)
    clerk.now += HOUR


def test_a_node_that_booted_since_our_off_was_switched_on_by_somebody(clerk: Clerk) -> None:
    """Should it be off once more, that is not our doing."""
    switch_off(clerk)
    assert clerk.state.fleet.known_off == {OUTLET}

    clerk.observe(N, Observed.BOOT, boot_id="second", booted_at=clerk.now - MINUTE)

    assert not clerk.state.fleet.known_off


def test_one_that_never_noticed_our_off_says_nothing_of_the_outlet(clerk: Clerk) -> None:
    """Then it feeds something else, which is dark by our hand."""
    switch_off(clerk)

    clerk.observe(N, Observed.BOOT, boot_id="first", booted_at=clerk.now - 30 * DAY)

    assert clerk.state.fleet.known_off == {OUTLET}


def test_nor_does_one_with_a_second_supply() -> None:
    inventory = make_inventory()
    path = PowerPath((OUTLET, Outlet(PcuKey("toml:p0"), "9")), proven=True)
    nodes = {**inventory.nodes, N: replace(inventory.nodes[N], paths=(path,))}
    clerk = Clerk(inventory=replace(inventory, nodes=nodes)).begin()
    switch_off(clerk)

    clerk.observe(N, Observed.BOOT, boot_id="second", booted_at=clerk.now - MINUTE)

    assert clerk.state.fleet.known_off == {OUTLET}


def test_what_is_still_in_our_hands_is_ours_to_light(clerk: Clerk) -> None:
    clerk.fall_silent(N)
    (intent,) = clerk.planned()
    clerk.lose(intent)

    clerk.observe(N, Observed.BOOT, boot_id="second", booted_at=clerk.now + MINUTE)

    assert clerk.state.fleet.known_off == {OUTLET}


def test_a_node_in_maintenance_opens_no_login_issue(clerk: Clerk) -> None:
    clerk.say(SUBJECT, "maintenance", until=(clerk.now + 2 * DAY).isoformat())
    clerk.observe(N, Observed.DEAF)

    clerk.forward(2 * DAY - HOUR)
    assert clerk.issue(SUBJECT, IssueType.NODE_LOGIN) is None
    clerk.forward(2 * HOUR)

    assert clerk.issue(SUBJECT, IssueType.NODE_LOGIN) is not None, "it is deaf still"
