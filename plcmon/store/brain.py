"""One brain: is this the state that this machine left here, or a copy from elsewhere or before?

A file, the mark, lies beside the database and says how many commits there were. It is written
after each commit, so it may lag behind the database; a database that lags behind the mark was
restored. The database in turn knows the machine, path and inode at which it was adopted. What
neither shows: a whole machine set back to an earlier snapshot.
"""

import json
import logging
import os
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from plcmon.errors import StoreError
from plcmon.store.folder import MARK, STATE, make_file, why_not
from plcmon.store.head import Head

log = logging.getLogger(__name__)

MACHINE_ID = Path("/etc/machine-id")
MARK_BYTES = 256  # always overwritten whole, in place: less than a sector, so never half a mark


@dataclass(frozen=True, slots=True)
class Mark:
    """What the file beside the database says."""

    state: str
    fence: int
    commits: int

    def as_dict(self) -> dict[str, str | int]:
        return {"state": self.state, "fence": self.fence, "commits": self.commits}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a database lies."""

    machine: str
    path: str
    inode: int


class MarkFile:
    """The high-water mark. Reads and writes block: call them in a thread."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / MARK
        self._last = -1
        self._guard = threading.Lock()  # a cancelled wait leaves its thread running

    def read(self) -> Mark | None:
        """The mark; None when there is none that can be read."""
        try:
            content = json.loads(self.path.read_bytes())
            return Mark(str(content["state"]), int(content["fence"]), int(content["commits"]))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(str(self.path), "reading", why_not(error)) from error
        except (ValueError, KeyError, TypeError):
            return None

    def write(self, mark: Mark) -> None:
        """Overwrite the mark, unless a later one stands there already. Raises StoreError."""
        line = json.dumps(mark.as_dict()).encode().ljust(MARK_BYTES - 1) + b"\n"
        with self._guard:
            if mark.commits < self._last:
                return
            make_file(self.path)
            try:
                overwrite(self.path, line)
            except OSError as error:
                raise StoreError(str(self.path), "writing", why_not(error)) from error
            self._last = mark.commits

    def follow(self, mark: Mark) -> None:
        """Write the mark after a durable commit; a failure is logged and only leaves a lag."""
        try:
            self.write(mark)
        except StoreError as error:
            log.warning("high-water mark not written", extra={"why": str(error)})


def overwrite(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.pwrite(descriptor, content, 0)
    finally:
        os.close(descriptor)


def place_of(database: Path, machine_id: Path = MACHINE_ID) -> Place:
    """Where the database lies now; a machine without an id has the empty one."""
    try:
        machine = machine_id.read_text("ascii").strip()
    except OSError:
        machine = ""
    return Place(machine, str(database.resolve()), database.stat().st_ino)


def refuse_loss(folder: Path, mark: Mark | None) -> None:
    """Raise StoreError when the mark speaks of commits and the database is not there."""
    path = folder / STATE
    lost = not path.exists() or path.stat().st_size == 0
    if lost and mark is not None and mark.commits:
        why = (
            f"it is gone, but its mark says {mark.commits} commits; restore it from a backup, "
            f"or move {MARK} away to begin anew"
        )
        raise StoreError(str(path), "opening", why)


def refuse_removal(path: Path, inode: int) -> None:
    """Raise StoreError when the open database is no longer what lies at its path.

    Commits to a file that was deleted or moved away succeed, and are lost with this process.
    """
    try:
        gone = path.stat().st_ino != inode or not path.with_name(f"{path.name}-wal").exists()
    except FileNotFoundError:
        gone = True
    except OSError as error:
        raise StoreError(str(path), "writing", why_not(error)) from error
    if gone:
        raise StoreError(str(path), "writing", "it was deleted, moved or replaced while in use")


def newborn(place: Place) -> Head:
    return Head(uuid4().hex, place.machine, place.path, place.inode)


def doubt(head: Head, mark: Mark | None, place: Place) -> str:
    """Why this state must not act before a person adopts it; empty: it is the one left here."""
    if head.why_not:
        return head.why_not
    if mark is None:
        return "copied: the mark beside the database is missing"
    if mark.state != head.state:
        return "replaced: the mark beside the database belongs to another state"
    if head.machine != place.machine:
        return "cloned: the state was adopted on another machine"
    if head.path != place.path:
        return f"copied: the state was adopted at {head.path}"
    if head.inode != place.inode:
        return "restored: the database is another file than the one that was left here"
    if head.commits < mark.commits:
        return f"restored: the database has {head.commits} commits, its mark says {mark.commits}"
    return ""


def opened(head: Head, mark: Mark | None, place: Place) -> Head:
    """The head for this run: a fence above every earlier one, and the doubt written down."""
    fence = max(head.fence, mark.fence if mark else 0) + 1
    return replace(head, fence=fence, why_not=doubt(head, mark, place), closed_at=None)


def adopted(head: Head, mark: Mark | None, place: Place) -> Head:
    """The head after a person's word: it belongs here, and is ahead of whatever mark there was."""
    return replace(
        head,
        machine=place.machine,
        path=place.path,
        inode=place.inode,
        commits=max(head.commits, mark.commits if mark else 0),
        why_not="",
    )
