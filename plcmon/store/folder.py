"""The state folder: who may look into it, and the lock that lets one process work in it."""

import fcntl
import os
import stat
from pathlib import Path

from plcmon.errors import StoreError

FOLDER_MODE = 0o700
FILE_MODE = 0o600

STATE = "state.db"
HISTORY = "history.db"
LOCK = "lock"
MARK = "mark"


def make_folder(folder: Path) -> None:
    """Make the folder, or close one that is ours to others. Raises StoreError."""
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        if is_ours(folder):
            folder.chmod(FOLDER_MODE)
    except OSError as error:
        raise StoreError(str(folder), "opening the state folder", why_not(error)) from error


def is_ours(folder: Path) -> bool:
    """True when the folder is this user's and holds our files, or nothing yet.

    Anything else (a shared folder named by mistake) keeps its mode; our files in it are closed.
    """
    if folder.stat().st_uid != os.geteuid():
        return False
    names = {entry.name for entry in folder.iterdir()}
    return not names or LOCK in names


def make_file(path: Path) -> None:
    """Make the file where there is none; only this user may read or write it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE)
        try:
            if stat.S_IMODE(os.fstat(descriptor).st_mode) != FILE_MODE:
                os.fchmod(descriptor, FILE_MODE)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StoreError(str(path), "opening", why_not(error)) from error


def why_not(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


class FolderLock:
    """Sole use of the folder, for as long as this process lives or until it is released."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / LOCK
        self._descriptor: int | None = None

    def take(self) -> None:
        """Lock, or raise StoreError that names the process which has the lock."""
        make_file(self.path)
        descriptor = os.open(self.path, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            why = f"another plcmon (pid {holder}) works in this folder"
            raise StoreError(str(self.path), "locking", why) from error
        self._descriptor = descriptor
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)

    def borrow(self) -> None:
        """Share the folder with other readers. Raises StoreError while a service works in it."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            return  # a copy without a lock: nobody works in it
        except OSError as error:
            raise StoreError(str(self.path), "locking", why_not(error)) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            why = "a service works in this folder; ask it instead, without --state"
            raise StoreError(str(self.path), "locking", why) from error
        self._descriptor = descriptor

    def release(self) -> None:
        """Let the next one in; the file stays, its content is only a hint."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
