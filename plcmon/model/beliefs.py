"""Beliefs: what plcmon holds true of each subject, after hysteresis."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from plcmon.model.bulk import Bulk
from plcmon.model.guards import CommonCause, SiteGuard, Storm
from plcmon.model.readings import Evidence, Mark, Observed
from plcmon.model.subjects import NodeKey, Outlet, PcuKey, SiteKey
from plcmon.model.trust import Breaker, PowerLine


class Status(StrEnum):
    """What plcmon believes of a node, PCU or site. The last four are for nodes only."""

    NEW = "new"
    GOOD = "good"
    ONLINE = "online"
    OFFLINE = "offline"
    DOWN = "down"
    UNREACHABLE = "unreachable"  # sites only
    FAILBOOT = "failboot"
    SAFEBOOT = "safeboot"
    DISABLED = "disabled"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Span:
    """Time for which something held, gaps left out; starts anew after enough of the opposite."""

    total: timedelta = timedelta()  # of what is closed
    running_since: datetime | None = None
    opposite_since: datetime | None = None
    opposite: timedelta = timedelta()  # of what is closed, since the last that counted

    def value(self, now: datetime) -> timedelta:
        """The time that counts up to `now`."""
        if self.running_since is None or now <= self.running_since:
            return self.total
        return self.total + (now - self.running_since)


NO_TIME = Span()


@dataclass(frozen=True, slots=True)
class Flap:
    """How often a node left boot lately; a whole outage, however long, is one episode."""

    score: float = 0.0  # at `at`; it halves with time
    at: datetime | None = None
    episodes: tuple[datetime, ...] = ()  # of the slow rule's window, oldest first
    boots: bool = False  # it was in boot when last seen well, so it can leave it
    fast: bool = False  # held by its score
    slow: bool = False  # held by the number of its episodes

    @property
    def held(self) -> bool:
        return self.fast or self.slow


STEADY = Flap()


@dataclass(frozen=True, slots=True)
class DnsWrong:
    """Rounds in a row in which name, address and resolver disagree."""

    since: datetime
    rounds: int
    detail: str


@dataclass(frozen=True, slots=True)
class Hearsay:
    """What a source outside says of a node, as long as that is fresh. Never a finding of ours."""

    up: bool
    since: datetime  # the first sample that said so
    detail: str = ""  # the value it gave


@dataclass(frozen=True, slots=True)
class NodeBelief:
    """What is believed of one node."""

    key: NodeKey
    status: Status = Status.NEW
    status_since: datetime | None = None
    observed: Observed = Observed.STALE
    observed_since: datetime | None = None
    evidence: Evidence = Evidence.STALE
    evidence_since: datetime | None = None
    marks: frozenset[Mark] = frozenset()
    not_good_since: datetime | None = None
    first_seen_at: datetime | None = None
    boot_id: str = ""
    booted_at: datetime | None = None
    turned_bad_at: datetime | None = None  # when it last left good or online for something bad
    good_until: datetime | None = None  # when it was last good, None: never yet
    fell_at: datetime | None = None  # when the bad time began that it has been in since then
    storm: str = ""  # the storm it fell in, until it boots
    spans: Mapping[str, Span] = field(default_factory=dict)  # by the names in policy.spans
    desired_since: datetime | None = None  # when the desired boot state last changed
    detail: str = ""  # what was last seen, one line
    evidence_seq: int = 0  # the event that brought the present observation
    written: str = ""  # the boot state that plcmon itself wrote last; it is not "on purpose"
    diagnosed_at: datetime | None = None
    wants_reinstall: bool = False  # the last diagnosis asks for it
    flap: Flap = STEADY
    key_settles_at: datetime | None = None  # a person accepted another host key: not shown yet
    dns: DnsWrong | None = None  # None: name, address and resolver agree, or nobody looked
    http: str = ""  # what its pages lack, in words
    http_at: datetime | None = None
    route: str = ""  # the way to it when it last fell silent, in words
    route_at: datetime | None = None
    config_found: tuple[str, ...] = ()  # what the last diagnosis found in its configuration
    hardware_found: tuple[str, ...] = ()  # its log lines that are newer than the last clean read
    hardware_clean_at: datetime | None = None  # when its log was last read without a complaint
    hearsay: Mapping[str, Hearsay] = field(default_factory=dict)  # by source

    def up_by(self, sources: Collection[str]) -> list[str]:
        """Those of these sources outside that say that it is up."""
        return sorted(name for name, said in self.hearsay.items() if said.up and name in sources)


class Finding(StrEnum):
    """What a PCU test found; kept apart so that mail can say it in plain words."""

    OK = "ok"
    NO_TRANSPORT = "no transport"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    LOGIN_REFUSED = "login refused"
    PROMPT_NOT_FOUND = "prompt not found"
    BUSY = "busy"
    UNSUPPORTED = "unsupported"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class PcuBelief:
    """What is believed of one PCU."""

    key: PcuKey
    status: Status = Status.NEW
    status_since: datetime | None = None
    finding: Finding | None = None  # of the last test
    finding_since: datetime | None = None
    detail: str = ""  # the last test's sentence
    tested_at: datetime | None = None
    tested_good_at: datetime | None = None
    failures: int = 0  # tests in a row
    first_failure_at: datetime | None = None
    failed_sessions: int = 0  # in a row, of actions
    left_alone_until: datetime | None = None
    refused: bool = False  # a login was refused; tests stop until the record changes or re-arm
    record: str = ""  # fingerprint of the inventory record the findings belong to
    held_outlets: frozenset[str] = frozenset()  # pcu_broken: by outlet
    not_rebooted: Mapping[str, int] = field(default_factory=dict)  # outlet -> verdicts in a row
    refusals: int = 0  # power commands refused in a row
    refused_outlets: frozenset[str] = frozenset()  # held for that alone
    dns: DnsWrong | None = None  # None: its name leads where it led before, or nobody looked
    addresses: tuple[str, ...] = ()  # where its name led when a session was first opened


@dataclass(frozen=True, slots=True)
class Penalty:
    """What a site is under, by the claims of its open issues."""

    level: int = 0  # 0 none, 1 no new slices, 2 slices suspended
    since: datetime | None = None  # when the level last changed
    changes: int = 0  # how often it changed
    began: datetime | None = None  # when it last rose from none
    intent: str = ""  # the one that last raised it
    asked: int = 0  # the level that waits for a person's word, or that was declined
    asked_at: datetime | None = None
    asks: int = 0  # how often it was asked for
    approved_by: str = ""
    declined: str = ""  # by whom, and why; stands until the claim changes


NO_PENALTY = Penalty()


@dataclass(frozen=True, slots=True)
class SiteBelief:
    """What is believed of one site."""

    key: SiteKey
    status: Status = Status.NEW
    status_since: datetime | None = None
    up: int = 0
    needed: int = 0
    unreachable: Span = NO_TIME
    reachable: Span = NO_TIME
    down: Span = NO_TIME  # time in status down that somebody saw
    witnesses_silent_since: datetime | None = None  # all that answered lately are silent
    witnesses_answered_at: Mapping[str, datetime] = field(default_factory=dict)  # by endpoint
    guard: SiteGuard | None = None  # None: open
    first_seen_at: datetime | None = None  # when it was first in the inventory
    penalty: Penalty = NO_PENALTY
    replied_at: datetime | None = None  # when a person of the site last replied
    reply_until: datetime | None = None  # no notices and no penalties before this
    ticket: str = ""  # the intent that opened the site's ticket; empty: none is open


@dataclass(frozen=True, slots=True)
class Canary:
    """What one canary did in the last round, and since when it has done so."""

    answers: bool
    since: datetime


@dataclass(frozen=True, slots=True)
class Digest:
    """The last daily digest to the operators, and the counts that the next one is compared with."""

    at: datetime  # when it was due
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FleetBelief:
    """What is believed of the whole, and of ourselves."""

    blind: bool = False
    blind_since: datetime | None = None
    canaries_good: int = 0
    canaries_asked: int = 0
    good_rounds: int = 0  # in a row, while blind
    canaries_at: datetime | None = None
    canaries: Mapping[str, Canary] = field(default_factory=dict)  # by address, since this start
    guard_closed: bool = False
    guard_since: datetime | None = None
    guard_calm_since: datetime | None = None  # since when the rate has been half of the line
    turned_bad: tuple[tuple[str, datetime], ...] = ()  # what counted, within the guard's window
    guard_line: int = 0  # more than this many closes the guard
    in_service: int = 0
    started_at: datetime | None = None
    jumps: tuple[tuple[datetime, float], ...] = ()  # of the wall clock: when, seconds forward
    scan_complete_at: datetime | None = None  # the last complete fresh scan since the start
    first_scan_at: datetime | None = None  # the very first complete scan of this state
    acting_since: Mapping[str, datetime] = field(default_factory=dict)  # by issue type
    scan_began_at: datetime | None = None  # when that scan began
    adopted: bool = True  # False: a restored, copied or cloned state; sends nothing at all
    late_since: datetime | None = None
    alive_at: datetime | None = None  # the last time the engine is known to have run
    inventory_at: datetime | None = None
    proven: Mapping[str, datetime] = field(default_factory=dict)  # power path text -> last proof
    foreign_off: frozenset[Outlet] = frozenset()  # read off, and not by our hand
    known_off: frozenset[Outlet] = frozenset()  # outlets dark by our own hand
    power_line: PowerLine | None = None  # None: the budget is as it begins
    breakers: Mapping[str, Breaker] = field(default_factory=dict)  # by scope: kind/K, family/F
    chronic: int = 0  # nodes in service that have been bad for very long
    chronic_of: int = 0  # nodes in service, those included
    chronic_baseline: int = 0  # as many an operator accepted
    unseen: frozenset[NodeKey] = frozenset()  # nodes that have been stale for very long
    storms: Mapping[str, Storm] = field(default_factory=dict)  # by id
    causes: Mapping[str, CommonCause] = field(default_factory=dict)  # by label
    bulks: tuple[Bulk, ...] = ()  # under way
    digest: Digest | None = None  # None: none was due yet


Belief = NodeBelief | PcuBelief | SiteBelief | FleetBelief
