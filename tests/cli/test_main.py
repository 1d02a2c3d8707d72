from pathlib import Path

import pytest
from click.testing import CliRunner

from plcmon.cli.main import cli
from tests.cli.shell import Shell

WANTED = (
    "serve demo tui config-check nodes node pcus pcu sites issues issue actions why approve reject"
    " cancel settle confirm pause resume close maintenance freeze unfreeze scan since re-arm power"
    " inventory-accept db events config drivers profile trace"
)


@pytest.mark.parametrize("word", WANTED.split())
def test_command_is_there_and_explains_itself(word: str) -> None:
    result = CliRunner().invoke(cli, [word, "--help"])

    assert result.exit_code == 0
    assert result.output.startswith("Usage: ")


def test_exit_codes_are_in_the_help() -> None:
    text = CliRunner().invoke(cli, ["--help"]).output

    for code in range(6):
        assert f"\n    {code}  " in text


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("isues",), "did you mean `plcmon issues`?"),
        (("power", "cyle", "n1"), "did you mean `plcmon power cycle`?"),
        (("pcu", "tset", "p"), "did you mean `plcmon pcu test`?"),
        (("xyzzy",), "see `plcmon --help`"),
        (("pcu", "uw-pdu1"), "`plcmon pcu` knows console, show, status, test"),
    ],
)
def test_unknown_command_offers_the_nearest(words: tuple[str, ...], hint: str) -> None:
    result = Shell().run(*words)

    assert result.exit_code == 2
    assert hint in result.stderr


def test_no_service_is_one_clear_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["--socket", str(tmp_path / "none.sock"), "nodes"])

    assert result.exit_code == 4
    assert "no service listens there" in result.stderr
    assert "Traceback" not in result.stderr


def test_socket_may_come_from_the_environment(tmp_path: Path) -> None:
    socket = tmp_path / "other.sock"

    result = CliRunner().invoke(cli, ["nodes"], env={"PLCMON_SOCKET": str(socket)})

    assert str(socket) in result.stderr


def test_socket_comes_from_the_configuration_else(tmp_path: Path) -> None:
    file = tmp_path / "monitor.toml"
    file.write_text("[api]\nsocket = 'from-config.sock'")

    result = CliRunner().invoke(cli, ["nodes"], env={"PLCMON_CONFIG": str(file)})

    assert str(tmp_path / "from-config.sock") in result.stderr


def test_version_is_told() -> None:
    assert CliRunner().invoke(cli, ["--version"]).output.startswith("plcmon, version ")
