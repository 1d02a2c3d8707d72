"""A small journal that holds, and the selections of a store over a list of its rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from plcmon.model.audit import GENESIS, Selection, chain, link_of
from plcmon.model.events import AuditRow

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
ISSUE = "01HQXDOWN00000000000000001"
NODE = "node/toml:2"


def chained(rows: Iterable[AuditRow]) -> list[AuditRow]:
    link, made = GENESIS, []
    for row in rows:
        made.append(chain(link, row))
        link = link_of(made[-1])
    return made


def a_journal() -> list[AuditRow]:
    """A start, an issue, a hold that ends, and a person's freeze."""
    opened = {"type": "node_down", "site": "north"}
    return chained(
        [
            AuditRow(AT, "engine", "fleet/all", "started", "policy p1"),
            AuditRow(
                AT + timedelta(minutes=20),
                "engine",
                NODE,
                "issue opened",
                "silent for 24h",
                gates=opened,
                issue=ISSUE,
            ),
            AuditRow(
                AT + timedelta(minutes=21),
                "engine",
                NODE,
                "held",
                "freeze: all is frozen by ann",
                (2,),
                (60.0,),
                {"freeze": "hold: all is frozen by ann"},
                issue=ISSUE,
                detail="cycle",
            ),
            AuditRow(
                AT + timedelta(minutes=30),
                "ann",
                "fleet/all",
                "unfreeze",
                "mended",
                gates={"scope": "all"},
            ),
            AuditRow(
                AT + timedelta(minutes=31),
                "engine",
                NODE,
                "hold ended",
                "freeze does not hold it any more",
                issue=ISSUE,
                detail="cycle",
            ),
        ]
    )


def is_selected(row: AuditRow, selection: Selection) -> bool:
    same = all(
        getattr(selection, name) in ("", getattr(row, name))
        for name in ("subject", "issue", "intent", "actor")
    )
    verb = selection.verb
    begins = not verb or row.verb == verb or row.verb.startswith(f"{verb} ")
    late = selection.since is None or row.at >= selection.since
    early = selection.until is None or row.at < selection.until
    return same and begins and late and early


@dataclass
class FakeJournal:
    """The store's reads of the journal, over a list."""

    journal: list[AuditRow] = field(default_factory=a_journal)
    cut_off: int = 0  # rows that the head knows of and that are gone

    async def audit(self, selection: Selection) -> Sequence[AuditRow]:
        found = [row for row in self.journal if is_selected(row, selection)]
        return found[-selection.limit :] if selection.limit else []

    async def audit_after(self, after: int, limit: int) -> Sequence[AuditRow]:
        return [row for row in self.journal if row.seq > after][:limit]

    async def audit_head(self) -> int:
        return (self.journal[-1].seq if self.journal else 0) + self.cut_off
