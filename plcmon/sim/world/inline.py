"""A database connection that answers at once: virtual time knows no threads."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from plcmon.store.connection import BUSY, translated


class InlineConnection:
    """The face of an asynchronous connection over one that blocks."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        return self._connection.execute(sql, parameters)

    async def executemany(self, sql: str, parameters: Any, /) -> sqlite3.Cursor:
        return self._connection.executemany(sql, parameters)

    async def execute_fetchall(self, sql: str, parameters: Any = (), /) -> list[Any]:
        return self._connection.execute(sql, parameters).fetchall()

    async def commit(self) -> None:
        self._connection.commit()

    async def rollback(self) -> None:
        self._connection.rollback()


@asynccontextmanager
async def connect_inline(path: Path, *, busy: timedelta = BUSY) -> AsyncIterator[InlineConnection]:
    """Like the store's own way to connect, without a thread."""
    with translated(path, "opening"):
        connection = sqlite3.connect(path, isolation_level=None, timeout=busy.total_seconds())
    try:
        yield InlineConnection(connection)
    finally:
        with translated(path, "closing"):
            connection.close()
        await asyncio.sleep(0)
