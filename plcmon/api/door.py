"""The unix socket: opened without a race, closed without a trace, and who is at its other end."""

import asyncio
import json
import logging
import os
import pwd
import shutil
import socket
import stat
import struct
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from plcmon.errors import DeskError, to_json

log = logging.getLogger(__name__)

OPENING = "opening the API's socket"
MOST, MOST_OF_ONE = 256, 64  # connections at once; of one user
PAUSE = 1.0  # seconds
CROWD = json.dumps(to_json(DeskError("the service", "calling", "too many connections at once")))
CROWDED = (
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
    f"Connection: close\r\nContent-Length: {len(CROWD)}\r\n\r\n{CROWD}"
).encode()
CREDENTIALS = struct.Struct("3i")  # pid, uid, gid; unix(7), SO_PEERCRED


class Guests(Protocol):
    """Makes a protocol for each connection, and knows which are open."""

    def __call__(self) -> asyncio.BaseProtocol: ...

    @property
    def connections(self) -> Collection[object]: ...


@asynccontextmanager
async def open_door(path: Path, *, mode: int, group: str | None) -> AsyncIterator[socket.socket]:
    """A bound socket at `path`, not yet listening; its file is removed on leaving.

    A stale file, which nobody listens on, is replaced. Raises DeskError when somebody does, when
    `path` is something else, or when the folder or the group cannot be used.
    """
    door = await asyncio.to_thread(bind, path, mode, group)
    own = await asyncio.to_thread(identity, path)
    try:
        yield door
    finally:
        door.close()
        await asyncio.to_thread(remove, path, own)


def bind(path: Path, mode: int, group: str | None) -> socket.socket:
    """Bind, then set owner and mode; nobody can connect before somebody listens."""
    clear(path)
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        door.bind(str(path))
        if group is not None:
            shutil.chown(path, group=group)
        path.chmod(mode)
    except LookupError as exc:
        door.close()
        path.unlink()
        raise DeskError(str(path), OPENING, f"there is no group {group}") from exc
    except OSError as exc:
        door.close()
        raise DeskError(str(path), OPENING, exc.strerror or str(exc)) from exc
    door.setblocking(False)
    return door


def clear(path: Path) -> None:
    """Remove a stale socket file. Raises DeskError when it is in use or is no socket."""
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise DeskError(str(path), OPENING, "a file that is no socket is in the way")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
            knock.connect(str(path))
    except FileNotFoundError:
        return
    except ConnectionRefusedError:
        path.unlink(missing_ok=True)
        return
    except OSError as exc:
        raise DeskError(str(path), OPENING, exc.strerror or str(exc)) from exc
    raise DeskError(str(path), OPENING, "another service listens on it")


class Porter:
    """Lets callers in one by one, so that no crowd at the door takes what the scan needs.

    Every caller holds a file descriptor of ours, and those are also what probes are made of.
    """

    def __init__(self, server: Guests, *, pause: float = PAUSE) -> None:
        self._server = server
        self._pause = pause
        self._inside: dict[object, int] = {}  # connection -> uid

    async def run(self, door: socket.socket) -> None:
        """Accept, or turn away with a word; for ever."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                caller, _ = await loop.sock_accept(door)
            except OSError as error:
                log.warning("no caller can be let in", extra={"why": str(error)})
                await asyncio.sleep(self._pause)  # for a descriptor, in silence
                continue
            await self._meet(caller)

    async def _meet(self, caller: socket.socket) -> None:
        uid = peer_uid(caller)
        here = set(self._server.connections)
        self._inside = {guest: whose for guest, whose in self._inside.items() if guest in here}
        of_one = sum(whose == uid for whose in self._inside.values())
        if len(here) >= MOST or of_one >= MOST_OF_ONE:
            turn_away(caller)
            return
        loop = asyncio.get_running_loop()
        try:
            _, guest = await loop.connect_accepted_socket(self._server, caller)
        except OSError as error:
            caller.close()
            log.warning("no caller can be let in", extra={"why": str(error)})
            return
        self._inside[guest] = uid


def turn_away(caller: socket.socket) -> None:
    with caller, suppress(OSError):  # whoever does not listen is gone all the same
        caller.setblocking(False)
        caller.send(CROWDED)


def identity(path: Path) -> tuple[int, int]:
    found = path.lstat()
    return found.st_dev, found.st_ino


def remove(path: Path, own: tuple[int, int]) -> None:
    """Remove the file unless somebody has put another in its place."""
    try:
        if identity(path) == own:
            path.unlink()
    except FileNotFoundError:
        return


def peer_uid(door: socket.socket) -> int:
    """The user at the other end, by the kernel's word."""
    raw = door.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    uid: int = CREDENTIALS.unpack(raw)[1]
    return uid


def own_uid() -> int:
    return os.geteuid()


@lru_cache(maxsize=256)
def user_name(uid: int) -> str:
    """The user's name, or `#UID` for one without. May ask the network: not for the loop."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"#{uid}"
