import pytest

from plcmon.cli.tell import tell


def test_control_codes_become_spaces(capsys: pytest.CaptureFixture[str]) -> None:
    tell("  a\x1b[2Jb\x07\u202ec")

    assert capsys.readouterr().out == "  a [2Jb c\n"


def test_lines_stay_lines(capsys: pytest.CaptureFixture[str]) -> None:
    tell("a\n\nb", err=True)

    assert capsys.readouterr().err == "a\n\nb\n"
