"""Moments: how far each power action has come, read from a database that somebody else writes."""

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

POWER = """
SELECT id, target, state, json_extract(body, '$.stage') AS stage,
    json_extract(body, '$.verdict') AS verdict,
    coalesce(json_extract(body, '$.verdict_at'), json_extract(body, '$.state_at')) AS came_at
FROM intents
WHERE kind IN ('power-cycle', 'power-on', 'power-off') AND planned_at >= :since
ORDER BY planned_at
"""
UNSENT_MAIL = "SELECT count(*) FROM mails WHERE state = 'fixed'"
OPEN = "SELECT subject FROM issues WHERE status <> 'closed'"
BEFORE_VERDICT = frozenset(
    {"planned", "claimed", "sent", "dark", "on sent", "unknown", "confirmed"}
)
STATES = ("planned", "claimed", "sent", "confirmed", "failed", "unknown", "cancelled")


@dataclass(frozen=True, slots=True)
class Look:
    """One power action at one moment."""

    intent: str
    target: str
    state: str
    stage: str
    verdict: str
    came_at: str  # ISO 8601

    @property
    def at(self) -> datetime:
        """When it came into its state, or got its verdict."""
        return datetime.fromisoformat(self.came_at)

    @property
    def moment(self) -> str:
        """Its state, or the stage of a sent one that is worth its own name."""
        if self.state == "confirmed" and self.verdict:
            return "verdict"
        return self.stage if self.state == "sent" and self.stage in BEFORE_VERDICT else self.state


class Eyes:
    """Looks into the state of a running service without being able to touch it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def close(self) -> None:
        """Let go, so that the next to open the file finds it as the dead left it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def power(self, since_ms: int) -> list[Look]:
        """Power actions planned since then; none while there is nothing to read."""
        rows = self._rows(POWER, {"since": since_ms})
        return [Look(*(text or "" for text in row)) for row in rows]

    def unsent_mail(self) -> int:
        rows = self._rows(UNSENT_MAIL)
        return int(rows[0][0]) if rows else 0

    def troubled(self) -> set[str]:
        """Subjects of issues that are not closed."""
        return {row[0] for row in self._rows(OPEN)}

    def _rows(self, sql: str, values: Mapping[str, int] | tuple[()] = ()) -> list[tuple[str, ...]]:
        try:
            if self._connection is None:
                # Read-only to the system: it can neither write nor tidy up the log on leaving.
                self._connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.OperationalError:  # not there yet, or just being opened
            self.close()
            return []


@contextmanager
def as_left(state_dir: Path) -> Iterator[sqlite3.Connection]:
    """The state as a dead process left it: a copy, so that the original is found untouched."""
    with TemporaryDirectory(prefix="plcmon-left-") as folder:
        for path in state_dir.glob("state.db*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, folder)
        with closing(sqlite3.connect(Path(folder) / "state.db")) as connection:
            yield connection


def looks_as_left(connection: sqlite3.Connection) -> list[Look]:
    """Every power action there is."""
    rows = connection.execute(POWER, {"since": 0}).fetchall()
    return [Look(*(text or "" for text in row)) for row in rows]
