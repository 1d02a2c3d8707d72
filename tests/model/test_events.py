"""Events: known by the name of their body."""

from typing import get_args

import pytest

from plcmon.model.events import AlertRaised, Body, Consequence, Event, Fact, Tick
from plcmon.model.subjects import fleet_subject
from plcmon.policy.fold import HANDLERS
from tests.policy.clerk import START


def test_an_event_is_called_by_its_body() -> None:
    assert Event(START, fleet_subject(), Tick()).kind == "Tick"


def test_no_two_bodies_share_a_name() -> None:
    names = [body.__name__ for body in get_args(Body)]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("fact", get_args(Fact), ids=lambda fact: fact.__name__)
def test_every_fact_is_folded(fact: type) -> None:
    assert fact in HANDLERS


def test_of_the_consequences_only_alerts_may_come_from_outside() -> None:
    assert set(get_args(Consequence)) & HANDLERS.keys() <= {AlertRaised}
