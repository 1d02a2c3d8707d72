"""Backups: whole or not there, checked, and put back without losing what stood there."""

import sqlite3
from pathlib import Path

import pytest

from plcmon.errors import StoreError
from plcmon.model.events import AuditRow
from plcmon.model.state import Changes
from plcmon.store import Database, open_database
from plcmon.store.backup import back_up, look_through, restore
from tests.fakes.clock import FakeClock
from tests.store.examples import an_audit_row

NOW = FakeClock().now()


async def journal(folder: Path) -> list[AuditRow]:
    async with open_database(folder, clock=FakeClock()) as db:
        return await db.audit()


async def fill(db: Database, *verbs: str) -> None:
    await db.commit(Changes(audit=[an_audit_row(verb) for verb in verbs]))


@pytest.fixture
async def saved(tmp_path: Path, folder: Path) -> Path:
    """A backup with two rows; the state went on to a third, and stopped."""
    async with open_database(folder, clock=FakeClock()) as db:
        await fill(db, "freeze", "unfreeze")
        await back_up(folder, tmp_path / "backup")
        await fill(db, "pause")
    return tmp_path / "backup"


async def test_a_running_service_is_backed_up(folder: Path, db: Database, tmp_path: Path) -> None:
    await fill(db, "freeze", "unfreeze")

    copies = await back_up(folder, tmp_path / "backup")

    assert [file.path.name for file in copies] == ["state.db", "history.db"]
    assert [file.rows for file in copies] == [2, 0]
    assert all(file.whole for file in copies)


async def test_commits_go_on_while_a_copy_is_read(
    folder: Path, db: Database, tmp_path: Path
) -> None:
    await fill(db, "freeze")

    await back_up(folder, tmp_path / "backup")
    await fill(db, "unfreeze")

    assert (await look_through(tmp_path / "backup"))[0].rows == 1
    assert (await look_through(folder))[0].rows == 2


def test_nobody_else_may_read_a_backup(saved: Path) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in saved.iterdir()}

    assert modes == {"state.db": 0o600, "history.db": 0o600}
    assert saved.stat().st_mode & 0o777 == 0o700


async def test_a_backup_is_one_file_for_each_database(
    folder: Path, db: Database, tmp_path: Path
) -> None:
    await back_up(folder, tmp_path / "backup", history=False)

    assert [path.name for path in (tmp_path / "backup").iterdir()] == ["state.db"]


async def test_an_old_backup_is_not_overwritten(folder: Path, saved: Path) -> None:
    with pytest.raises(StoreError, match="exists already"):
        await back_up(folder, saved)


async def test_a_failed_backup_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such database"):
        await back_up(tmp_path / "nowhere", tmp_path / "backup")

    assert not (tmp_path / "backup").exists()
    assert not (tmp_path / "backup.partial").exists()


async def test_what_a_killed_backup_left_is_no_hindrance(
    folder: Path, db: Database, tmp_path: Path
) -> None:
    (tmp_path / "backup.partial").mkdir()
    (tmp_path / "backup.partial" / "state.db").write_bytes(b"half")

    await back_up(folder, tmp_path / "backup")

    assert not (tmp_path / "backup.partial").exists()


async def test_a_folder_that_cannot_be_made_is_named(folder: Path, db: Database) -> None:
    (folder / "file").touch()

    with pytest.raises(StoreError, match="not a directory"):
        await back_up(folder, folder / "file" / "backup")


async def test_damage_is_found(saved: Path) -> None:
    content = bytearray((saved / "state.db").read_bytes())
    content[5 * 4096 : 6 * 4096] = bytes(4096)
    (saved / "state.db").write_bytes(content)

    (state, _) = await look_through(saved)

    assert state.faults and not state.whole


async def test_a_row_of_the_journal_that_was_changed_is_found(saved: Path) -> None:
    file = sqlite3.connect(saved / "state.db")
    file.executescript("DROP TRIGGER audit_stands; UPDATE audit SET actor = 'x' WHERE seq = 2;")
    file.close()

    (state, _) = await look_through(saved)

    assert (state.broken_row, state.whole) == (2, False)
    with pytest.raises(StoreError, match="does not hold from row 2"):
        await restore(saved, saved.parent / "new", now=NOW)


async def test_rows_that_refer_to_nothing_are_found(saved: Path) -> None:
    file = sqlite3.connect(saved / "state.db")
    file.execute("INSERT INTO commands VALUES ('gone', 1, 'off', 'p', '1', 0, '{}')")
    file.commit()
    file.close()

    (state, _) = await look_through(saved)

    assert state.faults == ("rows of commands refer to rows that are gone",)


async def test_a_restored_state_starts_frozen(folder: Path, saved: Path) -> None:
    await restore(saved, folder, now=NOW, replace=True)

    async with open_database(folder, clock=FakeClock()) as db:
        assert not db.adopted
        assert [row.verb for row in await db.audit()] == ["freeze", "unfreeze"]


async def test_it_starts_frozen_on_a_new_machine_too(tmp_path: Path, saved: Path) -> None:
    await restore(saved, tmp_path / "new", now=NOW)

    async with open_database(tmp_path / "new", clock=FakeClock()) as db:
        assert not db.adopted


async def test_what_stood_there_is_moved_aside_whole(folder: Path, saved: Path) -> None:
    done = await restore(saved, folder, now=NOW, replace=True)

    assert done.aside is not None
    assert (await look_through(done.aside))[0].rows == 3


async def test_what_a_crash_left_in_the_log_is_moved_with_it(folder: Path, saved: Path) -> None:
    (folder / "state.db-wal").write_bytes(b"the last commits")

    done = await restore(saved, folder, now=NOW, replace=True)

    assert done.aside is not None
    assert (done.aside / "state.db-wal").read_bytes() == b"the last commits"
    assert not (folder / "state.db-wal").exists()


async def test_a_state_is_not_replaced_unasked(folder: Path, saved: Path) -> None:
    with pytest.raises(StoreError, match="there is a state already; say --replace"):
        await restore(saved, folder, now=NOW)

    assert len(await journal(folder)) == 3


async def test_nothing_is_restored_under_a_running_service(folder: Path, saved: Path) -> None:
    async with open_database(folder, clock=FakeClock()) as db:
        with pytest.raises(StoreError, match="another plcmon"):
            await restore(saved, folder, now=NOW, replace=True)

        assert len(await db.audit()) == 3


async def test_a_damaged_backup_is_not_restored(folder: Path, saved: Path) -> None:
    (saved / "history.db").write_bytes(b"no database" * 1000)

    with pytest.raises(StoreError, match="not a database"):
        await restore(saved, folder, now=NOW, replace=True)

    assert len(await journal(folder)) == 3


async def test_the_history_stays_when_the_backup_has_none(folder: Path, saved: Path) -> None:
    (saved / "history.db").unlink()

    await restore(saved, folder, now=NOW, replace=True)

    assert (folder / "history.db").exists()


async def test_a_restore_that_was_cut_short_is_done_again(folder: Path, saved: Path) -> None:
    """Killed between moving the old one away and naming the new one."""
    (folder / "state.db").unlink()
    (folder / "state.db.restoring").write_bytes(b"half")

    await restore(saved, folder, now=NOW)

    assert not (folder / "state.db.restoring").exists()
    assert len(await journal(folder)) == 2
