"""The site guard: one pathfinder at a time where most of a site fell."""

from dataclasses import replace

import pytest

from plcmon.model.decisions import Gate, GateName, Pass
from plcmon.model.events import AlertRaised, Noticed
from plcmon.model.guards import SiteGuard
from plcmon.model.intents import Intent
from plcmon.model.readings import Observed
from plcmon.model.subjects import NodeKey, SiteKey, fleet_subject, node_subject, site_subject
from plcmon.policy.draft import Draft
from plcmon.policy.fold.fleet import CLOCK
from plcmon.policy.judge import objection
from plcmon.policy.site_guard import site_gate
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node
from tests.policy.mender import Mender

S = SiteKey("s0")


def make_clerk(nodes: int = 2, sites: int = 4) -> Clerk:
    return Clerk(inventory=make_inventory(sites=sites, nodes=nodes)).begin()


@pytest.fixture
def clerk() -> Clerk:
    return make_clerk()


def guard(clerk: Clerk) -> SiteGuard | None:
    return clerk.state.sites[S].guard


def fall(clerk: Clerk, *numbers: int) -> None:
    for number in numbers:
        clerk.observe(node(0, number), Observed.SILENT, since=clerk.now)


def wait(clerk: Clerk) -> None:
    """Until the issues are open, and the staff has been round."""
    clerk.forward(25 * HOUR)
    clerk.refresh()


def gate_of(clerk: Clerk, number: int) -> Gate:
    gates = clerk.want(node(0, number)).gates
    return next(gate for gate in gates if gate.name is GateName.SITE_GUARD)


def fail(clerk: Clerk) -> Intent:
    """The planned cycle is done, and nothing comes of it."""
    (intent,) = clerk.planned()
    done = clerk.carry_out(intent)
    clerk.forward(100 * MINUTE)
    clerk.refresh()
    return done


def test_one_silent_node_closes_nothing(clerk: Clerk) -> None:
    fall(clerk, 0)

    assert guard(clerk) is None


def test_half_of_a_site_is_not_more_than_half() -> None:
    clerk = make_clerk(nodes=4)
    fall(clerk, 0, 1)

    assert guard(clerk) is None


def test_more_than_half_closes_it() -> None:
    clerk = make_clerk(nodes=4)
    fall(clerk, 0, 1, 2)

    found = guard(clerk)
    assert found is not None
    assert (found.dark, found.counted) == (3, 4)


def test_who_was_good_long_ago_does_not_count() -> None:
    clerk = make_clerk(nodes=3)
    fall(clerk, 0)
    clerk.forward(8 * DAY)
    fall(clerk, 1)

    assert guard(clerk) is None, "one of two"


def test_it_does_not_open_because_the_good_time_grows_old(clerk: Clerk) -> None:
    fall(clerk, 0, 1)

    clerk.forward(9 * DAY)

    assert guard(clerk) is not None


def test_a_debug_node_is_not_dark(clerk: Clerk) -> None:
    fall(clerk, 0)
    clerk.observe(node(0, 1), Observed.DEBUG)

    assert guard(clerk) is None


def test_a_two_node_site_with_both_silent_is_repaired_one_at_a_time(clerk: Clerk) -> None:
    fall(clerk, 0, 1)
    wait(clerk)
    (first,) = clerk.planned()
    clerk.carry_out(first)
    clerk.refresh()
    assert clerk.planned() == [], "the pathfinder is not proven yet"

    clerk.boot(NodeKey(first.target.key))
    (second,) = clerk.planned()

    assert {first.target, second.target} == {node_subject(node(0, n)) for n in (0, 1)}
    assert guard(clerk) is None, "one of two is not more than half"


def test_both_are_repaired_in_the_end(clerk: Clerk) -> None:
    mender = Mender(clerk)
    mender.fall(node(0, 0), node(0, 1))

    mender.work(2 * DAY)

    assert sorted(mender.came_back) == [node(0, 0), node(0, 1)]


def test_the_most_recently_good_goes_first(clerk: Clerk) -> None:
    fall(clerk, 1)
    clerk.forward(MINUTE)
    fall(clerk, 0)
    clerk.say(site_subject(S), "freeze", scope="all")
    wait(clerk)
    clerk.say(site_subject(S), "unfreeze", scope="all")

    (first,) = clerk.planned()

    assert first.target == node_subject(node(0, 0))


def test_the_other_names_the_pathfinder(clerk: Clerk) -> None:
    fall(clerk, 0, 1)
    wait(clerk)
    (first,) = clerk.planned()
    other = 1 if first.target == node_subject(node(0, 0)) else 0

    found = gate_of(clerk, other)

    assert found.answer is Pass.HOLD
    assert clerk.inventory.nodes[NodeKey(first.target.key)].hostname in found.fact


def test_after_a_failure_the_next_goes_a_day_later(clerk: Clerk) -> None:
    fall(clerk, 0, 1)
    wait(clerk)
    first = fail(clerk)
    assert clerk.planned() == []
    other = 1 if first.target == node_subject(node(0, 0)) else 0
    assert gate_of(clerk, other).clears_at is not None

    clerk.forward(23 * HOUR)
    clerk.refresh()

    (second,) = clerk.planned()
    assert second.target == node_subject(node(0, other))


def test_a_jump_of_the_clock_brings_the_next_no_nearer(clerk: Clerk) -> None:
    fall(clerk, 0, 1)
    wait(clerk)
    fail(clerk)

    clerk.now += 26 * HOUR
    told = Noticed(CLOCK, True, "jumped", jump_s=(26 * HOUR).total_seconds())
    clerk.tell(fleet_subject(CLOCK), told)

    view = Draft(clerk.state, clerk.policy, clerk.now)
    assert site_gate(view, node_subject(node(0, 0))).answer is Pass.HOLD


def test_three_failures_are_a_matter_for_the_operator() -> None:
    clerk = make_clerk(nodes=5)
    fall(clerk, 0, 1, 2, 3, 4)
    wait(clerk)
    for _ in range(3):
        fail(clerk)
        clerk.forward(23 * HOUR)
        clerk.refresh()

    assert clerk.planned() == []
    topics = [e.body.topic for e in clerk.events if isinstance(e.body, AlertRaised)]
    assert topics.count(f"site guard {S}") == 1

    clerk.say(site_subject(S), "re-arm")

    assert len(clerk.planned()) == 1


def test_only_a_closed_site_guard_can_be_re_armed(clerk: Clerk) -> None:
    told = clerk.say(site_subject(S), "re-arm")

    assert "no site guard" in str([event.body for event in told])


def test_a_pathfinder_that_is_well_again_ends_the_row_of_failures() -> None:
    clerk = make_clerk(nodes=5)
    fall(clerk, 0, 1, 2, 3, 4)
    wait(clerk)
    fail(clerk)
    clerk.forward(23 * HOUR)
    clerk.refresh()
    (intent,) = clerk.planned()
    clerk.carry_out(intent)

    clerk.boot(NodeKey(intent.target.key))

    found = guard(clerk)
    assert found is not None
    assert found.failures == 0
    assert len(clerk.planned()) == 1, "the next goes at once"


def test_what_was_never_sent_makes_room_for_another(clerk: Clerk) -> None:
    fall(clerk, 0, 1)
    wait(clerk)
    (first,) = clerk.planned()

    clerk.end(first, "cancelled")

    assert [i.target for i in clerk.planned()] != [first.target]
    assert len(clerk.planned()) == 1


def test_power_that_is_under_way_when_it_closes_is_its_pathfinder() -> None:
    clerk = make_clerk(nodes=3)
    fall(clerk, 0)
    wait(clerk)
    (intent,) = clerk.planned()

    fall(clerk, 1)

    found = guard(clerk)
    assert found is not None
    assert found.intent == intent.id
    assert objection(Draft(clerk.state, clerk.policy, clerk.now), intent) == ""


def test_it_holds_no_other_site(clerk: Clerk) -> None:
    fall(clerk, 0, 1)
    clerk.observe(node(1, 0), Observed.SILENT, since=clerk.now)
    wait(clerk)

    assert {i.site for i in clerk.planned()} == {"s0", "s1"}


def test_at_the_claim_only_the_pathfinder_passes(clerk: Clerk) -> None:
    fall(clerk, 0, 1)
    wait(clerk)
    (intent,) = clerk.planned()
    site = clerk.state.sites[S]
    assert site.guard is not None
    other = replace(site.guard, intent="another", node=str(node(0, 1)))
    clerk.state.sites[S] = replace(site, guard=replace(other, next_at=clerk.now + HOUR))

    assert "site guard" in objection(Draft(clerk.state, clerk.policy, clerk.now), intent)


@pytest.mark.parametrize("family", ["apc", "manual"])
def test_five_of_one_site_get_at_most_the_pathfinders_power(family: str) -> None:
    clerk = Clerk(inventory=make_inventory(sites=4, nodes=6, family=family)).begin()
    mender = Mender(clerk, dead=clerk.inventory.nodes.keys())

    mender.fall(*(node(0, number) for number in range(5)))
    mender.work(2 * DAY)

    assert len(mender.cycled) == 1
