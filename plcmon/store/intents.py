"""Intents and their commands: what was going to be done, written before it was."""

from collections.abc import Iterable
from datetime import datetime

from plcmon.model.intents import Command, Intent, IntentId
from plcmon.store.codec import COMMAND, INTENT, decode, encode
from plcmon.store.connection import Reader, Row, Writer
from plcmon.times import to_ms

UPSERT = """
INSERT INTO intents (id, kind, target, issue, rung, state, planned_at, sent_at, live, body)
VALUES (:id, :kind, :target, :issue, :rung, :state, :planned_at, :sent_at, :live, :body)
ON CONFLICT (id) DO UPDATE
SET state = excluded.state, sent_at = excluded.sent_at, live = excluded.live, body = excluded.body
"""
REMEMBERED = """
SELECT id, body
FROM intents
WHERE id IN (
    SELECT id FROM intents WHERE live = 1
    UNION SELECT id FROM intents WHERE planned_at >= :since
)
ORDER BY planned_at, id
"""
ONE = "SELECT id, body FROM intents WHERE id = :id"

UPSERT_COMMAND = """
INSERT INTO commands (intent, number, verb, pcu, outlet, sent_at, body)
VALUES (:intent, :number, :verb, :pcu, :outlet, :sent_at, :body)
ON CONFLICT (intent, number) DO UPDATE
SET body = excluded.body
"""
COMMANDS = """
SELECT intent, number, body
FROM commands
WHERE intent IN (
    SELECT id FROM intents WHERE live = 1
    UNION SELECT id FROM intents WHERE planned_at >= :since
)
ORDER BY intent, number
"""


async def put_intents(writer: Writer, *, intents: Iterable[Intent]) -> None:
    await writer.many(UPSERT, [columns(intent) for intent in intents])


async def put_commands(writer: Writer, *, commands: Iterable[Command]) -> None:
    """Write commands; a later row of the same number is the same command, answered.

    Raises StoreError for a second off or cycle of one outlet within one intent.
    """
    await writer.many(UPSERT_COMMAND, [command_columns(command) for command in commands])


def columns(intent: Intent) -> dict[str, str | int | None]:
    return {
        "id": intent.id,
        "kind": intent.kind.value,
        "target": str(intent.target),
        "issue": intent.issue,
        "rung": intent.rung,
        "state": intent.state.value,
        "planned_at": to_ms(intent.planned_at),
        "sent_at": to_ms(intent.sent_at) if intent.sent_at else None,
        "live": int(intent.in_flight or intent.awaits_proof),
        "body": encode(INTENT, intent),
    }


def command_columns(command: Command) -> dict[str, str | int]:
    return {
        "intent": command.intent,
        "number": command.number,
        "verb": command.verb,
        "pcu": command.outlet.pcu,
        "outlet": command.outlet.outlet,
        "sent_at": to_ms(command.sent_at),
        "body": encode(COMMAND, command),
    }


def intent_of(row: Row) -> Intent:
    intent_id, body = row
    return decode(INTENT, body, f"intent {intent_id}")


async def remembered_intents(reader: Reader, *, since: datetime) -> list[Intent]:
    """What was planned since, and whatever is in flight or waits for proof; oldest first."""
    return [intent_of(row) for row in await reader.rows(REMEMBERED, {"since": to_ms(since)})]


async def remembered_commands(reader: Reader, *, since: datetime) -> list[Command]:
    """The commands of the remembered intents, in order."""
    rows = await reader.rows(COMMANDS, {"since": to_ms(since)})
    return [
        decode(COMMAND, body, f"command {number} of intent {intent}")
        for intent, number, body in rows
    ]


async def one_intent(reader: Reader, *, intent_id: IntentId) -> Intent | None:
    row = await reader.row(ONE, {"id": intent_id})
    return intent_of(row) if row else None
