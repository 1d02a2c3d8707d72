"""The databases at the prompt: backed up, checked and put back, without the service."""

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest

from plcmon.model.state import Changes
from plcmon.store import open_database
from tests.cli.shell import Shell
from tests.fakes.clock import FakeClock
from tests.store.examples import an_audit_row


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    async def fill() -> None:
        async with open_database(tmp_path / "state", clock=FakeClock()) as db:
            await db.commit(Changes(audit=[an_audit_row("freeze"), an_audit_row("unfreeze")]))

    asyncio.run(fill())
    return tmp_path / "state"


@pytest.fixture
def backup(shell: Shell, state: Path, tmp_path: Path) -> Path:
    shell.run("db", "backup", str(tmp_path / "backup"), "--state", str(state))
    return tmp_path / "backup"


def test_a_backup_tells_what_it_holds(shell: Shell, state: Path, tmp_path: Path) -> None:
    result = shell.run("db", "backup", str(tmp_path / "backup"), "--state", str(state))

    assert result.exit_code == 0
    kept, history = result.stdout.splitlines()
    assert kept.startswith(str(tmp_path / "backup" / "state.db"))
    assert kept.endswith("version 1, 2 rows of the journal: whole")
    assert history.endswith("KiB, version 1: whole")


def test_a_backup_may_leave_the_history_out(shell: Shell, state: Path, tmp_path: Path) -> None:
    words = ("db", "backup", str(tmp_path / "backup"), "--state", str(state), "--without-history")

    assert len(shell.run(*words).stdout.splitlines()) == 1


def test_the_check_is_json_too(shell: Shell, backup: Path) -> None:
    kept, history = json.loads(shell.run("db", "check", str(backup), "--json").stdout)

    assert (kept["rows"], kept["whole"], kept["broken_row"]) == (2, True, None)
    assert history["path"] == str(backup / "history.db")


def test_damage_is_exit_3(shell: Shell, backup: Path) -> None:
    content = bytearray((backup / "state.db").read_bytes())
    content[5 * 4096 : 6 * 4096] = bytes(4096)
    (backup / "state.db").write_bytes(content)

    result = shell.run("db", "check", str(backup))

    assert result.exit_code == 3
    assert "damaged" in result.stdout


def test_a_changed_row_of_the_journal_is_exit_6(shell: Shell, backup: Path) -> None:
    file = sqlite3.connect(backup / "state.db")
    file.executescript("DROP TRIGGER audit_stands; UPDATE audit SET actor = 'x' WHERE seq = 2;")
    file.close()

    result = shell.run("db", "check", str(backup))

    assert result.exit_code == 6
    assert "the journal does not hold from row 2 on" in result.stdout


def test_a_restore_says_where_the_old_state_is_and_what_to_do(
    shell: Shell, state: Path, backup: Path
) -> None:
    result = shell.run("db", "restore", str(backup), "--state", str(state), "--replace")

    assert result.exit_code == 0
    assert f"what was there before lies in {state}/replaced-" in result.stdout
    assert result.stdout.endswith("say `plcmon db adopt`\n")


def test_a_state_is_not_replaced_unasked(shell: Shell, state: Path, backup: Path) -> None:
    result = shell.run("db", "restore", str(backup), "--state", str(state))

    assert result.exit_code == 3
    assert "say --replace to move it aside" in result.stderr


def test_a_place_without_a_database_is_named(shell: Shell, tmp_path: Path) -> None:
    result = shell.run("db", "check", str(tmp_path))

    assert result.exit_code == 3
    assert f"{tmp_path}/state.db: opening: there is no such database" in result.stderr


def test_without_a_folder_the_configuration_names_it(shell: Shell) -> None:
    result = shell.run("--config", "/nowhere/monitor.toml", "db", "check")

    assert result.exit_code == 2
