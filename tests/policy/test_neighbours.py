"""Another node that falls while our hand keeps an outlet dark: a cable is not where it is said."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.decisions import Pass, Tri
from plcmon.model.events import InventoryRead
from plcmon.model.intents import ActionKind, Intent, Tally
from plcmon.model.issues import Cause, IssueStatus, IssueType
from plcmon.model.readings import Evidence, Observed
from plcmon.model.subjects import (
    BootState,
    Inventory,
    NodeKey,
    Outlet,
    PcuKey,
    PowerPath,
    fleet_subject,
    node_subject,
    pcu_subject,
)
from plcmon.policy.draft import Draft
from plcmon.policy.neighbours import neighbours
from plcmon.policy.paths import path_answer
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node

N, OTHER, AFAR = node(0, 0), node(0, 1), node(1, 0)
P = PcuKey("toml:p0")
SUSPECT = IssueType.MAPPING_SUSPECT
SECOND = timedelta(seconds=1)


@pytest.fixture
def clerk() -> Clerk:
    return Clerk().begin()


@pytest.fixture
def cut(clerk: Clerk) -> Clerk:
    """A silent node was cycled a moment ago."""
    clerk.fall_silent(N)
    clerk.carry_out(clerk.planned()[0])
    return clerk


def action(clerk: Clerk) -> Intent:
    return clerk.intents()[0]


def fall(clerk: Clerk, key: NodeKey, *, late: timedelta = timedelta(seconds=5)) -> None:
    """Its first failure lies so long after the cut; it counts ten minutes later."""
    since = action(clerk).cut_at
    assert since is not None
    clerk.now = since + late + 11 * MINUTE
    clerk.observe(key, Observed.SILENT, since=since + late)


def suspected(clerk: Clerk) -> bool:
    return clerk.issue(pcu_subject(P), SUSPECT) is not None


def test_a_neighbour_that_falls_in_the_dark_window_makes_the_mapping_suspect(cut: Clerk) -> None:
    fall(cut, OTHER)

    issue = cut.issue(pcu_subject(P), SUSPECT)
    assert issue is not None
    assert issue.summary.startswith(
        "n0-1.example.org fell silent while outlet 1, said to feed n0-0.example.org, was switched"
    )
    assert issue.outlet == Outlet(P, "1")


def test_the_action_was_a_bad_one(cut: Clerk) -> None:
    fall(cut, OTHER)

    assert action(cut).tally is Tally.BAD
    assert cut.state.fleet.power_line is not None
    assert "a neighbour was lost: n0-1.example.org" in cut.state.fleet.power_line.why


def test_even_a_verified_one(cut: Clerk) -> None:
    cut.boot(N)
    assert action(cut).tally is Tally.GOOD

    fall(cut, OTHER)

    assert action(cut).tally is Tally.BAD


def test_a_neighbour_that_booted_in_between_fell_too(cut: Clerk) -> None:
    cut.boot(OTHER)

    assert suspected(cut)


def late_boot(clerk: Clerk) -> None:
    clerk.now += 20 * MINUTE
    clerk.boot(OTHER)


def early_boot(clerk: Clerk) -> None:
    at = clerk.now - HOUR
    clerk.observe(OTHER, Observed.BOOT, boot_id="second", booted_at=at)


def doubt(clerk: Clerk) -> None:
    clerk.observe(OTHER, Observed.SILENT, evidence=Evidence.SUSPECT)


def be_blind(clerk: Clerk) -> None:
    clerk.canaries(0, 3)
    fall(clerk, OTHER)


def stay_silent(clerk: Clerk) -> None:
    clerk.forward(MINUTE)


HARMLESS = {
    "long after": lambda clerk: fall(clerk, OTHER, late=5 * MINUTE),
    "another site": lambda clerk: fall(clerk, AFAR),
    "the node itself": stay_silent,
    "a boot long after": late_boot,
    "a boot before": early_boot,
    "one failed probe": doubt,
    "we are blind": be_blind,
}


@pytest.mark.parametrize("happens", HARMLESS.values(), ids=HARMLESS)
def test_nothing_else_is_suspect(cut: Clerk, happens: object) -> None:
    assert callable(happens)
    happens(cut)

    assert not suspected(cut)


def change(clerk: Clerk, key: NodeKey, **changes: object) -> Inventory:
    nodes = dict(clerk.state.inventory.nodes)
    nodes[key] = replace(nodes[key], **changes)  # type: ignore[arg-type]  # fields of a node
    return replace(clerk.state.inventory, nodes=nodes)


def disable(clerk: Clerk) -> None:
    clerk.tell(
        fleet_subject(), InventoryRead(change(clerk, OTHER, boot_state=BootState.DISABLED), "d")
    )


def maintain(clerk: Clerk) -> None:
    clerk.say(node_subject(OTHER), "maintenance", until=(clerk.now + DAY).isoformat())


def share_the_outlet(clerk: Clerk) -> None:
    path = PowerPath((Outlet(P, "1"),))
    clerk.tell(fleet_subject(), InventoryRead(change(clerk, OTHER, paths=(path,)), "d"))


def cycle_it_too(clerk: Clerk) -> None:
    clerk.say(node_subject(OTHER), "power-cycle", force=True)
    clerk.carry_out(clerk.planned()[0])


EXPLAINED = {
    "meant to be off": disable,
    "in maintenance": maintain,
    "fed by the same outlet": share_the_outlet,
    "cut by an action of its own": cycle_it_too,
}


@pytest.mark.parametrize("prepare", EXPLAINED.values(), ids=EXPLAINED)
def test_a_fall_that_is_explained_is_no_surprise(cut: Clerk, prepare: object) -> None:
    assert callable(prepare)
    prepare(cut)

    fall(cut, OTHER)

    assert not suspected(cut)


def test_what_a_person_did_by_hand_has_no_dark_window() -> None:
    clerk = Clerk(inventory=make_inventory(family="manual")).begin()
    clerk.say(node_subject(N), "power-cycle")
    clerk.ask_person(clerk.planned()[0])

    clerk.boot(OTHER)

    assert not suspected(clerk)


def test_a_person_s_off_is_watched_like_the_rest(clerk: Clerk) -> None:
    clerk.say(node_subject(N), "power-off", until=(clerk.now + DAY).isoformat())
    (intent,) = clerk.planned(ActionKind.POWER_OFF)
    clerk.send(intent)
    clerk.end(intent, "confirmed")

    fall(clerk, OTHER)

    assert suspected(clerk)


# What follows


def path_of(clerk: Clerk, key: NodeKey) -> tuple[Tri, str]:
    view = Draft(clerk.state, clerk.policy, clerk.now)
    return path_answer(view, clerk.state.inventory.nodes[key].paths[0])


def test_no_power_goes_through_it_meanwhile(cut: Clerk) -> None:
    fall(cut, OTHER)

    got, why = path_of(cut, OTHER)

    assert got is Tri.NOT_NOW
    assert why.startswith("pcu-0 has a suspect mapping: n0-1.example.org fell silent")
    assert path_of(cut, AFAR)[0] is Tri.YES


def test_it_closes_only_by_an_operator(cut: Clerk) -> None:
    fall(cut, OTHER)
    cut.refresh()
    cut.say(pcu_subject(P), "re-arm")
    cut.forward(9 * DAY)
    issue = cut.issue(pcu_subject(P), SUSPECT)
    assert issue is not None

    cut.say(pcu_subject(P), "close", issue=issue.id)

    closed = cut.state.issues[issue.id]
    assert (closed.status, closed.cause) == (IssueStatus.CLOSED, Cause.CLOSED_BY_PERSON)


def test_power_through_it_is_looked_at_again_once_it_is_closed(cut: Clerk) -> None:
    fall(cut, OTHER)
    cut.forward(cut.policy.thresholds.node_down_silent + HOUR)
    cut.refresh()
    assert cut.want(OTHER).answer is Pass.HOLD
    issue = cut.issue(pcu_subject(P), SUSPECT)
    assert issue is not None

    cut.say(pcu_subject(P), "close", issue=issue.id)

    assert [intent.target for intent in cut.planned()] == [node_subject(OTHER)]


def test_who_is_near(clerk: Clerk) -> None:
    clerk.say(node_subject(N), "power-cycle")

    near = neighbours(clerk.state.inventory, clerk.planned()[0])

    assert [node.key for node in near] == [node(0, 1), node(0, 2)]
