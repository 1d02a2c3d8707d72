"""Intents: granted work, written down before anything happens, and every step of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from plcmon.model.issues import IssueId, Verdict
from plcmon.model.readings import Observed
from plcmon.model.subjects import Outlet, PcuKey, PowerPath, Subject

IntentId = NewType("IntentId", str)  # a ULID


class ActionKind(StrEnum):
    """What an effect does. Those without an executor answer *never: not installed*."""

    POWER_CYCLE = "power-cycle"
    POWER_ON = "power-on"
    POWER_OFF = "power-off"
    REBOOT_SHELL = "reboot-shell"
    BOOT_STATE = "boot-state"
    REPAIR = "repair"
    NOTIFY = "notify"
    ALERT = "alert"
    PENALTY = "penalty"
    FLAG = "flag"
    OPEN = "open"


KIND_WORDS: Mapping[ActionKind, str] = {
    ActionKind.POWER_CYCLE: "off, wait, on, through the first power path that is in order",
    ActionKind.POWER_ON: "the node's outlets on; only a person asks for it",
    ActionKind.POWER_OFF: "the node's outlets off; only a person asks for it",
    ActionKind.REBOOT_SHELL: "a reboot through the node's own shell",
    ActionKind.BOOT_STATE: "what the node's source wants it to do at the next boot",
    ActionKind.REPAIR: "what a diagnosis asks for, through the node's shell",
    ActionKind.NOTIFY: "a notice to the people in these roles at the site, in its next mail",
    ActionKind.ALERT: "a message to the operators; no mode, guard or pause stops it",
    ActionKind.PENALTY: "a claim on the site's penalty level, for as long as the issue is open",
    ActionKind.FLAG: "a line in the journal for the operators",
    ActionKind.OPEN: "another issue about the same subject; it closes with the one that opened it",
}
"""What each kind of action does."""

POWER = frozenset({ActionKind.POWER_CYCLE, ActionKind.POWER_ON, ActionKind.POWER_OFF})
DESTRUCTIVE = frozenset({ActionKind.POWER_CYCLE, ActionKind.POWER_OFF})
OUTSIDE = frozenset(
    {
        ActionKind.BOOT_STATE,
        ActionKind.REBOOT_SHELL,
        ActionKind.REPAIR,
        ActionKind.PENALTY,
        ActionKind.FLAG,
    }
)
"""Effects that an integration carries out, each through its own port."""
THROUGH = frozenset({ActionKind.BOOT_STATE, ActionKind.REBOOT_SHELL, ActionKind.REPAIR})
"""Of these, the steps of a rung on a node: they happen in order, and whole or not at all."""


class IntentState(StrEnum):
    """planned -> claimed -> sent -> confirmed / failed / unknown; or cancelled before sent."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SENT = "sent"
    CONFIRMED = "confirmed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


UNFINISHED = frozenset({IntentState.PLANNED, IntentState.CLAIMED, IntentState.SENT})
NEXT_STATES: Mapping[IntentState, frozenset[IntentState]] = {
    IntentState.PLANNED: frozenset({IntentState.CLAIMED, IntentState.CANCELLED}),
    IntentState.CLAIMED: frozenset(
        {IntentState.SENT, IntentState.CANCELLED, IntentState.FAILED, IntentState.CONFIRMED}
    ),
    IntentState.SENT: frozenset({IntentState.CONFIRMED, IntentState.FAILED, IntentState.UNKNOWN}),
    IntentState.UNKNOWN: frozenset({IntentState.CONFIRMED, IntentState.FAILED}),
    IntentState.CONFIRMED: frozenset(),
    IntentState.FAILED: frozenset(),
    IntentState.CANCELLED: frozenset(),
}


class Outcome(StrEnum):
    """What the device or peer said."""

    OK = "ok"
    ALREADY = "already in state"
    AUTH_FAILED = "auth failed"
    PERMISSION_DENIED = "permission denied"
    BUSY = "busy"
    NO_SUCH_OUTLET = "no such outlet"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    PROTOCOL_MISMATCH = "protocol mismatch"
    UNSUPPORTED = "unsupported"
    NEEDS_HUMAN = "needs human"
    UNKNOWN_AFTER_SEND = "unknown after send"


class PowerState(StrEnum):
    """What an outlet reads."""

    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"  # it cannot be read back, or is between the two


class Stage(StrEnum):
    """How far a power action has come; each is a durable row before the next thing happens."""

    CONNECTED = "connected"
    READ = "read"
    OFF_SENT = "off sent"
    DARK = "dark"
    ON_SENT = "on sent"
    READ_ON = "read on"
    PROOF = "proof"


class Tally(StrEnum):
    """What an action counts as for budgets and breakers."""

    GOOD = "good"  # verified
    NEUTRAL = "neutral"  # nothing is better, and nothing worse
    BAD = "bad"  # failed, unknown after reading, a neighbour lost, or a node worse than before


@dataclass(frozen=True, slots=True)
class Command:
    """One command to a PCU; each is its own row. A destructive one goes out once per intent."""

    intent: IntentId
    number: int  # from 1, within the intent
    verb: str  # off, on, cycle, read
    outlet: Outlet
    sent_at: datetime
    answered_at: datetime | None = None
    outcome: Outcome | None = None
    reads: PowerState | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """One effect of one granted rung, or of a person's request."""

    id: IntentId
    kind: ActionKind
    target: Subject
    planned_at: datetime
    expires_at: datetime
    actor: str  # "engine", or a person
    reason: str
    group: str = ""  # shared by the effects of one rung
    issue: IssueId | None = None
    rung: str = ""
    repeat: int = 0  # the nth taking of that rung
    argument: str = ""  # of the effect: a notice and roles, a level, a boot state
    path: PowerPath | None = None  # power: the target snapshot
    site: str = ""
    evidence: tuple[int, ...] = ()  # event numbers
    policy: str = ""
    fence: int = 0
    undo: str = ""  # how, or "none: why"
    forced: bool = False  # a person overrode what a person may
    beyond: str = ""  # the fleet's limit that it exceeds; a second admin must approve
    approved_by: str = ""  # that second admin; of a rung: who let it run
    state: IntentState = IntentState.PLANNED
    state_at: datetime | None = None
    sent_at: datetime | None = None
    stage: Stage | None = None
    stage_at: datetime | None = None
    dark_since: datetime | None = None  # our own hand keeps it off since
    off_seen: bool = False  # the outlet was read off in between
    outcome: Outcome | None = None
    detail: str = ""
    boot_id_before: str = ""
    seen_before: Observed | None = None  # what the node showed when it was sent
    cut_at: datetime | None = None  # when its first destructive command left
    lit_at: datetime | None = None  # when nothing was dark by it any more
    proof_due_at: datetime | None = None
    verdict: Verdict | None = None
    verdict_at: datetime | None = None
    settled_by: str = ""
    back_at: datetime | None = None  # the node's boot time that proved it
    tally: Tally | None = None  # what it counted as
    after: str = ""  # the effect of the same rung that must be confirmed first
    before: str = ""  # the value outside that was there before ours
    undoes: str = ""  # the intent whose change it takes back; no gate stops that
    undone: bool = False  # taken back before anything came of it

    @property
    def in_flight(self) -> bool:
        """True until the outlet is proven on, the unknown is settled, or nothing was sent."""
        if self.state is IntentState.UNKNOWN:
            return not self.settled_by
        return self.state in UNFINISHED and not self.waits_for_second

    @property
    def waits_for_second(self) -> bool:
        """A person wants more than the fleet's limits allow: nothing happens on one word."""
        return self.state is IntentState.PLANNED and bool(self.beyond) and not self.approved_by

    @property
    def awaits_proof(self) -> bool:
        """Only a power cycle is proven by what the node shows afterwards."""
        cycled = self.kind is ActionKind.POWER_CYCLE and self.state is IntentState.CONFIRMED
        return cycled and self.verdict is None

    @property
    def asks_a_person(self) -> bool:
        """A request that is out with a person; it holds only its node."""
        return self.state is IntentState.SENT and self.outcome is Outcome.NEEDS_HUMAN


class MailState(StrEnum):
    """A mail is fixed with its Message-ID before sending; `accepted` is the relay's word."""

    FIXED = "fixed"
    ACCEPTED = "accepted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One thing to tell one person; it is in exactly one mail."""

    issue: IssueId
    rung: str
    recipient: str
    repeat: int
    notice: str  # down, login, online, pcu_failed, pcu_error, site_unreachable
    site: str
    subject: Subject
    created_at: datetime
    facts: Mapping[str, str] = field(default_factory=dict)  # what the template needs
    intent: IntentId | None = None
    mail: str = ""  # Message-ID, once fixed
    lowest: bool = False  # to somebody who is only a user of the site: last in the queue


@dataclass(frozen=True, slots=True)
class Mail:
    """One composed mail to one person about one site."""

    message_id: str
    recipient: str
    site: str
    subject: str
    body: str
    html: str
    created_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    state: MailState = MailState.FIXED
    tried: int = 0
    tried_at: datetime | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What one session with a PCU said and heard, free of secrets."""

    pcu: PcuKey
    at: datetime  # when it ended
    intent: str  # empty: a test, or a person's question
    text: str  # lines; "> " was typed, "< " was heard
