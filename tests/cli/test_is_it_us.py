"""`is-it-us` at the prompt: the verdict first, and all of it within the terminal."""

from dataclasses import replace

import pytest

from plcmon.operations.reports import IsItUsView
from plcmon.operations.wire import load
from tests.cli.shell import Shell
from tests.fakes.desk import FakeDesk


class Desk(FakeDesk):
    """A desk whose answer a test may change."""

    changes: dict[str, object]

    async def is_it_us(self) -> IsItUsView:
        return replace(await super().is_it_us(), **self.changes)  # type: ignore[arg-type] # a test's


@pytest.fixture
def shell() -> Shell:
    desk = Desk(role="viewer")
    desk.changes = {}
    return Shell(desk)


def change(shell: Shell, **changes: object) -> None:
    assert isinstance(shell.desk, Desk)
    shell.desk.changes = changes


def test_the_verdict_comes_first(shell: Shell) -> None:
    lines = shell.run("is-it-us").stdout.splitlines()

    assert lines[0].startswith("It is hardly us: 2 of 3 canaries answer;")


def test_each_part_has_its_table(shell: Shell) -> None:
    heads = [line.split()[0] for line in shell.run("is-it-us").stdout.splitlines() if line]

    assert [word for word in heads if word in ("CANARY", "SOURCE", "SITE", "WHAT")] == [
        "CANARY",
        "SOURCE",
        "SITE",
        "WHAT",
    ]


@pytest.mark.parametrize("width", [80, 120])
def test_its_tables_fit_the_terminal(shell: Shell, width: int) -> None:
    lines = shell.run("is-it-us", width=width).stdout.splitlines()
    tables = [line for line in lines if "  " in line]

    assert max(map(len, tables)) <= width


def test_where_nothing_is_down_nothing_more_is_said(shell: Shell) -> None:
    change(shell, down=0, clusters=(), witnesses=(), sentence="Nothing is down.")

    assert "WHAT" not in shell.run("is-it-us").stdout


def test_what_is_too_long_is_counted(shell: Shell) -> None:
    change(shell, sites=40)

    assert "more sites" in shell.run("is-it-us").stdout


def test_json_is_exactly_the_view(shell: Shell) -> None:
    view = load(IsItUsView, shell.run("is-it-us", "--json").stdout.encode())

    assert view.verdict == "not us"
