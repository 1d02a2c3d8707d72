"""Beliefs: one row for each subject, always the present one."""

from collections.abc import Iterable, Mapping

from plcmon.model.beliefs import Belief, FleetBelief
from plcmon.store.codec import BELIEF_KINDS, BELIEFS, converted, decode, encode
from plcmon.store.connection import Reader, Writer
from plcmon.times import to_ms

BeliefKey = tuple[type[Belief], str]  # as Changes has it

UPSERT = """
INSERT INTO beliefs (kind, key, status, status_since, body)
VALUES (:kind, :key, :status, :status_since, :body)
ON CONFLICT (kind, key) DO UPDATE
SET status = excluded.status, status_since = excluded.status_since, body = excluded.body
"""
SELECT = "SELECT kind, key, body FROM beliefs ORDER BY kind, key"


async def put_beliefs(writer: Writer, *, beliefs: Mapping[BeliefKey, Belief]) -> None:
    await writer.many(UPSERT, await converted(list(beliefs.items()), columns))


def columns(item: tuple[BeliefKey, Belief]) -> dict[str, str | int | None]:
    (_, key), belief = item
    kind = BELIEF_KINDS[type(belief)]
    body = encode(BELIEFS[kind], belief)
    if isinstance(belief, FleetBelief):
        return {"kind": kind, "key": key, "status": None, "status_since": None, "body": body}
    since = belief.status_since
    return {
        "kind": kind,
        "key": key,
        "status": belief.status.value,
        "status_since": to_ms(since) if since else None,
        "body": body,
    }


async def all_beliefs(reader: Reader) -> dict[BeliefKey, Belief]:
    rows: Iterable[tuple[str, str, str]] = await reader.rows(SELECT)
    types = {kind: belief for belief, kind in BELIEF_KINDS.items()}
    return {
        (types[kind], key): decode(BELIEFS[kind], body, f"the belief of {kind}/{key}")
        for kind, key, body in rows
    }
