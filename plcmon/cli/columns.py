"""Columns: what the tables show of each kind of row."""

from datetime import datetime

from plcmon.cli.table import Column
from plcmon.operations.phrases import age, ago, within
from plcmon.operations.views import (
    ACTING,
    AuditView,
    IntentView,
    IssueView,
    NodeView,
    PcuView,
    SiteView,
)

SHORT = 6  # characters of an id in a table


def beyond_status(row: NodeView | PcuView | SiteView) -> str:
    """The reason without its beginning, `offline for 2h: `, which has columns of its own."""
    head, colon, rest = row.why.partition(": ")
    return rest if colon and head.split(" ")[0] == row.status else row.why


def node_columns(now: datetime) -> list[Column]:
    return [
        Column("STATUS", lambda n: n.status),
        Column("NODE", lambda n: n.name, least=20),
        Column("SITE", lambda n: n.site, drop=5),
        Column("FOR", lambda n: age(n.since, now) if n.since else "-", right=True),
        Column("SEEN", lambda n: ago(n.seen_at, now), right=True, drop=3),
        Column("MARKS", lambda n: " ".join(n.marks), drop=4),
        Column("WHY", beyond_status, least=30),
    ]


def audit_columns(now: datetime) -> list[Column]:
    return [
        Column("ROW", lambda a: str(a.seq), right=True, drop=3),
        Column("TIME", lambda a: f"{a.at.astimezone(now.tzinfo):%Y-%m-%d %H:%M:%S}"),
        Column("ACTOR", lambda a: a.actor, least=6, drop=2),
        Column("SUBJECT", lambda a: a.name or a.subject, least=12),
        Column("VERB", lambda a: a.verb, least=12),
        Column("OUTCOME", lambda a: a.outcome, drop=1),
        Column("WHY", beyond_reason, least=20),
    ]


def beyond_reason(row: AuditView) -> str:
    """The reason, and what it does not say itself."""
    said = row.detail and row.detail not in row.reason
    return f"{row.reason} ({row.detail})" if said else row.reason


def pcu_columns(now: datetime) -> list[Column]:
    return [
        Column("STATUS", lambda p: p.status),
        Column("PCU", lambda p: p.name, least=12),
        Column("SITE", lambda p: p.site, drop=3),
        Column("FAMILY", lambda p: p.family),
        Column("ADDRESS", lambda p: p.address, drop=4),
        Column("TESTED", lambda p: ago(p.tested_at, now), right=True, drop=2),
        Column("NODES", lambda p: str(len(p.nodes)), right=True, drop=1),
        Column("WHY", beyond_status, least=30),
    ]


def site_columns(now: datetime) -> list[Column]:
    return [
        Column("STATUS", lambda s: s.status),
        Column("SITE", lambda s: s.key),
        Column("NAME", lambda s: s.name, least=12, drop=2),
        Column("FOR", lambda s: age(s.since, now) if s.since else "-", right=True, drop=1),
        Column("UP", lambda s: f"{s.up}/{s.nodes}", right=True),
        Column("NEEDS", lambda s: str(s.needed), right=True),
        Column("ISSUES", lambda s: str(len(s.issues)), right=True),
        Column("WHY", beyond_status, least=30),
    ]


def issue_columns(now: datetime) -> list[Column]:
    return [
        Column("TYPE", lambda i: i.type),
        Column("SUBJECT", lambda i: i.name, least=20),
        Column("SITE", lambda i: i.site, drop=5),
        Column("OPEN", lambda i: age(i.opened_at, now), right=True),
        Column("RUNG", lambda i: f"{i.rung_number}/{i.rungs} {i.rung or '-'}", drop=3),
        Column("NEXT", lambda i: next_of(i, now), drop=2),
        Column("WHY", lambda i: i.why, least=30),
        Column("ID", lambda i: short_id(i.id), drop=1),
    ]


def next_of(issue: IssueView, now: datetime) -> str:
    """What comes next, and when."""
    if issue.proposal:
        return f"{issue.next_rung} awaits approval"
    if issue.status != "open" or not issue.next_rung:
        return issue.status if issue.status != "open" else "-"
    if issue.held_by == ACTING:
        return "acting"
    if issue.held_by:
        return f"{issue.next_rung} held"
    if issue.next_at is None:
        return issue.next_rung
    return f"{issue.next_rung} {within(issue.next_at, now)}"


def state_of(intent: IntentView) -> str:
    """What it came to; for one that runs how far it is, for one that waits for proof just that."""
    if intent.verdict:
        return intent.verdict
    if intent.state == "confirmed" and intent.stage == "read on" and intent.kind == "power-cycle":
        return "awaits proof"
    return intent.stage if intent.state == "sent" and intent.stage else intent.state


def intent_columns(now: datetime) -> list[Column]:
    return [
        Column("PLANNED", lambda i: ago(i.planned_at, now), right=True, drop=2),
        Column("KIND", lambda i: i.kind),
        Column("TARGET", lambda i: i.name, least=20),
        Column("STATE", state_of),
        Column("ACTOR", lambda i: i.actor, drop=5),
        Column("DETAIL", lambda i: i.detail or i.reason, least=24, drop=4),
        Column("ID", lambda i: short_id(i.id), drop=1),
    ]


def gate_columns(now: datetime) -> list[Column]:
    return [
        Column("GATE", lambda gate: gate.name),
        Column("ANSWER", lambda gate: gate.answer),
        Column("FACT", lambda gate: gate.fact, least=30),
        Column("AGE", lambda gate: age(gate.at, now) if gate.at else "-", right=True),
        Column("DISTANCE", lambda gate: gate.distance, least=12, drop=1),
    ]


def short_id(text: str) -> str:
    """The end of an id: enough to say it by, and it changes where the beginning is but a time."""
    return text[-SHORT:]


def nothing(what: str, match: str) -> str:
    return f'no {what} matches "{match}"' if match else f"no {what}"
