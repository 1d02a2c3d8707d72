"""A pen that writes small journals, and an ear that hears what the auditor says of them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from plcmon.auditor import Auditor, Limits, Truth, Violation
from plcmon.model.events import AuditRow

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Pen:
    """Writes one row after the other; time goes on by what each row is told."""

    def __init__(self) -> None:
        self.now = START
        self.rows: list[AuditRow] = []
        self.write("started", "fleet/all", alive_at=START.isoformat())
        self.write("scan complete", "fleet/all")
        self.wait(HOUR)

    def wait(self, delta: timedelta) -> "Pen":
        self.now += delta
        return self

    def write(
        self,
        verb: str,
        subject: str,
        *,
        actor: str = "engine",
        reason: str = "because",
        intent: str = "",
        issue: str = "",
        outcome: str = "",
        detail: str = "",
        **facts: str,
    ) -> None:
        """`outlet_1` stands for `outlet 1`."""
        if verb == "started":
            facts.setdefault("adopted", "yes")
        gates = {name.replace("_1", " 1").replace("_by", " by"): f for name, f in facts.items()}
        self.rows.append(
            AuditRow(
                self.now,
                actor,
                subject,
                verb,
                reason,
                gates=gates,
                intent=intent,
                issue=issue,
                outcome=outcome,
                detail=detail,
                seq=len(self.rows) + 1,
            )
        )

    # Issues

    def open(self, issue: str = "A", node: str = "n1", site: str = "s1") -> None:
        self.write("issue opened", f"node/{node}", issue=issue, type="node_down", site=site)

    def rung(
        self,
        issue: str = "A",
        node: str = "n1",
        *,
        name: str = "cycle",
        order: int = 10,
        repeat: int = 1,
        effects: str = "power-cycle",
        after: timedelta = timedelta(),
        waited: timedelta | None = None,
    ) -> None:
        self.write(
            "rung taken",
            f"node/{node}",
            issue=issue,
            detail=name,
            rung=name,
            order=str(order),
            repeat=str(repeat),
            effects=effects,
            after_s=str(after.total_seconds()),
            waited_s=str((after if waited is None else waited).total_seconds()),
        )

    def close(self, issue: str = "A", node: str = "n1", *, cause: str = "healthy") -> None:
        facts = {"type": "node_down", "cause": cause}
        self.write("issue closed", f"node/{node}", issue=issue, **facts)

    # Power

    def plan(
        self,
        intent: str = "I",
        node: str = "n1",
        site: str = "s1",
        outlet: str = "p1 1",
        *,
        kind: str = "power-cycle",
        issue: str = "A",
        rung: str = "cycle",
        **more: Any,
    ) -> None:
        self.step(
            "planned",
            intent,
            node,
            site,
            outlet,
            kind=kind,
            issue=issue,
            families="apc",
            rung=rung,
            repeat="1",
            **more,
        )

    def step(
        self,
        state: str,
        intent: str = "I",
        node: str = "n1",
        site: str = "s1",
        outlet: str = "p1 1",
        *,
        kind: str = "power-cycle",
        issue: str = "A",
        **more: Any,
    ) -> None:
        self.write(
            f"{kind} {state}",
            f"node/{node}",
            intent=intent,
            issue=issue,
            site=site,
            outlet_1=outlet,
            **more,
        )

    def send(self, intent: str = "I", node: str = "n1", *args: str, **more: Any) -> None:
        self.step("claimed", intent, node, *args, **more)
        self.wait(MINUTE)
        self.step("sent", intent, node, *args, seen="silent", seen_by="fresh", **more)

    def command(
        self,
        verb: str,
        intent: str = "I",
        node: str = "n1",
        outlet: str = "p1 1",
        *,
        reads: str = "",
        answered: bool = True,
    ) -> None:
        subject = f"node/{node}"
        self.write(f"command {verb}", subject, intent=intent, outlet_1=outlet)
        if answered:
            self.wait(SECOND)
            self.write(
                f"command {verb} answered",
                subject,
                intent=intent,
                outlet_1=outlet,
                reads=reads,
                outcome="ok",
            )

    def cycle(self, intent: str = "I", node: str = "n1", *args: str, **more: Any) -> None:
        """Planned by a rung just before; off, on, confirmed."""
        outlet = args[1] if len(args) > 1 else "p1 1"
        self.plan(intent, node, *args, **more)
        self.send(intent, node, *args, **more)
        self.command("off", intent, node, outlet, reads="off")
        self.wait(10 * SECOND)
        self.command("on", intent, node, outlet, reads="on")
        self.step("confirmed", intent, node, *args, outcome="ok", **more)

    def fixed(self, intent: str = "I", node: str = "n1", **facts: str) -> None:
        sent = next(r.at for r in self.rows if r.intent == intent and r.verb.endswith(" sent"))
        stated = {
            "sent_at": sent.isoformat(),
            "booted_at": (sent + MINUTE).isoformat(),
            "boot id": "new",
            **facts,
        }
        subject = f"node/{node}"
        self.write("power-cycle verdict", subject, intent=intent, outcome="fixed", **stated)

    def repair(
        self, issue: str = "A", intent: str = "I", node: str = "n1", *args: str, **more: Any
    ) -> None:
        """One node goes down, is cycled, and is well again."""
        self.open(issue, node, *args[:1])
        self.wait(MINUTE)
        self.rung(issue, node)
        self.cycle(intent, node, *args, issue=issue, **more)
        self.wait(5 * MINUTE)
        self.fixed(intent, node)
        self.wait(10 * MINUTE)
        self.close(issue, node)

    # Mail

    def notice(
        self,
        intent: str = "N",
        node: str = "n1",
        *,
        issue: str = "A",
        rung: str = "tell",
        argument: str = "down tech",
        state: str = "planned",
    ) -> None:
        subject, facts = f"node/{node}", {"site": "s1"}
        if state == "planned":
            facts |= {"rung": rung, "repeat": "1", "argument": argument}
        self.write(f"notify {state}", subject, intent=intent, issue=issue, **facts)

    def mail(
        self,
        *rows: str,
        message: str = "<1@x>",
        to: str = "tech@s1",
        site: str = "s1",
    ) -> None:
        facts = {f"row {n}": row for n, row in enumerate(rows, 1)}
        stated = {"message": message, "to": to, "site": site, **facts}
        self.write("mail fixed", f"site/{site}", detail=message, **stated)

    def taken(self, message: str = "<1@x>", word: str = "accepted", to: str = "tech@s1") -> None:
        facts = {"message": message, "to": to, "site": "s1"}
        self.write(f"mail {word}", "site/s1", outcome=word, **facts)

    # Changing what is written

    def find(self, verb: str, nth: int = 0) -> int:
        return [n for n, row in enumerate(self.rows) if row.verb == verb][nth]

    def change(self, verb: str, nth: int = 0, /, **changes: Any) -> "Pen":
        """Write one row otherwise. `gates` are put over those that are there."""
        place = self.find(verb, nth)
        row = self.rows[place]
        gates = {**row.gates, **changes.pop("gates", {})}
        self.rows[place] = replace(row, gates=gates, **changes)
        return self

    def drop(self, verb: str, nth: int = 0) -> "Pen":
        del self.rows[self.find(verb, nth)]
        return self

    def insert(self, before: str, verb: str, subject: str, **more: Any) -> "Pen":
        """Put one row before the first with that verb, at its time."""
        return self._put(self.find(before), self.rows[self.find(before)].at, verb, subject, **more)

    def after(
        self,
        row: str,
        verb: str,
        subject: str = "fleet/all",
        *,
        later: timedelta = timedelta(),
        **more: Any,
    ) -> "Pen":
        """Put one row behind the last with that verb, some time later."""
        place = [n for n, other in enumerate(self.rows) if other.verb == row][-1]
        return self._put(place + 1, self.rows[place].at + later, verb, subject, **more)

    def _put(self, place: int, at: datetime, verb: str, subject: str, **more: Any) -> "Pen":
        now, self.now = self.now, at
        self.write(verb, subject, **more)
        self.rows.insert(place, self.rows.pop())
        self.now = now
        return self

    def move(self, verb: str, *, behind: str) -> "Pen":
        """The row with that verb comes behind another, at its time."""
        row = self.rows.pop(self.find(verb))
        place = self.find(behind)
        self.rows.insert(place + 1, replace(row, at=self.rows[place].at))
        return self


def audit(
    pen: Pen | Iterable[AuditRow],
    *,
    limits: Limits | None = None,
    truth: Truth | None = None,
    until: datetime | None = None,
) -> list[Violation]:
    """Every violation of the journal, and of the time that follows up to `until`."""
    rows = pen.rows if isinstance(pen, Pen) else list(pen)
    auditor, found = Auditor(limits, truth=truth), []
    for row in rows:
        # Rows are numbered when they are written; what a test changed does not renumber them.
        found += auditor.take(replace(row, seq=0))
    end = until or (rows[-1].at + DAY / 2)
    return found + auditor.at(end)


def broken(pen: Pen, **more: Any) -> set[int]:
    """The numbers of the invariants that it breaks."""
    return {violation.invariant for violation in audit(pen, **more)}
