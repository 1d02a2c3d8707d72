"""The last good inventory, and when each of its nodes was last heard of."""

from collections.abc import Sequence
from datetime import datetime

from plcmon.model.events import NodeSeen
from plcmon.model.subjects import Inventory
from plcmon.store.codec import INVENTORY, decode, encode
from plcmon.store.connection import Reader, Writer
from plcmon.times import from_ms, to_ms

REPLACE = "INSERT OR REPLACE INTO inventory (id, read_at, body) VALUES (1, :read_at, :body)"
SELECT = "SELECT body FROM inventory WHERE id = 1"

UPSERT_SEEN = """
INSERT INTO seen (node, answered_at, login_at)
VALUES (:node, :answered_at, :login_at)
ON CONFLICT (node) DO UPDATE
SET answered_at = excluded.answered_at, login_at = excluded.login_at
"""
SEEN = "SELECT node, answered_at, login_at FROM seen ORDER BY node"


async def put_inventory(writer: Writer, *, inventory: Inventory) -> None:
    read_at = ms(inventory.read_at)
    body = encode(INVENTORY, inventory)
    await writer.execute(REPLACE, {"read_at": read_at, "body": body})


async def last_inventory(reader: Reader) -> Inventory:
    """The last good one; empty before the first."""
    row = await reader.row(SELECT)
    return decode(INVENTORY, row[0], "the inventory") if row else Inventory()


async def put_seen(writer: Writer, *, seen: Sequence[NodeSeen]) -> None:
    await writer.many(
        UPSERT_SEEN,
        [
            {"node": s.key, "answered_at": ms(s.answered_at), "login_at": ms(s.login_at)}
            for s in seen
        ],
    )


async def all_seen(reader: Reader) -> list[NodeSeen]:
    rows = await reader.rows(SEEN)
    return [NodeSeen(node, at(answered), at(login)) for node, answered, login in rows]


def ms(instant: datetime | None) -> int | None:
    return to_ms(instant) if instant else None


def at(value: int | None) -> datetime | None:
    return from_ms(value) if value is not None else None
