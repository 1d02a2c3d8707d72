"""Issues: open ones, and all that ever closed."""

from collections.abc import Iterable
from datetime import datetime

from plcmon.model.issues import Issue
from plcmon.store.codec import ISSUE, decode, encode
from plcmon.store.connection import Reader, Row, Writer
from plcmon.times import to_ms

UPSERT = """
INSERT INTO issues (id, type, subject, status, opened_at, closed_at, body)
VALUES (:id, :type, :subject, :status, :opened_at, :closed_at, :body)
ON CONFLICT (id) DO UPDATE
SET status = excluded.status, closed_at = excluded.closed_at, body = excluded.body
"""
REMEMBERED = """
SELECT id, body
FROM issues
WHERE id IN (
    SELECT id FROM issues WHERE status <> 'closed'
    UNION SELECT id FROM issues WHERE closed_at >= :since
)
ORDER BY coalesce(closed_at, opened_at), id
"""
CLOSED = """
SELECT id, body
FROM issues
WHERE closed_at IS NOT NULL
ORDER BY closed_at DESC, id DESC
LIMIT :limit
"""


async def put_issues(writer: Writer, *, issues: Iterable[Issue]) -> None:
    """Write issues; those that close come first, so that a successor may open in one commit."""
    closed_first = sorted(issues, key=lambda issue: issue.is_open)
    await writer.many(UPSERT, [columns(issue) for issue in closed_first])


def columns(issue: Issue) -> dict[str, str | int | None]:
    return {
        "id": issue.id,
        "type": issue.type.value,
        "subject": str(issue.subject),
        "status": issue.status.value,
        "opened_at": to_ms(issue.opened_at),
        "closed_at": to_ms(issue.closed_at) if issue.closed_at else None,
        "body": encode(ISSUE, issue),
    }


def issue_of(row: Row) -> Issue:
    issue_id, body = row
    return decode(ISSUE, body, f"issue {issue_id}")


async def remembered_issues(reader: Reader, *, since: datetime) -> list[Issue]:
    """Every open issue, and those closed since; the order in which they closed or opened."""
    return [issue_of(row) for row in await reader.rows(REMEMBERED, {"since": to_ms(since)})]


async def closed_issues(reader: Reader, *, limit: int) -> list[Issue]:
    """The latest first."""
    return [issue_of(row) for row in await reader.rows(CLOSED, {"limit": limit})]
