"""The journal in the database: chained, appended to, refused to every other hand."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.errors import StoreError
from plcmon.model.audit import Selection
from plcmon.model.events import AuditRow
from plcmon.model.state import Changes
from plcmon.model.subjects import Subject, pcu_subject
from plcmon.store import Database
from plcmon.store import audit as rows_of_audit
from tests.store.examples import an_audit_row


async def append(db: Database, *rows: AuditRow) -> None:
    await db.commit(Changes(audit=list(rows)))


def tamper(folder: Path, sql: str) -> None:
    """Change the file behind the program's back, triggers taken away."""
    with closing(sqlite3.connect(folder / "state.db")) as other:
        other.executescript(f"DROP TRIGGER audit_keeps; DROP TRIGGER audit_stands; {sql}")


async def test_rows_come_back_numbered_and_chained(db: Database) -> None:
    await append(db, an_audit_row("freeze"))
    await append(db, an_audit_row("scan"), an_audit_row("unfreeze"))

    rows = await db.audit()

    assert [(row.seq, row.verb) for row in rows] == [(1, "freeze"), (2, "scan"), (3, "unfreeze")]
    assert [row.previous for row in rows] == ["", rows[0].hash, rows[1].hash]


async def test_every_field_comes_back(db: Database) -> None:
    row = an_audit_row(intent="01I", issue="01J", outcome="ok")
    await append(db, row)

    (stored,) = await db.audit()
    assert stored == an_audit_row(
        intent="01I", issue="01J", outcome="ok", seq=1, previous="", hash=stored.hash
    )


async def test_last_rows_are_read_oldest_first(db: Database) -> None:
    await append(db, *(an_audit_row(f"verb-{number}") for number in range(5)))

    assert [row.verb for row in await db.audit(Selection(limit=2))] == ["verb-3", "verb-4"]


async def test_rows_of_one_subject(db: Database) -> None:
    pcu: Subject = pcu_subject("toml:apc-1")
    await append(db, an_audit_row(), an_audit_row("pcu-test", subject=str(pcu)), an_audit_row())

    assert [row.seq for row in await db.audit(Selection(subject=str(pcu)))] == [2]


async def test_rows_are_selected_by_every_field(db: Database) -> None:
    first = an_audit_row("power-cycle sent", issue="01J")
    second = an_audit_row("power-cycles", actor="bob", intent="01I")
    later = replace(first, at=first.at + timedelta(hours=1), issue="")
    await append(db, first, second, later)

    async def found(**wanted: object) -> list[int]:
        return [row.seq for row in await db.audit(replace(Selection(), **wanted))]

    assert await found(issue="01J") == [1]
    assert await found(intent="01I") == await found(actor="bob") == [2]
    assert await found(verb="power-cycle") == [1, 3]
    assert await found(verb="power-cycle sent") == [1, 3]
    assert await found(since=later.at) == [3]
    assert await found(until=later.at) == [1, 2]
    assert await found(verb="power-cycle", until=later.at) == [1]
    assert await found(limit=0) == []


async def test_rows_are_read_on_from_a_number_up_to_the_head(db: Database) -> None:
    await append(db, *(an_audit_row(f"verb-{number}") for number in range(5)))

    assert [row.seq for row in await db.audit_after(2, 2)] == [3, 4]
    assert await db.audit_head() == 5


async def test_empty_journal_verifies(db: Database) -> None:
    assert await db.verify_audit() is None


async def test_long_journal_verifies(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows_of_audit, "BATCH", 7)  # several batches, with few rows
    await append(db, *(an_audit_row(f"verb-{number}") for number in range(30)))

    assert await db.verify_audit() is None


@pytest.mark.parametrize(
    ("sql", "broken"),
    [
        ("UPDATE audit SET reason = 'another' WHERE seq = 3;", 3),
        ("UPDATE audit SET evidence = '[4]' WHERE seq = 3;", 3),
        ("UPDATE audit SET gates = '{}' WHERE seq = 1;", 1),
        ("DELETE FROM audit WHERE seq = 4;", 4),
        ("DELETE FROM audit WHERE seq >= 5;", 5),
        ("DELETE FROM audit;", 1),
    ],
    ids=["changed", "evidence", "gates", "removed", "cut off", "emptied"],
)
async def test_tampering_is_found(db: Database, folder: Path, sql: str, broken: int) -> None:
    await append(db, *(an_audit_row(f"verb-{number}") for number in range(5)))

    tamper(folder, sql)

    assert await db.verify_audit() == broken


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("UPDATE audit SET reason = ''", "the journal is never rewritten"),
        ("DELETE FROM audit", "the journal is never shortened"),
    ],
)
async def test_database_itself_refuses_changes(db: Database, sql: str, why: str) -> None:
    await append(db, an_audit_row())

    with pytest.raises(StoreError, match=why):
        async with db.transaction() as tx:
            await tx.execute(sql)


async def test_rolled_back_row_leaves_no_gap(db: Database) -> None:
    with pytest.raises(RuntimeError):
        async with db.transaction() as tx:
            await db.write(tx, Changes(audit=[an_audit_row("lost")]))
            raise RuntimeError

    await append(db, an_audit_row("kept"))

    assert [(row.seq, row.verb) for row in await db.audit()] == [(1, "kept")]
    assert await db.verify_audit() is None


async def test_careless_text_is_cleaned_before_it_is_hashed(db: Database) -> None:
    await append(db, an_audit_row(reason="caf\udce9", gates={"x\udce9": "\udce9"}))

    (row,) = await db.audit()
    assert (row.reason, dict(row.gates)) == ("caf?", {"x?": "?"})
    assert await db.verify_audit() is None
