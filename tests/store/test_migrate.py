"""Migrations: in order, whole, recorded, with a copy before; what is strange is refused."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plcmon.errors import StoreError
from plcmon.store import open_database
from plcmon.store.connection import connected
from plcmon.store.migrate import FILES, Migration, inspect, migrate, shipped, statements
from tests.fakes.clock import FakeClock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SCHEMAS = FILES.parent / "schema"
STEPS = {database: shipped(database) for database in ("state", "history")}
ROWS = Path(__file__).parent / "rows"

FIRST = Migration(
    1,
    "0001_first",
    """-- First; with a trigger, whose semicolons are its own.
    CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT, checksum TEXT,
        applied_at INTEGER);
    CREATE TABLE words (word TEXT);
    CREATE TRIGGER words_stay BEFORE DELETE ON words
    BEGIN
        SELECT RAISE(ABORT, 'no');
        SELECT 1;
    END;
    """,
)
SECOND = Migration(2, "0002_second", "ALTER TABLE words ADD COLUMN length INTEGER;\n")
BROKEN = Migration(2, "0002_broken", "CREATE TABLE more (x);\nCREATE TABLE words (y);\n")


async def bring_up(path: Path, *steps: Migration) -> None:
    async with connected(path) as connection:
        version = await inspect(connection, path, steps)
        await migrate(connection, path, steps, version=version, now=NOW)


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def tell(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(sql)


def content(path: Path) -> bytes:
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


async def test_new_database_gets_every_step_and_its_record(path: Path) -> None:
    await bring_up(path, FIRST, SECOND)

    assert ask(path, "PRAGMA user_version") == [(2,)]
    assert ask(path, "SELECT number, name, checksum FROM migrations") == [
        (1, "0001_first", FIRST.checksum),
        (2, "0002_second", SECOND.checksum),
    ]


async def test_new_database_needs_no_copy(path: Path) -> None:
    await bring_up(path, FIRST, SECOND)

    assert [file.name for file in path.parent.iterdir()] == ["state.db"]


async def test_only_what_is_missing_is_applied(path: Path) -> None:
    await bring_up(path, FIRST)
    tell(path, "INSERT INTO words VALUES ('kept')")

    await bring_up(path, FIRST, SECOND)

    assert ask(path, "SELECT word, length FROM words") == [("kept", None)]


async def test_rows_are_copied_aside_before_the_first_change(path: Path) -> None:
    await bring_up(path, FIRST)
    tell(path, "INSERT INTO words VALUES ('kept')")

    await bring_up(path, FIRST, SECOND)

    copy = path.with_name("state-v1-20260301T120000Z.db")
    assert ask(copy, "SELECT * FROM words") == [("kept",)]
    assert copy.stat().st_mode & 0o777 == 0o600


async def test_up_to_date_database_is_left_alone(path: Path) -> None:
    await bring_up(path, FIRST)
    before = content(path)

    await bring_up(path, FIRST)

    assert content(path) == before


async def test_step_that_fails_leaves_nothing_behind(path: Path) -> None:
    await bring_up(path, FIRST)

    with pytest.raises(StoreError, match="applying migration 0002_broken"):
        await bring_up(path, FIRST, BROKEN)

    assert ask(path, "PRAGMA user_version") == [(1,)]
    assert ask(path, "SELECT name FROM sqlite_schema WHERE name = 'more'") == []


async def test_newer_database_is_refused(path: Path) -> None:
    await bring_up(path, FIRST, SECOND)
    before = content(path)

    with pytest.raises(StoreError, match="it has version 2, this program knows 1; use a newer"):
        await bring_up(path, FIRST)

    assert content(path) == before


async def test_edited_migration_is_refused(path: Path) -> None:
    await bring_up(path, FIRST)
    edited = Migration(1, FIRST.name, FIRST.sql + "-- harmless?\n")

    with pytest.raises(StoreError, match="0001_first was edited after it was applied"):
        await bring_up(path, edited, SECOND)

    assert ask(path, "PRAGMA user_version") == [(1,)]


@pytest.mark.parametrize("version", [0, 1], ids=["unnumbered", "numbered"])
async def test_another_programs_database_is_refused(path: Path, version: int) -> None:
    tell(path, f"CREATE TABLE theirs (x); PRAGMA user_version = {version};")
    before = content(path)

    with pytest.raises(StoreError, match="it is another program's database"):
        await bring_up(path, FIRST)

    assert content(path) == before


async def test_no_database_at_all_is_refused(path: Path) -> None:
    await asyncio.to_thread(path.write_text, "Dear diary, today nothing happened. " * 99)

    with pytest.raises(StoreError, match="the file is not a database"):
        await bring_up(path, FIRST)


def test_statements_end_where_sqlite_says() -> None:
    found = list(statements(FIRST.sql))

    assert len(found) == 3
    assert "SELECT 1;\n    END;" in found[2]


@pytest.mark.parametrize("database", ["state", "history"])
def test_numbers_have_no_gaps(database: str) -> None:
    steps = STEPS[database]

    assert [step.number for step in steps] == list(range(1, len(steps) + 1))


@pytest.mark.parametrize("step", STEPS["state"] + STEPS["history"], ids=lambda step: step.name)
def test_each_file_begins_with_why(step: Migration) -> None:
    first = step.sql.splitlines()[0]

    assert first.startswith("-- ")
    assert first.endswith(".")


@pytest.mark.parametrize("database", ["state", "history"])
async def test_schema_file_says_what_migrations_build(database: str, tmp_path: Path) -> None:
    built, written = tmp_path / "built.db", tmp_path / "written.db"
    await bring_up(built, *STEPS[database])
    tell(written, (SCHEMAS / f"{database}.sql").read_text("utf-8"))

    sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
    assert [folded(row) for row in ask(built, sql)] == [folded(row) for row in ask(written, sql)]
    assert ask(built, "PRAGMA application_id") == ask(written, "PRAGMA application_id")


def folded(row: tuple[object, ...]) -> tuple[str, ...]:
    """White space does not count: ALTER TABLE keeps its own."""
    return tuple(" ".join(str(value).split()) for value in row)


def fill(database: str, version: int, path: Path) -> None:
    """A database as that version left it, with rows in every table."""
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for step in STEPS[database][:version]:
            connection.executescript(step.sql)
            record = (step.number, step.name, step.checksum, 0)
            connection.execute("INSERT INTO migrations VALUES (?, ?, ?, ?)", record)
        rows = (ROWS / f"{database}_{version:04}.sql").read_text("utf-8")
        connection.executescript(rows)
        connection.execute(f"PRAGMA user_version = {version}")


VERSIONS = [
    (state.number, history.number)
    for state in STEPS["state"]
    for history in STEPS["history"]
    if state.number == len(STEPS["state"]) or history.number == len(STEPS["history"])
]


@pytest.mark.parametrize(("state", "history"), VERSIONS)
async def test_every_past_version_is_migrated_with_its_rows(
    state: int, history: int, tmp_path: Path
) -> None:
    folder = tmp_path / "state"
    fill("state", state, folder / "state.db")
    fill("history", history, folder / "history.db")

    async with open_database(folder, clock=FakeClock()) as db:
        found = await db.load()
        assert all((found.nodes, found.pcus, found.sites, found.issues, found.intents))
        assert all((found.commands, found.outbox, found.mails, found.windows, found.freezes))
        assert all((found.holds, found.inventory.nodes, found.seen, found.seq))
        assert await db.events(0, 100)
        assert await db.verify_audit() is None
        assert await db.transcripts(next(iter(found.pcus)))


@pytest.mark.parametrize("database", ["state", "history"])
def test_every_version_has_its_rows_to_migrate(database: str) -> None:
    for step in STEPS[database]:
        rows = (ROWS / f"{database}_{step.number:04}.sql").read_text("utf-8")
        tables = {line.split('"')[1] for line in rows.splitlines() if line.startswith("INSERT")}

        assert len(tables) >= (14 if database == "state" else 4)
