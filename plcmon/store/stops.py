"""What stops actions: maintenance windows, freezes, and the holds of wants. Ended ones go."""

from collections.abc import Mapping
from typing import TypeVar

from plcmon.model.decisions import Hold
from plcmon.model.events import Freeze, Window
from plcmon.model.issues import IssueId
from plcmon.store.codec import FREEZE, HOLD, WINDOW, decode, encode
from plcmon.store.connection import Reader, Writer
from plcmon.times import to_ms

K = TypeVar("K", bound=str)

UPSERT_WINDOW = """
INSERT INTO windows (id, subject, starts_at, ends_at, body)
VALUES (:id, :subject, :starts_at, :ends_at, :body)
ON CONFLICT (id) DO UPDATE
SET starts_at = excluded.starts_at, ends_at = excluded.ends_at, body = excluded.body
"""
UPSERT_FREEZE = """
INSERT INTO freezes (scope, at, body)
VALUES (:scope, :at, :body)
ON CONFLICT (scope) DO UPDATE
SET at = excluded.at, body = excluded.body
"""
UPSERT_HOLD = """
INSERT INTO holds (issue, gate, since, body)
VALUES (:issue, :gate, :since, :body)
ON CONFLICT (issue) DO UPDATE
SET gate = excluded.gate, since = excluded.since, body = excluded.body
"""
DELETE_WINDOW = "DELETE FROM windows WHERE id = ?"
DELETE_FREEZE = "DELETE FROM freezes WHERE scope = ?"
DELETE_HOLD = "DELETE FROM holds WHERE issue = ?"
WINDOWS = "SELECT id, body FROM windows ORDER BY starts_at, id"
FREEZES = "SELECT scope, body FROM freezes ORDER BY at, scope"
HOLDS = "SELECT issue, body FROM holds ORDER BY since, issue"


async def put_windows(writer: Writer, *, windows: Mapping[str, Window | None]) -> None:
    rows = [window_columns(window) for window in windows.values() if window]
    await writer.many(UPSERT_WINDOW, rows)
    await writer.many(DELETE_WINDOW, ended(windows))


async def put_freezes(writer: Writer, *, freezes: Mapping[str, Freeze | None]) -> None:
    rows = [
        {"scope": freeze.scope, "at": to_ms(freeze.at), "body": encode(FREEZE, freeze)}
        for freeze in freezes.values()
        if freeze
    ]
    await writer.many(UPSERT_FREEZE, rows)
    await writer.many(DELETE_FREEZE, ended(freezes))


async def put_holds(writer: Writer, *, holds: Mapping[IssueId, Hold | None]) -> None:
    await writer.many(UPSERT_HOLD, [hold_columns(hold) for hold in holds.values() if hold])
    await writer.many(DELETE_HOLD, ended(holds))


def ended(rows: Mapping[K, object]) -> list[tuple[K]]:
    """The keys whose row is no more."""
    return [(key,) for key, row in rows.items() if row is None]


def window_columns(window: Window) -> dict[str, str | int]:
    return {
        "id": window.id,
        "subject": str(window.subject),
        "starts_at": to_ms(window.starts_at),
        "ends_at": to_ms(window.ends_at),
        "body": encode(WINDOW, window),
    }


def hold_columns(hold: Hold) -> dict[str, str | int]:
    return {
        "issue": hold.issue,
        "gate": hold.gate.value,
        "since": to_ms(hold.since),
        "body": encode(HOLD, hold),
    }


async def all_windows(reader: Reader) -> dict[str, Window | None]:
    rows = await reader.rows(WINDOWS)
    return {key: decode(WINDOW, body, f"window {key}") for key, body in rows}


async def all_freezes(reader: Reader) -> dict[str, Freeze | None]:
    rows = await reader.rows(FREEZES)
    return {scope: decode(FREEZE, body, f"the freeze of {scope}") for scope, body in rows}


async def all_holds(reader: Reader) -> dict[IssueId, Hold | None]:
    rows = await reader.rows(HOLDS)
    return {issue: decode(HOLD, body, f"the hold of issue {issue}") for issue, body in rows}
