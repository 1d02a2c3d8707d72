"""The journal: appended to, chained, never changed. The database refuses both UPDATE and DELETE."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from plcmon.model.audit import GENESIS, Link, Selection, chain, first_broken, link_of
from plcmon.model.events import AuditRow
from plcmon.store.codec import clean
from plcmon.store.connection import Reader, Row
from plcmon.store.head import Tx, read_head
from plcmon.times import from_ms, to_ms

BATCH = 2000  # rows read at a time while verifying

INSERT = """
INSERT INTO audit (seq, at, actor, subject, verb, reason, evidence, ages_s, gates, intent, issue,
    outcome, detail, previous, hash)
VALUES (:seq, :at, :actor, :subject, :verb, :reason, :evidence, :ages_s, :gates, :intent, :issue,
    :outcome, :detail, :previous, :hash)
"""
SELECT = """
SELECT seq, at, actor, subject, verb, reason, evidence, ages_s, gates, intent, issue, outcome,
    detail, previous, hash
FROM audit
"""
CLAUSES = {
    "subject": "subject = :subject",
    "issue": "issue = :issue",
    "intent": "intent = :intent",
    "actor": "actor = :actor",
    "verb": "(verb = :verb OR substr(verb, 1, length(:verb) + 1) = :verb || ' ')",
    "since": "at >= :since",
    "until": "at < :until",
}
AFTER = """
SELECT seq, at, actor, subject, verb, reason, evidence, ages_s, gates, intent, issue, outcome,
    detail, previous, hash
FROM audit
WHERE seq > :after
ORDER BY seq
LIMIT :limit
"""


async def append_audit(tx: Tx, *, rows: Sequence[AuditRow]) -> None:
    """Number, chain and write rows."""
    linked = []
    for row in rows:
        link = chain(Link(tx.head.audit_seq, tx.head.audit_hash), writable(row))
        tx.head.audit_seq, tx.head.audit_hash = link_of(link)
        linked.append(columns(link))
    await tx.many(INSERT, linked)


def writable(row: AuditRow) -> AuditRow:
    """The row as the database can hold it; cleaned before it is hashed, so that it verifies."""
    return replace(
        row,
        actor=clean(row.actor),
        subject=clean(row.subject),
        verb=clean(row.verb),
        reason=clean(row.reason),
        gates={clean(gate): clean(answer) for gate, answer in row.gates.items()},
        intent=clean(row.intent),
        issue=clean(row.issue),
        outcome=clean(row.outcome),
        detail=clean(row.detail),
    )


def columns(row: AuditRow) -> dict[str, str | int]:
    return {
        "seq": row.seq,
        "at": to_ms(row.at),
        "actor": row.actor,
        "subject": row.subject,
        "verb": row.verb,
        "reason": row.reason,
        "evidence": json.dumps(row.evidence),
        "ages_s": json.dumps([float(age) for age in row.ages_s]),
        "gates": json.dumps(dict(row.gates), ensure_ascii=False),
        "intent": row.intent,
        "issue": row.issue,
        "outcome": row.outcome,
        "detail": row.detail,
        "previous": row.previous,
        "hash": row.hash,
    }


def audit_row_of(row: Row) -> AuditRow:
    (seq, at, actor, subject, verb, reason, evidence, ages_s, gates, *rest) = row
    intent, issue, outcome, detail, previous, own = rest
    return AuditRow(
        from_ms(at),
        actor,
        subject,
        verb,
        reason,
        evidence=tuple(json.loads(evidence)),
        ages_s=tuple(json.loads(ages_s)),
        gates=json.loads(gates),
        intent=intent,
        issue=issue,
        outcome=outcome,
        detail=detail,
        seq=seq,
        previous=previous,
        hash=own,
    )


async def last_audit(reader: Reader, *, selection: Selection) -> list[AuditRow]:
    """The last rows of the selection, oldest first."""
    rows = await reader.rows(*query(selection))
    return [audit_row_of(row) for row in reversed(rows)]


def query(selection: Selection) -> tuple[str, dict[str, str | int]]:
    """The statement for what is asked, and its values; the newest rows come first."""
    asked = {name: getattr(selection, name) for name in CLAUSES}
    values = {n: to_ms(v) if isinstance(v, datetime) else v for n, v in asked.items() if v}
    where = " AND ".join(CLAUSES[name] for name in values)
    sql = f"{SELECT}{f'WHERE {where}' if where else ''} ORDER BY seq DESC LIMIT :limit"
    return sql, {**values, "limit": selection.limit}


async def audit_after(reader: Reader, *, after: int, limit: int) -> list[AuditRow]:
    """Rows with a greater number, oldest first."""
    rows = await reader.rows(AFTER, {"after": after, "limit": limit})
    return [audit_row_of(row) for row in rows]


async def audit_head(reader: Reader) -> int:
    """The number of the last row, by the head's word: it names rows that were cut off, too."""
    head = await read_head(reader)
    return head.audit_seq if head else 0


async def first_broken_audit(reader: Reader) -> int | None:
    """The number of the first row that was changed, removed or cut off; None: the chain holds."""
    head = await read_head(reader)
    after = GENESIS
    while rows := await reader.rows(AFTER, {"after": after.seq, "limit": BATCH}):
        batch = [audit_row_of(row) for row in rows]
        broken = first_broken(batch, after)
        if broken is not None:
            return broken
        after = link_of(batch[-1])
    # Rows that are appended while this runs lie behind the head that was read first.
    return after.seq + 1 if head and after.seq < head.audit_seq else None
