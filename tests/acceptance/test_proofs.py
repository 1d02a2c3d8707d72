"""The proofs themselves: each finds what it is there to find, and nothing where all is well."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest

from plcmon.times import to_ms
from tests.acceptance import proofs
from tests.acceptance.trouble import Fault

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def state() -> Iterator[sqlite3.Connection]:
    """A state of today's shape with nothing in it."""
    with closing(sqlite3.connect(":memory:")) as connection:
        schema = files("plcmon.store").joinpath("schema/state.sql").read_text(encoding="utf-8")
        connection.executescript(schema)
        yield connection


def write_cut(state: sqlite3.Connection, intent: str, at: datetime) -> None:
    row = (intent, "off", "toml:pdu", "1", to_ms(at))
    state.execute("INSERT INTO commands VALUES (?, 1, ?, ?, ?, ?, '{}')", row)


def heard(*times: datetime) -> dict[str, list[proofs.Truth]]:
    """What the unit's own log says."""
    rows = [
        {"at": at.isoformat(), "verb": "off", "outlet": "1", "destructive": True} for at in times
    ]
    return {"pdu": rows}


def tell(state: sqlite3.Connection, seq: int, kind: str, body: str, at: datetime = NOON) -> None:
    row = (seq, to_ms(at), kind, "node/toml:n1", body)
    state.execute("INSERT INTO events VALUES (?, ?, ?, ?, 'local', '', ?)", row)


def test_each_cut_leans_on_a_row_of_its_own(state: sqlite3.Connection) -> None:
    write_cut(state, "A", NOON)
    write_cut(state, "B", NOON + 60 * SECOND)

    assert not proofs.duplicates(state, heard(NOON + SECOND, NOON + 61 * SECOND))
    assert proofs.cuts_heard(heard(NOON, NOON)) == 2


def test_row_without_a_cut_is_a_death_in_between(state: sqlite3.Connection) -> None:
    write_cut(state, "A", NOON)

    assert not proofs.duplicates(state, heard())


@pytest.mark.parametrize(
    "times",
    [(NOON + SECOND, NOON + 2 * SECOND), (NOON - SECOND,)],
    ids=["said twice", "said before it was written"],
)
def test_cut_without_a_row_is_a_duplicate(
    state: sqlite3.Connection, times: tuple[datetime, ...]
) -> None:
    write_cut(state, "A", NOON)

    assert len(proofs.duplicates(state, heard(*times))) == 1


def test_outlet_that_is_off_is_found() -> None:
    truth = {"pcus": {"pdu": {"relays": {"1": True, "2": False}}}}

    assert proofs.left_off(truth) == ["pdu:2"]


@pytest.mark.parametrize(("opened", "lost"), [(5, 0), (60, 1)], ids=["in time", "too late"])
def test_silence_needs_an_issue_before_it_is_cured(
    state: sqlite3.Connection, opened: int, lost: int
) -> None:
    body = '{"issue": "I", "type": "node_down", "change": "%s"}'
    tell(state, 1, "IssueChanged", body % "opened", NOON + opened * SECOND)
    tell(state, 2, "IssueChanged", body % "closed", NOON + 90 * SECOND)
    fault = Fault("n1", "s", NOON, 0.0, 0, cured_at=NOON + 30 * SECOND)

    assert len(proofs.lost_issues(state, [fault])) == lost


def test_intent_that_skips_a_state_is_found(state: sqlite3.Connection) -> None:
    for seq, word in enumerate(("planned", "claimed", "confirmed", "sent"), 1):
        tell(state, seq, "IntentChanged", f'{{"intent": "A", "state": "{word}"}}')

    assert "intent A: sent after confirmed" in proofs.broken_histories(state)


def test_mail_that_was_never_written_down_is_invented(state: sqlite3.Connection) -> None:
    envelope = {"message_id": "<x@y>", "recipients": ["tech@example.org"]}

    found, repeated = proofs.wrong_mails(state, [(envelope, b""), (envelope, b"")])

    assert set(found) == {"<x@y> was never written down"}
    assert repeated == 1


def test_row_that_names_a_missing_mail_is_found(state: sqlite3.Connection) -> None:
    state.execute("INSERT INTO outbox VALUES ('I', 'tell', 'a@b', 1, 0, '<x@y>', '{}')")

    assert proofs.wrong_mails(state, []) == (["a row is in <x@y>, which is not there"], 0)
