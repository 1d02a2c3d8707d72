"""Commands and intents: `sent` first, and once (2); nothing left dark (3); a row a step (18)."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from plcmon.auditor.book import Book, Intent
from plcmon.auditor.family import Ears, Found, broken
from plcmon.auditor.limits import Limits
from plcmon.auditor.reading import of_engine, outlets_in, word_of
from plcmon.auditor.violation import Violation
from plcmon.model.events import AuditRow

DESTRUCTIVE = frozenset({"off", "cycle", "reset", "toggle", "request"})
CUTTING = frozenset({"off", "cycle"})
TOOK = frozenset({"ok", "already in state"})
NEXT: Mapping[str, frozenset[str]] = {
    "": frozenset({"planned"}),
    "planned": frozenset({"claimed", "cancelled"}),
    "claimed": frozenset({"sent", "confirmed", "failed", "cancelled"}),
    "sent": frozenset({"confirmed", "failed", "unknown"}),
    "unknown": frozenset({"confirmed", "failed"}),
    "confirmed": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}


class Commands:
    """What was said to power control units, and what became of it."""

    def __init__(self, book: Book, limits: Limits) -> None:
        self._book = book
        self._limits = limits
        self._foreign: set[str] = set()  # outlets that an unknown hand has off

    @property
    def ears(self) -> Ears:
        return {
            "intent": self.intent,
            "command": self.command,
            "answer": self.answer,
            "alert": self.alert,
            "foreign off": self.foreign,
            "foreign over": self.foreign,
        }

    # 18

    def intent(self, row: AuditRow) -> Found:
        intent = self._book.intents[row.intent]
        if intent.before == "" and intent.state != "planned":
            yield broken(18, row, f"{intent.id} is {intent.state}, and was never planned")
        elif intent.state not in NEXT[intent.before]:
            yield broken(18, row, f"{intent.id} goes from {intent.before} to {intent.state}")
        if not row.actor or not row.reason:
            missing = "actor" if not row.actor else "reason"
            yield broken(18, row, f"{row.verb} names no {missing}")
        if intent.state == "unknown":
            self.watch_unknown(intent, row.at)
        if intent.is_power and intent.state in ("confirmed", "failed", "unknown"):
            still = {fact for name, fact in row.gates.items() if name.startswith("dark ")}
            intent.dark = {o: at for o, at in intent.dark.items() if o in still}

    def watch_unknown(self, intent: Intent, at: datetime) -> None:
        due = self._book.late_after(at, self._limits.unknown_alert)
        self._book.remind(due, partial(self.unknown, intent, at))

    def unknown(self, intent: Intent, since: datetime, now: datetime) -> Found:
        """Nothing stays unknown for long unless somebody is told (22)."""
        if intent.state != "unknown" or intent.alerted:
            return
        if self._book.late_after(since, self._limits.unknown_alert) >= now:
            self.watch_unknown(intent, since)
            return
        text = f"{intent.target}: nobody was told that {intent.kind} {intent.id} is unknown"
        yield Violation(22, now, 0, f"{text} since {since}")

    # 2, 16

    def command(self, row: AuditRow) -> Found:
        intent, verb = self._book.intents.get(row.intent), word_of(row.verb).kind
        if intent is None:
            yield broken(2, row, f"{verb} goes out for {row.intent or 'no intent'}, never planned")
            return
        outlet = next(iter(outlets_in(row)), "")
        if verb in DESTRUCTIVE:
            if intent.state != "sent":
                yield broken(2, row, f"{verb} goes out while {intent.id} is {intent.state}")
            if any(sent in DESTRUCTIVE and at == outlet for sent, at in intent.commands):
                yield broken(2, row, f"{verb} goes out once more for {intent.id}")
        elif intent.state not in ("sent", "unknown"):
            yield broken(2, row, f"{verb} goes out while {intent.id} is {intent.state}")
        if outlet in self._foreign and of_engine(intent.actor):
            yield broken(16, row, f"{verb} for {outlet}, which an unknown hand has off")
        if outlet not in intent.outlets:
            yield broken(18, row, f"{verb} for {outlet or 'no outlet'}, not of {intent.id}")
        intent.commands.add((verb, outlet))
        if verb in CUTTING and intent.kind != "power-off":
            intent.dark.setdefault(outlet, row.at)
            self.watch_dark(intent, row.at)

    def answer(self, row: AuditRow) -> Found:
        intent, verb = self._book.intents.get(row.intent), word_of(row.verb).kind
        outlet = next(iter(outlets_in(row)), "")
        if intent is None or (verb, outlet) not in intent.commands:
            yield broken(18, row, f"{verb} for {outlet or 'no outlet'} is answered, and never sent")
            return
        on_again = row.gates.get("reads") == "on" or (verb == "on" and row.outcome in TOOK)
        if verb != "off" and on_again and row.gates.get("reads") != "off":
            intent.dark.pop(outlet, None)

    def foreign(self, row: AuditRow) -> Found:
        if row.verb == "foreign off":
            self._foreign.update(outlets_in(row))
        else:
            self._foreign.difference_update(outlets_in(row))
        yield from ()

    # 3

    def watch_dark(self, intent: Intent, at: datetime) -> None:
        due = self._book.late_after(at, self._limits.dark_alert)
        self._book.remind(due, partial(self.dark, intent))

    def dark(self, intent: Intent, now: datetime) -> Found:
        if not intent.dark or intent.alerted:
            return
        since = min(intent.dark.values())
        if self._book.late_after(since, self._limits.dark_alert) >= now:
            self.watch_dark(intent, since)
            return
        outlets = ", ".join(intent.dark)
        text = f"{intent.target}: {outlets} is dark by our hand since {since}, and nobody was told"
        yield Violation(3, now, 0, text)

    def alert(self, row: AuditRow) -> Found:
        """`dark ID` and `unknown ID`, or any alert that names the intent."""
        key = row.intent or row.detail.rpartition(" ")[2]
        intent = self._book.intents.get(key)
        if intent is not None:
            intent.alerted = True
        yield from ()
