"""Events: the one ordered story, in and out.

Facts come in (readings that changed something, verbs, inventory, steps of intents, deliveries);
consequences are told (statuses, issues, rungs, alerts). Both are rows of one table, in one order;
`seq` is also the id by which every subscriber resumes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from plcmon.model.beliefs import Finding
from plcmon.model.intents import Command, Mail, MailState, Outcome, Stage
from plcmon.model.readings import LOCAL, Observation
from plcmon.model.subjects import Inventory, NodeKey, Outlet, Subject


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asked: `engine`, or a person by unix user, token, SSH key or signed link."""

    name: str
    role: str = "operator"  # viewer, operator, admin, site
    via: str = ""  # socket, ssh, link


ENGINE = Actor("engine", "engine")


# Facts: bodies of events that come in.


@dataclass(frozen=True, slots=True)
class Started:
    """The service began to run."""

    version: str
    policy: str
    adopted: bool
    why_not: str = ""  # why the state is not adopted


@dataclass(frozen=True, slots=True)
class InventoryRead:
    """The inventory, read whole. Not stored with the event: state.db keeps the last good copy."""

    inventory: Inventory
    digest: str
    actor: str = "engine"


@dataclass(frozen=True, slots=True)
class NodeObserved:
    """A node's observation changed."""

    observation: Observation


@dataclass(frozen=True, slots=True)
class CanaryRound:
    """One round over the canaries of a vantage."""

    good: int
    asked: int
    vantage: str = LOCAL
    detail: str = ""
    answered: Mapping[str, bool] = field(default_factory=dict)  # by address


@dataclass(frozen=True, slots=True)
class WitnessesSeen:
    """One round over a site's witnesses: endpoint -> answered."""

    answered: Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class ScanCompleted:
    """Enough nodes were attempted by every probe since the start."""

    attempted: int
    in_service: int
    took_s: float


@dataclass(frozen=True, slots=True)
class PcuTested:
    """One harmless test of a PCU, or the session of a claim."""

    finding: Finding
    detail: str
    took_s: float = 0.0
    by_claim: bool = False
    sessions: int = 1
    asked_by: str = ""  # the person who asked for it; empty: its time came


@dataclass(frozen=True, slots=True)
class Verb:
    """A person's word, from any face."""

    actor: Actor
    verb: str
    reason: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    force: bool = False


@dataclass(frozen=True, slots=True)
class IntentClaimed:
    """An executor took the intent; the fence counts claims."""

    fence: int


@dataclass(frozen=True, slots=True)
class IntentSent:
    """Written before the first destructive byte leaves."""

    command: Command


@dataclass(frozen=True, slots=True)
class EffectSent:
    """Written before a change through an integration leaves."""

    value: str  # what will be set
    before: str = ""  # what was read there before; empty: it cannot be read


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a node's own log that speaks of broken hardware."""

    at: datetime  # by the node's clock, corrected by ours
    text: str


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """What somebody who looked inside a node found."""

    findings: tuple[str, ...]  # of its configuration, a sentence each; empty: it is in order
    wants_reinstall: bool = False
    detail: str = ""
    hardware: tuple[LogLine, ...] | None = ()  # None: its log could not be read


@dataclass(frozen=True, slots=True)
class DnsChecked:
    """One round over a node's or PCU's name, address and resolver."""

    agree: bool
    detail: str = ""
    addresses: tuple[str, ...] = ()  # where a PCU's name led, in a session that was opened


@dataclass(frozen=True, slots=True)
class PagesSeen:
    """What a node's pages lack, once it changed; nothing is concluded from it."""

    detail: str = ""  # empty: all answer as they should


class Hop(NamedTuple):
    """Who spoke at one distance on the way to a node; an empty address: nobody."""

    address: str
    took_ms: float


@dataclass(frozen=True, slots=True)
class RouteSeen:
    """The way to one address of a node, as it was when the node fell silent."""

    address: str
    hops: tuple[Hop, ...]  # the nearest first, up to the last that spoke
    reached: bool  # the address itself spoke

    def __str__(self) -> str:
        steps = [f"{hop.address} {hop.took_ms:.3g} ms" if hop.address else "?" for hop in self.hops]
        end = "there" if self.reached else "then nobody"
        return ", ".join([*steps, end]) if steps else "nobody on the way answers"


@dataclass(frozen=True, slots=True)
class HearsayChanged:
    """A source outside says something else of a node than before."""

    vantage: str  # the name of the source
    up: bool | None  # None: what it said is no longer fresh
    at: datetime  # of the sample
    detail: str = ""


@dataclass(frozen=True, slots=True)
class IntentStage:
    """How far it has come; `command` is the row this stage began or ended, if any."""

    stage: Stage
    command: Command | None = None
    dark: tuple[Outlet, ...] = ()  # outlets now off by our hand
    lit: tuple[Outlet, ...] = ()  # outlets that are on again
    detail: str = ""


@dataclass(frozen=True, slots=True)
class IntentEnded:
    """The device side is over: confirmed, failed, unknown or cancelled."""

    state: str  # an IntentState
    outcome: Outcome | None
    detail: str
    off_seen: bool = False
    lit: tuple[Outlet, ...] = ()  # outlets that were read on at the end
    foreign: tuple[Outlet, ...] = ()  # outlets that were off by an unknown hand
    actor: str = "engine"


@dataclass(frozen=True, slots=True)
class MailFixed:
    """A mail was composed; its rows are bound to it before anything is sent."""

    mail: Mail
    rows: tuple[tuple[str, str, str, int], ...]  # (issue, rung, recipient, repeat)


@dataclass(frozen=True, slots=True)
class MailDelivered:
    """What the relay said to one mail."""

    message_id: str
    state: MailState
    detail: str


@dataclass(frozen=True, slots=True)
class ReplySeen:
    """Somebody of a site replied to a mail or ticket; an auto-reply is nobody."""

    at: datetime
    until: datetime | None = None  # the date that they promise
    by: str = ""
    auto: bool = False


@dataclass(frozen=True, slots=True)
class AlertDelivered:
    """What the webhook or command did with one alert."""

    alert: int  # the event number of the alert
    channel: str
    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something about plcmon itself: a late scan, a full disk, a source out of reach, a bug."""

    condition: str
    on: bool
    detail: str
    jump_s: float = 0.0  # of the wall clock, forward


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has come for this subject. Never stored: time is in every other event."""


# Consequences: bodies of events that are told.


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """A belief changed."""

    old: str
    new: str
    why: str
    what: str = "status"  # status, evidence, blind, guard


@dataclass(frozen=True, slots=True)
class IssueChanged:
    """An issue opened, closed, paused, went on, or took a rung."""

    issue: str
    type: str
    change: str  # opened, closed, paused, resumed, rung, shadow rung, passed, proposed, reopened
    detail: str
    rung: str = ""


@dataclass(frozen=True, slots=True)
class IntentChanged:
    """An intent was planned, changed state, or got its verdict."""

    intent: str
    kind: str
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class HoldChanged:
    """The reason for which a want is held changed; empty gate: it is no longer held."""

    issue: str
    rung: str
    gate: str
    fact: str


@dataclass(frozen=True, slots=True)
class AlertRaised:
    """A message to the operators. No mode, guard, budget or pause stops it."""

    topic: str  # equal topics thread
    text: str
    urgent: bool = True


@dataclass(frozen=True, slots=True)
class Refused:
    """A verb was declined; nothing changed."""

    verb: str
    why: str


Fact = (
    Started
    | InventoryRead
    | NodeObserved
    | CanaryRound
    | WitnessesSeen
    | ScanCompleted
    | PcuTested
    | Verb
    | IntentClaimed
    | IntentSent
    | EffectSent
    | Diagnosed
    | DnsChecked
    | PagesSeen
    | RouteSeen
    | HearsayChanged
    | IntentStage
    | IntentEnded
    | MailFixed
    | MailDelivered
    | ReplySeen
    | AlertDelivered
    | Noticed
    | Tick
)
Consequence = StatusChanged | IssueChanged | IntentChanged | HoldChanged | AlertRaised | Refused
Body = Fact | Consequence


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the story. `seq` is 0 until it is committed."""

    at: datetime
    subject: Subject
    body: Body
    seq: int = 0
    vantage: str = LOCAL
    intent: str = ""  # for steps of an intent

    @property
    def kind(self) -> str:
        """The name of its body, the word the database and the faces use."""
        return type(self.body).__name__


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row of the journal; its shape never changes. `previous` chains the hashes."""

    at: datetime
    actor: str
    subject: str
    verb: str
    reason: str
    evidence: tuple[int, ...] = ()  # event numbers
    ages_s: tuple[float, ...] = ()  # of the evidence, at that moment; -1: not known
    gates: Mapping[str, str] = field(default_factory=dict)  # gate -> answer: fact
    intent: str = ""
    issue: str = ""
    outcome: str = ""
    detail: str = ""
    seq: int = 0
    previous: str = ""  # hash of the row before, hex
    hash: str = ""  # of this row with `previous`, hex


@dataclass(frozen=True, slots=True)
class Window:
    """Maintenance: a stretch in which nothing is done."""

    id: str
    subject: Subject
    starts_at: datetime
    ends_at: datetime
    actor: str
    reason: str
    begun: bool = True  # False: it lies ahead, nobody has looked inside yet
    weekly: str = ""  # "Sat 02:00-06:00": this is one stretch of a series
    timezone: str = "UTC"  # in which a weekly one is said
    series_until: datetime | None = None  # no stretch of the series starts from here on


@dataclass(frozen=True, slots=True)
class Freeze:
    """A stop by a person: scope `all`, `site/KEY`, `pcu/KEY`, `family/NAME`, `kind/NAME`."""

    scope: str
    actor: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NodeSeen:
    """When a node was last heard of; flushed from time to time, not an event."""

    key: NodeKey
    answered_at: datetime | None
    login_at: datetime | None
