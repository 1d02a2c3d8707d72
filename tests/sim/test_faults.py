"""Orders do what they say, and say what they cannot do."""

from collections.abc import Mapping
from typing import Any

import pytest

from plcmon.model.readings import Observed
from plcmon.sim.faults import OrderError, draw_night, fault, heal, power, rewire
from plcmon.sim.fleet import Fleet
from plcmon.sim.layout import plan_layout
from plcmon.sim.machine import Condition
from plcmon.sim.port import Answers
from plcmon.sim.unit import AILMENTS
from tests.sim.eyes import debuggable

BAD: list[tuple[Mapping[str, Any], str]] = [
    ({}, "name one of node, pcu"),
    ({"node": "n01", "pcu": "x", "what": "silent"}, "name one of"),
    ({"node": "n01"}, '"what" must be a word'),
    ({"node": "n01", "what": 3}, '"what" must be a word'),
    ({"node": "n99", "what": "silent"}, 'unknown node "n99"; for example n09'),
    ({"node": ["n01"], "what": "silent"}, "unknown node"),
    ({"node": "n01", "what": "silnet"}, 'unknown fault "silnet"; for example silent'),
    ({"node": "n01", "what": "silent", "then": "grumpy"}, 'unknown fault "grumpy"'),
    ({"pcu": "nowhere-pdu1", "what": "dead"}, 'unknown pcu "nowhere-pdu1"'),
    ({"pcu": "princeton-pdu1", "what": "silent"}, "unknown"),
    ({"site": "uw", "what": "silent"}, "for example dark"),
    ({"site": "atlantis", "what": "dark"}, 'unknown site "atlantis"'),
    ({"canary": 9, "what": "silent"}, "from 0 to 2"),
    ({"canary": "first", "what": "silent"}, "from 0 to 2"),
    ({"mail": True, "what": "slow"}, 'unknown fault "slow"'),
    ({"everything": True, "what": "silent"}, "for example dark"),
]


@pytest.mark.parametrize(("order", "why"), BAD, ids=str)
async def test_what_cannot_be_broken_is_refused_with_a_reason(
    fleet: Fleet, order: Mapping[str, Any], why: str
) -> None:
    with pytest.raises(OrderError, match=why):
        fault(fleet, order)


@pytest.mark.parametrize("condition", Condition)
async def test_a_node_falls_ill(fleet: Fleet, condition: Condition) -> None:
    name = debuggable(fleet)

    fault(fleet, {"node": name, "what": condition.value})

    assert fleet.nodes[name].machine.condition is condition


@pytest.mark.parametrize("words", [{"what": "debug"}, {"what": "silent", "then": "debug"}])
async def test_debug_is_refused_where_it_could_not_be_seen(
    fleet: Fleet, words: Mapping[str, str]
) -> None:
    name = next(n for n, node in fleet.nodes.items() if node.plan.profile == "linux")

    with pytest.raises(OrderError, match="profile linux, which cannot tell debug"):
        fault(fleet, {"node": name, **words})
    assert fleet.nodes[name].machine.condition is Condition.HEALTHY


async def test_a_dead_node_is_silent_for_good(fleet: Fleet) -> None:
    fault(fleet, {"node": "n01", "what": "dead"})

    machine = fleet.nodes["n01"].machine
    assert (machine.condition, machine.next_boot) == (Condition.SILENT, Condition.SILENT)


async def test_then_says_what_the_next_boot_brings(fleet: Fleet) -> None:
    name = debuggable(fleet)

    fault(fleet, {"node": name, "what": "silent", "then": "debug"})

    assert fleet.nodes[name].machine.next_boot is Condition.DEBUG


@pytest.mark.parametrize("what", ["dead", *AILMENTS])
async def test_a_pcu_falls_ill_and_is_healed(fleet: Fleet, what: str) -> None:
    name, post = next(iter(fleet.posts.items()))
    fault(fleet, {"pcu": name, "what": what})
    assert post.dead or post.ailments == {what}

    heal(fleet, {"pcu": name})

    assert not post.dead
    assert not post.ailments


async def test_a_site_goes_dark_and_is_lit(fleet: Fleet) -> None:
    site = fleet.nodes["n01"].plan.site
    fault(fleet, {"site": site, "what": "dark"})
    assert fleet.nodes["n01"].conduct.observed is Observed.SILENT
    assert fleet.gateways[site].answers is Answers.SILENT

    heal(fleet, {"site": site})

    assert fleet.nodes["n01"].conduct.observed is Observed.BOOT
    assert fleet.gateways[site].answers is Answers.OPEN


async def test_a_canary_falls_silent_and_sings_again(fleet: Fleet) -> None:
    fault(fleet, {"canary": 0, "what": "silent"})
    assert [port.answers for port in fleet.canaries].count(Answers.SILENT) == 1

    heal(fleet, {"canary": 0})

    assert {port.answers for port in fleet.canaries} == {Answers.OPEN}


async def test_lighting_everything_leaves_a_dark_site_dark(fleet: Fleet) -> None:
    site = fleet.nodes["n01"].plan.site
    fault(fleet, {"site": site, "what": "dark"})
    fault(fleet, {"everything": True, "what": "dark"})

    heal(fleet, {"everything": True})

    dark = {node.plan.site for node in fleet.nodes.values() if node.dark}
    assert dark == {site}


@pytest.mark.parametrize("what", ["down", "silent", "451", "550"])
async def test_the_relay_fails_and_is_healed(fleet: Fleet, what: str) -> None:
    fault(fleet, {"mail": True, "what": what})
    heal(fleet, {"mail": True})

    assert fleet.mail.refusal == ""


async def test_healing_without_a_target_heals_all(fleet: Fleet) -> None:
    pcu = next(iter(fleet.posts))
    site = fleet.nodes["n05"].plan.site
    for order in (
        {"node": "n01", "what": "dead"},
        {"pcu": pcu, "what": "lies"},
        {"site": site, "what": "dark"},
        {"canary": 2, "what": "silent"},
        {"mail": True, "what": "451"},
        {"everything": True, "what": "dark"},
    ):
        fault(fleet, order)

    heal(fleet, {})

    assert {node.conduct.observed for node in fleet.nodes.values()} == {Observed.BOOT}
    assert not any(post.ailments or post.dark for post in fleet.posts.values())
    assert {port.answers for port in fleet.canaries} == {Answers.OPEN}
    assert fleet.mail.refusal == ""


async def test_healing_all_leaves_relays_as_they_are(fleet: Fleet) -> None:
    feed, relay = next(iter(fleet.relays.items()))
    power(fleet, {"outlet": str(feed), "on": False})

    heal(fleet, {})

    assert not relay.on


async def test_a_hand_in_the_rack_moves_a_relay_past_its_unit(fleet: Fleet) -> None:
    node = next(node for node in fleet.nodes.values() if len(node.relays) == 1)
    feed = node.plan.paths[0][0]

    power(fleet, {"outlet": str(feed), "on": False})

    assert not node.machine.powered
    assert not fleet.posts[feed.pcu].unit.log.rows


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ({"on": True}, "outlet"),
        ({"outlet": "nowhere:1", "on": True}, "no outlet"),
        ({"outlet": "princeton-pdu1", "on": True}, "no outlet"),
    ],
)
async def test_an_outlet_that_is_not_there_is_refused(
    fleet: Fleet, order: Mapping[str, Any], why: str
) -> None:
    with pytest.raises(OrderError, match=why):
        power(fleet, order)


async def test_on_must_be_said_plainly(fleet: Fleet) -> None:
    feed = next(iter(fleet.relays))

    with pytest.raises(OrderError, match="true or false"):
        power(fleet, {"outlet": str(feed), "on": "off"})


async def test_rewiring_needs_two_nodes(fleet: Fleet) -> None:
    with pytest.raises(OrderError, match="unknown node"):
        rewire(fleet, {"node": "n01"})


async def test_rewired_nodes_swap_their_relays(fleet: Fleet) -> None:
    before = fleet.nodes["n01"].relays, fleet.nodes["n02"].relays

    rewire(fleet, {"node": "n01", "with": "n02"})

    assert (fleet.nodes["n02"].relays, fleet.nodes["n01"].relays) == before


def test_the_same_seed_draws_the_same_night() -> None:
    layout = plan_layout(3)

    assert list(draw_night(layout, 20)) == list(draw_night(layout, 20))
    assert list(draw_night(layout, 20)) != list(draw_night(layout, 20, seed=4))


def test_a_night_strikes_nothing_twice() -> None:
    orders = list(draw_night(plan_layout(3), 40))
    struck = [order.get("node") or order.get("pcu") for order in orders]

    assert len(struck) == len(set(struck)) == 40


def test_a_night_is_no_longer_than_there_is_something_to_break() -> None:
    layout = plan_layout(3, nodes=3, sites=1)

    assert len(list(draw_night(layout, 100))) <= len(layout.nodes) + len(layout.pcus)


@pytest.mark.parametrize("seed", range(5))
async def test_everything_that_is_drawn_can_be_done(fleet: Fleet, seed: int) -> None:
    for order in draw_night(fleet.layout, 20, seed=seed):
        fault(fleet, order)
