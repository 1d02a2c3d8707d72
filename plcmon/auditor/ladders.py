"""Issues and ladders: climbed in order (10), once and held aloud (11), closed for good (12)."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from plcmon.auditor.book import Book, Issue, Step
from plcmon.auditor.family import Ears, Found, broken
from plcmon.auditor.limits import Limits
from plcmon.auditor.reading import number_in, of_engine, says, seconds_in
from plcmon.auditor.violation import Violation
from plcmon.model.events import AuditRow

ROUNDING = timedelta(seconds=1)
HARMLESS = frozenset(
    {"alert", "penalty", "flag", "open"}
)  # no intent, and nothing that a pause stops
SEES_BLINDNESS = frozenset({"self"})  # that we are blind is one of its troubles
BY_PEOPLE = frozenset({"closed by a person", "accepted"})
CAUSES = frozenset(
    {
        "healthy",
        "superseded",
        "retired",
        "on purpose",
        "record changed",
        "condition gone",
        *BY_PEOPLE,
    }
)


@dataclass(slots=True)
class Hold:
    """One issue held by one gate."""

    gate: str
    since: datetime


@dataclass(slots=True)
class Held:
    """Everything that one gate holds, and whether the operators know."""

    since: dict[str, datetime] = field(default_factory=dict)  # issue -> held since
    said: bool = False


class Ladders:
    """How issues open, climb, are held and close."""

    def __init__(self, book: Book, limits: Limits) -> None:
        self._book = book
        self._limits = limits
        self._open: dict[tuple[str, str], str] = {}  # type and subject -> issue
        self._holds: dict[str, Hold] = {}
        self._gates: defaultdict[str, Held] = defaultdict(Held)
        self._owed: dict[str, tuple[str, Counter[str]]] = {}  # issue -> rung, effects not planned

    @property
    def ears(self) -> Ears:
        return {
            "issue opened": self.opened,
            "issue reopened": self.opened,
            "issue closed": self.closed,
            "rung taken": self.taken,
            "rung taken back": self.taken_back,
            "rung passed over": self.let_go,
            "observed": self.let_go,
            "hold ended": self.let_go,
            "held": self.held,
            "alert": self.alert,
            "intent": self.intent,
        }

    # 11

    def opened(self, row: AuditRow) -> Found:
        issue = self._book.issues[row.issue]
        key = issue.type, issue.subject
        other = self._open.get(key)
        if other is not None:
            yield broken(11, row, f"{issue.type} opens while {other} is open")
        if not issue.type:
            yield broken(11, row, "an issue opens without a type")
        self._open[key] = issue.id

    def held(self, row: AuditRow) -> Found:
        self.release(row.issue)
        gate, colon, _ = row.reason.partition(":")
        if not colon:
            yield broken(18, row, f"held by no gate: {row.reason}")
            return
        if not self.is_open(row.issue):
            yield broken(11, row, "a hold of no open issue")
            return
        hold = Hold(gate, row.at)
        self._holds[row.issue] = hold
        self._gates[gate].since[row.issue] = row.at
        self.watch_hold(row, hold)

    def watch_hold(self, row: AuditRow, hold: Hold) -> None:
        due = self._book.late_after(hold.since, self._limits.hold_alert)
        self._book.remind(due, partial(self.long_held, row, hold))

    def long_held(self, row: AuditRow, hold: Hold, now: datetime) -> Found:
        """One alert for a gate stands for all that it holds by then."""
        if self._holds.get(row.issue) is not hold or self._gates[hold.gate].said:
            return
        if self._book.late_after(hold.since, self._limits.hold_alert) >= now:
            self.watch_hold(row, hold)
            return
        text = f"{row.subject}: held by {hold.gate} since {hold.since}, and nobody was told"
        yield Violation(11, now, row.seq, text)

    def alert(self, row: AuditRow) -> Found:
        topic, _, gate = row.detail.partition(" ")
        if topic == "held":
            self._gates[gate].said = True
        yield from ()

    def let_go(self, row: AuditRow) -> Found:
        self.release(row.issue)
        yield from ()

    def release(self, issue: str) -> None:
        """When a gate holds nothing for long any more, the next long hold is news again."""
        hold = self._holds.pop(issue, None)
        if hold is None:
            return
        held = self._gates[hold.gate]
        held.since.pop(issue, None)
        if not held.since:
            del self._gates[hold.gate]

    def is_open(self, issue: str) -> bool:
        found = self._book.issues.get(issue)
        return found is not None and found.is_open

    # 10

    def taken(self, row: AuditRow) -> Found:
        yield from self.settle_owed(row.issue, row)
        self.release(row.issue)
        issue = self._book.issues.get(row.issue)
        if issue is None or not issue.is_open:
            yield broken(10, row, f"{row.detail} of no open issue is taken")
            return
        effects = [text.split(" ", 1)[0] for text in row.gates.get("effects", "").split(", ")]
        acting = [kind for kind in effects if kind not in HARMLESS]
        if issue.paused_since is not None and acting:
            yield broken(7, row, f"{row.detail} is taken while the issue is paused")
        if says(row, "observing"):
            if acting:
                yield broken(5, row, f"{row.detail} is taken while plcmon only observes")
            if not says(row, "climbed"):
                return  # the shadow is no history
        yield from self.climb(row, issue)
        self._owed[issue.id] = row.detail, Counter(acting)
        self._book.remind(row.at, partial(self.unsettled, issue.id, row))

    def climb(self, row: AuditRow, issue: Issue) -> Found:
        rung, order = row.detail, number_in(row, "order")
        lost = issue.lost(self._book.lost(row.at), row.at)
        last = issue.steps[-1] if issue.steps else None
        beside = says(row, "beside")
        if last is not None and not beside:
            if order < last.order:
                yield broken(10, row, f"{rung} ({order}) is taken after {last.rung} ({last.order})")
            elif issue.repeats.get(rung) and rung != last.rung:
                yield broken(10, row, f"{rung} is taken again after {last.rung}")
        yield from self.waited(row, issue, last, lost)
        repeat = issue.repeats.get(rung, 0) + 1
        if issue.known and number_in(row, "repeat") != repeat:
            said = row.gates.get("repeat", "?")
            yield broken(5, row, f"{rung} counts as taken {said} times, the journal has {repeat}")
        issue.repeats[rung] = repeat
        issue.steps.append(Step(rung, order, row.at, lost))

    def waited(self, row: AuditRow, issue: Issue, last: Step | None, lost: timedelta) -> Found:
        """Bad time is never longer than the time there was, less what nobody saw."""
        needed = timedelta(seconds=seconds_in(row, "after_s") or 0)
        waited = timedelta(seconds=seconds_in(row, "waited_s") or 0)
        if waited < needed:
            yield broken(10, row, f"{row.detail} is taken after {waited}, and waits {needed}")
        since, before = issue.opened_at, issue.lost_at_opening
        if last is not None and last.at > since:
            since, before = last.at, last.lost
        unseen = timedelta() if issue.type in SEES_BLINDNESS else lost - before
        most = row.at - since - unseen
        if waited > most + ROUNDING and issue.known:
            yield broken(10, row, f"{row.detail} claims {waited} of bad time, where {most} can be")

    def taken_back(self, row: AuditRow) -> Found:
        issue = self._book.issues.get(row.issue)
        if issue is None or not issue.steps or issue.steps[-1].rung != row.detail:
            yield broken(10, row, f"{row.detail} is taken back, and was not the last one taken")
            return
        issue.steps.pop()
        issue.repeats[row.detail] -= 1

    # Granted whole

    def intent(self, row: AuditRow) -> Found:
        intent = self._book.intents[row.intent]
        if intent.state == "planned":
            yield from self.planned(row)
        if intent.state == "sent" and of_engine(intent.actor) and intent.issue:
            issue = self._book.issues.get(intent.issue)
            free = intent.recovers or intent.of_site
            if issue is not None and not issue.is_open and not free:
                yield broken(12, row, f"{intent.kind} goes out for {issue.type}, closed before")

    def planned(self, row: AuditRow) -> Found:
        intent = self._book.intents[row.intent]
        beside = " " in intent.rung  # no rung of a ladder has such a name
        if not of_engine(intent.actor) or not intent.issue or intent.recovers or beside:
            return
        rung, owed = self._owed.get(intent.issue, ("", Counter()))
        if rung == intent.rung and owed[intent.kind] > 0:
            owed[intent.kind] -= 1
        else:
            yield broken(10, row, f"{intent.kind} is planned by no rung that was taken")

    def unsettled(self, issue: str, row: AuditRow, _now: datetime) -> Found:
        rung, _ = self._owed.get(issue, ("", None))
        if rung == row.detail:
            yield from self.settle_owed(issue, row)

    def settle_owed(self, issue: str, row: AuditRow) -> Found:
        rung, owed = self._owed.pop(issue, ("", Counter()))
        missing = [kind for kind, number in owed.items() if number > 0]
        if missing:
            yield broken(10, row, f"{rung} is granted in part: no {', '.join(missing)} is planned")

    # 12

    def closed(self, row: AuditRow) -> Found:
        issue = self._book.issues.get(row.issue)
        if issue is None or self._open.get((issue.type, issue.subject)) != issue.id:
            yield broken(12, row, f"{row.gates.get('type', 'an issue')} closes, and was not open")
        else:
            del self._open[issue.type, issue.subject]
        self.release(row.issue)
        self._owed.pop(row.issue, None)
        cause = row.gates.get("cause", "")
        if cause not in CAUSES:
            yield broken(12, row, f"it closes for no stated reason ({cause or 'none'})")
        if not row.actor or of_engine(row.actor) is (cause in BY_PEOPLE):
            yield broken(12, row, f"closed by {row.actor or 'nobody'}: {cause}")
        if issue is not None and issue.unsent:
            self._book.remind(row.at, partial(self.outlives, row, issue))

    def outlives(self, row: AuditRow, issue: Issue, _now: datetime) -> Found:
        """By the end of that moment everything that was not sent is cancelled."""
        for key in sorted(issue.unsent) if not issue.is_open else ():
            intent = self._book.intents[key]
            if of_engine(intent.actor) and not (intent.recovers or intent.of_site):
                yield broken(12, row, f"{intent.kind} {intent.id} outlives its issue")
