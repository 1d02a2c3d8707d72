"""Migrations: numbered files, applied in order, each in one transaction with its record."""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from plcmon.errors import StoreError
from plcmon.store.connection import Connection, immediate, translated
from plcmon.times import to_ms

FILES = Path(__file__).parent / "migrations"

RECORD = """
INSERT INTO migrations (number, name, checksum, applied_at)
VALUES (:number, :name, :checksum, :applied_at)
"""
RECORDS = "SELECT number, name, checksum FROM migrations ORDER BY number"


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of one database's schema."""

    number: int  # from 1, without gaps; also PRAGMA user_version once it is applied
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return sha256(self.sql.encode()).hexdigest()


def shipped(database: str) -> tuple[Migration, ...]:
    """The migrations of `state` or `history` that this program brings, in order."""
    files = sorted((FILES / database).glob("*.sql"))
    return tuple(Migration(int(f.stem[:4]), f.stem, f.read_text("utf-8")) for f in files)


def statements(sql: str) -> Iterator[str]:
    """The single statements of a file; a trigger's inner semicolons do not end it."""
    gathered = ""
    for line in sql.splitlines(keepends=True):
        gathered += line
        if sqlite3.complete_statement(gathered):
            yield gathered
            gathered = ""


async def inspect(connection: Connection, path: Path, steps: Sequence[Migration]) -> int:
    """The version of the database, by reading only; 0: nothing is in it yet.

    Raises StoreError when it is newer than this program, is some other program's, or was made by
    a migration that was edited since.
    """
    version = await schema_version(connection, path)
    if version > len(steps):
        why = f"it has version {version}, this program knows {len(steps)}; use a newer plcmon"
        raise StoreError(str(path), "opening", why)
    if version:
        await compare(connection, path, steps)
    return version


async def migrate(
    connection: Connection,
    path: Path,
    steps: Sequence[Migration],
    *,
    version: int,
    now: datetime,
) -> None:
    """Bring the database from `version` to the newest; one that has rows is copied aside first."""
    pending = steps[version:]
    if version and pending:
        await back_up(connection, path, version, now)
    for step in pending:
        await apply(connection, path, step, now)


async def schema_version(connection: Connection, path: Path) -> int:
    """The version it has; 0: nothing yet. Raises StoreError when the tables are not ours."""
    with translated(path, "opening"):
        ((version,),) = await connection.execute_fetchall("PRAGMA user_version")
        ((tables,),) = await connection.execute_fetchall("SELECT count(*) FROM sqlite_schema")
        ((ours,),) = await connection.execute_fetchall(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'"
        )
    if tables and not (version and ours):
        raise StoreError(str(path), "opening", "it is another program's database")
    return int(version)


async def compare(connection: Connection, path: Path, steps: Sequence[Migration]) -> None:
    """Check that what was applied is what is shipped."""
    with translated(path, "opening"):
        rows = await connection.execute_fetchall(RECORDS)
    for step, (number, name, checksum) in zip(steps, rows, strict=False):
        if (step.number, step.name, step.checksum) != (number, name, checksum):
            why = f"migration {name} was edited after it was applied; restore the file"
            raise StoreError(str(path), "opening", why)


async def back_up(connection: Connection, path: Path, version: int, now: datetime) -> Path:
    """Copy the database aside; returns where to."""
    copy = path.with_name(f"{path.stem}-v{version}-{now:%Y%m%dT%H%M%SZ}.db")
    # VACUUM INTO takes an empty file and keeps its mode: nobody else may read the copy either.
    await asyncio.to_thread(copy.touch, 0o600)
    with translated(path, f"backing up to {copy.name}"):
        await connection.execute_fetchall("VACUUM INTO ?", (str(copy),))
    return copy


async def apply(connection: Connection, path: Path, step: Migration, now: datetime) -> None:
    """Run one migration and record it, both or neither."""
    record = {
        "number": step.number,
        "name": step.name,
        "checksum": step.checksum,
        "applied_at": to_ms(now),
    }
    with translated(path, f"applying migration {step.name}"):
        async with immediate(connection):
            for statement in statements(step.sql):
                await connection.execute_fetchall(statement)
            await connection.execute_fetchall(RECORD, record)
            # A pragma takes no parameters; the number is our own.
            await connection.execute_fetchall(f"PRAGMA user_version = {step.number:d}")
