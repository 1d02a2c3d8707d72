from plcmon.cli.commands import said
from plcmon.errors import BusyError, ConfigError


def test_mistakes_of_a_file_stand_each_on_a_line() -> None:
    text = said(ConfigError("f", ["f:1: a", "f:2: b"]))

    assert text.splitlines()[:2] == ["f:1: a", "f:2: b"]
    assert text.endswith(ConfigError.advice)


def test_situation_is_said_with_its_advice() -> None:
    text = said(BusyError("pcu-3", "logging in", "another session"))

    assert text == f"pcu-3: logging in: another session\n\n{BusyError.advice}"
