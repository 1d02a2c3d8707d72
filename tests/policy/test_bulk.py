"""Bulk power: one of each site, the next when that is over, an end when it goes badly."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from plcmon.model.events import AlertRaised, Event, Refused
from plcmon.model.intents import Intent, IntentState, Outcome
from plcmon.model.readings import Observed
from plcmon.model.subjects import fleet_subject, node_subject
from plcmon.model.trust import Breaker
from tests.policy.clerk import ADMIN, DAY, HOUR, MINUTE, POLICY, Clerk, make_inventory, node

ALL = fleet_subject("label/rack=7")


@pytest.fixture
def clerk() -> Clerk:
    """Two sites with three nodes each, all in one rack; room for many power actions."""
    inventory = make_inventory()
    nodes = {k: replace(n, labels={"rack": "7"}) for k, n in inventory.nodes.items()}
    policy = replace(POLICY, budgets=replace(POLICY.budgets, power=20))
    return Clerk(policy, replace(inventory, nodes=nodes)).begin()


def cycle(clerk: Clerk) -> list[Event]:
    return clerk.say(ALL, "power-cycle", reason="new kernel")


def running(clerk: Clerk) -> list[Intent]:
    return [i for i in clerk.planned() if i.state is IntentState.PLANNED]


def finish(clerk: Clerk, intent: Intent) -> None:
    """The cycle goes well and the node boots."""
    clerk.carry_out(intent)
    clerk.now += MINUTE
    key = clerk.inventory.nodes[intent.target.key].key  # type: ignore[index] # a node's key
    clerk.observe(key, Observed.BOOT, boot_id=f"new {intent.id}", booted_at=clerk.now - MINUTE / 2)


def fail(clerk: Clerk, intent: Intent) -> None:
    clerk.send(intent)
    clerk.end(intent, "failed", Outcome.REFUSED)


def alerts(clerk: Clerk) -> list[str]:
    return [e.body.text for e in clerk.events if isinstance(e.body, AlertRaised)]


def test_the_first_wave_is_one_node_of_each_site(clerk: Clerk) -> None:
    cycle(clerk)

    assert {i.target for i in running(clerk)} == {node_subject(node(s, 0)) for s in (0, 1)}
    assert len(clerk.state.fleet.bulks[0].left) == 4


def test_the_next_begins_when_the_one_before_is_proven(clerk: Clerk) -> None:
    cycle(clerk)
    first = running(clerk)[0]
    clerk.carry_out(first)
    waiting = {i.target for i in running(clerk)}

    clerk.now += MINUTE
    clerk.observe(node(0, 0), Observed.BOOT, boot_id="new", booted_at=clerk.now - MINUTE / 2)

    assert node_subject(node(0, 1)) not in waiting
    assert node_subject(node(0, 1)) in {i.target for i in running(clerk)}


def test_two_bad_ones_stop_it(clerk: Clerk) -> None:
    cycle(clerk)

    for intent in running(clerk):
        fail(clerk, intent)

    assert clerk.state.fleet.bulks == ()
    assert any("stopped after 2 bad ones: 0 done, 2 bad" in text for text in alerts(clerk))


def test_when_all_are_done_it_is_over_and_says_so(clerk: Clerk) -> None:
    cycle(clerk)

    for _ in range(3):
        for intent in running(clerk):
            finish(clerk, intent)

    assert clerk.state.fleet.bulks == ()
    assert any("is over: 6 done, 0 bad, 0 declined, 0 left out" in text for text in alerts(clerk))


def test_one_without_a_path_is_left_out_and_journalled(clerk: Clerk) -> None:
    nodes = dict(clerk.state.inventory.nodes)
    nodes[node(0, 0)] = replace(nodes[node(0, 0)], paths=())
    clerk.state.inventory = replace(clerk.state.inventory, nodes=nodes)

    cycle(clerk)

    assert node_subject(node(0, 1)) in {i.target for i in running(clerk)}
    rows = [row for row in clerk.audit if row.verb == "power-cycle declined"]
    assert [row.detail for row in rows] == ["it has no power path"]


def test_a_budget_that_is_spent_is_waited_for(clerk: Clerk) -> None:
    budgets = replace(clerk.policy.budgets, power=1)
    clerk.policy = replace(clerk.policy, budgets=budgets)

    cycle(clerk)

    assert len(running(clerk)) == 1
    assert len(clerk.state.fleet.bulks[0].left) == 5
    clerk.canaries(3, 3)
    assert len(running(clerk)) == 1


def test_cancelling_one_stops_the_others(clerk: Clerk) -> None:
    cycle(clerk)
    first = running(clerk)[0]

    clerk.say(first.target, "cancel", intent=first.id)

    assert clerk.state.fleet.bulks == ()


def test_power_off_opens_a_window_for_each(clerk: Clerk) -> None:
    clerk.say(ALL, "power-off", until=(clerk.now + HOUR).isoformat())

    assert {window.subject for window in clerk.state.windows.values()} == {
        node_subject(node(s, 0)) for s in (0, 1)
    }


def test_an_empty_selection_acts_on_nothing(clerk: Clerk) -> None:
    told = clerk.say(fleet_subject("label/none"), "power-cycle")

    assert any(isinstance(e.body, Refused) and "empty" in e.body.why for e in told)
    assert clerk.planned() == []


def test_one_that_takes_too_long_ends(clerk: Clerk) -> None:
    cycle(clerk)

    clerk.forward(DAY + HOUR)

    assert clerk.state.fleet.bulks == ()


def shut_the_guard(clerk: Clerk, *, closed: bool = True) -> None:
    since = clerk.now if closed else None
    clerk.state.fleet = replace(clerk.state.fleet, guard_closed=closed, guard_since=since)


def stop_the_family(clerk: Clerk) -> None:
    stopped = Breaker((("a", True),), clerk.now, "3 of the last 5 were bad")
    clerk.state.fleet = replace(clerk.state.fleet, breakers={"family/apc": stopped})


@pytest.mark.parametrize("limit", [shut_the_guard, stop_the_family])
@pytest.mark.parametrize("force", [False, True])
def test_none_begins_beyond_a_limit_of_the_fleet(
    clerk: Clerk, limit: Callable[[Clerk], None], force: bool
) -> None:
    limit(clerk)

    told = clerk.say(ALL, "power-cycle", by=ADMIN, force=force)

    (why,) = [e.body.why for e in told if isinstance(e.body, Refused)]
    assert "say it for each node" in why
    assert clerk.intents() == []


def test_one_that_has_begun_waits_while_the_fleet_guard_is_closed(clerk: Clerk) -> None:
    cycle(clerk)
    before = running(clerk)
    shut_the_guard(clerk)
    for intent in before:
        finish(clerk, intent)
    assert running(clerk) == []

    shut_the_guard(clerk, closed=False)
    clerk.refresh()

    assert len(running(clerk)) == 2


def test_on_harms_nobody(clerk: Clerk) -> None:
    shut_the_guard(clerk)

    clerk.say(ALL, "power-on")

    assert len(clerk.intents(IntentState.PLANNED)) == 2
