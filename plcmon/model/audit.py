"""The journal's chain: each row carries a hash of itself and of the hash before it.

A checker needs nothing but this file, or these few lines in any other language: SHA-256 over the
row as canonical JSON (keys sorted, no spaces, ASCII), times as unix milliseconds, `hash` left out.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from plcmon.model.events import AuditRow
from plcmon.times import to_ms


class Link(NamedTuple):
    """The end of the chain so far; the default is what stands before the first row."""

    seq: int = 0
    hash: str = ""


GENESIS = Link()


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows somebody wants to see; an empty field selects nothing away."""

    subject: str = ""
    issue: str = ""
    intent: str = ""
    actor: str = ""
    verb: str = ""  # the verb, or its first words
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 200


def canonical(row: AuditRow) -> str:
    """The row as it is hashed: everything but its own hash, on one line."""
    content = {
        "seq": row.seq,
        "at": to_ms(row.at),
        "actor": row.actor,
        "subject": row.subject,
        "verb": row.verb,
        "reason": row.reason,
        "evidence": list(row.evidence),
        "ages_s": [float(age) for age in row.ages_s],  # 3 and 3.0 would hash differently
        "gates": dict(row.gates),
        "intent": row.intent,
        "issue": row.issue,
        "outcome": row.outcome,
        "detail": row.detail,
        "previous": row.previous,
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def digest(row: AuditRow) -> str:
    """The hash that belongs to the row, hex."""
    return sha256(canonical(row).encode()).hexdigest()


def chain(previous: Link, row: AuditRow) -> AuditRow:
    """`row` as the successor of `previous`: with its number, the hash before it, and its own."""
    linked = replace(row, seq=previous.seq + 1, previous=previous.hash, hash="")
    return replace(linked, hash=digest(linked))


def link_of(row: AuditRow) -> Link:
    return Link(row.seq, row.hash)


def first_broken(rows: Iterable[AuditRow], after: Link = GENESIS) -> int | None:
    """The number at which the chain from `after` on is broken; None when it holds.

    A missing row is named by its own number, though it is not there.
    """
    for row in rows:
        if row.seq != after.seq + 1:
            return after.seq + 1
        if row.previous != after.hash or row.hash != digest(row):
            return row.seq
        after = link_of(row)
    return None
