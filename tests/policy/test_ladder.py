"""Where an issue stands on its ladder, and which rung is next."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.beliefs import Span
from plcmon.model.decisions import Effect, Mode
from plcmon.model.intents import ActionKind
from plcmon.model.issues import FOOT, Climb, IssueType
from plcmon.model.policy import Ladder, Policy, Rung
from plcmon.policy.ladder import next_rung, observing, rungs_above
from tests.policy.clerk import DAY, HOUR, Clerk, make_inventory, node

TELL = (Effect(ActionKind.NOTIFY, "down tech"),)


def rung(name: str, order: int, *, every: timedelta | None = None) -> Rung:
    return Rung(name, TELL, order, after=HOUR, every=every)


LADDER = Ladder(
    IssueType.NODE_DOWN,
    (rung("c", 30, every=DAY), rung("a", 10), rung("b", 20), rung("b2", 20)),
)

ROWS = [
    pytest.param(FOOT, ["a", "b", "b2", "c"], id="from the foot: all, by order then by place"),
    pytest.param(Climb("a", 10), ["b", "b2", "c"], id="what lies above"),
    pytest.param(Climb("b", 20), ["b2", "c"], id="a rung of the same order is not left out"),
    pytest.param(Climb("b2", 20), ["c"], id="nor taken twice"),
    pytest.param(Climb("c", 30), ["c"], id="the last one repeats"),
    pytest.param(Climb("a", 10, passed={"b": "no"}), ["b2", "c"], id="passed over stays so"),
    pytest.param(
        Climb("gone", 20), ["c"], id="of a rung that the ladder lost only its order counts"
    ),
]


@pytest.mark.parametrize(("climb", "names"), ROWS)
def test_rungs_above(climb: Climb, names: list[str]) -> None:
    assert [found.name for found in rungs_above(LADDER, climb)] == names


def test_a_repeated_rung_waits_for_its_own_time() -> None:
    found = next_rung(LADDER, Climb("c", 30))

    assert found is not None and found.after == DAY


def test_at_the_end_nothing_is_left() -> None:
    ladder = Ladder(IssueType.NODE_DOWN, (rung("a", 10),))

    assert next_rung(ladder, Climb("a", 10)) is None


@pytest.mark.parametrize(
    ("one", "other", "shadow"),
    [
        (Mode.OBSERVE, Mode.AUTO, True),
        (Mode.AUTO, Mode.OBSERVE, True),
        (Mode.PROPOSE, Mode.AUTO, False),
        (Mode.AUTO, Mode.AUTO, False),
    ],
)
def test_the_strictest_of_policy_and_ladder_decides(one: Mode, other: Mode, shadow: bool) -> None:
    policy = replace(Policy(), mode=one)

    assert observing(policy, replace(LADDER, mode=other)) is shadow


def test_waits_count_only_bad_time() -> None:
    clerk = Clerk(inventory=make_inventory(paths=False)).begin()
    clerk.fall_silent(node(0, 0))
    before = clerk.want(node(0, 0)).next_at
    clerk.canaries(0, 3)
    clerk.forward(10 * HOUR)
    for _ in range(3):
        clerk.canaries(3, 3)

    after = clerk.want(node(0, 0)).next_at

    assert before is not None
    assert after is None, "the clock stands still until the node is seen again"


def test_a_wait_says_when_it_is_over() -> None:
    span = Span(HOUR)

    assert span.value(Clerk().now) == HOUR
