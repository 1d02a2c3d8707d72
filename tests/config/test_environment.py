from typing import Any

import pytest

from plcmon.config.environment import overlay, read_value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("5m", "5m"),
        ("true", True),
        ('["a", "b"]', ["a", "b"]),
        ("auto", "auto"),
        ("1\nmore = 2", "1\nmore = 2"),
        ("", ""),
    ],
)
def test_values_are_toml_where_they_can_be(text: str, value: Any) -> None:
    assert read_value(text) == value


def test_variable_stands_over_the_file() -> None:
    data, used, problems = overlay({"service": {"workers": 1}}, {"PLCMON_SERVICE__WORKERS": "9"})

    assert data == {"service": {"workers": 9}}
    assert used == {("service", "workers"): "PLCMON_SERVICE__WORKERS"}
    assert problems == []


def test_the_file_data_is_not_changed() -> None:
    given: dict[str, Any] = {"service": {"workers": 1}}

    overlay(given, {"PLCMON_SERVICE__WORKERS": "9"})

    assert given == {"service": {"workers": 1}}


def test_secrets_and_single_words_are_no_settings() -> None:
    env = {"PLCMON_SECRET_A__B": "x", "PLCMON_SOCKET": "/run/x", "HOME": "/", "PLCMON_CONFIG": "y"}

    assert overlay({}, env) == ({}, {}, [])


def test_variable_into_a_plain_value_is_a_problem() -> None:
    _, _, problems = overlay({"service": 3}, {"PLCMON_SERVICE__WORKERS": "9"})

    assert str(problems[0]).startswith("environment: PLCMON_SERVICE__WORKERS: leads into")
