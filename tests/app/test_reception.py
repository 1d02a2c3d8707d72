"""The reception: what a reload takes over, and what it says needs a restart."""

from dataclasses import replace
from pathlib import Path

import pytest

from plcmon.app.reception import restart_needed
from plcmon.config import Settings
from plcmon.model.subjects import Endpoint
from tests.app.place import Place


@pytest.fixture
def settings(place: Place) -> Settings:
    return place.load()[0]


def test_nothing_needs_a_restart_when_nothing_changed(settings: Settings) -> None:
    assert restart_needed(settings, settings) == []


def test_what_only_a_start_takes_over_is_named(settings: Settings) -> None:
    changed = replace(
        settings,
        canaries=(Endpoint("127.0.0.1", 53),),
        socket=Path("/run/elsewhere.sock"),
        roles={"ann": "operator"},
    )

    assert restart_needed(settings, changed) == ["canaries", "socket", "roles"]


def test_policy_and_inventory_need_none(settings: Settings) -> None:
    changed = replace(settings, policy=replace(settings.policy, version="x"), inventory=())

    assert restart_needed(settings, changed) == []
