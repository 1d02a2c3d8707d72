"""One writer: nobody commits another's work, and nothing that is left half done stays."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.errors import StoreError
from plcmon.store.connection import (
    Durability,
    SqliteFile,
    connected,
    prepare_reader,
    prepare_writer,
    reason,
    translated,
)

INSERT = "INSERT INTO words (word) VALUES (?)"
WORDS = "SELECT word FROM words ORDER BY word"
SHORT = timedelta(milliseconds=50)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "words.db"


@pytest.fixture
async def file(path: Path) -> AsyncIterator[SqliteFile]:
    async with connected(path, busy=SHORT) as writer, connected(path, busy=SHORT) as reader:
        await prepare_writer(writer, path, Durability.FULL)
        await prepare_reader(reader, path)
        file = SqliteFile(path, writer, reader)
        async with file.transaction() as tx:
            await tx.execute("CREATE TABLE words (word TEXT PRIMARY KEY)")
        yield file


async def words(file: SqliteFile) -> list[str]:
    return [word for (word,) in await file.reader.rows(WORDS)]


async def write(file: SqliteFile, word: str) -> None:
    async with file.transaction() as tx:
        await tx.execute(INSERT, (word,))


async def write_and_wait(file: SqliteFile, word: str, *, inside: asyncio.Event) -> None:
    async with file.transaction() as tx:
        await tx.execute(INSERT, (word,))
        inside.set()
        await asyncio.Event().wait()


async def test_what_ends_well_is_there(file: SqliteFile) -> None:
    await write(file, "kept")

    assert await words(file) == ["kept"]


async def test_what_ends_badly_is_not(file: SqliteFile) -> None:
    with pytest.raises(RuntimeError):
        async with file.transaction() as tx:
            await tx.execute(INSERT, ("lost",))
            raise RuntimeError

    assert await words(file) == []


async def test_reader_does_not_see_what_is_not_committed(file: SqliteFile) -> None:
    async with file.transaction() as tx:
        await tx.execute(INSERT, ("early",))

        assert await words(file) == []


async def test_two_tasks_do_not_commit_each_others_work(file: SqliteFile) -> None:
    """While one task is inside and fails, another commits: only the second one's row stays."""
    inside = asyncio.Event()
    go_on = asyncio.Event()

    async def fails() -> None:
        async with file.transaction() as tx:
            await tx.execute(INSERT, ("first",))
            inside.set()
            await go_on.wait()
            raise RuntimeError

    async with asyncio.TaskGroup() as group:
        first = group.create_task(absorbed(fails()), name="first")
        await inside.wait()
        second = group.create_task(write(file, "second"), name="second")
        go_on.set()
    assert first.done()
    assert second.done()

    assert await words(file) == ["second"]


async def absorbed(work: object) -> None:
    with pytest.raises(RuntimeError):
        await work  # type: ignore[misc] # any coroutine


async def test_cancelled_writer_leaves_the_next_one_fine(file: SqliteFile) -> None:
    inside = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(write_and_wait(file, "cancelled", inside=inside), name="writer")
        await inside.wait()
        task.cancel()

    await write(file, "next")

    assert await words(file) == ["next"]


async def test_cancelled_twice_still_rolls_back_before_the_next(file: SqliteFile) -> None:
    """The second cancellation arrives while the rollback itself is awaited."""
    inside = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        task = group.create_task(write_and_wait(file, "cancelled", inside=inside), name="writer")
        await inside.wait()
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()

    await write(file, "next")

    assert await words(file) == ["next"]


@pytest.mark.parametrize("turns", range(12))
async def test_cancelled_at_any_turn_leaves_the_next_one_fine(file: SqliteFile, turns: int) -> None:
    """Also inside BEGIN and COMMIT; whether the row is there is then unknown, but not half."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(write(file, "perhaps"), name="writer")
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()

    await write(file, "next")

    assert await words(file) in (["next"], ["next", "perhaps"])


async def test_waiting_writer_may_be_cancelled(file: SqliteFile) -> None:
    async with asyncio.TaskGroup() as group, file.transaction() as tx:
        await tx.execute(INSERT, ("holder",))
        waiting = group.create_task(write(file, "waiter"), name="waiter")
        await asyncio.sleep(0)
        waiting.cancel()

    assert await words(file) == ["holder"]


async def test_failed_statement_rolls_back_and_frees_the_writer(file: SqliteFile) -> None:
    await write(file, "twice")

    with pytest.raises(StoreError, match="UNIQUE constraint failed"):
        await write(file, "twice")

    await write(file, "next")
    assert await words(file) == ["next", "twice"]


async def test_many_rows_are_all_or_nothing(file: SqliteFile) -> None:
    with pytest.raises(StoreError):
        async with file.transaction() as tx:
            await tx.many(INSERT, [("a",), ("b",), ("a",)])

    assert await words(file) == []


async def test_no_rows_are_no_work(file: SqliteFile) -> None:
    async with file.transaction() as tx:
        await tx.many("NOT EVEN SQL", [])


async def test_execute_says_how_many_rows_it_changed(file: SqliteFile) -> None:
    async with file.transaction() as tx:
        await tx.many(INSERT, [("a",), ("b",)])

        assert await tx.execute("DELETE FROM words") == 2


async def test_reader_cannot_write(file: SqliteFile) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        await file.reader.rows("INSERT INTO words (word) VALUES ('x') RETURNING word")


async def test_commits_wait_for_the_disk(file: SqliteFile) -> None:
    async with file.transaction() as tx:
        assert await tx.row("PRAGMA synchronous") == (2,)  # FULL
        assert await tx.row("PRAGMA foreign_keys") == (1,)


async def test_somebody_elses_lock_is_named(file: SqliteFile, path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreError, match=r"words\.db: writing: another program holds a lock"):
            await write(file, "blocked")

    await write(file, "free")
    assert await words(file) == ["free"]


async def test_full_disk_is_named_and_nothing_is_half_done(file: SqliteFile) -> None:
    """A limit on pages is what a full disk looks like to SQLite."""
    async with file.transaction() as tx:
        ((pages,),) = await tx.rows("PRAGMA page_count")
        await tx.rows(f"PRAGMA max_page_count = {pages + 2}")

    with pytest.raises(StoreError, match="writing: the disk is full"):
        async with file.transaction() as tx:
            await tx.many(INSERT, [(f"{number:0200}",) for number in range(500)])

    assert await words(file) == []
    await write(file, "small")
    assert await words(file) == ["small"]


async def test_text_that_is_no_text_is_one_clear_line(file: SqliteFile) -> None:
    with pytest.raises(StoreError, match="surrogates not allowed"):
        await write(file, "\udcff")


def test_unknown_errors_speak_for_themselves(path: Path) -> None:
    with pytest.raises(StoreError) as caught, translated(path, "writing"):
        raise sqlite3.ProgrammingError("something new")

    assert str(caught.value) == f"{path}: writing: something new"
    assert isinstance(caught.value.__cause__, sqlite3.ProgrammingError)


def test_extended_codes_count_as_their_kind() -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC

    assert reason(error) == "the disk reported an error (disk I/O error)"
