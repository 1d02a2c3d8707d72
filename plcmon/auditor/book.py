"""The book: what the rows so far amount to, kept for as long as it can still matter."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush

from plcmon.auditor.limits import Limits
from plcmon.auditor.reading import (
    CUTTING,
    ENDED,
    POWER,
    number_in,
    outlets_in,
    pcu_of_outlet,
    says,
    time_in,
    word_of,
)
from plcmon.auditor.violation import Violation
from plcmon.model.events import AuditRow

PERSON = frozenset({"manual"})
WAKING = frozenset({"started", "clock jumped"})  # after these, time may have gone by unseen
UNSENT = frozenset({"planned", "claimed"})
NOTHING = timedelta()


@dataclass(slots=True)
class Intent:
    """One planned action, as far as the rows have told of it."""

    id: str
    kind: str
    target: str
    actor: str
    issue: str
    planned_at: datetime
    state: str = "planned"
    before: str = ""  # the state before the last row
    state_at: datetime | None = None
    sent_at: datetime | None = None
    site: str = ""
    outlets: tuple[str, ...] = ()
    pcus: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    rung: str = ""
    argument: str = ""
    undoes: str = ""
    forced: bool = False
    unread: bool = False  # through an outlet that cannot be read back
    raises: int = 0  # a penalty: the level it raises its site to
    commands: set[tuple[str, str]] = field(default_factory=set)
    dark: dict[str, datetime] = field(default_factory=dict)  # outlet -> off by our hand since
    alerted: bool = False

    @property
    def is_power(self) -> bool:
        return self.kind in POWER

    @property
    def cuts(self) -> bool:
        return self.kind in CUTTING

    @property
    def recovers(self) -> bool:
        """Takes something back: no gate and no budget stops that."""
        return bool(self.undoes) or (self.kind == "penalty" and not self.raises)

    @property
    def asks_a_person(self) -> bool:
        return bool(self.families) and self.families <= PERSON

    @property
    def level(self) -> int:
        """The level that a penalty is about."""
        number = self.argument.split(" ", 1)[0]
        return int(number) if self.kind == "penalty" and number.isdigit() else 0

    @property
    def of_site(self) -> bool:
        """About the level of a site, which other open issues may claim as well (14)."""
        return self.kind == "penalty" or self.argument.startswith("penalty_")

    @property
    def says_down(self) -> bool:
        return self.kind == "notify" and self.argument.split(" ", 1)[0] == "down"


@dataclass(slots=True)
class Step:
    """One rung taken."""

    rung: str
    order: int
    at: datetime
    lost: timedelta  # time lost to blindness, stops and pauses, up to then


@dataclass(slots=True)
class Issue:
    """One issue, as far as the rows have told of it."""

    id: str
    type: str
    subject: str
    site: str
    opened_at: datetime
    lost_at_opening: timedelta
    bad_since: datetime | None = None
    is_open: bool = True
    closed_at: datetime | None = None
    known: bool = True  # False: it was opened before what is remembered
    paused_since: datetime | None = None
    lost_when_paused: timedelta = NOTHING
    paused: timedelta = NOTHING  # in all, blind time in it left out
    steps: list[Step] = field(default_factory=list)
    repeats: dict[str, int] = field(default_factory=dict)
    claim: int = 0
    told_down: bool = False
    accepted_at: datetime | None = None  # when the relay first took a notice of it
    mailed: dict[tuple[str, str, str], str] = field(default_factory=dict)
    unsent: set[str] = field(default_factory=set)  # its intents that are planned or claimed
    unread: int = 0  # power through outlets that cannot be read back, since the last approval

    def lost(self, lost: timedelta, at: datetime) -> timedelta:
        """Time that cannot be bad time, `lost` being what was lost for everybody."""
        if self.paused_since is None:
            return lost + self.paused
        return lost + self.paused + (at - self.paused_since) - (lost - self.lost_when_paused)


Names = Callable[[str], str]
Check = Callable[[datetime], Iterable[Violation]]


class Book:
    """Intents, issues, starts and blindness; every check reads here, `note` alone writes."""

    def __init__(self, limits: Limits, site_of: Names, pcu_of: Names) -> None:
        self.limits = limits
        self._site_of = site_of
        self._pcu_of = pcu_of
        self.intents: dict[str, Intent] = {}
        self.issues: dict[str, Issue] = {}
        self.levels: dict[str, int] = {}  # site -> the penalty it is under
        self.started_at: datetime | None = None  # or the last jump of the clock
        self.grace = NOTHING  # how long after it there is no new action
        self.began_at: datetime | None = None  # the first row of all
        self.first_scan_at: datetime | None = None  # complete, and the first of all
        self.scanned = False  # a complete scan was made since the start
        self.blind_since: datetime | None = None
        self._lost = NOTHING
        self.wrote_at: datetime | None = None  # whoever writes a row runs
        self._over: deque[tuple[datetime, str]] = deque()
        self._due: list[tuple[datetime, int, Check]] = []
        self._reminders = 0

    def open_issues(self) -> Iterator[Issue]:
        return (issue for issue in self.issues.values() if issue.is_open)

    def open_at(self, site: str) -> Iterator[Issue]:
        return (issue for issue in self.open_issues() if issue.site == site)

    # Time

    def lost(self, at: datetime) -> timedelta:
        """Time for which nobody looked: blind, stopped, or jumped over by the clock."""
        return self._lost + (max(NOTHING, at - self.blind_since) if self.blind_since else NOTHING)

    def remind(self, at: datetime, check: Check) -> None:
        """Ask `check` once that moment has gone by."""
        self._reminders += 1
        heappush(self._due, (at, self._reminders, check))

    def overdue(self, now: datetime) -> Iterable[Violation]:
        """What the reminders that lie before `now` find."""
        while self._due and self._due[0][0] < now:
            yield from heappop(self._due)[2](now)

    def late_after(self, at: datetime, allowed: timedelta) -> datetime:
        """When that long after `at` is too late: a service that was stopped has its start to go."""
        due = at + allowed
        if self.started_at is not None:
            due = max(due, self.started_at)
        return due + self.limits.slack

    # Rows

    def note(self, row: AuditRow) -> None:
        """Take in what the row says. Raises ValueError when it cannot be read."""
        self.began_at = self.began_at or row.at
        topic = word_of(row.verb).topic
        noter = NOTERS.get(topic)
        if noter is not None:
            noter(self, row)
        self.wrote_at = row.at
        while self._over and row.at - self._over[0][0] > self.limits.remembered:
            self._forget(self._over.popleft()[1])

    def _forget(self, key: str) -> None:
        intent, issue = self.intents.get(key), self.issues.get(key)
        if intent is not None and intent.state in ENDED:
            del self.intents[key]
        if issue is not None and not issue.is_open:
            del self.issues[key]

    def note_intent(self, row: AuditRow) -> None:
        word = word_of(row.verb)
        intent = self.intents.get(row.intent)
        if intent is None:
            intent = Intent(row.intent, word.kind, row.subject, row.actor, row.issue, row.at)
            self.intents[row.intent] = intent
        else:
            intent.before = intent.state
        intent.state, intent.state_at = word.state, row.at
        if word.state == "planned":
            read_plan(intent, row)
            intent.site = intent.site or self._site_of(row.subject)
            pcu = "" if intent.pcus or not intent.is_power else self._pcu_of(row.subject)
            intent.pcus = intent.pcus or frozenset(filter(None, [pcu]))
            level = intent.level
            intent.raises = level if level > self.levels.get(intent.site, 0) else 0
        elif word.state == "confirmed" and intent.kind == "penalty":
            self.levels[intent.site] = intent.level
        elif word.state == "sent":
            intent.sent_at = row.at
        if word.state in ENDED:
            self._over.append((row.at, intent.id))
        issue = self.issues.get(intent.issue)
        if issue is not None and word.state in UNSENT:
            issue.unsent.add(intent.id)
        elif issue is not None:
            issue.unsent.discard(intent.id)

    def note_command(self, row: AuditRow) -> None:
        intent = self.intents.get(row.intent)
        if intent is not None and word_of(row.verb).kind == "request":
            intent.families = PERSON

    def note_started(self, row: AuditRow) -> None:
        self.note_gap(row)
        self.started_at, self.scanned, self.blind_since = row.at, False, None
        self.grace = self.limits.grace

    def note_jump(self, row: AuditRow) -> None:
        self.note_gap(row)
        self.started_at, self.scanned, self.grace = row.at, False, NOTHING

    def note_gap(self, row: AuditRow) -> None:
        """Nothing is known of the time since the service was last known to run."""
        alive_at = max(time_in(row, "alive_at") or row.at, self.wrote_at or row.at)
        if self.blind_since is not None:
            self._lost += max(NOTHING, row.at - self.blind_since)
            self.blind_since = row.at
        else:
            # How long it ran on after that nobody wrote down: not to be held against it.
            self._lost += max(NOTHING, row.at - alive_at - self.limits.slack)

    def note_scan(self, row: AuditRow) -> None:
        self.scanned = True
        self.first_scan_at = self.first_scan_at or row.at

    def note_blind(self, row: AuditRow) -> None:
        self.blind_since = self.blind_since or row.at

    def note_sight(self, row: AuditRow) -> None:
        self._lost, self.blind_since = self.lost(row.at), None

    def note_opened(self, row: AuditRow) -> None:
        before = self.issues.get(row.issue)
        issue = Issue(
            row.issue,
            row.gates.get("type", ""),
            row.subject,
            row.gates.get("site", ""),
            row.at,
            self.lost(row.at),
            claim=number_in(row, "claim"),
            known=before is not None or row.verb == "issue opened",
            bad_since=time_in(row, "bad_since"),
        )
        if before is not None:
            issue.steps, issue.repeats = before.steps, before.repeats
            issue.mailed, issue.told_down = before.mailed, before.told_down
            issue.unsent, issue.unread = before.unsent, before.unread
        self.issues[row.issue] = issue

    def note_closed(self, row: AuditRow) -> None:
        issue = self.issues.get(row.issue)
        if issue is not None:
            issue.is_open, issue.closed_at, issue.claim = False, row.at, 0
            issue.paused_since = None
            self._over.append((row.at, issue.id))

    def note_paused(self, row: AuditRow) -> None:
        issue = self.issues.get(row.issue)
        if issue is not None and issue.paused_since is None:
            issue.paused_since, issue.lost_when_paused = row.at, self.lost(row.at)

    def note_resumed(self, row: AuditRow) -> None:
        issue = self.issues.get(row.issue)
        if issue is not None and issue.paused_since is not None:
            lost = self.lost(row.at)
            issue.paused = issue.lost(lost, row.at) - lost
            issue.paused_since = None

    def note_approved(self, row: AuditRow) -> None:
        issue = self.issues.get(row.issue)
        if issue is not None:
            issue.unread = 0

    def note_claim(self, row: AuditRow) -> None:
        issue = self.issues.get(row.issue)
        if issue is not None:
            issue.claim = max(issue.claim, int(word_of(row.verb).state))
            before = self.issues.get(row.gates.get("heir of", ""))
            if before is not None and before.subject == issue.subject:
                told = [at for at in (issue.accepted_at, before.accepted_at) if at is not None]
                issue.accepted_at = min(told, default=None)


def read_plan(intent: Intent, row: AuditRow) -> None:
    """The facts that stand in the first row of an intent."""
    facts = row.gates
    intent.site = facts.get("site", "")
    intent.outlets = outlets_in(row)
    intent.pcus = frozenset(map(pcu_of_outlet, intent.outlets))
    intent.families = frozenset(facts.get("families", "").split())
    intent.rung = facts.get("rung", "")
    intent.argument = facts.get("argument", "")
    intent.undoes = facts.get("undoes", "")
    intent.forced = says(row, "forced")
    intent.unread = says(row, "unread")


NOTERS: dict[str, Callable[[Book, AuditRow], None]] = {
    "intent": Book.note_intent,
    "command": Book.note_command,
    "started": Book.note_started,
    "clock jumped": Book.note_jump,
    "scan complete": Book.note_scan,
    "blind": Book.note_blind,
    "sight again": Book.note_sight,
    "issue opened": Book.note_opened,
    "issue reopened": Book.note_opened,
    "issue closed": Book.note_closed,
    "issue paused": Book.note_paused,
    "issue resumed": Book.note_resumed,
    "claim": Book.note_claim,
    "approve": Book.note_approved,
}
