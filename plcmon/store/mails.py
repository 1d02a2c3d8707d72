"""The outbox and its mails: what is to be told to whom, and in which mail it went."""

from collections.abc import Iterable
from datetime import datetime

from plcmon.model.intents import Mail, OutboxRow
from plcmon.store.codec import MAIL, OUTBOX, decode, encode
from plcmon.store.connection import Reader, Writer
from plcmon.times import to_ms

UPSERT = """
INSERT INTO outbox (issue, rung, recipient, repeat, created_at, mail, body)
VALUES (:issue, :rung, :recipient, :repeat, :created_at, :mail, :body)
ON CONFLICT (issue, rung, recipient, repeat) DO UPDATE
SET mail = excluded.mail, body = excluded.body
"""
REMEMBERED = """
SELECT issue, recipient, body
FROM outbox
WHERE issue IN (
    SELECT issue FROM outbox WHERE mail = ''
    UNION SELECT issue FROM outbox WHERE created_at >= :since
    UNION SELECT id FROM issues WHERE status <> 'closed'
)
ORDER BY created_at, issue, rung, recipient, repeat
"""
UPSERT_MAIL = """
INSERT INTO mails (message_id, recipient, site, state, created_at, body)
VALUES (:message_id, :recipient, :site, :state, :created_at, :body)
ON CONFLICT (message_id) DO UPDATE
SET state = excluded.state, body = excluded.body
"""
REMEMBERED_MAILS = """
SELECT message_id, body
FROM mails
WHERE message_id IN (
    SELECT message_id FROM mails WHERE state = 'fixed'
    UNION SELECT message_id FROM mails WHERE created_at >= :since
)
ORDER BY created_at, message_id
"""
# What is in no mail yet, or of an issue that is open or was told of since, stays: it may decide.
PRUNE = """
DELETE FROM outbox
WHERE (issue, rung, recipient, repeat) IN (
    SELECT issue, rung, recipient, repeat
    FROM outbox
    WHERE created_at < :before AND mail <> ''
        AND issue NOT IN (SELECT id FROM issues WHERE status <> 'closed')
        AND issue NOT IN (SELECT issue FROM outbox WHERE created_at >= :before)
    ORDER BY created_at
    LIMIT :batch
)
"""
PRUNE_MAILS = """
DELETE FROM mails
WHERE message_id IN (
    SELECT message_id
    FROM mails
    WHERE created_at < :before AND state <> 'fixed'
        AND message_id NOT IN (SELECT mail FROM outbox)
    ORDER BY created_at
    LIMIT :batch
)
"""


async def put_outbox(writer: Writer, *, rows: Iterable[OutboxRow]) -> None:
    """Write rows. Raises StoreError when one would move from one mail to another."""
    await writer.many(UPSERT, [columns(row) for row in rows])


async def put_mails(writer: Writer, *, mails: Iterable[Mail]) -> None:
    await writer.many(UPSERT_MAIL, [mail_columns(mail) for mail in mails])


def columns(row: OutboxRow) -> dict[str, str | int]:
    return {
        "issue": row.issue,
        "rung": row.rung,
        "recipient": row.recipient,
        "repeat": row.repeat,
        "created_at": to_ms(row.created_at),
        "mail": row.mail,
        "body": encode(OUTBOX, row),
    }


def mail_columns(mail: Mail) -> dict[str, str | int]:
    return {
        "message_id": mail.message_id,
        "recipient": mail.recipient,
        "site": mail.site,
        "state": mail.state.value,
        "created_at": to_ms(mail.created_at),
        "body": encode(MAIL, mail),
    }


async def remembered_outbox(reader: Reader, *, since: datetime) -> list[OutboxRow]:
    """All rows of issues that are open, or have one since or one in no mail; oldest first."""
    rows = await reader.rows(REMEMBERED, {"since": to_ms(since)})
    return [
        decode(OUTBOX, body, f"the notice of issue {issue} to {recipient}")
        for issue, recipient, body in rows
    ]


async def remembered_mails(reader: Reader, *, since: datetime) -> list[Mail]:
    """Mails since, and those the relay has not answered for; oldest first."""
    rows = await reader.rows(REMEMBERED_MAILS, {"since": to_ms(since)})
    return [decode(MAIL, body, f"mail {message_id}") for message_id, body in rows]


async def prune_outbox(writer: Writer, *, before: datetime, batch: int) -> int:
    """Delete notices of old issues that are over, one batch; returns how many went."""
    return await writer.execute(PRUNE, {"before": to_ms(before), "batch": batch})


async def prune_mails(writer: Writer, *, before: datetime, batch: int) -> int:
    """Delete old mails that no notice is in any more, one batch; returns how many went."""
    return await writer.execute(PRUNE_MAILS, {"before": to_ms(before), "batch": batch})
