"""Raw readings, for days: what was asked and answered, to look back at."""

from collections.abc import Sequence
from datetime import datetime

from plcmon.model.readings import Reading
from plcmon.model.subjects import Subject
from plcmon.store.codec import READING, converted, decode, encode
from plcmon.store.connection import Reader, Writer
from plcmon.times import to_ms

INSERT = """
INSERT INTO readings (subject, probe, at, arrived_at, body)
VALUES (:subject, :probe, :at, :arrived_at, :body)
"""
OF_SUBJECT = """
SELECT id, body
FROM readings
WHERE subject = :subject
ORDER BY at DESC, id DESC
LIMIT :limit
"""
# The oldest rows come first by number, so a batch needs no index on time.
PRUNE = """
DELETE FROM readings
WHERE id IN (SELECT id FROM (SELECT id, arrived_at FROM readings ORDER BY id LIMIT :batch)
    WHERE arrived_at < :before)
"""


async def append_readings(writer: Writer, *, readings: Sequence[Reading]) -> None:
    await writer.many(INSERT, await converted(readings, columns))


def columns(reading: Reading) -> dict[str, str | int]:
    return {
        "subject": str(reading.subject),
        "probe": reading.probe.value,
        "at": to_ms(reading.at),
        "arrived_at": to_ms(reading.arrived_at),
        "body": encode(READING, reading),
    }


async def last_readings(reader: Reader, *, subject: Subject, limit: int) -> list[Reading]:
    """The last of one subject, oldest first."""
    rows = await reader.rows(OF_SUBJECT, {"subject": str(subject), "limit": limit})
    return [decode(READING, body, f"reading {number}") for number, body in reversed(rows)]


async def prune_readings(writer: Writer, *, before: datetime, batch: int) -> int:
    """Delete old readings, one batch; returns how many went."""
    return await writer.execute(PRUNE, {"before": to_ms(before), "batch": batch})
