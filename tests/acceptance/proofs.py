"""Proofs: what must be true after all the killing, by the units' own logs and by the state."""

import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from plcmon.auditor import Auditor
from plcmon.inventory.toml import load
from plcmon.mail.compose import to_bytes
from plcmon.model.audit import first_broken
from plcmon.model.intents import NEXT_STATES, IntentState
from plcmon.operations.auditing import limits_of
from plcmon.store.audit import audit_row_of
from plcmon.store.codec import MAIL, decode
from plcmon.times import from_ms
from tests.acceptance.trouble import Fault

Truth = dict[str, Any]

CUTS = "SELECT intent, pcu, outlet, sent_at FROM commands WHERE verb <> 'on' ORDER BY sent_at"
CHANGES = """
SELECT at, json_extract(body, '$.issue'), json_extract(body, '$.change'), subject
FROM events
WHERE kind = 'IssueChanged'
ORDER BY seq
"""
ISSUES = "SELECT id, status FROM issues"
STEPS = """
SELECT json_extract(body, '$.intent'), json_extract(body, '$.state')
FROM events
WHERE kind = 'IntentChanged'
ORDER BY seq
"""
INTENTS = "SELECT id, state FROM intents"
OUTBOX = "SELECT issue, rung, recipient, repeat, mail FROM outbox"
MAILS = "SELECT message_id, state, recipient, body FROM mails"
AUDIT = """
SELECT seq, at, actor, subject, verb, reason, evidence, ages_s, gates, intent, issue, outcome,
    detail, previous, hash
FROM audit
ORDER BY seq
"""
HEAD = "SELECT audit_seq, audit_hash, last_event FROM brain"
MINUTE = timedelta(minutes=1)


def duplicates(state: sqlite3.Connection, logs: Mapping[str, Sequence[Truth]]) -> list[str]:
    """Cuts in the units' own logs that no command of its own stands for, and commands said twice.

    Each *off* that a unit heard needs a row that was written before it, and no other *off* may
    lean on the same row.
    """
    written: dict[tuple[str, str], list[datetime]] = {}
    twice: Counter[tuple[str, str, str]] = Counter()
    for intent, pcu, outlet, sent_at in state.execute(CUTS):
        written.setdefault((pcu, outlet), []).append(from_ms(sent_at))
        twice[intent, pcu, outlet] += 1
    found = [f"{key} was sent {count} times" for key, count in twice.items() if count > 1]
    for pcu, rows in logs.items():
        for row in rows:
            if not row["destructive"]:
                continue
            heard = datetime.fromisoformat(row["at"])
            before = written.get((f"toml:{pcu}", row["outlet"]), [])
            if before and before[0] <= heard:
                before.pop(0)
            else:
                found.append(f"{pcu} outlet {row['outlet']} heard {row['verb']} at {heard}")
    return found


def cuts_heard(logs: Mapping[str, Sequence[Truth]]) -> int:
    return sum(row["destructive"] for rows in logs.values() for row in rows)


def left_off(truth: Truth) -> list[str]:
    """Outlets that are off now."""
    return [
        f"{pcu}:{outlet}"
        for pcu, record in truth["pcus"].items()
        for outlet, on in record["relays"].items()
        if not on
    ]


def lost_issues(state: sqlite3.Connection, faults: Iterable[Fault]) -> list[str]:
    """Silences that no issue stands for, from where they began until they were cured."""
    spans = list(open_spans(state))
    return [
        f"{fault.node} silent at {fault.at}"
        for fault in faults
        if not any(
            subject == f"node/toml:{fault.node}"
            and opened <= (fault.cured_at or opened)
            and closed >= fault.at
            for subject, opened, closed in spans
        )
    ]


def open_spans(state: sqlite3.Connection) -> Iterator[tuple[str, datetime, datetime]]:
    """(subject, from, to) of each issue of a node that is down, by the story."""
    began: dict[str, datetime] = {}
    for at, issue, change, subject in state.execute(CHANGES):
        if change in ("opened", "reopened"):
            began[issue] = from_ms(at)
        elif change == "closed" and issue in began:
            yield subject, began.pop(issue), from_ms(at)
        if change == "opened" and issue in began:
            yield subject, began[issue], from_ms(at)
    last = max((row[0] for row in state.execute("SELECT max(at) FROM events")), default=0)
    subjects = {issue: subject for _, issue, _, subject in state.execute(CHANGES)}
    for issue, since in began.items():
        yield subjects[issue], since, from_ms(last) + MINUTE


def broken_histories(state: sqlite3.Connection) -> list[str]:
    """Issues and intents whose row is not where their story left them."""
    found = []
    told: dict[str, str] = {}
    for _, issue, change, _ in state.execute(CHANGES):
        was = told.get(issue, "")
        fits = {"opened": was == "", "reopened": was == "closed"}.get(change, was == "open")
        if not fits:
            found.append(f"issue {issue}: {change} after {was or 'nothing'}")
        told[issue] = "closed" if change == "closed" else "open"
    for issue, status in state.execute(ISSUES):
        if told.get(issue) != ("open" if status == "paused" else status):
            found.append(f"issue {issue} is {status}, its story says {told.get(issue)}")
    return found + list(broken_intents(state))


def broken_intents(state: sqlite3.Connection) -> Iterator[str]:
    told: dict[str, str] = {}
    for intent, word in state.execute(STEPS):
        if word.startswith("verdict"):
            continue
        was = told.get(intent)
        fits = word == "planned" if was is None else IntentState(word) in NEXT_STATES[
            IntentState(was)
        ]  # fmt: skip
        if not fits:
            yield f"intent {intent}: {word} after {was or 'nothing'}"
        told[intent] = word
    for intent, word in state.execute(INTENTS):
        if told.get(intent) != word:
            yield f"intent {intent} is {word}, its story says {told.get(intent)}"


def wrong_mails(
    state: sqlite3.Connection, arrived: Sequence[tuple[Truth, bytes]]
) -> tuple[list[str], int]:
    """Mails that were invented, split, changed or lost; and how many came more than once."""
    rows = state.execute(OUTBOX).fetchall()
    inside = Counter(row[4] for row in rows if row[4])
    mails = {row[0]: row[1:] for row in state.execute(MAILS)}
    found = [f"a row is in {mail}, which is not there" for mail in inside if mail not in mails]
    found += [f"{mail} has no rows" for mail in mails if mail not in inside]
    wire = {
        message_id: to_bytes(decode(MAIL, body, message_id))
        for message_id, (_, _, body) in mails.items()
    }
    seen: Counter[str] = Counter()
    for envelope, content in arrived:
        message_id = envelope["message_id"]
        seen[message_id] += 1
        if message_id not in mails:
            found.append(f"{message_id} was never written down")
        elif content != wire[message_id]:
            found.append(f"{message_id} arrived with other bytes")
        elif envelope["recipients"] != [mails[message_id][1]]:
            found.append(f"{message_id} went to {envelope['recipients']}")
    taken = [mail for mail, (word, _, _) in mails.items() if word == "accepted"]
    found += [f"{mail} is accepted, but never arrived" for mail in taken if mail not in seen]
    return found, sum(count - 1 for count in seen.values())


def broken_journal(state: sqlite3.Connection) -> list[str]:
    """Where the chain of hashes, the numbers or the file itself do not hold."""
    rows = [audit_row_of(row) for row in state.execute(AUDIT)]
    broken = first_broken(rows)
    found = [] if broken is None else [f"the journal is broken at {broken}"]
    seq, digest, last_event = state.execute(HEAD).fetchone()
    if rows and (rows[-1].seq, rows[-1].hash) != (seq, digest):
        found.append("the journal does not end where its head says")
    (last,) = state.execute("SELECT max(seq) FROM events").fetchone()
    if last != last_event:
        found.append(f"the last event is {last}, the head says {last_event}")
    (whole,) = state.execute("PRAGMA integrity_check").fetchone()
    return found if whole == "ok" else [*found, f"the file is damaged: {whole}"]


def violations(state: sqlite3.Connection, config: Path) -> list[str]:
    """What the auditor finds in the journal, held to the numbers of that configuration."""
    settings, inventory = load(config, os.environ)
    auditor = Auditor(limits_of(settings.policy, len(inventory.nodes)))
    rows = [audit_row_of(row) for row in state.execute(AUDIT)]
    return [str(violation) for row in rows for violation in auditor.take(row)]


def mails_of(folder: Path, envelopes: Iterable[Truth]) -> list[tuple[Truth, bytes]]:
    """Each mail that the relay took, with its bytes."""
    return [(envelope, (folder / envelope["file"]).read_bytes()) for envelope in envelopes]
