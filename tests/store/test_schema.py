"""The schema knows the words of the model, and finds rows by index."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum

import pytest

from plcmon.model.audit import Selection
from plcmon.model.beliefs import Status
from plcmon.model.intents import ActionKind, IntentState, MailState
from plcmon.model.issues import IssueStatus, IssueType
from plcmon.model.readings import Probe
from plcmon.model.subjects import SubjectKind
from plcmon.store import (
    audit,
    availability,
    events,
    intents,
    issues,
    mails,
    readings,
    transcripts,
)
from plcmon.store.migrate import FILES

SCHEMAS = {
    name: (FILES.parent / "schema" / f"{name}.sql").read_text("utf-8")
    for name in ("state", "history")
}
WORDS = re.compile(r"CREATE TABLE (\w+)|CHECK \((\w+) IN \(([^)]*)\)\)")


def checked_words(database: str) -> dict[str, set[str]]:
    """Every CHECK that lists words: table.column -> words."""
    found, table = {}, ""
    for match in WORDS.finditer(SCHEMAS[database]):
        table = match[1] or table
        if match[2]:
            found[f"{table}.{match[2]}"] = set(re.findall(r"'([^']*)'", match[3]))
    return found


@pytest.mark.parametrize(
    ("database", "column", "words"),
    [
        ("state", "beliefs.kind", SubjectKind),
        ("state", "beliefs.status", Status),
        ("state", "issues.type", IssueType),
        ("state", "issues.status", IssueStatus),
        ("state", "intents.kind", ActionKind),
        ("state", "intents.state", IntentState),
        ("state", "mails.state", MailState),
        ("history", "readings.probe", Probe),
    ],
)
def test_checks_list_the_words_of_the_model(
    database: str, column: str, words: type[StrEnum]
) -> None:
    """A word that the model gains needs a migration."""
    assert checked_words(database)[column] == {word.value for word in words}


@pytest.fixture(params=["state", "history"])
def database(request: pytest.FixtureRequest) -> Iterator[tuple[str, sqlite3.Connection]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SCHEMAS[request.param])
        yield request.param, connection


def test_every_table_is_strict(database: tuple[str, sqlite3.Connection]) -> None:
    _, connection = database
    tables = connection.execute("SELECT name, strict FROM pragma_table_list")

    lax = {name for name, strict in tables if not strict}
    assert lax == {"sqlite_schema", "sqlite_temp_schema"}


QUERIES = [
    ("state", events.AFTER, "PRIMARY KEY"),
    ("state", events.BETWEEN, "events_by_time"),
    ("state", events.BETWEEN_KINDS, "events_by_time"),
    ("state", events.OF_SUBJECT, "events_by_subject"),
    ("state", audit.AFTER, "PRIMARY KEY"),
    ("state", audit.query(Selection(subject="node/a"))[0], "audit_by_subject"),
    ("state", issues.CLOSED, "issues_by_close"),
    ("state", issues.REMEMBERED, "issues_one_open"),
    ("state", issues.REMEMBERED, "issues_by_close"),
    ("state", intents.REMEMBERED, "intents_live"),
    ("state", intents.REMEMBERED, "intents_by_time"),
    ("state", intents.COMMANDS, "intents_live"),
    ("state", mails.REMEMBERED, "outbox_unfixed"),
    ("state", mails.REMEMBERED, "outbox_by_time"),
    ("state", mails.REMEMBERED_MAILS, "mails_unsent"),
    ("state", mails.REMEMBERED_MAILS, "mails_by_time"),
    ("state", mails.PRUNE, "outbox_by_time"),
    ("state", mails.PRUNE_MAILS, "mails_by_time"),
    ("history", readings.OF_SUBJECT, "readings_by_subject"),
    ("history", transcripts.OF_PCU, "transcripts_by_pcu"),
    ("history", availability.HOURS, "PRIMARY KEY"),
    ("history", availability.DAYS, "PRIMARY KEY"),
    ("history", availability.PRUNE, "hourly_by_time"),
]


@pytest.mark.parametrize(("name", "sql", "index"), QUERIES, ids=[query[2] for query in QUERIES])
def test_query_goes_by_its_index(name: str, sql: str, index: str) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SCHEMAS[name])
        parameters = dict.fromkeys(re.findall(r":(\w+)", sql), 1)
        steps = connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters).fetchall()

    assert index in " / ".join(step[3] for step in steps)
