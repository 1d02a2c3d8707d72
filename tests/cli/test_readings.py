"""Posting readings at the prompt, from a file or from standard input."""

from pathlib import Path

import pytest

from plcmon.operations.reports import PostedView
from plcmon.operations.wire import load
from tests.cli.shell import Shell


@pytest.fixture
def shell() -> Shell:
    return Shell()


def body(shell: Shell) -> str:
    name = next(iter(shell.desk.fleet.nodes.values())).name
    return f"node,up\n{name},1\nnobody,0\n"


def test_a_file_is_posted_and_the_answer_is_a_sentence(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "seen.csv"
    file.write_text(body(shell))

    found = shell.run("readings", "post", "nagios", str(file))

    assert (found.exit_code, found.stdout) == (0, "nagios: 1 up, 0 down\n")


def test_standard_input_is_posted_too(shell: Shell) -> None:
    found = shell.run("readings", "post", "nagios", "-", "--json", typed=body(shell))

    view = load(PostedView, found.stdout.encode())
    assert (view.taken, view.unknown_names) == (1, ("nobody",))


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("nagios", "/no/such/file"), 2, "No such file"),
        (("nagios", "-", "--form", "xml"), 2, "'xml' is not one of 'json', 'csv'"),
        (("nagios", "-"), 2, "its table has no column 'node'"),
        (("nosuch", "-"), 4, "there is nagios"),
        (("prom", "-"), 4, "it is asked"),
    ],
)
def test_what_is_mistyped_says_so(
    shell: Shell, words: tuple[str, ...], code: int, said: str
) -> None:
    found = shell.run("readings", "post", *words, typed="host\n")

    assert found.exit_code == code
    assert said in found.stderr


def test_the_group_knows_its_commands(shell: Shell) -> None:
    found = shell.run("readings", "put")

    assert found.exit_code == 2
    assert "did you mean `plcmon readings post`?" in found.stderr
