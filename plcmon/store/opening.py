"""Opening a state folder: lock, look whether it is whole and ours, migrate, and leave it clean."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

from plcmon.errors import StoreError
from plcmon.model.retention import SHIPPED, Retention
from plcmon.store.brain import (
    MACHINE_ID,
    Mark,
    MarkFile,
    Place,
    newborn,
    opened,
    place_of,
    refuse_loss,
)
from plcmon.store.connection import (
    BUSY,
    Connect,
    Connection,
    Durability,
    SqliteFile,
    connected,
    prepare_reader,
    prepare_writer,
    translated,
)
from plcmon.store.database import Database
from plcmon.store.folder import HISTORY, STATE, FolderLock, make_file, make_folder
from plcmon.store.head import Head, read_head, replace_head
from plcmon.store.migrate import inspect, migrate, shipped
from plcmon.times import Clock

log = logging.getLogger(__name__)

LARGE = 256 * 1024 * 1024  # bytes; what lies below is looked through in about a second
LEFT = "SELECT closed_at FROM brain WHERE id = 1"


@asynccontextmanager
async def open_database(
    state_dir: Path,
    *,
    clock: Clock,
    machine_id: Path = MACHINE_ID,
    busy: timedelta = BUSY,
    connect: Connect = connected,
    durability: Durability = Durability.FULL,
    keep: Retention = SHIPPED,
) -> AsyncIterator[Database]:
    """Open the state folder for sole use, making or migrating what is needed.

    `connect` and a lower `durability` are for states in virtual time that nobody will miss.

    Raises StoreError, with nothing changed, when another process has it, when a database is
    damaged, newer than this program or not ours, or when the folder cannot be written.
    """
    lesser = Durability.NORMAL if durability is Durability.FULL else durability
    async with AsyncExitStack() as stack:
        await asyncio.to_thread(make_folder, state_dir)
        lock = FolderLock(state_dir)
        stack.callback(lock.release)
        await asyncio.to_thread(lock.take)
        mark_file = MarkFile(state_dir)
        mark = await asyncio.to_thread(mark_file.read)
        await asyncio.to_thread(refuse_loss, state_dir, mark)
        state = await stack.enter_async_context(
            opened_file(state_dir / STATE, durability, clock=clock, busy=busy, connect=connect)
        )
        history = await stack.enter_async_context(
            opened_file(state_dir / HISTORY, lesser, clock=clock, busy=busy, connect=connect)
        )
        place = await asyncio.to_thread(place_of, state.path, machine_id)
        head = await begin_run(state, mark_file, mark, place)
        database = Database(
            state, history, mark=mark_file, place=place, head=head, clock=clock, keep=keep
        )
        stack.push_async_callback(leave, database)
        yield database


@asynccontextmanager
async def opened_file(
    path: Path, durability: Durability, *, clock: Clock, busy: timedelta, connect: Connect
) -> AsyncIterator[SqliteFile]:
    """Open one database at its newest version; it is looked through before it is written to."""
    await asyncio.to_thread(make_file, path)
    steps = await asyncio.to_thread(shipped, path.stem)
    async with connect(path, busy=busy) as writer:
        version = await inspect(writer, path, steps)
        if version and path.name == STATE:
            await check(writer, path)
        await prepare_writer(writer, path, durability)
        await migrate(writer, path, steps, version=version, now=clock.now())
        async with connect(path, busy=busy) as reader:
            await prepare_reader(reader, path)
            yield SqliteFile(path, writer, reader)


async def check(connection: Connection, path: Path) -> None:
    """Look for damage before the first write. Raises StoreError.

    A large file is looked through only after a run that did not end well.
    """
    with translated(path, "checking"):
        rows = list(await connection.execute_fetchall(LEFT))
        size = (await asyncio.to_thread(path.stat)).st_size
        if rows and rows[0][0] is not None and size > LARGE:
            return
        ((found,),) = await connection.execute_fetchall("PRAGMA quick_check (1)")
    if found != "ok":
        raise StoreError(str(path), "checking", f"the file is damaged ({found})")


async def begin_run(file: SqliteFile, mark_file: MarkFile, mark: Mark | None, place: Place) -> Head:
    """Write down that a run begins; returns the head it begins with.

    The mark of a new state is written before its first row: the other way round, a crash between
    the two would leave a state that looks copied.
    """
    head = await read_head(file.reader)
    if head is None:
        if mark is not None and mark.commits:
            raise StoreError(str(file.path), "opening", "it is empty, but its mark is not")
        head = newborn(place)
        mark = Mark(head.state, 0, 0)
        await asyncio.to_thread(mark_file.write, mark)
    head = opened(head, mark, place)
    async with file.transaction() as writer:
        head.commits += 1
        await replace_head(writer, head)
    if not head.why_not:
        await asyncio.to_thread(mark_file.follow, Mark(head.state, head.fence, head.commits))
    return head


async def leave(database: Database) -> None:
    """Note a clean end. When that fails (a full disk), the next open looks for damage instead."""
    try:
        await database.close_head()
    except StoreError as error:
        log.warning("database not closed cleanly", extra={"why": str(error)})
