"""Trust: good actions let the line grow, bad ones halve it and trip breakers."""

from dataclasses import replace

import pytest

from plcmon.model.decisions import GateName, Pass
from plcmon.model.events import AlertRaised, Event, Refused
from plcmon.model.intents import ActionKind, Intent, IntentState, Outcome, Tally
from plcmon.model.readings import Observed
from plcmon.model.subjects import NodeKey, fleet_subject, node_subject
from plcmon.policy import trust
from plcmon.policy.draft import Draft
from plcmon.policy.ledger import power_line
from tests.policy.clerk import HOUR, MINUTE, Clerk, make_inventory, node

N = node(0, 0)
ALL = fleet_subject()


@pytest.fixture
def clerk() -> Clerk:
    """Enough nodes at enough sites for many actions."""
    return Clerk(inventory=make_inventory(sites=6, nodes=3)).begin()


def view(clerk: Clerk) -> Draft:
    return Draft(clerk.state, clerk.policy, clerk.now)


def line(clerk: Clerk) -> int:
    return power_line(view(clerk)).line


def some(count: int) -> list[NodeKey]:
    """So many nodes, each at another PCU outlet."""
    return [node(number % 6, number // 6) for number in range(count)]


def good(clerk: Clerk, count: int) -> None:
    for key in some(count):
        clerk.power_by_hand(key)


def bad(clerk: Clerk, count: int) -> None:
    for key in some(count):
        clerk.power_by_hand(key, works=False)


# The line


def test_five_verified_good_are_one_more(clerk: Clerk) -> None:
    good(clerk, 4)
    assert line(clerk) == 2

    clerk.power_by_hand(node(5, 2))

    assert line(clerk) == 3
    assert "grown from 2 with 5 verified good" in power_line(view(clerk)).why


def test_it_grows_up_to_its_most(clerk: Clerk) -> None:
    good(clerk, 18)

    assert line(clerk) == 4


def test_a_bad_one_halves_it_never_under_one(clerk: Clerk) -> None:
    bad(clerk, 1)
    assert line(clerk) == 1
    assert "halved from 2: n0-0.example.org" in power_line(view(clerk)).why

    clerk.power_by_hand(node(1, 0), works=False)

    assert line(clerk) == 1


def test_a_bad_one_begins_the_count_of_good_ones_anew(clerk: Clerk) -> None:
    good(clerk, 4)
    clerk.power_by_hand(node(5, 0), works=False)

    clerk.power_by_hand(node(5, 1))

    assert line(clerk) == 1


def test_both_are_told_in_the_story(clerk: Clerk) -> None:
    bad(clerk, 1)

    told = [e.body for e in clerk.events if getattr(e.body, "what", "") == "power budget"]

    assert [(body.old, body.new) for body in told] == [("2", "1")]  # type: ignore[union-attr]  # a change


# What counts as what


def tally(clerk: Clerk, intent: Intent) -> Tally | None:
    return clerk.state.intents[intent.id].tally


def test_a_fixed_node_is_good(clerk: Clerk) -> None:
    assert tally(clerk, clerk.power_by_hand(N)) is Tally.GOOD


def test_an_outlet_that_never_read_off_is_bad(clerk: Clerk) -> None:
    assert tally(clerk, clerk.power_by_hand(N, works=False)) is Tally.BAD


def unhelped(clerk: Clerk, before: Observed, after: Observed) -> Intent:
    """Cycled while it showed the one; it shows the other when its time for coming back is over."""
    clerk.observe(N, before, since=clerk.now)
    intent = clerk.power_by_hand(N, boots=False)
    clerk.observe(N, after, since=clerk.now)
    clerk.forward(clerk.policy.wire.boot_wait + MINUTE)
    return clerk.state.intents[intent.id]


def test_a_silent_node_that_stays_silent_is_neutral(clerk: Clerk) -> None:
    intent = unhelped(clerk, Observed.SILENT, Observed.SILENT)

    assert (intent.tally, line(clerk)) == (Tally.NEUTRAL, 2)


@pytest.mark.parametrize("before", [Observed.WEDGED, Observed.DEAF, Observed.BOOT])
def test_a_node_worse_than_before_is_bad(clerk: Clerk, before: Observed) -> None:
    assert unhelped(clerk, before, Observed.SILENT).tally is Tally.BAD


def test_late_proof_turns_neutral_into_good(clerk: Clerk) -> None:
    intent = unhelped(clerk, Observed.SILENT, Observed.SILENT)

    clerk.boot(N)

    assert tally(clerk, intent) is Tally.GOOD
    assert [row[1] for row in clerk.state.fleet.breakers["kind/power"].last] == [False]


def test_bad_stays_bad(clerk: Clerk) -> None:
    draft = view(clerk)
    intent = replace(clerk.power_by_hand(N), tally=Tally.BAD)
    draft.put_intent(intent)

    trust.count_as(draft, intent, Tally.GOOD, "verified")

    assert draft.changes.intents[intent.id].tally is Tally.BAD


def test_an_off_that_could_not_be_settled_is_bad(clerk: Clerk) -> None:
    until = (clerk.now + HOUR).isoformat()
    clerk.say(node_subject(N), "power-off", until=until)
    (intent,) = clerk.planned(ActionKind.POWER_OFF)
    clerk.lose(intent)

    clerk.end(intent, "failed", Outcome.UNKNOWN_AFTER_SEND)

    assert tally(clerk, intent) is Tally.BAD


def test_what_plcmon_itself_cut_short_is_not_held_against_anybody(clerk: Clerk) -> None:
    clerk.say(node_subject(N), "power-cycle")
    (intent,) = clerk.planned()
    clerk.lose(intent)
    clerk.end(intent, "confirmed", Outcome.OK)

    clerk.forward(clerk.policy.wire.boot_wait + MINUTE)

    assert tally(clerk, intent) is Tally.NEUTRAL


def test_what_was_never_sent_counts_for_nothing(clerk: Clerk) -> None:
    clerk.say(node_subject(N), "power-cycle")
    (intent,) = clerk.planned()

    clerk.say(node_subject(N), "cancel", intent=intent.id)

    assert tally(clerk, intent) is None
    assert not clerk.state.fleet.breakers


def test_what_a_person_was_asked_to_do_counts_for_nothing() -> None:
    clerk = Clerk(inventory=make_inventory(family="manual")).begin()
    clerk.say(node_subject(N), "power-cycle")
    clerk.ask_person(clerk.planned()[0])

    clerk.boot(N)

    assert clerk.intents()[0].verdict is not None
    assert not clerk.state.fleet.breakers


# Breakers


def test_three_of_the_last_five_bad_stop_the_kind_and_the_family(clerk: Clerk) -> None:
    good(clerk, 2)
    for key in some(5)[2:4]:
        clerk.power_by_hand(key, works=False)
    assert trust.tripped(view(clerk)) == []

    clerk.power_by_hand(node(4, 0), works=False)

    assert trust.tripped(view(clerk)) == ["family/apc", "kind/power"]
    said = {e.body.topic for e in clerk.events if isinstance(e.body, AlertRaised)}
    assert {"breaker family/apc", "breaker kind/power"} <= said


def test_only_the_last_five_count(clerk: Clerk) -> None:
    bad(clerk, 2)
    for key in some(6)[2:]:
        clerk.power_by_hand(key)

    clerk.power_by_hand(node(0, 1), works=False)

    assert trust.tripped(view(clerk)) == []


@pytest.fixture
def tripped(clerk: Clerk) -> Clerk:
    bad(clerk, 3)
    clerk.forward(2 * HOUR)
    clerk.refresh()
    return clerk


def test_a_tripped_breaker_holds_power(tripped: Clerk) -> None:
    tripped.fall_silent(node(5, 2))

    wanted = tripped.want(node(5, 2))

    gate = next(g for g in wanted.gates if g.name is GateName.BREAKER)
    assert gate.answer is Pass.HOLD
    assert gate.fact.startswith("kind/power is stopped: 3 of the last 3 were bad; n2-0.example.org")
    assert not tripped.planned()


def test_it_holds_what_was_planned_before(clerk: Clerk) -> None:
    clerk.fall_silent(node(5, 2))
    (intent,) = clerk.planned()

    bad(clerk, 3)
    clerk.send(intent)

    assert clerk.state.intents[intent.id].state is IntentState.CANCELLED


def test_words_go_on(tripped: Clerk) -> None:
    gate = trust.breaker_gate(view(tripped), [ActionKind.NOTIFY], None)

    assert gate.answer is Pass.PASS


@pytest.mark.parametrize("scope", ["kind/power", "family/apc"])
def test_re_arming_lets_it_go_on(tripped: Clerk, scope: str) -> None:
    tripped.say(ALL, "re-arm", scope=scope)

    assert scope not in trust.tripped(view(tripped))
    assert scope not in tripped.state.fleet.breakers


def test_what_is_not_stopped_cannot_be_re_armed(clerk: Clerk) -> None:
    told = clerk.say(ALL, "re-arm", scope="kind/power")

    assert refusal(told) == "kind/power is not stopped; stopped: nothing"


def refusal(told: list[Event]) -> str:
    return next(e.body.why for e in told if isinstance(e.body, Refused))


def test_the_gate_says_how_far_the_line_is(clerk: Clerk) -> None:
    bad(clerk, 1)

    gate = trust.breaker_gate(view(clerk), [ActionKind.POWER_CYCLE], None)

    assert gate.fact == "kind/power: 1 of the last 1 were bad"
    assert gate.distance == "2 more would stop it"
