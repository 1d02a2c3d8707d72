"""Retention: what decides reaches less far back than what is kept."""

from plcmon.model.retention import Retention
from plcmon.policy.jumps import REMEMBERED


def test_what_is_remembered_is_younger_than_what_is_deleted() -> None:
    kept = Retention()

    assert min(kept.events, kept.mails) > REMEMBERED
    assert kept.readings < kept.hours < kept.events
