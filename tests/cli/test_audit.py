"""The journal at the prompt: its rows, and whether all of it holds."""

import asyncio
import json
from pathlib import Path

import pytest

from plcmon.model.events import AuditRow
from plcmon.model.state import Changes
from plcmon.operations.auditing import audit_view
from plcmon.operations.views import VerifyView
from plcmon.store import open_database
from tests.cli.shell import Shell
from tests.fakes.clock import FakeClock
from tests.fakes.journal import AT, a_journal


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_rows_fit_the_terminal(shell: Shell, width: int) -> None:
    result = shell.run("audit", width=width)

    assert result.exit_code == 0
    assert max(len(line) for line in result.stdout.splitlines()) <= width


def test_the_newest_row_is_the_last(shell: Shell) -> None:
    lines = shell.run("audit").stdout.splitlines()

    assert lines[0].split() == ["ROW", "TIME", "ACTOR", "SUBJECT", "VERB", "OUTCOME", "WHY"]
    assert [line.split()[0] for line in lines[1:]] == ["1", "2", "3", "4", "5"]
    assert lines[3].endswith("freeze: all is frozen by ann (cycle)")


def test_options_narrow_it(shell: Shell) -> None:
    assert "unfreeze" in shell.run("audit", "--actor", "ann").stdout
    assert len(shell.run("audit", "--verb", "issue").stdout.splitlines()) == 2
    assert len(shell.run("audit", "--limit", "2").stdout.splitlines()) == 3
    since = shell.run("audit", "--since", "2026-03-01T12:30:00+00:00")
    assert len(since.stdout.splitlines()) == 3


def test_a_selection_is_a_word(shell: Shell) -> None:
    issue = a_journal()[1].issue
    shell.desk.fleet.issues = {issue: next(iter(shell.desk.fleet.issues.values()))}

    assert len(shell.run("audit", issue, "--verb", "held").stdout.splitlines()) == 2
    assert shell.run("audit", "nobody-at-all").exit_code == 4


def test_that_there_is_none_goes_to_standard_error(shell: Shell) -> None:
    result = shell.run("audit", "--actor", "nobody")

    assert (result.stdout, result.stderr) == ("", "the journal has no such row\n")


def test_a_time_that_is_none_is_exit_2(shell: Shell) -> None:
    result = shell.run("audit", "--since", "soon")

    assert result.exit_code == 2
    assert '"soon" is no time' in result.stderr


def test_json_prints_the_rows_whole(shell: Shell) -> None:
    rows = json.loads(shell.run("audit", "--json").stdout)

    assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5]
    assert rows[2]["gates"] == {"freeze": "hold: all is frozen by ann"}


def test_help_names_both_commands(shell: Shell) -> None:
    text = shell.run("audit", "--help").stdout

    assert "verify" in text
    assert "newest last" in text


# Verify


def test_a_journal_that_holds_is_exit_0(shell: Shell) -> None:
    result = shell.run("audit", "verify")

    assert (result.exit_code, result.stdout) == (0, "5 rows: chain and invariants hold\n")


def test_one_that_does_not_is_exit_6_and_names_the_row(shell: Shell) -> None:
    row = a_journal()[2]
    shell.desk.verified = VerifyView(
        holds=False,
        text="two power actions of one node (invariant 1)",
        rows=5,
        since=AT,
        until=row.at,
        invariant=1,
        row=audit_view(row, "beta"),
        violations=3,
    )

    result = shell.run("audit", "verify")

    assert result.exit_code == 6
    assert result.stdout.splitlines() == [
        "5 rows from 2026-03-01 12:00 to 2026-03-01 12:21 UTC",
        "row 3, 2026-03-01 12:21:00: beta: held",
        "it does not hold: two power actions of one node (invariant 1)",
        "2 more after that",
    ]


def test_json_says_it_whole_and_keeps_the_exit_code(shell: Shell) -> None:
    shell.desk.verified = VerifyView(False, "the chain is broken at row 2", 1)

    result = shell.run("audit", "verify", "--json")

    assert result.exit_code == 6
    assert json.loads(result.stdout)["text"] == "the chain is broken at row 2"


def at_rest(folder: Path, rows: list[AuditRow]) -> str:
    async def fill() -> None:
        async with open_database(folder, clock=FakeClock()) as db:
            await db.commit(Changes(audit=rows))

    asyncio.run(fill())
    return str(folder)


def test_a_state_at_rest_is_verified_without_a_service(shell: Shell, tmp_path: Path) -> None:
    state = at_rest(tmp_path, a_journal())

    result = shell.run("audit", "verify", "--state", state)

    assert result.exit_code == 0
    assert result.stdout.endswith("5 rows: chain and invariants hold\n")


def test_a_state_whose_journal_breaks_is_exit_6(shell: Shell, tmp_path: Path) -> None:
    state = at_rest(tmp_path, [*a_journal(), a_journal()[1]])

    result = shell.run("audit", "verify", "--state", state)

    assert result.exit_code == 6
    assert "opens while 01HQXDOWN00000000000000001 is open (invariant 11)" in result.stdout


def test_a_folder_without_a_state_is_exit_3(shell: Shell, tmp_path: Path) -> None:
    assert shell.run("audit", "verify", "--state", str(tmp_path)).exit_code == 3
