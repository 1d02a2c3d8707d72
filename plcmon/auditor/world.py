"""What only the truth can judge.

Life (6), cables (8), storms (9), boots (13), penalties (14), hands (16), liveness (22).
"""

from collections import defaultdict, deque
from collections.abc import Collection
from datetime import datetime, timedelta

from plcmon.auditor.book import Book, Intent
from plcmon.auditor.family import Ears, Found, broken
from plcmon.auditor.limits import Limits
from plcmon.auditor.reading import of_engine, outlets_in, pcu_of_outlet, time_in, word_of
from plcmon.auditor.truth import OURS, Truth
from plcmon.auditor.violation import Violation
from plcmon.model.events import AuditRow

CUTTING = frozenset({"off", "cycle"})
SEEN_WITHIN = timedelta(hours=1)  # of the cut: until then a wrong cable may show
UNHELPFUL = frozenset({"not_rebooted", "unknown"})


class World:
    """The journal held against the truth."""

    def __init__(self, book: Book, limits: Limits, truth: Truth) -> None:
        self._book = book
        self._limits = limits
        self._truth = truth
        self._vain: defaultdict[str, deque[datetime]] = defaultdict(deque)  # cause -> in vain
        self._attempts: dict[str, datetime] = {}  # node -> last power action
        self._cut: dict[str, tuple[Intent, datetime]] = {}  # outlet -> by which intent, when
        self._wrong: dict[str, datetime] = {}  # unit -> when its power felled a node by mistake

    @property
    def ears(self) -> Ears:
        return {
            "command": self.command,
            "verdict": self.verdict,
            "intent": self.intent,
            "issue closed": self.closed,
        }

    # 6, 8, 16

    def command(self, row: AuditRow) -> Found:
        intent, verb = self._book.intents.get(row.intent), word_of(row.verb).kind
        if intent is None:
            return
        for outlet in outlets_in(row):
            yield from self.hand(row, intent, outlet)
            if verb in CUTTING:
                self._cut[outlet] = intent, row.at
                if of_engine(intent.actor):
                    yield from self.cable(row, intent, outlet)
        if verb in CUTTING and of_engine(intent.actor):
            yield from self.sight(row, intent)

    def hand(self, row: AuditRow, intent: Intent, outlet: str) -> Found:
        off = self._truth.power_of(outlet, row.at) is False
        hand = self._truth.hand_that_switched(outlet, row.at)
        if off and hand not in ("", OURS) and of_engine(intent.actor):
            yield broken(16, row, f"{row.verb} for {outlet}, which {hand} has off")

    def sight(self, row: AuditRow, intent: Intent) -> Found:
        since = row.at - self._limits.life
        if self._truth.signs_of_life(intent.target, since, row.at):
            yield broken(6, row, f"power was cut within {self._limits.life} of a sign of life")
        if self._truth.served(intent.target, since, row.at):
            yield broken(6, row, f"power was cut, though it had served for {self._limits.life}")
        if not self._truth.was_vantage_well(since, row.at):
            yield broken(6, row, "power was cut while our own network was out")

    def cable(self, row: AuditRow, intent: Intent, outlet: str) -> Found:
        """The first wrong cable of a unit nobody can foresee; by the second it must be known."""
        node, pcu = self._truth.fed_by(outlet), pcu_of_outlet(outlet)
        if node in ("", intent.target) or not self._truth.served(node, row.at, row.at):
            return
        first = self._wrong.setdefault(pcu, row.at)
        if row.at - first > SEEN_WITHIN:
            yield broken(8, row, f"{outlet} feeds {node}; since {first} a cable of {pcu} is wrong")

    def closed(self, row: AuditRow) -> Found:
        """A person looked at the cables: what comes then is their word."""
        if row.gates.get("type") == "mapping_suspect":
            self._wrong.pop(row.subject.partition("/")[2], None)
        yield from ()

    # 9, 13

    def verdict(self, row: AuditRow) -> Found:
        intent = self._book.intents.get(row.intent)
        if intent is None or not of_engine(intent.actor):
            return
        if row.outcome == "fixed":
            booted_at = self._truth.booted_at(row.subject, row.at)
            sent_at = time_in(row, "sent_at")
            late = booted_at is None or sent_at is None
            if late or (booted_at and sent_at and booted_at < sent_at - self._limits.boot_slack):
                yield broken(13, row, f"fixed, though it last booted at {booted_at}")
        if row.outcome in UNHELPFUL:
            yield from self.in_vain(row, intent)

    def in_vain(self, row: AuditRow, intent: Intent) -> Found:
        cause = self._truth.cause_of(row.subject, intent.sent_at or row.at)
        if not cause:
            return
        times = self._vain[cause]
        times.append(row.at)
        while row.at - times[0] >= self._limits.storm_window:
            times.popleft()
        if len(times) > self._limits.storm:
            yield broken(9, row, f"{len(times)} power actions in vain against {cause}")

    def intent(self, row: AuditRow) -> Found:
        intent = self._book.intents[row.intent]
        if intent.is_power and intent.state == "sent":
            self._attempts[intent.target] = row.at
        rises = intent.raises and intent.state == "sent"
        if rises and self._truth.is_enough_up(intent.site, row.at):
            yield broken(14, row, f"level {intent.raises}, though enough of its nodes serve")

    # 3, 22, by time

    def dark(self, now: datetime) -> Found:
        """Every outlet that we cut and that is still off by our hand has been said."""
        for outlet, (intent, at) in list(self._cut.items()):
            off = self._truth.power_of(outlet, now) is False
            ours = self._truth.hand_that_switched(outlet, now) == OURS
            if not (off and ours) or intent.kind == "power-off":
                if now - at > self._limits.dark_alert:
                    del self._cut[outlet]
                continue
            if now > self._book.late_after(at, self._limits.dark_alert) and not intent.alerted:
                del self._cut[outlet]
                text = f"{intent.target}: {outlet} is off by our hand since {at}, unsaid"
                yield Violation(3, now, 0, text)

    def liveness(self, now: datetime) -> Found:
        for node, since in self._truth.silent_with_power(now):
            tried = self._attempts.get(node)
            if now - since > self._limits.attempt and (tried is None or tried < since):
                text = f"{node}: silent since {since}, with a path that works, and never cycled"
                yield Violation(22, now, 0, text)
        for outlet, (intent, at) in self._cut.items():
            off = self._truth.power_of(outlet, now) is False
            ours = self._truth.hand_that_switched(outlet, now) == OURS
            if off and ours and intent.kind != "power-off":
                text = f"{intent.target}: {outlet} is off by our hand since {at} for good"
                yield Violation(22, now, 0, text)
        for issue in self._book.open_issues():
            well = self._truth.well_since(issue.subject, now)
            if well is not None and now - well > self._limits.recovery and is_node(issue.subject):
                text = f"{issue.subject}: well since {well}, and {issue.type} is open"
                yield Violation(22, now, 0, text)


class Secrets:
    """No secret in any row (21)."""

    def __init__(self, secrets: Collection[str]) -> None:
        self._secrets = [secret for secret in secrets if secret]

    def row(self, row: AuditRow) -> Found:
        text = "\n".join((row.reason, row.detail, row.outcome, row.subject, *row.gates.values()))
        for secret in self._secrets:
            if secret in text:
                yield broken(21, row, f"{row.verb} holds a secret")


def is_node(subject: str) -> bool:
    return subject.startswith("node/")
