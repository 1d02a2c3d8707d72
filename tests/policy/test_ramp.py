"""The ramp: inherited issues are released a few a day; each knows its place and its turn."""

from dataclasses import replace

import pytest

from plcmon.model.decisions import Gate, GateName, Mode, Pass
from plcmon.model.intents import ActionKind
from plcmon.model.issues import Issue, IssueType
from plcmon.model.ledger import Spend
from plcmon.model.readings import Observed
from plcmon.model.subjects import node_subject
from plcmon.policy.draft import Draft
from plcmon.policy.ramp import queue, turn_at
from tests.policy.clerk import DAY, HOUR, MINUTE, Clerk, make_inventory, node


@pytest.fixture
def watched() -> Clerk:
    """Two sites with two nodes each went down while plcmon observed; two a day may go."""
    clerk = Clerk(inventory=make_inventory(sites=2, nodes=2, paths=False))
    budgets = replace(clerk.policy.budgets, inherited=2)
    clerk.policy = replace(clerk.policy, mode=Mode.OBSERVE, budgets=budgets)
    clerk.begin()
    for site, number in ((0, 0), (0, 1), (1, 0), (1, 1)):
        clerk.observe(node(site, number), Observed.SILENT, since=clerk.now)
        clerk.forward(MINUTE)
    clerk.forward(clerk.policy.thresholds.node_down_silent + 50 * HOUR)
    clerk.refresh()
    return clerk


def act(clerk: Clerk, mode: Mode = Mode.AUTO) -> None:
    clerk.policy = replace(clerk.policy, mode=mode)
    clerk.forward(MINUTE)
    clerk.refresh()


def issue(clerk: Clerk, site: int, number: int) -> Issue:
    found = clerk.issue(node_subject(node(site, number)), IssueType.NODE_DOWN)
    assert found is not None
    return found


def released(clerk: Clerk) -> set[tuple[int, int]]:
    places = [(s, n) for s in (0, 1) for n in (0, 1)]
    return {place for place in places if issue(clerk, *place).released_at is not None}


def gate(clerk: Clerk, site: int, number: int) -> Gate:
    want = clerk.want(node(site, number))
    return next(gate for gate in want.gates if gate.name is GateName.INHERITED)


def test_on_leaving_observe_the_oldest_of_each_site_goes_first(watched: Clerk) -> None:
    act(watched)

    assert released(watched) == {(0, 0), (1, 0)}
    told = [i for i in watched.intents() if i.kind is ActionKind.NOTIFY]
    assert {i.target for i in told} == {node_subject(node(0, 0)), node_subject(node(1, 0))}


def test_an_issue_starts_at_the_first_rung_that_was_not_really_taken(watched: Clerk) -> None:
    assert issue(watched, 0, 0).shadow.rung != ""

    act(watched)

    assert issue(watched, 0, 0).climb.rung == "tell"


def test_the_gate_names_the_place_and_the_turn(watched: Clerk) -> None:
    act(watched)
    watched.observe(node(0, 1), Observed.WEDGED)

    found = gate(watched, 0, 1)

    assert found.answer is Pass.HOLD
    assert "1 of 2 in the queue, 2 a day" in found.fact
    assert found.clears_at is not None
    assert abs(found.clears_at - (watched.now + DAY)) < 3 * MINUTE
    assert found.distance.startswith("its turn comes in 2")


def test_the_next_day_the_next_ones_go(watched: Clerk) -> None:
    act(watched)

    watched.forward(DAY + MINUTE)
    watched.refresh()

    assert len(released(watched)) == 4


def test_one_that_could_not_run_anyway_keeps_nobody_back(watched: Clerk) -> None:
    watched.say(
        node_subject(node(0, 0)),
        "maintenance",
        until=(watched.now + 30 * DAY).isoformat(),
    )

    act(watched)

    assert released(watched) == {(0, 1), (1, 0)}


def test_in_propose_only_the_released_are_proposed(watched: Clerk) -> None:
    act(watched, Mode.PROPOSE)

    proposed = {
        place
        for place in ((0, 0), (0, 1), (1, 0), (1, 1))
        if issue(watched, *place).proposal is not None
    }
    assert proposed == {(0, 0), (1, 0)}


def test_what_is_observed_waits_for_no_turn(watched: Clerk) -> None:
    gates = {gate.name for gate in watched.want(node(0, 0)).gates}

    assert GateName.INHERITED not in gates
    assert queue(Draft(watched.state, watched.policy, watched.now)) == {}


def test_turns_far_down_the_queue_come_days_later(watched: Clerk) -> None:
    act(watched)
    view = Draft(watched.state, watched.policy, watched.now)

    turns = [turn_at(view, place) for place in (1, 2, 3, 5)]

    first = watched.state.ledger.of(Spend.INHERITED).times[0] + DAY
    assert turns == [first, first, first + DAY, first + 2 * DAY]
