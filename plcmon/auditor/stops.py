"""What forbids new actions: sight (6), people (7), the guard (8), emptiness (17), a start (20).

A state that nobody adopted is frozen like any other stop by people (7).
"""

from datetime import datetime

from plcmon.auditor.book import Book, Intent, Issue
from plcmon.auditor.family import Ears, Found, broken
from plcmon.auditor.limits import Limits
from plcmon.auditor.reading import of_engine, says, time_in
from plcmon.model.events import AuditRow

DEAD = frozenset({"silent", "wedged"})  # only these get power by the engine
Window = tuple[datetime, datetime]
SELECTING = ("scan", "power-cycle", "power-on", "reboot", "reinstall")
HELD_BY_GUARD = frozenset({"power-cycle", "power-off", "power-on", "boot-state", "penalty"})


class Stops:
    """Judged at planning and again at sending, as the engine must."""

    def __init__(self, book: Book, limits: Limits) -> None:
        self._book = book
        self._limits = limits
        self._windows: dict[str, dict[str, Window]] = {}  # subject -> id -> from, until
        self._exempt: dict[str, datetime] = {}
        self._retired: set[str] = set()
        self._frozen: set[str] = set()
        self._guard_closed = False
        self._adopted = True
        self._replied: dict[str, datetime] = {}  # site -> left in peace until

    @property
    def ears(self) -> Ears:
        return {
            "intent": self.intent,
            "command": self.command,
            "started": self.started,
            "db-adopt": self.adopt,
            "reply": self.reply,
            "clock jumped": self.jumped,
            "maintenance opened": self.window,
            "maintenance closed": self.window_end,
            "freeze": self.freeze,
            "unfreeze": self.unfreeze,
            "exempt": self.exempt,
            "retired": self.retire,
            "returned": self.come_back,
            "fleet guard closed": self.guard,
            "fleet guard opened": self.guard,
            **dict.fromkeys(SELECTING, self.selected),
        }

    # What people and the fleet say

    def window(self, row: AuditRow) -> Found:
        since, until = time_in(row, "from"), time_in(row, "until")
        if until is None:
            yield broken(18, row, "maintenance without an end")
            return
        key = row.gates.get("window", "")
        self._windows.setdefault(row.subject, {})[key] = since or row.at, until

    def window_end(self, row: AuditRow) -> Found:
        windows = self._windows.get(row.subject, {})
        windows.pop(row.gates.get("window", ""), None)
        if not windows:
            self._windows.pop(row.subject, None)
        yield from ()

    def freeze(self, row: AuditRow) -> Found:
        self._frozen.add(row.gates.get("scope", "all"))
        yield from ()

    def unfreeze(self, row: AuditRow) -> Found:
        self._frozen.discard(row.gates.get("scope", "all"))
        yield from ()

    def exempt(self, row: AuditRow) -> Found:
        until = time_in(row, "until")
        if until is None:
            self._exempt.pop(row.subject, None)
        else:
            self._exempt[row.subject] = until
        yield from ()

    def retire(self, row: AuditRow) -> Found:
        self._retired.add(row.subject)
        yield from ()

    def come_back(self, row: AuditRow) -> Found:
        self._retired.discard(row.subject)
        yield from ()

    def started(self, row: AuditRow) -> Found:
        self._adopted = says(row, "adopted")
        yield from self.jumped(row)

    def adopt(self, _row: AuditRow) -> Found:
        self._adopted = True
        yield from ()

    def reply(self, row: AuditRow) -> Found:
        until = time_in(row, "until")
        if until is not None:
            self._replied[row.subject] = until
        yield from ()

    def jumped(self, _row: AuditRow) -> Found:
        """A promised date comes by the service's clock, which may be another one now."""
        self._replied.clear()
        yield from ()

    def guard(self, row: AuditRow) -> Found:
        self._guard_closed = row.verb == "fleet guard closed"
        yield from ()

    def selected(self, row: AuditRow) -> Found:
        if row.gates.get("selected") == "0":
            yield broken(17, row, f"{row.verb} acts on an empty selection")

    # What they stop

    def intent(self, row: AuditRow) -> Found:
        intent = self._book.intents[row.intent]
        if intent.state == "sent" and not self._adopted:
            yield broken(7, row, f"{row.verb}, though nobody adopted this state")
        if intent.state not in ("planned", "sent") or intent.recovers:
            return
        if intent.state == "planned" and not intent.target.partition("/")[2]:
            yield broken(17, row, f"{intent.kind} is planned for nobody")
        frozen = self.frozen(intent)
        if frozen:
            yield broken(7, row, f"{row.verb}, while {frozen} is frozen")
        issue = self._book.issues.get(intent.issue)
        if of_engine(intent.actor):
            yield from self.engine(row, intent, issue)
        if issue is not None and intent.says_down and intent.state == "sent":
            issue.told_down = True

    def command(self, row: AuditRow) -> Found:
        if not self._adopted:
            yield broken(7, row, f"{row.verb} goes out, though nobody adopted this state")

    def engine(self, row: AuditRow, intent: Intent, issue: Issue | None) -> Found:
        yield from self.people(row, intent, issue)
        yield from self.start(row)
        first_down = intent.says_down and issue is not None and not issue.told_down
        if self._guard_closed and (intent.kind in HELD_BY_GUARD or first_down):
            yield broken(8, row, f"{row.verb}, while the fleet guard is closed")
        if self._book.blind_since is not None:
            yield broken(6, row, f"{row.verb}, while plcmon is blind")
        age = row.at - intent.planned_at
        if intent.state == "sent" and intent.kind != "notify" and age > self._limits.expiry:
            yield broken(6, row, f"{row.verb} by a plan that is {age} old")
        if intent.is_power and intent.state == "sent":
            yield from self.sight(row)

    def people(self, row: AuditRow, intent: Intent, issue: Issue | None) -> Found:
        if issue is not None and issue.paused_since is not None:
            yield broken(7, row, f"{row.verb}, while its issue is paused")
        if intent.target in self._retired:
            yield broken(7, row, f"{row.verb}, though it is retired")
        site = f"site/{intent.site}"
        peace = self._replied.get(site)
        if peace is not None and row.at < peace and (intent.kind == "notify" or intent.raises):
            yield broken(7, row, f"{row.verb}, though {site} replied")
        for subject in (intent.target, site, *(f"pcu/{pcu}" for pcu in intent.pcus)):
            if self.in_window(subject, row.at):
                yield broken(7, row, f"{row.verb}, while {subject} is in maintenance")
        for subject in (intent.target, site):
            until = self._exempt.get(subject)
            if until is not None and row.at < until:
                yield broken(7, row, f"{row.verb}, while {subject} is exempt")

    def in_window(self, subject: str, now: datetime) -> bool:
        return any(s <= now < until for s, until in self._windows.get(subject, {}).values())

    def frozen(self, intent: Intent) -> str:
        """The scope of the freeze that covers the intent; empty: none does."""
        if not self._frozen:
            return ""
        scopes = {"all", f"kind/{intent.kind}", f"site/{intent.site}", intent.target}
        scopes |= {"kind/power"} if intent.is_power else set()
        scopes |= {f"pcu/{pcu}" for pcu in intent.pcus}
        scopes |= {f"family/{family}" for family in intent.families}
        return min(scopes & self._frozen, default="")

    def start(self, row: AuditRow) -> Found:
        started = self._book.started_at
        if started is None:
            return
        if not self._book.scanned:
            yield broken(20, row, f"{row.verb} before a complete scan since {started}")
        elif row.at - started < self._book.grace:
            yield broken(20, row, f"{row.verb} {row.at - started} after the start")

    def sight(self, row: AuditRow) -> Found:
        seen, by = row.gates.get("seen", ""), row.gates.get("seen by", "")
        if seen not in DEAD:
            yield broken(6, row, f"power for what is seen {seen or 'by nobody'}")
        if by != "fresh":
            yield broken(6, row, f"power on evidence that is {by or 'missing'}")
        if row.gates.get("up elsewhere"):
            yield broken(6, row, f"power for what is up, says {row.gates['up elsewhere']}")
