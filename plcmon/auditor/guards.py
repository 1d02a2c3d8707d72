"""Guards of a part (8): a dark site's pathfinders, breakers, flapping nodes, suspect units."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from plcmon.auditor.book import Book, Intent
from plcmon.auditor.family import Ears, Found, broken
from plcmon.auditor.limits import Limits
from plcmon.auditor.reading import POWER, of_engine
from plcmon.model.events import AuditRow

HELD_BY_FLAPPING = POWER | {"notify", "reboot-shell", "boot-state"}
OUT = frozenset({"sent", "unknown", "confirmed"})


@dataclass(slots=True)
class SiteGuard:
    """One closed site guard."""

    first: Intent | None = None  # the pathfinder, not proven yet
    failures: int = 0  # in a row
    next_at: datetime | None = None


class Guards:
    """What the smaller guards hold, judged at planning and again at sending."""

    def __init__(self, book: Book, limits: Limits) -> None:
        self._book = book
        self._limits = limits
        self._sites: dict[str, SiteGuard] = {}
        self._unproven: dict[str, Intent] = {}  # site -> its last power without a verdict
        self._tripped: set[str] = set()
        self._flapping: dict[str, str] = {}  # node -> issue
        self._suspect: defaultdict[str, set[str]] = defaultdict(set)  # unit -> issues

    @property
    def ears(self) -> Ears:
        return {
            "site guard closed": self.shut,
            "site guard opened": self.open_up,
            "breaker tripped": self.trip,
            "re-arm": self.re_arm,
            "issue opened": self.opened,
            "issue reopened": self.opened,
            "issue closed": self.closed,
            "intent": self.intent,
            "verdict": self.verdict,
        }

    # What closes and opens them

    def shut(self, row: AuditRow) -> Found:
        site = key_of(row)
        self._sites[site] = SiteGuard(self._unproven.get(site))
        yield from ()

    def open_up(self, row: AuditRow) -> Found:
        self._sites.pop(key_of(row), None)
        yield from ()

    def trip(self, row: AuditRow) -> Found:
        self._tripped.add(row.detail)
        yield from ()

    def re_arm(self, row: AuditRow) -> Found:
        self._tripped.discard(row.gates.get("scope", ""))
        guard = self._sites.get(key_of(row)) if row.subject.startswith("site/") else None
        if guard is not None:
            guard.failures, guard.next_at = 0, None
        yield from ()

    def opened(self, row: AuditRow) -> Found:
        if row.gates.get("type") == "flapping":
            self._flapping[row.subject] = row.issue
        elif row.gates.get("type") == "mapping_suspect":
            self._suspect[key_of(row)].add(row.issue)
        yield from ()

    def closed(self, row: AuditRow) -> Found:
        if self._flapping.get(row.subject) == row.issue:
            del self._flapping[row.subject]
        self._suspect[key_of(row)].discard(row.issue)
        yield from ()

    def verdict(self, row: AuditRow) -> Found:
        """A pathfinder that came back lets the next one go; one that did not makes it wait."""
        for site, intent in list(self._unproven.items()):
            if intent.id == row.intent:
                del self._unproven[site]
        for guard in self._sites.values():
            if guard.first is not None and guard.first.id == row.intent:
                guard.first = None
                self.proven(guard, row.at, helped=row.outcome == "fixed")
        yield from ()

    def proven(self, guard: SiteGuard, at: datetime, *, helped: bool) -> None:
        guard.failures = 0 if helped else guard.failures + 1
        guard.next_at = None if helped else at + self._limits.site_pause

    # What they hold

    def intent(self, row: AuditRow) -> Found:
        intent = self._book.intents[row.intent]
        if intent.state not in ("planned", "sent") or intent.recovers:
            return
        if not of_engine(intent.actor):
            return
        if intent.is_power or intent.state == "planned":
            yield from self.breakers(row, intent)
        yield from self.flaps(row, intent)
        if intent.is_power and not intent.asks_a_person:
            yield from self.mapping(row, intent)
            if intent.state == "sent":
                yield from self.site(row, intent)
                self._unproven[intent.site] = intent

    def breakers(self, row: AuditRow, intent: Intent) -> Found:
        scopes = {f"kind/{'power' if intent.is_power else intent.kind}"}
        scopes |= {f"family/{family}" for family in intent.families}
        for scope in sorted(scopes & self._tripped):
            yield broken(8, row, f"{row.verb}, while the breaker of {scope} is tripped")

    def flaps(self, row: AuditRow, intent: Intent) -> Found:
        own = self._flapping.get(intent.target)
        if own and own != intent.issue and intent.kind in HELD_BY_FLAPPING:
            yield broken(8, row, f"{row.verb}, while it flaps")

    def mapping(self, row: AuditRow, intent: Intent) -> Found:
        for pcu in sorted(intent.pcus):
            if self._suspect.get(pcu):
                yield broken(8, row, f"{row.verb} through {pcu}, whose mapping is suspect")

    def site(self, row: AuditRow, intent: Intent) -> Found:
        """One at a time, each proven before the next; after some in vain a person's word."""
        guard = self._sites.get(intent.site)
        if guard is None:
            return
        self.give_up_waiting(guard, row.at)
        if guard.first is not None and guard.first is not intent and guard.first.state in OUT:
            yield broken(8, row, f"power before pathfinder {guard.first.target} is proven")
        elif guard.failures >= self._limits.site_failures:
            yield broken(8, row, f"power after {guard.failures} pathfinders in vain")
        elif guard.next_at is not None and row.at < guard.next_at:
            yield broken(8, row, f"power {guard.next_at - row.at} too soon after one in vain")
        guard.first = intent

    def give_up_waiting(self, guard: SiteGuard, now: datetime) -> None:
        """An unknown that nobody reads counts as in vain after a while."""
        first = guard.first
        if first is None or first.state != "unknown" or first.state_at is None:
            return
        over = first.state_at + self._limits.unknown_holds_site
        if now >= over:
            guard.first = None
            self.proven(guard, over, helped=False)


def key_of(row: AuditRow) -> str:
    """The subject without the word before it."""
    return row.subject.partition("/")[2]
