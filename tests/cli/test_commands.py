from plcmon.cli.commands import said
from plcmon.cli.main import SECTIONS, cli
from plcmon.errors import BusyError, ConfigError
from tests.cli.shell import Shell


def test_mistakes_of_a_file_stand_each_on_a_line() -> None:
    text = said(ConfigError("f", ["f:1: a", "f:2: b"]))

    assert text.splitlines()[:2] == ["f:1: a", "f:2: b"]
    assert text.endswith(ConfigError.advice)


def test_situation_is_said_with_its_advice() -> None:
    text = said(BusyError("pcu-3", "logging in", "another session"))

    assert text == f"pcu-3: logging in: another session\n\n{BusyError.advice}"


def test_every_command_has_one_place_in_the_help() -> None:
    placed = [name for names in SECTIONS.values() for name in names]

    assert sorted(placed) == sorted(cli.commands)


def test_the_help_tells_whole_sentences() -> None:
    text = Shell().run("--help", width=80).stdout

    assert "...\n" not in text.partition("Options:")[2]
    assert text.index("\nLook:") < text.index("\nDecide:") < text.index("\nHouse:")


def test_a_group_lists_its_commands() -> None:
    text = Shell().run("power", "--help").stdout

    assert "Commands:\n  cycle   Off, wait, on" in text
