"""Outbox rows as the fold writes them."""

from datetime import UTC, datetime, timedelta

from plcmon.model.intents import IntentId, OutboxRow
from plcmon.model.issues import IssueId
from plcmon.model.subjects import node_subject

NOW = datetime(2026, 3, 14, 2, 14, tzinfo=UTC)
TECH = "tech@site.example.org"
FACTS = {
    "level": "1, no new slices",
    "legend": "0 none; 1 no new slices; 2 slices suspended",
    "node": "node-1.example.org",
    "site": "here",
    "since": "2026-03-12 02:00:00 UTC",
    "duration": "48 h",
    "last_good": "2026-03-12 01:55:00 UTC",
    "seen": "nothing answers on 22, 80",
    "evidence": "the gateway answers",
    "tried": "2026-03-13 02:00:00 UTC power-cycle: the node did not reboot",
    "next": "a mail to the PI after 7 d",
    "pcu": "pdu-1",
    "outlet": "3",
    "finding": "login refused",
    "lines": "nodes: good 6\nissues: none",
}


def row(
    notice: str = "down",
    *,
    issue: str = "I1",
    recipient: str = TECH,
    site: str = "here",
    repeat: int = 1,
    at: datetime = NOW,
    intent: str = "",
    mail: str = "",
    **facts: str,
) -> OutboxRow:
    """One row; facts that are not given are believable."""
    return OutboxRow(
        IssueId(issue),
        "tell",
        recipient,
        repeat,
        notice,
        site,
        node_subject(f"toml:{issue}"),
        at,
        facts={**FACTS, **facts},
        intent=IntentId(intent) if intent else None,
        mail=mail,
    )


def later(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)
