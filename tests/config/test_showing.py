from pathlib import Path

import pytest

from plcmon.config import Shown
from tests.config.files import settings_of

TEXT = """\
[service]
workers = 5
[alerts]
webhook = "https://hooks.example/T0KEN"
[ladder.node_down.tell]
after = "12h"
"""
ENV = {"PLCMON_SERVICE__LOG_LEVEL": "debug"}


@pytest.fixture
def shown(tmp_path: Path) -> dict[str, Shown]:
    return {row.key: row for row in settings_of(tmp_path, TEXT, ENV).shown}


def test_every_value_has_its_origin(shown: dict[str, Shown], tmp_path: Path) -> None:
    assert shown["service.workers"].origin == f"{tmp_path}/monitor.toml:2"
    assert shown["service.ssh_workers"].origin == "default"
    assert shown["service.log_level"].origin == "environment PLCMON_SERVICE__LOG_LEVEL"
    assert shown["ladder.node_down.tell.after"].origin == f"{tmp_path}/monitor.toml:6"
    assert shown["ladder.node_down.tell.do"].origin == "default"


def test_values_stand_as_in_the_file(shown: dict[str, Shown]) -> None:
    assert shown["service.workers"].value == "5"
    assert shown["policy.intervals.tcp"].value == '"5m"'
    assert shown["policy.limits.cycles"].value == '{"1d" = 1, "7d" = 2, "30d" = 3}'
    assert shown["api.mode"].value == '"0660"'
    assert shown["ladder.node_down.tell.do"].value == '["notify down tech"]'


def test_secrets_are_masked(shown: dict[str, Shown]) -> None:
    assert shown["alerts.webhook"].value == '"********"'
    assert not any("T0KEN" in row.value for row in shown.values())


def test_durations_are_shown_before_scaling(tmp_path: Path) -> None:
    rows = {row.key: row.value for row in settings_of(tmp_path, "[policy]\nscale = 60").shown}

    assert rows["policy.intervals.tcp"] == '"5m"'
