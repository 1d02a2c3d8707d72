"""How SQLite is opened, written and read here: one writer behind a lock, one reader beside it.

The only file that knows sqlite3's exceptions; everything else sees StoreError.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import aiosqlite

from plcmon.errors import StoreError

BUSY = timedelta(seconds=5)  # how long a lock that somebody else holds on the file is waited for

Row = tuple[Any, ...]
Parameters = Mapping[str, Any] | Sequence[Any]

REASONS = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_BUSY: "another program holds a lock on it",
    sqlite3.SQLITE_LOCKED: "another program holds a lock on it",
    sqlite3.SQLITE_CORRUPT: "the file is damaged",
    sqlite3.SQLITE_NOTADB: "the file is not a database",
    sqlite3.SQLITE_READONLY: "the file or its folder cannot be written",
    sqlite3.SQLITE_PERM: "the file may not be opened by this user",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
    sqlite3.SQLITE_IOERR: "the disk reported an error",
}


class Cursor(Protocol):
    """What one statement did."""

    @property
    def rowcount(self) -> int: ...


class Connection(Protocol):
    """What this room asks of a connection: a thread's, or one that answers at once."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Awaitable[Cursor]: ...

    def executemany(self, sql: str, parameters: Any, /) -> Awaitable[Any]: ...

    def execute_fetchall(
        self, sql: str, parameters: Any = ..., /
    ) -> Awaitable[Iterable[Sequence[Any]]]: ...

    async def commit(self) -> None: ...

    async def rollback(self) -> None: ...


class Connect(Protocol):
    """Opens a bare connection; statements commit by themselves unless BEGIN was said."""

    def __call__(
        self, path: Path, *, busy: timedelta = ...
    ) -> AbstractAsyncContextManager[Connection]: ...


class Durability(StrEnum):
    """What a commit waits for: the disk (FULL), the operating system (NORMAL), or nothing (OFF)."""

    FULL = "FULL"
    NORMAL = "NORMAL"
    OFF = "OFF"  # for states that nobody will miss


def reason(error: Exception) -> str:
    """What SQLite said, in plain words, with its own words after them."""
    primary = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest is the extended code
    plain = REASONS.get(primary)
    return f"{plain} ({error})" if plain else str(error)


@contextmanager
def translated(path: Path, doing: str) -> Iterator[None]:
    """Turn what SQLite raises into a StoreError about the file at `path`."""
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning, UnicodeEncodeError) as error:
        raise StoreError(str(path), doing, reason(error)) from error


class Reader:
    """A connection to one database, for queries."""

    def __init__(self, connection: Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    async def rows(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Every row of one query."""
        with translated(self.path, "reading"):
            return [tuple(row) for row in await self._connection.execute_fetchall(sql, parameters)]

    async def row(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """The first row of one query; None when there is none."""
        found = await self.rows(sql, parameters)
        return found[0] if found else None


class Writer(Reader):
    """An open write transaction of one database; ends with the block it was given in."""

    async def execute(self, sql: str, parameters: Parameters = ()) -> int:
        """Run one statement; returns how many rows it changed."""
        with translated(self.path, "writing"):
            cursor = await self._connection.execute(sql, parameters)
            return cursor.rowcount

    async def many(self, sql: str, rows: Sequence[Parameters]) -> None:
        """Run one statement for every row, in one hop to the connection's thread."""
        if not rows:
            return
        with translated(self.path, "writing"):
            await self._connection.executemany(sql, rows)


class SqliteFile:
    """One open database: a writer behind a lock, and a reader on a connection of its own."""

    def __init__(self, path: Path, writer: Connection, reader: Connection) -> None:
        self.path = path
        self.reader = Reader(reader, path)
        self._writer = writer
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Writer]:
        """Hold the one transaction there is; it is committed when the block ends well.

        Any exit by exception rolls back, cancellation included. A commit that is cancelled while
        it runs may still have been made: treat cancellation as *unknown* and read again.
        """
        async with self._lock:
            with translated(self.path, "writing"):
                async with immediate(self._writer):
                    yield Writer(self._writer, self.path)


@asynccontextmanager
async def immediate(connection: Connection) -> AsyncIterator[None]:
    """BEGIN IMMEDIATE, then COMMIT, or ROLLBACK on any exit by exception.

    The connection's thread works off its queue in order. So even when the wait for the rollback is
    itself cancelled, the rollback comes before whatever the next writer asks for.
    """
    try:
        await connection.execute("BEGIN IMMEDIATE")
        yield
        await connection.commit()
    except BaseException:
        await connection.rollback()
        raise


@asynccontextmanager
async def connected(path: Path, *, busy: timedelta = BUSY) -> AsyncIterator[aiosqlite.Connection]:
    """A bare connection; statements commit by themselves unless BEGIN was said."""
    with translated(path, "opening"):
        connection = await aiosqlite.connect(
            path, isolation_level=None, timeout=busy.total_seconds()
        )
    try:
        yield connection
    finally:
        with translated(path, "closing"):
            await connection.close()


async def prepare_writer(connection: Connection, path: Path, durability: Durability) -> None:
    """Set what must hold on the writing connection. Raises StoreError where WAL cannot be had."""
    with translated(path, "opening"):
        rows = list(await connection.execute_fetchall("PRAGMA journal_mode = WAL"))
        if rows[0][0] != "wal":
            raise StoreError(str(path), "opening", "this file system cannot hold a shared database")
        # A pragma takes no parameters; the word is an enum's.
        await connection.execute_fetchall(f"PRAGMA synchronous = {durability.value}")
        await connection.execute_fetchall("PRAGMA foreign_keys = ON")


async def prepare_reader(connection: Connection, path: Path) -> None:
    """Make the connection unable to write."""
    with translated(path, "opening"):
        await connection.execute_fetchall("PRAGMA query_only = ON")
