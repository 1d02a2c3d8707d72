from dataclasses import fields, replace
from datetime import timedelta

import pytest

from plcmon.config import default_policy, digest, scaled
from plcmon.model.decisions import Mode
from plcmon.model.issues import IssueType
from plcmon.model.policy import Policy

HALF = replace(default_policy(), scale=2.0)


def test_scale_one_changes_nothing() -> None:
    assert scaled(default_policy()) == default_policy()


@pytest.mark.parametrize(
    "section", ["intervals", "thresholds", "guard", "flapping", "budgets", "safety"]
)
def test_every_duration_of_a_section_is_divided(section: str) -> None:
    before, after = getattr(HALF, section), getattr(scaled(HALF), section)

    for field in fields(before):
        was, now = getattr(before, field.name), getattr(after, field.name)
        assert now == (was / 2 if isinstance(was, timedelta) else was)


def test_wire_time_is_not_scaled() -> None:
    assert scaled(HALF).wire == HALF.wire


def test_windows_of_limits_are_divided() -> None:
    assert scaled(HALF).limits.cycles == {
        timedelta(hours=12): 1,
        timedelta(days=3.5): 2,
        timedelta(days=15): 3,
    }


def test_waits_and_repetitions_of_rungs_are_divided() -> None:
    last = scaled(HALF).ladders[IssueType.NODE_DOWN].rungs[-1]

    assert (last.after, last.every) == (timedelta(days=15), timedelta(days=15))


def test_every_section_with_durations_is_scaled_or_wire() -> None:
    changed = {
        field.name
        for field in fields(Policy)
        if getattr(scaled(HALF), field.name) != getattr(HALF, field.name)
    }

    assert changed == {
        "version", "intervals", "thresholds", "guard", "flapping", "budgets", "limits", "safety",
        "ladders",
    }  # fmt: skip


def test_version_names_the_content() -> None:
    policy = default_policy()

    assert policy.version == digest(policy)
    assert len(policy.version) == 12
    assert digest(replace(policy, version="anything")) == policy.version


def test_version_changes_with_any_value() -> None:
    assert digest(replace(default_policy(), mode=Mode.AUTO)) != default_policy().version
    assert scaled(HALF).version != digest(HALF)
