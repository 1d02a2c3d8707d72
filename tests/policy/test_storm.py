"""Storms: who is in one, and power in waves that must prove themselves."""

from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest

from plcmon.model.decisions import GateName, Pass
from plcmon.model.events import AlertRaised, InventoryRead
from plcmon.model.guards import Storm
from plcmon.model.intents import IntentState
from plcmon.model.readings import Observed
from plcmon.model.subjects import NodeKey, fleet_subject, node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.judge import objection
from plcmon.policy.storm import crowd_around, room, settled, storm_line
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node
from tests.policy.mender import Mender

ALL = fleet_subject()


def make_clerk(sites: int = 8, nodes: int = 3) -> Clerk:
    return Clerk(inventory=make_inventory(sites=sites, nodes=nodes)).begin()


@pytest.fixture
def clerk() -> Clerk:
    """Eight sites with three nodes each; one node of a site may fall without closing its guard."""
    return make_clerk()


def fall(clerk: Clerk, count: int) -> list[NodeKey]:
    keys = [node(site, 0) for site in range(count)]
    for key in keys:
        clerk.observe(key, Observed.SILENT, since=clerk.now)
    return keys


def storms(clerk: Clerk) -> list[Storm]:
    return list(clerk.state.fleet.storms.values())


def members(clerk: Clerk) -> set[NodeKey]:
    return {key for found in clerk.state.crowd.storms.values() for key in found}


def alerts(clerk: Clerk, topic: str) -> list[str]:
    bodies = [event.body for event in clerk.events]
    return [b.text for b in bodies if isinstance(b, AlertRaised) and b.topic.startswith(topic)]


# Who is in a storm


def test_five_that_fall_together_are_no_storm(clerk: Clerk) -> None:
    fall(clerk, 5)

    assert not storms(clerk)


def test_six_are(clerk: Clerk) -> None:
    keys = fall(clerk, 6)

    assert len(storms(clerk)) == 1
    assert members(clerk) == set(keys)


def test_six_over_many_hours_are_not(clerk: Clerk) -> None:
    for site in range(8):
        clerk.observe(node(site, 0), Observed.SILENT, since=clerk.now)
        clerk.forward(7 * MINUTE)

    assert not storms(clerk), "never more than five within one window of 30 min"


def test_the_bad_time_counts_not_when_it_was_counted(clerk: Clerk) -> None:
    began = clerk.now
    for site in range(6):
        clerk.forward(9 * MINUTE)
        clerk.observe(node(site, 0), Observed.SILENT, since=began)

    assert not clerk.state.fleet.guard_closed
    assert len(members(clerk)) == 6


def test_who_is_counted_late_is_in_it_too(clerk: Clerk) -> None:
    began = clerk.now
    fall(clerk, 6)
    clerk.forward(20 * MINUTE)

    clerk.observe(node(7, 1), Observed.SILENT, since=began - 5 * MINUTE)

    assert len(storms(clerk)) == 1
    assert node(7, 1) in members(clerk)


def test_in_a_closed_guard_everybody_is_in_it(clerk: Clerk) -> None:
    fall(clerk, 6)
    clerk.forward(50 * MINUTE)
    assert clerk.state.fleet.guard_closed

    clerk.observe(node(7, 0), Observed.SILENT, since=clerk.now)

    assert node(7, 0) in members(clerk)


def test_so_is_who_fell_in_the_half_hour_before(clerk: Clerk) -> None:
    clerk.policy = replace(
        clerk.policy, guard=replace(clerk.policy.guard, storm_more_than=100, more_than=5)
    )
    fall(clerk, 5)
    clerk.forward(25 * MINUTE)
    assert not members(clerk)

    clerk.observe(node(6, 0), Observed.SILENT, since=clerk.now)

    assert len(members(clerk)) == 6


def test_once_the_guard_is_open_a_single_node_is_in_none(clerk: Clerk) -> None:
    fall(clerk, 6)
    clerk.forward(61 * MINUTE)
    clerk.refresh()
    assert not clerk.state.fleet.guard_closed
    clerk.forward(MINUTE)

    clerk.observe(node(7, 0), Observed.SILENT, since=clerk.now)

    assert node(7, 0) not in members(clerk)


@pytest.mark.parametrize("seed", range(20))
def test_the_first_window_that_is_too_full_is_found(clerk: Clerk, seed: int) -> None:
    chance, window = Random(seed), clerk.policy.guard.window
    minutes = [chance.randrange(90) for _ in range(24)]
    rows = sorted((clerk.now + m * MINUTE, node(0, number)) for number, m in enumerate(minutes))
    clerk.state.crowd.begun, fresh = rows[:20], rows[20:]
    view = Draft(clerk.state, clerk.policy, clerk.now)
    at = fresh[0][0]

    full = [
        [row for row in rows if first <= row[0] < first + window]
        for first, _ in rows
        if at - window < first <= at
    ]
    expected = next((found for found in full if len(found) > storm_line(view)), [])
    assert crowd_around(view, at, fresh) == expected


def test_in_a_large_fleet_the_share_decides(clerk: Clerk) -> None:
    clerk.policy = replace(clerk.policy, guard=replace(clerk.policy.guard, storm_share=0.3))

    assert storm_line(Draft(clerk.state, clerk.policy, clerk.now)) == 7


def test_who_boots_has_left_it(clerk: Clerk) -> None:
    keys = fall(clerk, 6)

    clerk.observe(keys[0], Observed.BOOT)

    assert members(clerk) == set(keys[1:])


def test_without_nodes_it_is_over_after_a_while(clerk: Clerk) -> None:
    for key in fall(clerk, 6):
        clerk.observe(key, Observed.BOOT)
    assert storms(clerk)

    clerk.forward(3 * HOUR)
    clerk.refresh()
    clerk.forward(3 * HOUR)
    clerk.refresh()

    assert not storms(clerk)


def test_who_is_down_at_first_sight_fell_in_no_storm() -> None:
    """A fleet with a fifth that is long dead is no storm on the first day."""
    clerk = Clerk(inventory=make_inventory(sites=8))
    clerk.tell(ALL, InventoryRead(clerk.inventory, "digest"))

    fall(clerk, 8)

    assert not storms(clerk)


# Waves


def test_power_comes_in_waves_each_after_half_of_the_last_is_back(clerk: Clerk) -> None:
    fall(clerk, 8)
    clerk.forward(25 * HOUR)
    clerk.refresh()
    clerk.forward(2 * HOUR)
    clerk.refresh()
    (first,) = clerk.planned()

    clerk.carry_out(first)
    clerk.refresh()
    assert clerk.planned() == [], "the first is not back yet"
    clerk.boot(NodeKey(first.target.key))
    clerk.forward(HOUR)

    assert len(clerk.planned()) == 2, "a wave of two"
    (storm,) = storms(clerk)
    assert (storm.size, room(Draft(clerk.state, clerk.policy, clerk.now), storm)) == (2, 0)


def hold_of(clerk: Clerk, key: NodeKey, name: GateName = GateName.STORM) -> str:
    found = next(gate for gate in clerk.want(key).gates if gate.name is name)
    return "" if found.answer is Pass.PASS else found.fact


def ready_storm(clerk: Clerk) -> NodeKey:
    """The common cause and the guard are over; the first wave of one is planned."""
    keys = fall(clerk, 8)
    clerk.forward(25 * HOUR)
    clerk.refresh()
    clerk.forward(2 * HOUR)
    clerk.refresh()
    (first,) = clerk.planned()
    assert NodeKey(first.target.key) in keys
    return NodeKey(first.target.key)


def test_the_others_say_whose_turn_it_is(clerk: Clerk) -> None:
    first = ready_storm(clerk)
    other = next(key for key in members(clerk) if key != first)

    assert "a wave of 1 of" in hold_of(clerk, other)
    assert "1 under way" in hold_of(clerk, other)


def test_what_was_never_sent_gives_its_turn_back(clerk: Clerk) -> None:
    ready_storm(clerk)
    (intent,) = clerk.planned()

    clerk.end(intent, IntentState.CANCELLED.value)

    (storm,) = storms(clerk)
    assert len(clerk.planned()) == 1, "another takes the turn"
    assert list(storm.turns.values()) == [clerk.planned()[0].id]


def test_a_failed_wave_waits_a_day_and_is_said_aloud(clerk: Clerk) -> None:
    first = ready_storm(clerk)
    clerk.carry_out(clerk.planned()[0])
    clerk.forward(2 * HOUR)
    clerk.refresh()

    other = next(key for key in members(clerk) if key != first)
    assert clerk.planned() == []
    assert "failed" in hold_of(clerk, other)
    assert len(alerts(clerk, "storm")) == 1

    clerk.forward(DAY)
    clerk.refresh()

    assert len(clerk.planned()) == 1, "and then begins with one again"


def test_a_wave_goes_on_when_it_comes_back_late(clerk: Clerk) -> None:
    storm = Storm("s", clerk.now, clerk.now, wave=1, failed=(node(0, 0),), back=0)

    assert settled(Draft(clerk.state, clerk.policy, clerk.now), storm).back == 1


def test_no_more_than_five_may_be_unhelped(clerk: Clerk) -> None:
    """Those under way may fail too, so they count; those of earlier waves still do."""
    view = Draft(clerk.state, clerk.policy, clerk.now)
    turns = {str(node(0, n)): "i" for n in range(2)}
    storm = Storm("s", clerk.now, None, wave=5, turns=turns, failed=("a",), vain=("b",), back=9)

    assert room(view, storm) == 1
    assert room(view, replace(storm, vain=("b", "c"))) == 0


def test_five_in_vain_hold_the_storm_whatever_else_came_back(clerk: Clerk) -> None:
    keys = fall(clerk, 6)
    (storm,) = storms(clerk)
    several = tuple(sorted(map(str, keys)))
    present = replace(storm, wave=4, back=6, failed=several[:2], vain=several[2:5])
    clerk.state.fleet = replace(clerk.state.fleet, storms={storm.id: present})

    clerk.canaries(3, 3)

    (held,) = storms(clerk)
    assert held.held_until == clerk.now + DAY
    assert (held.wave, held.vain) == (0, ())


def test_who_comes_back_late_was_not_in_vain(clerk: Clerk) -> None:
    keys = fall(clerk, 6)
    (storm,) = storms(clerk)
    present = replace(storm, wave=3, vain=tuple(map(str, keys[:4])))
    clerk.state.fleet = replace(clerk.state.fleet, storms={storm.id: present})

    clerk.observe(keys[0], Observed.BOOT)

    assert len(storms(clerk)[0].vain) == 3


def test_a_fleet_wide_storm_ends_with_every_node_repaired_in_waves() -> None:
    clerk = make_clerk(sites=6, nodes=4)
    mender = Mender(clerk)
    mender.fall(*clerk.inventory.nodes)
    assert clerk.state.fleet.guard_closed

    mender.work(4 * DAY)

    assert sorted(mender.keys) == sorted(clerk.inventory.nodes), "each once"
    assert not members(clerk)
    waves = [row.reason for row in clerk.audit if row.verb == "storm wave"]
    assert [why.split(" of a wave of ")[1].split()[0] for why in waves[:4]] == ["1", "2", "4", "8"]


def test_a_storm_that_nothing_helps_gets_one_power_a_day() -> None:
    clerk = make_clerk(sites=8, nodes=3)
    mender = Mender(clerk, dead=clerk.inventory.nodes.keys())
    mender.fall(*(node(site, 0) for site in range(8)))

    mender.work(4 * DAY)

    times = [at for at, _ in mender.cycled]
    assert 2 <= len(times) <= 3
    assert all(later - earlier >= DAY for earlier, later in pairwise(times))


def test_a_fleet_with_a_fifth_long_dead_still_repairs() -> None:
    clerk = make_clerk(sites=8, nodes=5)
    dead = [node(site, 0) for site in range(8)]
    for key in dead:
        clerk.observe(key, Observed.SILENT, since=clerk.now)
        clerk.forward(6 * HOUR)  # they died one by one, long ago
    clerk.forward(8 * DAY)
    clerk.refresh()
    mender = Mender(clerk, dead=dead)

    mender.fall(node(0, 1))
    mender.work(2 * DAY)

    assert node(0, 1) in mender.came_back


def test_a_held_storm_is_asked_again_at_the_claim(clerk: Clerk) -> None:
    ready_storm(clerk)
    (intent,) = clerk.planned()
    (storm,) = storms(clerk)
    held = replace(storm, held_until=clerk.now + HOUR)
    clerk.state.fleet = replace(clerk.state.fleet, storms={storm.id: held})

    assert "storm" in objection(Draft(clerk.state, clerk.policy, clerk.now), intent)


def test_a_node_that_is_well_is_in_no_storm(clerk: Clerk) -> None:
    clerk.fall_silent(node(0, 0))

    gates = {gate.name: gate for gate in clerk.want(node(0, 0)).gates}

    assert gates[GateName.STORM].answer is Pass.PASS
    assert node_subject(node(0, 0)) == clerk.want(node(0, 0)).subject
