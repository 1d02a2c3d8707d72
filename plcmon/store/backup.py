"""Backups of a state folder: taken beside a running service, checked, and put back.

A backup is a folder with a whole `state.db`, and a `history.db` where that was wanted. It is put
together under another name and renamed at the end, so what has the name is whole.
"""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from plcmon.errors import StoreError
from plcmon.store.audit import audit_head, first_broken_audit
from plcmon.store.connection import Reader
from plcmon.store.folder import (
    FILE_MODE,
    FOLDER_MODE,
    HISTORY,
    STATE,
    FolderLock,
    make_folder,
    why_not,
)
from plcmon.store.reading import opened, version_of

T = TypeVar("T")

TOLD = 5  # faults of one file that are told; the first says enough
SIDES = ("", "-wal", "-shm")  # what SQLite keeps of one database
FAULTS = f"PRAGMA integrity_check ({TOLD})"
STRAYS = 'SELECT DISTINCT "table" FROM pragma_foreign_key_check'


@dataclass(frozen=True, slots=True)
class Checked:
    """One database, looked through."""

    path: Path
    size: int  # bytes, without what still lies in its log
    version: int  # of its schema
    rows: int  # of the journal; 0 for the history
    faults: tuple[str, ...]  # empty: it is whole
    broken_row: int | None = None  # of the journal, the first that was changed or cut off

    @property
    def whole(self) -> bool:
        return not self.faults and self.broken_row is None


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back, and where that lies which stood there before."""

    files: tuple[Checked, ...]
    aside: Path | None


async def back_up(state_dir: Path, folder: Path, *, history: bool = True) -> list[Checked]:
    """Copy the databases as of one moment each into a new folder; a service may go on meanwhile.

    Returns the copies, looked through. Raises StoreError, and leaves no folder of that name, when
    it exists already, cannot be written, or a copy is not whole.
    """
    if await asyncio.to_thread(folder.exists):
        raise StoreError(str(folder), "backing up", "it exists already; name a new folder")
    partial = folder.with_name(f"{folder.name}.partial")
    await on_disk(folder, "backing up", lambda: fresh(partial))
    try:
        for name in (STATE, HISTORY) if history else (STATE,):
            await copy(state_dir / name, partial / name)
        checked = await look_through(partial)
        refuse_damaged(checked, "backing up")
        await on_disk(folder, "backing up", lambda: settle(partial, folder))
    except BaseException:
        await asyncio.to_thread(shutil.rmtree, partial, ignore_errors=True)
        raise
    return await look_through(folder)


async def look_through(folder: Path) -> list[Checked]:
    """Check every page, reference and row of the journal in a folder, by reading only.

    Raises StoreError when there is no state, or a file is no database of ours.
    """
    found = [await checked(folder / STATE)]
    if await asyncio.to_thread((folder / HISTORY).is_file):
        found.append(await checked(folder / HISTORY))
    return found


async def restore(
    backup: Path, state_dir: Path, *, now: datetime, replace: bool = False
) -> Restored:
    """Put a backup in the place of the state; what stood there is moved aside, never deleted.

    The restored state starts frozen until a person adopts it: it is another file than the one that
    was left there. Raises StoreError, with nothing changed, while a service works in the folder,
    when the backup is not whole, or when there is a state and `replace` was not said.
    """
    files = await look_through(backup)
    refuse_damaged(files, "restoring")
    await asyncio.to_thread(make_folder, state_dir)
    lock = FolderLock(state_dir)
    await asyncio.to_thread(lock.take)
    try:
        return await on_disk(
            state_dir, "restoring", lambda: put_back(files, state_dir, now, replace=replace)
        )
    finally:
        lock.release()


async def copy(source: Path, target: Path) -> None:
    """One database as it is now, in one file. `VACUUM INTO` reads as of one moment."""
    async with opened(source) as connection:
        await on_disk(target, "backing up", lambda: target.touch(FILE_MODE))
        await Reader(connection, source).rows("VACUUM INTO ?", (str(target),))
    await on_disk(target, "backing up", lambda: synced(target))


async def checked(path: Path) -> Checked:
    async with opened(path) as connection:
        version = await version_of(connection, path)
        reader = Reader(connection, path)
        faults = await faults_of(reader)
        rows, broken = 0, None
        if path.name == STATE and not faults:
            rows, broken = await audit_head(reader), await first_broken_audit(reader)
        size = (await asyncio.to_thread(path.stat)).st_size
        return Checked(path, size, version, rows, tuple(faults), broken)


async def faults_of(reader: Reader) -> list[str]:
    """What is wrong with pages and references; where reading itself fails, that."""
    try:
        said = [str(row[0]) for row in await reader.rows(FAULTS)]
        if said != ["ok"]:
            return said
        strays = [str(row[0]) for row in await reader.rows(STRAYS)]
    except StoreError as error:
        return [error.why]
    return [f"rows of {table} refer to rows that are gone" for table in strays]


def refuse_damaged(files: list[Checked], doing: str) -> None:
    for file in files:
        if file.faults:
            raise StoreError(str(file.path), doing, f"it is damaged ({file.faults[0]})")
        if file.broken_row is not None:
            why = f"its journal does not hold from row {file.broken_row} on"
            raise StoreError(str(file.path), doing, why)


def put_back(files: list[Checked], state_dir: Path, now: datetime, *, replace: bool) -> Restored:
    """Copies first, beside; then the old ones go aside; then the copies get their names."""
    if (state_dir / STATE).exists() and not replace:
        why = "there is a state already; say --replace to move it aside"
        raise StoreError(str(state_dir / STATE), "restoring", why)
    arriving = [(file, state_dir / f"{file.path.name}.restoring") for file in files]
    for file, copied in arriving:
        with made_whole(copied):
            shutil.copyfile(file.path, copied)
    aside = move_aside([state_dir / file.path.name for file in files], now)
    for file, copied in arriving:
        copied.rename(state_dir / file.path.name)
    sync_folder(state_dir)
    return Restored(tuple(files), aside)


@contextmanager
def made_whole(path: Path) -> Iterator[None]:
    """A file of this user alone, on the disk when the block ends; gone when it ends badly."""
    path.unlink(missing_ok=True)
    path.touch(FILE_MODE)
    try:
        yield
        synced(path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def move_aside(paths: list[Path], now: datetime) -> Path | None:
    """Move the databases with their logs; a log without its database goes too."""
    parts = [path.with_name(path.name + side) for path in paths for side in SIDES]
    there = [part for part in parts if part.exists()]
    if not there:
        return None
    aside = there[0].with_name(f"replaced-{now:%Y%m%dT%H%M%SZ}")
    aside.mkdir(FOLDER_MODE)
    for part in there:
        part.rename(aside / part.name)
    return aside


def fresh(folder: Path) -> None:
    """An empty folder of this user; what an earlier try left of it goes."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(FOLDER_MODE, parents=True)


def settle(partial: Path, folder: Path) -> None:
    sync_folder(partial)
    partial.rename(folder)
    sync_folder(folder.parent)


def synced(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def on_disk(path: Path, doing: str, work: Callable[[], T]) -> T:
    """Do it in a thread; what the system refuses is told as a StoreError about the path."""
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        raise StoreError(str(error.filename or path), doing, why_not(error)) from error
