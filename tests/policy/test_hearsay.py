"""What sources outside say may keep power away, and does nothing else."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.decisions import Gate, GateName, Pass
from plcmon.model.events import HearsayChanged
from plcmon.model.policy import SourceRule, Wire
from plcmon.model.readings import Probe, Reading
from plcmon.model.subjects import node_subject
from plcmon.policy.hearsay import FUTURE, OLD, doubt_about
from tests.policy.clerk import DAY, HOUR, MINUTE, POLICY, START, Clerk, node

N = node(0, 0)
SUBJECT = node_subject(N)
SECOND = timedelta(seconds=1)
COUNTS = SourceRule(5 * MINUTE, counts=True)
INFORMS = SourceRule(5 * MINUTE)


def clerk_with(rule: SourceRule, up: bool | None) -> Clerk:
    """The node is silent until power would go, and the source says its word just before."""
    clerk = Clerk(policy=replace(POLICY, sources={"comon": rule})).begin()
    clerk.tell(SUBJECT, HearsayChanged("comon", up, clerk.now))
    clerk.fall_silent(N)
    return clerk


def gate_of(clerk: Clerk) -> Gate:
    return next(g for g in clerk.want(N).gates if g.name is GateName.ELSEWHERE)


def test_an_up_of_a_source_that_counts_keeps_power_away() -> None:
    clerk = clerk_with(COUNTS, True)

    assert gate_of(clerk).answer is Pass.HOLD
    assert gate_of(clerk).fact.startswith("comon says that it is up, since ")
    assert not clerk.intents()


def test_power_goes_when_the_source_says_nothing_any_more() -> None:
    clerk = clerk_with(COUNTS, True)

    clerk.tell(SUBJECT, HearsayChanged("comon", None, clerk.now))

    assert [intent.target for intent in clerk.planned()] == [SUBJECT]


@pytest.mark.parametrize(("rule", "up"), [(INFORMS, True), (COUNTS, False), (COUNTS, None)])
def test_nothing_else_that_a_source_says_keeps_power_away(rule: SourceRule, up: bool) -> None:
    clerk = clerk_with(rule, up)

    assert [intent.target for intent in clerk.planned()] == [SUBJECT]


def test_a_source_that_is_not_asked_any_more_keeps_nothing_away() -> None:
    clerk = clerk_with(COUNTS, True)

    clerk.policy = replace(clerk.policy, sources={})
    clerk.refresh()

    assert [intent.target for intent in clerk.planned()] == [SUBJECT]


def test_a_hold_never_passes_the_rung_over_and_is_an_alert_after_a_day() -> None:
    clerk = clerk_with(COUNTS, True)

    clerk.forward(3 * DAY)

    assert clerk.want(N).rung == "cycle"
    assert clerk.state.holds[clerk.want(N).issue].alerted
    assert not [intent for intent in clerk.intents() if intent.path is not None]


def test_the_gate_says_how_long_ago_and_when_that_is_old() -> None:
    clerk = clerk_with(COUNTS, True)
    clerk.state.heard[N] = {"comon": clerk.now - 40 * SECOND}

    clerk.refresh()

    found = gate_of(clerk)
    assert found.distance == "comon saw it up 40 s ago, old in 9 min"
    assert found.clears_at == clerk.now - 40 * SECOND + 10 * MINUTE


def test_of_two_sources_the_latest_is_named() -> None:
    clerk = clerk_with(COUNTS, True)
    clerk.policy = replace(clerk.policy, sources={"comon": COUNTS, "prom": COUNTS})

    clerk.tell(SUBJECT, HearsayChanged("prom", True, clerk.now))

    assert gate_of(clerk).fact.startswith("prom says")


@pytest.mark.parametrize(
    ("age", "doubt"),
    [(-2 * MINUTE, FUTURE), (-MINUTE, ""), (10 * MINUTE, ""), (10 * MINUTE + SECOND, OLD)],
)
def test_a_reading_of_no_sensible_time_is_doubted(age: timedelta, doubt: str) -> None:
    reading = Reading(SUBJECT, Probe.EXTERNAL, START - age, START, "comon", up=True)

    assert doubt_about(reading, COUNTS, Wire()) == doubt


def test_a_person_is_not_held_by_it() -> None:
    clerk = clerk_with(COUNTS, True)

    clerk.say(SUBJECT, "power-cycle", force=True)

    assert len(clerk.planned()) == 1
    assert clerk.now < START + 3 * DAY + HOUR
