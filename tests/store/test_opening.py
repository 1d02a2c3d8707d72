"""Opening: sole use, nothing strange is written to, a crash loses nothing that was committed."""

import asyncio
import logging
import os
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from plcmon.errors import StoreError
from plcmon.model.state import Changes
from plcmon.store import Database, open_database, opening
from plcmon.store.brain import Mark, MarkFile
from tests.fakes.clock import FakeClock
from tests.store.examples import an_event, everything

ROOT = Path(__file__).parents[2]


async def run(folder: Path, *changes: Changes) -> tuple[bool, str, int]:
    """Open, commit, close; what the run was told of itself."""
    async with open_database(folder, clock=FakeClock()) as db:
        for change in changes:
            await db.commit(change)
        return db.adopted, db.why_not, db.fence


def edit(folder: Path, sql: str) -> None:
    with closing(sqlite3.connect(folder / "state.db")) as other:
        other.executescript(sql)


def damage(folder: Path, table: str) -> bytes:
    """Overwrite a table's first page with rubbish; returns the file as it is then."""
    path = folder / "state.db"
    with closing(sqlite3.connect(path)) as other:
        ((size,),) = other.execute("PRAGMA page_size")
        ((page,),) = other.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,))
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : page * size] = b"\xff" * size
    path.write_bytes(content)
    return bytes(content)


def modes(folder: Path) -> set[tuple[str, int]]:
    return {(path.name, path.stat().st_mode & 0o777) for path in folder.iterdir()}


def copy(path: Path, to: Path) -> None:
    shutil.copy2(path, to)


def rewrite(folder: Path, **mark: int) -> None:
    """Change what the mark says."""
    file = MarkFile(folder)
    found = file.read()
    assert found is not None
    file.write(Mark(found.state, found.fence, found.commits + mark["commits"]))


async def test_new_state_is_ours(folder: Path) -> None:
    assert await run(folder) == (True, "", 1)


async def test_reopened_state_is_ours_with_a_higher_fence(folder: Path) -> None:
    await run(folder, everything())

    assert await run(folder) == (True, "", 2)


async def test_files_are_closed_to_others_also_while_open(folder: Path, db: Database) -> None:
    await db.commit(everything())

    found = await asyncio.to_thread(modes, folder)
    assert {name for name, _ in found} >= {"state.db", "state.db-wal", "history.db", "mark", "lock"}
    assert {mode for _, mode in found} == {0o600}


async def test_second_process_is_kept_out(folder: Path, db: Database) -> None:
    with pytest.raises(StoreError, match=rf"another plcmon \(pid {os.getpid()}\) works in this"):
        await run(folder)

    await db.commit(Changes(events=[an_event(1)]))


async def test_folder_is_free_after_closing(folder: Path) -> None:
    await run(folder)

    await run(folder)


async def test_folder_is_free_after_a_failure_to_open(folder: Path) -> None:
    await run(folder)
    await asyncio.to_thread(edit, folder, "PRAGMA user_version = 99")
    with pytest.raises(StoreError, match="version 99"):
        await run(folder)
    await asyncio.to_thread(edit, folder, "PRAGMA user_version = 1")

    assert (await run(folder))[0]


async def test_folder_that_cannot_be_written_is_one_clear_line() -> None:
    with pytest.raises(StoreError, match="/proc/plcmon: opening the state folder: "):
        await run(Path("/proc/plcmon"))


async def test_newer_database_is_refused_and_unchanged(folder: Path) -> None:
    await run(folder)
    await asyncio.to_thread(edit, folder, "PRAGMA user_version = 99")
    before = await asyncio.to_thread((folder / "state.db").read_bytes)

    with pytest.raises(StoreError, match=r"state\.db: opening: it has version 99, this program"):
        await run(folder)

    assert await asyncio.to_thread((folder / "state.db").read_bytes) == before


async def test_file_that_is_no_database_is_refused_and_unchanged(tmp_path: Path) -> None:
    diary = b"Dear diary, nothing happened today. " * 99
    await asyncio.to_thread((tmp_path / "state.db").write_bytes, diary)

    with pytest.raises(StoreError, match=r"state\.db: opening: the file is not a database"):
        await run(tmp_path)

    assert await asyncio.to_thread((tmp_path / "state.db").read_bytes) == diary


async def test_damaged_database_is_refused_and_unchanged(folder: Path) -> None:
    await run(folder, everything())
    damaged = await asyncio.to_thread(damage, folder, "events")

    with pytest.raises(StoreError, match=r"state\.db: checking: the file is damaged"):
        await run(folder)

    assert await asyncio.to_thread((folder / "state.db").read_bytes) == damaged


async def test_large_database_is_looked_through_after_a_crash(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "LARGE", 0)  # a file of that size would take a test's whole time
    await run(folder, everything())
    await asyncio.to_thread(edit, folder, "UPDATE brain SET closed_at = NULL")
    damaged = await asyncio.to_thread(damage, folder, "events")

    with pytest.raises(StoreError, match=r"state\.db: checking: the file is damaged"):
        await run(folder)

    assert await asyncio.to_thread((folder / "state.db").read_bytes) == damaged


async def test_damage_that_comes_to_light_later_is_one_clear_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "LARGE", 0)  # as above: left in order, it is trusted
    await run(folder, everything())
    await asyncio.to_thread(damage, folder, "beliefs")

    async with open_database(folder, clock=FakeClock()) as db:
        with pytest.raises(StoreError, match=r"state\.db: reading: the file is damaged"):
            await db.load()


async def test_history_that_is_no_database_is_refused_too(folder: Path) -> None:
    await run(folder)
    await asyncio.to_thread((folder / "history.db").write_bytes, b"x" * 9999)

    with pytest.raises(StoreError, match=r"history\.db: opening: the file is not a database"):
        await run(folder)


async def test_failure_inside_closes_everything(folder: Path) -> None:
    with pytest.raises(RuntimeError):
        async with open_database(folder, clock=FakeClock()):
            raise RuntimeError

    assert await run(folder) == (True, "", 2)


async def test_cancellation_inside_closes_everything(folder: Path) -> None:
    inside = asyncio.Event()

    async def work() -> None:
        async with open_database(folder, clock=FakeClock()):
            inside.set()
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(work(), name="work")
        await inside.wait()
        task.cancel()

    assert await run(folder) == (True, "", 2)


async def test_clean_end_is_noted(folder: Path) -> None:
    await run(folder)

    with closing(sqlite3.connect(folder / "state.db")) as other:
        assert other.execute("SELECT closed_at IS NOT NULL FROM brain").fetchone() == (1,)


async def test_open_state_is_noted_as_open(folder: Path, db: Database) -> None:
    async with db.transaction() as tx:
        assert tx.head.closed_at is None


async def test_end_that_cannot_be_noted_is_said(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The next open then looks for damage; the reason for which we leave is not hidden."""
    with caplog.at_level(logging.WARNING), pytest.raises(RuntimeError):
        async with open_database(folder, clock=FakeClock()) as db:
            async with db._state.transaction() as writer:
                await writer.execute("DELETE FROM brain")
            raise RuntimeError

    assert "database not closed cleanly" in [record.message for record in caplog.records]


async def test_restored_database_is_not_adopted(folder: Path, tmp_path: Path) -> None:
    await run(folder, Changes(events=[an_event(1)]))
    await asyncio.to_thread(copy, folder / "state.db", tmp_path / "backup.db")
    await run(folder, Changes(events=[an_event(2)]))
    await asyncio.to_thread(copy, tmp_path / "backup.db", folder / "state.db")

    adopted, why, _ = await run(folder)

    assert not adopted
    assert why.startswith("restored: the database has ")


async def test_copied_folder_is_not_adopted(folder: Path, tmp_path: Path) -> None:
    await run(folder)
    await asyncio.to_thread(shutil.copytree, folder, tmp_path / "copy")

    adopted, why, _ = await run(tmp_path / "copy")

    assert (adopted, why) == (False, f"copied: the state was adopted at {folder / 'state.db'}")


async def test_cloned_machine_is_not_adopted(folder: Path, tmp_path: Path) -> None:
    await run(folder)
    await asyncio.to_thread((tmp_path / "machine-id").write_text, "another\n")

    async with open_database(
        folder, clock=FakeClock(), machine_id=tmp_path / "machine-id"
    ) as database:
        assert database.why_not == "cloned: the state was adopted on another machine"


async def test_state_without_its_mark_is_not_adopted(folder: Path) -> None:
    await run(folder)
    await asyncio.to_thread((folder / "mark").unlink)

    assert (await run(folder))[1] == "copied: the mark beside the database is missing"


async def test_mark_that_lags_by_a_commit_is_fine(folder: Path) -> None:
    await run(folder, Changes(events=[an_event(1)]))
    await asyncio.to_thread(rewrite, folder, commits=-1)

    assert (await run(folder))[0]


async def test_mark_that_is_ahead_is_a_restored_state(folder: Path) -> None:
    await run(folder, Changes(events=[an_event(1)]))
    await asyncio.to_thread(rewrite, folder, commits=1)

    assert not (await run(folder))[0]


async def test_doubt_survives_restarts_and_work(folder: Path) -> None:
    """A restored state goes on watching and writing; that alone must not make it ours."""
    await run(folder, Changes(events=[an_event(1)]))
    await asyncio.to_thread(rewrite, folder, commits=1)
    _, why, _ = await run(folder, *(Changes(events=[an_event(seq)]) for seq in range(2, 9)))

    assert (await run(folder))[1] == why


async def test_adopted_state_stays_adopted(folder: Path, tmp_path: Path) -> None:
    await run(folder, everything())
    await asyncio.to_thread(shutil.copytree, folder, tmp_path / "copy")

    async with open_database(tmp_path / "copy", clock=FakeClock()) as db:
        before = db.adopted
        await db.adopt()
        assert (before, db.adopted) == (False, True)

    assert (await run(tmp_path / "copy"))[0]


async def test_restored_state_can_be_adopted(folder: Path) -> None:
    await run(folder, everything())
    await asyncio.to_thread(rewrite, folder, commits=500)
    async with open_database(folder, clock=FakeClock()) as db:
        await db.adopt()

    assert (await run(folder))[0]


async def test_fence_of_an_adopted_state_is_above_all_before(folder: Path, tmp_path: Path) -> None:
    await run(folder)
    await asyncio.to_thread(copy, folder / "state.db", tmp_path / "backup.db")
    fences = [(await run(folder))[2] for _ in range(3)]
    await asyncio.to_thread(copy, tmp_path / "backup.db", folder / "state.db")

    assert (await run(folder))[2] > max(fences)


async def test_lost_database_is_not_made_anew(folder: Path) -> None:
    await run(folder)
    await asyncio.to_thread((folder / "state.db").unlink)

    with pytest.raises(StoreError, match="it is gone, but its mark says"):
        await run(folder)

    assert not await asyncio.to_thread((folder / "state.db").exists)


async def test_emptied_database_is_not_made_anew(folder: Path) -> None:
    await run(folder)
    await asyncio.to_thread(edit, folder, "DELETE FROM brain")

    with pytest.raises(StoreError, match="it is empty, but its mark is not"):
        await run(folder)


async def test_birth_that_was_cut_short_is_born_again(folder: Path) -> None:
    """A crash after the mark and before the first row."""
    await asyncio.to_thread(folder.mkdir)
    await asyncio.to_thread(MarkFile(folder).write, Mark("half-born", 0, 0))

    assert await run(folder) == (True, "", 1)


async def test_kill_between_two_commits_keeps_the_first(folder: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.store.child",
        str(folder),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    async with asyncio.timeout(30):
        assert await child.stdout.readline() == b"committed\n"
        assert await child.stdout.readline() == b"writing\n"
        child.kill()
        await child.wait()

    async with open_database(folder, clock=FakeClock()) as db:
        assert [event.seq for event in await db.events(0, 10)] == [1]
        assert (db.adopted, db.fence) == (True, 2)
        assert await db.verify_audit() is None
