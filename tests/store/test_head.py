"""The head moves forward with every commit, and only with a commit."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from plcmon.store.connection import Durability, SqliteFile, connected, prepare_writer
from plcmon.store.head import Head, Tx, advance, read_head, replace_head
from plcmon.store.migrate import Migration, migrate, shipped
from tests.fakes.clock import NOON

STEPS: tuple[Migration, ...] = shipped("state")
HEAD = Head("S", "machine", "/state.db", 42, fence=3, commits=7, closed_at=9)


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[SqliteFile]:
    path = tmp_path / "state.db"
    async with connected(path) as writer, connected(path) as reader:
        await prepare_writer(writer, path, Durability.FULL)
        await migrate(writer, path, STEPS, version=0, now=NOON)
        yield SqliteFile(path, writer, reader)


async def test_unborn_state_has_no_head(file: SqliteFile) -> None:
    assert await read_head(file.reader) is None


async def test_head_comes_back(file: SqliteFile) -> None:
    async with file.transaction() as writer:
        await replace_head(writer, HEAD)

    assert await read_head(file.reader) == HEAD


async def test_there_is_one_head(file: SqliteFile) -> None:
    for _ in range(2):
        async with file.transaction() as writer:
            await replace_head(writer, HEAD)

    assert await file.reader.rows("SELECT count(*) FROM brain") == [(1,)]


async def test_advance_counts_one_commit(file: SqliteFile) -> None:
    async with file.transaction() as writer:
        await replace_head(writer, HEAD)
    async with file.transaction() as writer:
        head = await read_head(writer)
        assert head is not None
        tx = Tx(writer, head)
        tx.head.last_event, tx.head.audit_seq, tx.head.audit_hash = 12, 3, "ab"
        await advance(tx)

    head = await read_head(file.reader)
    assert head is not None
    assert (head.commits, head.last_event, head.audit_seq, head.audit_hash) == (8, 12, 3, "ab")
