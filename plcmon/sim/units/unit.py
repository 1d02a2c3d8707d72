"""What every virtual unit has: faults that change while it runs, a log of commands."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol, Self


@dataclass
class UnitFaults:
    """What is wrong with a unit; a change counts from the next connection or command on."""

    dead: bool = False  # accepts nothing and answers nothing
    wrong_password: bool = False  # refuses every login
    lies: bool = False  # says yes, moves no relay
    busy: bool = False  # another session holds it
    hangs_after_login: bool = False
    drop_at: str = ""  # "before-commit", "after-commit": closes the link at the destructive line
    slow: float = 0.0  # seconds until the relay follows
    watchers: list[Callable[[], None]] = field(default_factory=list, repr=False, compare=False)

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)
        # The listener of a dead unit must vanish, so somebody has to be told.
        if name == "dead":
            for watcher in getattr(self, "watchers", ()):
                watcher()


class Row(NamedTuple):
    """One command as the unit received it."""

    at: datetime
    verb: str  # login, read, on, off, reboot
    outlet: str
    destructive: bool


class CommandLog:
    """What one unit was told, in order; with a path also JSON lines that survive a kill."""

    def __init__(self, path: Path | None = None, *, unit: str = "") -> None:
        self.rows: list[Row] = []
        self._unit = unit
        self._fd = -1
        if path is not None:
            self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.set_blocking(self._fd, False)

    def append(self, verb: str, outlet: str, destructive: bool) -> None:
        """Write down one command before the unit obeys it."""
        row = Row(datetime.now(UTC), verb, outlet, destructive)
        self.rows.append(row)
        if self._fd >= 0:
            line = {**row._asdict(), "at": row.at.isoformat(), "unit": self._unit}
            # One write to a file opened for appending: whole lines, also among several units.
            os.write(self._fd, json.dumps(line).encode() + b"\n")

    def destructive(self) -> list[Row]:
        """The rows that can hurt."""
        return [row for row in self.rows if row.destructive]

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class VirtualUnit(Protocol):
    """A power control unit that serves while its context is entered."""

    family: str
    host: str
    faults: UnitFaults
    log: CommandLog

    @property
    def port(self) -> int:
        """0 until the context is entered, when the system is to choose."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
