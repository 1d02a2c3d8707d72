"""Whose word on how often a node is asked goes first."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.model.policy import Policy
from plcmon.model.readings import Probe
from plcmon.model.subjects import OwnIntervals
from plcmon.policy.intervals import interval_of, slower
from tests.policy.test_sight import NODE

HOUR = timedelta(hours=1)
OWN = replace(NODE, intervals=OwnIntervals(ssh=HOUR, ping=timedelta(seconds=20)))


@pytest.mark.parametrize("probe", [Probe.PING, Probe.TCP, Probe.SSH, Probe.HTTP, Probe.DNS])
def test_a_node_that_says_nothing_is_asked_as_often_as_all(probe: Probe) -> None:
    policy = Policy()

    assert interval_of(NODE, probe, policy) == getattr(policy.intervals, probe.value)
    assert not slower(NODE, probe, policy)


def test_the_nodes_own_word_goes_first_and_for_that_probe_alone() -> None:
    assert interval_of(OWN, Probe.SSH, Policy()) == HOUR
    assert interval_of(OWN, Probe.TCP, Policy()) == Policy().intervals.tcp


def test_it_is_policy_time_and_scaled_like_the_rest() -> None:
    assert interval_of(OWN, Probe.SSH, Policy(scale=60)) == HOUR / 60


def test_only_what_is_asked_less_often_is_slower() -> None:
    assert slower(OWN, Probe.SSH, Policy())
    assert not slower(OWN, Probe.PING, Policy())
