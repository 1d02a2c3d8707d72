"""What says nothing new is left out, and told when it begins to matter."""

from datetime import timedelta

from plcmon.engine.rerun import Rerun
from plcmon.model.beliefs import Finding
from plcmon.model.events import Body, CanaryRound, Event, NodeObserved, PcuTested, Started
from plcmon.model.readings import Observation, Observed
from plcmon.model.subjects import Subject, fleet_subject, node_subject, pcu_subject
from plcmon.operations.thinning import Thinning, Told
from tests.policy.clerk import DAY, HOUR, MINUTE, START, Clerk, make_inventory, node

INVENTORY = make_inventory()
FLEET, PCU, N = (
    fleet_subject(),
    pcu_subject("toml:p0"),
    node_subject(node(0, 0)),
)


def thinned(*events: tuple[timedelta, Subject, Body]) -> list[tuple[timedelta, str]]:
    thin = Thinning(INVENTORY)
    written = [Told(Event(START + at, subject, body)) for at, subject, body in events]
    told = [event for line in written for event in thin.take(line)]
    return [(event.at - START, event.kind) for event in told]


def shows(state: Observed) -> NodeObserved:
    return NodeObserved(Observation(state, START, START))


def test_the_first_rounds_that_say_the_same_are_told_and_the_rest_left_out() -> None:
    rounds = [(n * MINUTE, FLEET, CanaryRound(3, 3)) for n in range(60)]

    assert [at for at, _ in thinned(*rounds)] == [n * MINUTE for n in range(4)]


def test_now_and_then_one_is_told_all_the_same() -> None:
    rounds = [(n * MINUTE, FLEET, CanaryRound(3, 3)) for n in range(60 * 13)]

    assert len(thinned(*rounds)) == 4 + 2


def test_what_says_something_else_is_told_after_the_last_that_did_not() -> None:
    rounds = [(n * MINUTE, FLEET, CanaryRound(3, 3)) for n in range(10)]

    told = thinned(*rounds, (10 * MINUTE, FLEET, CanaryRound(0, 3)))

    assert [at for at, _ in told[-2:]] == [9 * MINUTE, 10 * MINUTE]


def test_before_a_start_the_last_sign_of_life_is_told() -> None:
    rounds = [(n * MINUTE, FLEET, CanaryRound(3, 3)) for n in range(10)]

    told = thinned(*rounds, (DAY, FLEET, Started("1", "p", adopted=True)))

    assert told[-2:] == [(9 * MINUTE, "CanaryRound"), (DAY, "Started")]


def test_a_test_that_was_left_out_is_told_when_a_node_near_turns_unwell() -> None:
    good = [(n * 6 * HOUR, PCU, PcuTested(Finding.OK, "in", n * 0.1)) for n in range(9)]

    told = thinned(*good, (50 * HOUR, N, shows(Observed.SILENT)))

    assert told[4:] == [(50 * HOUR, "PcuTested"), (50 * HOUR, "NodeObserved")]


def test_near_an_unwell_node_every_test_is_told_until_it_is_well() -> None:
    good = [(n * HOUR, PCU, PcuTested(Finding.OK, "in")) for n in range(20)]
    sick = (9.5 * HOUR, N, shows(Observed.SILENT))
    well = (14.5 * HOUR, N, shows(Observed.BOOT))

    told = thinned(*good[:10], sick, *good[10:15], well, *good[15:])

    tests = [at for at, kind in told if kind == "PcuTested"]
    assert tests == [*(n * HOUR for n in range(4)), 9.5 * HOUR, *(n * HOUR for n in range(10, 15))]


def test_a_failed_test_is_always_told() -> None:
    bad = [(n * HOUR, PCU, PcuTested(Finding.TIMEOUT, f"{n}")) for n in range(8)]

    assert len(thinned(*bad)) == 8


def test_at_the_end_the_last_words_are_told_in_order() -> None:
    thin = Thinning(INVENTORY)
    for n in range(10):
        for subject, body in ((PCU, PcuTested(Finding.OK, "in")), (FLEET, CanaryRound(3, 3))):
            at = START + n * MINUTE
            for _ in thin.take(Told(Event(at, subject, body))):
                pass

    assert [(event.at - START, event.kind) for event in thin.rest()] == [
        (9 * MINUTE, "PcuTested"),
        (9 * MINUTE, "CanaryRound"),
    ]
    assert thin.rest() == []


def test_thinned_or_not_the_same_is_done() -> None:
    clerk = Clerk().begin()
    for _ in range(30):
        clerk.canaries(3, 3)
        clerk.forward(MINUTE)
        clerk.refresh()
    clerk.fall_silent(node(0, 0))
    clerk.carry_out(clerk.planned()[0])
    clerk.boot(node(0, 0))
    clerk.forward(3 * HOUR)
    story = sorted(clerk.events, key=lambda event: event.seq)

    whole, thin, thinning = (
        Rerun(clerk.policy, clerk.inventory),
        Rerun(clerk.policy, clerk.inventory),
        Thinning(clerk.inventory),
    )
    for _ in whole.take(story):
        pass
    kept = [event for line in story for event in thinning.take(Told(line))]
    for _ in thin.take(kept):
        pass

    assert len(kept) < len(story)
    assert [(i.kind, i.target, i.planned_at) for i in thin.state.intents.values()] == [
        (i.kind, i.target, i.planned_at) for i in whole.state.intents.values()
    ]
    assert {i.opened_at for i in thin.state.issues.values()} == {
        i.opened_at for i in whole.state.issues.values()
    }
