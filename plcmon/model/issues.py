"""Issues: something wrong and not yet over, and where it stands on its ladder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from plcmon.model.beliefs import NO_TIME, Span
from plcmon.model.subjects import Outlet, Subject, SubjectKind

IssueId = NewType("IssueId", str)  # a ULID


class IssueType(StrEnum):
    """Every kind of issue there is."""

    NODE_DOWN = "node_down"
    NODE_LOGIN = "node_login"
    NODE_DEBUG = "node_debug"
    NODE_CONFIG = "node_config"
    BAD_HARDWARE = "bad_hardware"
    DNS_ERROR = "dns_error"
    OLD_BOOTCD = "old_bootcd"
    FIREWALLED = "firewalled"
    HOSTKEY = "hostkey"
    FLAPPING = "flapping"
    PCU_DOWN = "pcu_down"
    PCU_BROKEN = "pcu_broken"
    PCU_CONFIG = "pcu_config"
    MAPPING_SUSPECT = "mapping_suspect"
    SITE_UNREACHABLE = "site_unreachable"
    SITE_DOWN = "site_down"
    COMMON_CAUSE = "common_cause"
    MASS_OUTAGE = "mass_outage"
    SELF = "self"


SUBJECT_OF: Mapping[IssueType, SubjectKind] = {
    **dict.fromkeys(IssueType, SubjectKind.NODE),
    IssueType.PCU_DOWN: SubjectKind.PCU,
    IssueType.PCU_BROKEN: SubjectKind.PCU,
    IssueType.PCU_CONFIG: SubjectKind.PCU,
    IssueType.MAPPING_SUSPECT: SubjectKind.PCU,
    IssueType.SITE_UNREACHABLE: SubjectKind.SITE,
    IssueType.SITE_DOWN: SubjectKind.SITE,
    IssueType.COMMON_CAUSE: SubjectKind.FLEET,
    IssueType.MASS_OUTAGE: SubjectKind.FLEET,
    IssueType.SELF: SubjectKind.FLEET,
}


class IssueStatus(StrEnum):
    """`open` climbs, `paused` stands still, `closed` is over."""

    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


class Cause(StrEnum):
    """Why an issue closed."""

    HEALTHY = "healthy"
    SUPERSEDED = "superseded"
    RETIRED = "retired"
    ON_PURPOSE = "on purpose"
    RECORD_CHANGED = "record changed"
    CLOSED_BY_PERSON = "closed by a person"
    CONDITION_GONE = "condition gone"
    ACCEPTED = "accepted"


class Verdict(StrEnum):
    """What a power action did."""

    FIXED = "fixed"
    REBOOTED_SICK = "rebooted_sick"
    NOT_REBOOTED = "not_rebooted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Climb:
    """Where an issue stands on its ladder."""

    rung: str = ""  # the last rung taken; empty: none yet
    order: int = -1  # its order
    taken_at: datetime | None = None
    repeats: Mapping[str, int] = field(default_factory=dict)  # rung -> how often taken
    passed: Mapping[str, str] = field(default_factory=dict)  # rung -> why it was passed over
    waited: Span = NO_TIME  # bad, unpaused time since the last rung taken
    owed: str = ""  # power passed over for a PCU's sake; it runs once when that is good again
    beside: str = ""  # what was owed and is taken
    before: "Climb | None" = None  # where it stood, should the rung fail before it is sent


@dataclass(frozen=True, slots=True)
class Step:
    """One rung as it was when an issue began to climb, in the words of the file."""

    name: str
    order: int = 0
    after: timedelta = timedelta()
    every: timedelta | None = None
    when: tuple[str, ...] = ()
    do: tuple[str, ...] = ()
    mode: str = "auto"


FOOT = Climb()  # the foot of every ladder


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rung that waits for a person's word."""

    rung: str
    asked_at: datetime
    approved_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value outside that an issue changed; taken back when it closes, where it is still ours."""

    intent: str
    value: str
    before: str


@dataclass(frozen=True, slots=True)
class Issue:
    """One continuous stretch of one kind of trouble of one subject."""

    id: IssueId
    type: IssueType
    subject: Subject
    opened_at: datetime
    bad_since: datetime
    status: IssueStatus = IssueStatus.OPEN
    summary: str = ""  # what was found, one sentence
    evidence: tuple[int, ...] = ()  # event numbers
    bad: Span = NO_TIME  # bad time since it opened
    climb: Climb = FOOT  # really taken
    shadow: Climb = FOOT  # what would have been taken, in observe
    proposal: Proposal | None = None
    verdict: Verdict | None = None  # of its last power action
    claim: int = 0  # penalty level it asks for
    boot_states: tuple[Setting, ...] = ()  # what it set and nothing took back so far
    told: tuple[str, ...] = ()  # addresses whose `down` the relay accepted
    warned_at: datetime | None = None  # when the relay first accepted a notice to the site's people
    outlet: Outlet | None = None  # pcu_broken: which one
    paused_until: datetime | None = None
    paused_by: str = ""
    pause_reason: str = ""
    released_at: datetime | None = None  # inherited: when it began to climb in earnest
    policy: str = ""  # version of the ladder it climbs
    steps: tuple[Step, ...] = ()  # that ladder; empty: today's
    parent: str = ""  # the common cause it is a child of
    opened_by: IssueId | None = None  # the issue whose rung opened it; they end together
    opened_rung: str = ""  # and which rung that was
    reopened_at: datetime | None = None  # it closed, and is that issue again since then
    closed_at: datetime | None = None
    cause: Cause | None = None
    closer: str = ""  # an actor

    @property
    def is_open(self) -> bool:
        return self.status is not IssueStatus.CLOSED
