"""Readings: without a clear word there is no word."""

from plcmon.model.readings import Evidence, NodeFacts, Observation, Observed, Probe, Reading
from plcmon.model.subjects import node_subject
from tests.policy.clerk import START


def test_a_reading_claims_nothing_it_was_not_told() -> None:
    reading = Reading(node_subject("n"), Probe.SSH, START, START)

    assert (reading.login, reading.port, reading.facts) == (None, None, None)


def test_facts_are_empty_until_they_are_read() -> None:
    assert NodeFacts() == NodeFacts(boot_id="", booted_at=None, debug=False)


def test_an_observation_is_fresh_unless_it_says_otherwise() -> None:
    assert Observation(Observed.BOOT, START, START).evidence is Evidence.FRESH
