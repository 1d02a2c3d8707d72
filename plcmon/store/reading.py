"""Reading a state folder that no service has open: nothing is migrated, locked out or written."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite

from plcmon.errors import StoreError
from plcmon.model.events import AuditRow
from plcmon.store.audit import audit_after, audit_head
from plcmon.store.connection import Reader, prepare_reader, translated
from plcmon.store.folder import STATE, FolderLock
from plcmon.store.migrate import inspect, shipped


class JournalFile:
    """The journal of a state folder at rest. Every call may raise StoreError."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def audit_after(self, after: int, limit: int) -> list[AuditRow]:
        """Rows with a greater number, oldest first."""
        return await audit_after(self._reader, after=after, limit=limit)

    async def audit_head(self) -> int:
        """The number of the last row."""
        return await audit_head(self._reader)


@asynccontextmanager
async def open_journal(state_dir: Path) -> AsyncIterator[JournalFile]:
    """Open the journal for reading. Raises StoreError when a service has it, or there is none."""
    path = state_dir / STATE
    if not await asyncio.to_thread(path.is_file):
        raise StoreError(str(path), "opening", "there is no such database")
    lock = FolderLock(state_dir)
    await asyncio.to_thread(lock.borrow)
    try:
        async with opened(path) as connection:
            await prepare_reader(connection, path)
            await version_of(connection, path)
            yield JournalFile(Reader(connection, path))
    finally:
        lock.release()


@asynccontextmanager
async def opened(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    """A connection that cannot write to the file; a service may have it open too."""
    if not await asyncio.to_thread(path.is_file):
        raise StoreError(str(path), "opening", "there is no such database")
    uri = f"{(await asyncio.to_thread(path.resolve)).as_uri()}?mode=ro"
    with translated(path, "opening"):
        connection = await aiosqlite.connect(uri, uri=True, isolation_level=None)
    try:
        yield connection
    finally:
        with translated(path, "closing"):
            await connection.close()


async def version_of(connection: aiosqlite.Connection, path: Path) -> int:
    """The version of its schema. Raises StoreError when it is empty, newer, or not ours."""
    version = await inspect(connection, path, await asyncio.to_thread(shipped, path.stem))
    if not version:
        raise StoreError(str(path), "opening", "there is nothing in it yet")
    return version
