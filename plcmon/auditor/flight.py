"""In flight and budgets: one power action at a time (1), and never more than may be (4, 5)."""

from collections import defaultdict, deque
from datetime import datetime

from plcmon.auditor.book import Book, Intent
from plcmon.auditor.family import Ears, Found, Tally, broken
from plcmon.auditor.limits import Limits
from plcmon.auditor.reading import ENDED, of_engine
from plcmon.model.events import AuditRow

HELPED = frozenset({"fixed", "rebooted_sick"})
UNDONE = frozenset({"cancelled"})
POWER_LINE = "power actions"  # how the budget's gate calls the line that this is about
HOLDING = ("hold", "never")


class Flight:
    """What is in flight, and what was sent lately."""

    def __init__(self, book: Book, limits: Limits) -> None:
        self._book = book
        self._limits = limits
        self._flying: dict[str, Intent] = {}
        self._waiting: set[str] = set()  # power, planned and not yet sent
        self._cycles: dict[str, Tally] = {}
        self._fleet = Tally(((limits.power_day_window, limits.power_day),))
        self._helped = 0
        self._last_power: datetime | None = None
        self._sent: dict[str, Tally] = {kind: Tally(w) for kind, w in limits.budgets.items()}
        self._freed: set[str] = set()  # inherited issues that had their turn
        self._told: defaultdict[tuple[str, str], deque[tuple[datetime, str]]] = defaultdict(deque)

    @property
    def ears(self) -> Ears:
        return {
            "intent": self.intent,
            "verdict": self.verdict,
            "mail fixed": self.mail,
            "released": self.released,
            "held": self.held,
            "rung passed over": self.held,
            "rung taken back": self.taken_back,
        }

    def intent(self, row: AuditRow) -> Found:
        intent = self._book.intents[row.intent]
        if intent.is_power:
            yield from self.power(row, intent)
        elif intent.state == "sent" and counts(intent):
            for what in names(intent):
                if what in self._sent:
                    yield from self.spend(row, what)
        if intent.state == "planned":
            yield from self.inherited(row, intent)
            yield from self.pause(row, intent)
        elif intent.state in UNDONE:
            self.unpause(intent)

    # 1

    def power(self, row: AuditRow, intent: Intent) -> Found:
        if intent.state == "planned":
            self._waiting.add(intent.id)
        elif intent.state == "claimed":
            yield from self.claimed(row, intent)
            self._flying[intent.id] = intent
        elif intent.state == "sent":
            self._waiting.discard(intent.id)
            yield from self.count(row, intent)
            yield from self.tries(row, intent)
        elif intent.state in ENDED:
            self._flying.pop(intent.id, None)
            self._waiting.discard(intent.id)

    def claimed(self, row: AuditRow, intent: Intent) -> Found:
        for other in self._flying.values():
            what = f"while {other.kind} {other.id} of {other.target} is {other.state}"
            if other.target == intent.target:
                yield broken(1, row, f"two power actions of one node: {what}")
            elif intent.asks_a_person or other.asks_a_person:
                continue  # a request to a person holds only its node
            elif intent.pcus & other.pcus:
                yield broken(1, row, f"two power actions at one PCU: {what}")
            elif intent.site and intent.site == other.site and not self.let_go(other, row.at):
                yield broken(1, row, f"two power actions at one site: {what}")

    def let_go(self, intent: Intent, now: datetime) -> bool:
        """An unknown that nobody read stops holding its site after a while."""
        since = intent.state_at or intent.planned_at
        return intent.state == "unknown" and now - since >= self._limits.unknown_holds_site

    # 4

    def count(self, row: AuditRow, intent: Intent) -> Found:
        """A person may go beyond, with --force; what they do still counts for everybody else."""
        self._last_power = row.at
        if intent.kind == "power-cycle":
            cycles = self._cycles.setdefault(intent.target, Tally(self._limits.cycles))
            cycles.add(row.at)
            many = cycles.too_many(row.at)
            if many and not intent.forced:
                yield broken(4, row, f"power cycles of this node: {many}")
        if intent.cuts and not intent.forced:
            self._fleet.add(row.at)
            many = self.over_budget(row.at)
            if many:
                yield broken(4, row, f"power actions of the fleet: {many}")

    def tries(self, row: AuditRow, intent: Intent) -> Found:
        """Where nobody sees what power did, each try after the first needs a person's word."""
        issue = self._book.issues.get(intent.issue)
        if issue is None or not intent.unread or intent.asks_a_person:
            return
        issue.unread += 1
        if issue.unread > 1 and of_engine(intent.actor):
            yield broken(4, row, "power once more through an outlet that cannot be read back")

    def over_budget(self, now: datetime) -> str:
        limits = self._limits
        line = min(limits.power_most, limits.power_start + self._helped // limits.power_step)
        line = max(line, limits.power_start)
        number = self._fleet.within(limits.power_window, now)
        if number > line:
            return f"{number} within {limits.power_window}, where {line} may be"
        return self._fleet.too_many(now)

    def verdict(self, row: AuditRow) -> Found:
        self._helped += row.outcome in HELPED
        yield from ()

    def spend(self, row: AuditRow, kind: str) -> Found:
        tally = self._sent[kind]
        tally.add(row.at)
        many = tally.too_many(row.at)
        if many:
            yield broken(4, row, f"{kind}: {many}")

    def mail(self, row: AuditRow) -> Found:
        if "mail" in self._sent:
            yield from self.spend(row, "mail")

    def released(self, row: AuditRow) -> Found:
        self._freed.add(row.issue)
        if "released" in self._sent:
            yield from self.spend(row, "released")

    def inherited(self, row: AuditRow, intent: Intent) -> Found:
        """What was bad at the very first scan waits for its turn."""
        issue, first = self._book.issues.get(intent.issue), self._book.first_scan_at
        if issue is None or issue.bad_since is None or first is None or intent.of_site:
            return
        if issue.bad_since <= first and issue.id not in self._freed and of_engine(intent.actor):
            yield broken(4, row, f"{row.verb}, though it is inherited and was not released")

    def pause(self, row: AuditRow, intent: Intent) -> Found:
        """One node is not told, repaired or reinstalled again so soon."""
        if not of_engine(intent.actor) or not counts(intent):
            return
        for what in names(intent):
            apart = self._limits.pauses.get(what)
            if apart is None:
                continue
            times = self._told[intent.target, what]
            while times and row.at - times[0][0] >= apart:
                times.popleft()
            if times:
                ago = row.at - times[-1][0]
                yield broken(4, row, f"{what} again after {ago}, where {apart} must lie between")
            times.append((row.at, intent.id))

    def unpause(self, intent: Intent) -> None:
        """What was cancelled counts as not done."""
        for what in names(intent):
            times = self._told.get((intent.target, what))
            if times:
                kept = deque(pair for pair in times if pair[1] != intent.id)
                self._told[intent.target, what] = kept

    def taken_back(self, row: AuditRow) -> Found:
        """Nothing came of the rung: a boot state that it had set counts as not set."""
        found = [
            intent
            for intent in self._book.intents.values()
            if (intent.issue, intent.rung, intent.kind) == (row.issue, row.detail, "boot-state")
        ]
        if found:
            self.unpause(max(found, key=lambda intent: intent.planned_at))
        yield from ()

    # 5

    def held(self, row: AuditRow) -> Found:
        """What was not done must not be held against anybody."""
        limit, budget = row.gates.get("node limit", ""), row.gates.get("budget", "")
        if limit.startswith(HOLDING) and not self.acted_on(row.subject, row.at):
            yield broken(5, row, f"held by its own limit, though nothing was done: {limit}")
        budget = budget if POWER_LINE in budget else ""
        if budget.startswith(HOLDING) and not self._waiting and not self.spent(row.at):
            yield broken(5, row, f"held by the budget, though nothing was spent: {budget}")

    def acted_on(self, subject: str, now: datetime) -> bool:
        cycles = self._cycles.get(subject)
        if cycles and any(cycles.within(window, now) for window, _ in self._limits.cycles):
            return True
        return any(key[0] == subject and times for key, times in self._told.items())

    def spent(self, now: datetime) -> bool:
        window = max(self._limits.power_window, self._limits.power_day_window)
        return self._last_power is not None and now - self._last_power < window


def counts(intent: Intent) -> bool:
    return not intent.forced and not intent.recovers


def names(intent: Intent) -> list[str]:
    """What its pause and budget may be called: its kind, or kind and first word of its argument."""
    word = intent.argument.split(" ", 1)[0]
    return [intent.kind, f"{intent.kind} {word}"] if word else [intent.kind]
