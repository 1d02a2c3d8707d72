"""The store: one commit of many events, beside the same rows in one bare executemany."""

import asyncio
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

from plcmon.model.events import Event
from plcmon.model.state import Changes
from plcmon.store import open_database
from plcmon.store.events import INSERT, columns
from plcmon.times import SystemClock
from tests.store.examples import an_event

ROWS, TURNS = 5000, 7
PRAGMAS = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
SCHEMA = """
CREATE TABLE events (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL,
    subject TEXT NOT NULL, vantage TEXT NOT NULL, intent TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX events_by_time ON events (at);
CREATE INDEX events_by_subject ON events (subject, seq);
"""


async def measure() -> dict[str, float]:
    """Median rows per second of both."""
    with tempfile.TemporaryDirectory(prefix="plcmon-bench-") as folder:
        ours = await committed(Path(folder) / "state")
        bare = await asyncio.to_thread(inserted, Path(folder) / "bare.db")
    return {
        "rows": ROWS,
        "rows_per_s": ROWS / ours,
        "commit_ms": ours * 1000,
        "bare_rows_per_s": ROWS / bare,
        "times_bare": ours / bare,
    }


def events(turn: int) -> list[Event]:
    return [an_event(turn * ROWS + number + 1) for number in range(ROWS)]


async def committed(folder: Path) -> float:
    """Seconds of one commit, conversion included."""
    took = []
    async with open_database(folder, clock=SystemClock()) as database:
        for turn in range(TURNS):
            changes = Changes(events=events(turn))
            began = time.perf_counter()
            await database.commit(changes)
            took.append(time.perf_counter() - began)
    return statistics.median(took)


def inserted(path: Path) -> float:
    """Seconds of one transaction of rows that are ready to be written."""
    took = []
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(PRAGMAS + SCHEMA)
        for turn in range(TURNS):
            rows = [columns(event) for event in events(turn)]
            began = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(INSERT, rows)
            connection.execute("COMMIT")
            took.append(time.perf_counter() - began)
    return statistics.median(took)
