"""Transcripts of PCU sessions: the last few of each unit, free of secrets by the driver's care."""

from plcmon.model.intents import Transcript
from plcmon.model.subjects import PcuKey
from plcmon.store.codec import clean
from plcmon.store.connection import Reader, Writer
from plcmon.times import from_ms, to_ms

KEPT = 5  # of each PCU
MOST = 64 * 1024  # bytes of one

INSERT = """
INSERT INTO transcripts (pcu, at, intent, text)
VALUES (:pcu, :at, :intent, :text)
"""
DROP_OLDER = """
DELETE FROM transcripts
WHERE pcu = :pcu
    AND id NOT IN (SELECT id FROM transcripts WHERE pcu = :pcu ORDER BY id DESC LIMIT :kept)
"""
OF_PCU = """
SELECT pcu, at, intent, text
FROM transcripts
WHERE pcu = :pcu
ORDER BY id DESC
"""


async def append_transcript(writer: Writer, *, transcript: Transcript) -> None:
    """Keep one more and drop the oldest; of a long one the end stays, where things went wrong."""
    tail = clean(transcript.text).encode()[-MOST:].decode("utf-8", "ignore")
    row = {
        "pcu": transcript.pcu,
        "at": to_ms(transcript.at),
        "intent": transcript.intent,
        "text": tail,
    }
    await writer.execute(INSERT, row)
    await writer.execute(DROP_OLDER, {"pcu": transcript.pcu, "kept": KEPT})


async def transcripts_of(reader: Reader, *, pcu: PcuKey) -> list[Transcript]:
    """The latest first."""
    rows = await reader.rows(OF_PCU, {"pcu": pcu})
    return [Transcript(key, from_ms(at), intent, text) for key, at, intent, text in rows]
