"""Transcripts: the last few of each PCU, none of them endless."""

from datetime import timedelta

from plcmon.model.intents import Transcript
from plcmon.model.subjects import PcuKey
from plcmon.store import Database
from plcmon.store.transcripts import KEPT, MOST
from tests.fakes.clock import NOON
from tests.store.examples import PCU


async def test_transcript_comes_back(db: Database) -> None:
    await db.keep_transcript(PCU, NOON, "01INTENT", "> 1\n< Outlet 1: On")

    assert await db.transcripts(PCU) == [
        Transcript(PCU, NOON, "01INTENT", "> 1\n< Outlet 1: On"),
    ]


async def test_only_the_last_few_stay_latest_first(db: Database) -> None:
    for number in range(KEPT + 3):
        await db.keep_transcript(PCU, NOON + timedelta(minutes=number), "", f"session {number}")

    texts = [transcript.text for transcript in await db.transcripts(PCU)]
    assert texts == [f"session {number}" for number in range(KEPT + 2, 2, -1)]


async def test_other_units_keep_theirs(db: Database) -> None:
    other = PcuKey("toml:other")
    await db.keep_transcript(other, NOON, "", "theirs")
    for number in range(KEPT + 1):
        await db.keep_transcript(PCU, NOON, "", f"session {number}")

    assert [transcript.text for transcript in await db.transcripts(other)] == ["theirs"]


async def test_of_a_long_one_the_end_stays(db: Database) -> None:
    await db.keep_transcript(PCU, NOON, "", "x" * MOST + "the end")

    (transcript,) = await db.transcripts(PCU)
    assert len(transcript.text) == MOST
    assert transcript.text.endswith("the end")


async def test_cut_does_not_break_a_letter(db: Database) -> None:
    await db.keep_transcript(PCU, NOON, "", "é" * MOST + "x")

    (transcript,) = await db.transcripts(PCU)
    assert set(transcript.text) == {"é", "x"}
    assert len(transcript.text.encode()) <= MOST


async def test_bytes_that_are_no_text_do_not_matter(db: Database) -> None:
    await db.keep_transcript(PCU, NOON, "", "caf\udce9\x00")

    (transcript,) = await db.transcripts(PCU)
    assert transcript.text == "caf?\x00"
