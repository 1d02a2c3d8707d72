"""Views: what people and scripts are shown. Plain values; the API's JSON is exactly these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

ACTING = "acting"


@dataclass(frozen=True, slots=True)
class Summary:
    """The header: what needs me, how fresh, may it act."""

    at: datetime
    seq: int  # the last event in it; resume the stream from here
    service: str  # plcmon version
    nodes: Mapping[str, int]  # status -> count
    evidence: Mapping[str, int]  # evidence word -> count
    sites: int
    pcus: int
    issues: Mapping[str, int]  # open issues by type
    mode: str  # observe, propose, auto
    frozen: tuple[str, ...]  # scopes
    blind: bool
    adopted: bool
    guard: str  # "open, 3 of 43" or "closed since 02:10, 61 of 43"
    guard_closed: bool
    budget: str  # "power 1 of 2 this hour"
    approvals: int  # waiting, of rungs and of actions beyond a fleet limit
    held: int  # wants that are held by a gate other than waiting
    in_flight: int
    windows: int
    scan_at: datetime | None  # last complete scan
    scan_late: bool
    scan_every_s: float
    inventory_at: datetime | None
    started_at: datetime
    scale: float = 1.0
    stopped: tuple[str, ...] = ()  # tripped breakers: kind/NAME, family/NAME
    role: str = ""  # of the caller
    caller: str = ""


@dataclass(frozen=True, slots=True)
class GateView:
    """One gate, as `why` prints it."""

    name: str
    answer: str  # pass, hold, never
    fact: str
    distance: str = ""
    at: datetime | None = None
    clears_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NodeView:
    """A row of the fleet."""

    key: str
    name: str
    site: str
    status: str
    since: datetime | None
    observed: str
    evidence: str
    marks: tuple[str, ...]
    detail: str  # what was last seen
    seen_at: datetime | None  # last answer of any kind
    boot_id: str
    booted_at: datetime | None
    power: str  # the preferred path, for people; empty: none
    issues: tuple[str, ...]  # ids of open issues
    why: str  # one true sentence
    addresses: tuple[str, ...] = ()
    desired: str = "boot"


@dataclass(frozen=True, slots=True)
class PcuView:
    """A row of the PCUs."""

    key: str
    name: str
    site: str
    family: str
    address: str
    status: str
    since: datetime | None
    finding: str
    detail: str
    tested_at: datetime | None
    tested_good_at: datetime | None
    nodes: tuple[str, ...]  # "outlet: node name"
    issues: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class SiteView:
    """A row of the sites."""

    key: str
    name: str
    status: str
    since: datetime | None
    up: int
    needed: int
    nodes: int
    pcus: int
    contacts: tuple[str, ...]
    issues: tuple[str, ...]
    why: str
    penalty: int = 0  # 0 none, 1 no new slices, 2 slices suspended
    penalty_since: datetime | None = None
    claims: tuple[str, ...] = ()  # "node_down of n1 claims 1 (no new slices), bad since ..."
    lifts: str = ""  # what lifts the penalty; empty: there is none
    reply_until: datetime | None = None  # a reply holds notices and penalties back until then
    penalty_asked: bool = False  # a higher level waits for approve or reject of the site


@dataclass(frozen=True, slots=True)
class IssueView:
    """A row of the issues; the answer to *what needs me*."""

    id: str
    type: str
    subject: str  # "node/toml:7"
    name: str  # what people call it
    site: str
    status: str  # open, paused, closed
    opened_at: datetime
    bad_since: datetime
    bad_s: float  # bad time so far
    summary: str
    rung: str  # last taken; empty: none
    rung_at: datetime | None
    rung_number: int  # place on the ladder, from 1; 0: none taken
    rungs: int
    shadow: str  # what observe would have taken
    next_rung: str
    next_at: datetime | None
    mode: str  # effective for the next rung
    held_by: str  # gate; ACTING: its own action runs; empty: only time
    why: str  # one true sentence
    verdict: str
    proposal: bool  # waits for approve or reject
    paused_until: datetime | None
    closed_at: datetime | None
    cause: str
    closer: str
    worry: int = 1  # 0 worst, 3 none; the screen's order


@dataclass(frozen=True, slots=True)
class IntentView:
    """A row of the actions."""

    id: str
    kind: str
    target: str
    name: str
    site: str
    issue: str
    rung: str
    state: str
    stage: str
    outcome: str
    verdict: str
    actor: str
    reason: str
    detail: str
    path: str
    planned_at: datetime
    state_at: datetime | None
    sent_at: datetime | None
    waits_for_second: bool = False  # beyond a fleet limit: a second admin must approve
    commands: tuple[str, ...] = ()  # "14:02:11 off toml:apc1 outlet 3: ok, reads off"


@dataclass(frozen=True, slots=True)
class WhyView:
    """Why something is as it is, and what would change it."""

    subject: str
    name: str
    sentence: str  # one true sentence
    facts: tuple[str, ...]  # each with its age
    thresholds: tuple[str, ...]  # each with how far it is
    issue: IssueView | None
    rung: str
    gates: tuple[GateView, ...]
    unblock: tuple[str, ...]  # what would open each gate that does not pass
    next: str  # what happens next, and when
    history: tuple[str, ...] = ()  # the last lines of the story
    lately: tuple[str, ...] = ()  # what was done, and not done, about its issues, and why
    at: datetime | None = None  # as of then; None: as of now
    remark: str = ""  # how the state of then was made, and what is not known of it


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One thing that would happen if nothing changed."""

    at: datetime
    subject: str
    name: str
    issue: str  # its type; empty: it is about no issue
    rung: str
    what: str
    held_by: str = ""  # gate: it would not happen, and this is why
    fact: str = ""  # what that gate says


@dataclass(frozen=True, slots=True)
class PlanView:
    """What would happen if nothing changed, by time. Nothing of it is written down."""

    since: datetime
    until: datetime
    assumed: str  # what is taken for granted, one sentence
    lines: tuple[PlanLine, ...]
    left_out: int = 0  # lines beyond what one answer holds
    cut: bool = False  # the forecast itself ended before `until`


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """A rung that waits for a person's approve or reject."""

    issue: str
    type: str
    subject: str
    name: str
    site: str
    rung: str
    rung_number: int  # place on the ladder, from 1
    what: str  # its effects
    path: str  # that power would take, for people; empty: none
    why: str  # what was found
    bad_since: datetime
    asked_at: datetime
    expires_at: datetime
    then: str  # what becomes of it without a word


@dataclass(frozen=True, slots=True)
class RepairView:
    """Power cycles of one rung, family or site, and what came of them; empty: all of them."""

    rung: str
    family: str
    site: str
    tried: int
    fixed: int
    rebooted_sick: int
    not_rebooted: int
    unknown: int
    without: int  # no verdict yet
    median_s: float | None  # from the command to the proof, of those that fixed it


@dataclass(frozen=True, slots=True)
class RepairsView:
    """What repairing was worth since a time."""

    since: datetime
    until: datetime
    everything: RepairView
    by_rung: tuple[RepairView, ...]
    by_family: tuple[RepairView, ...]
    by_site: tuple[RepairView, ...]
    each: tuple[RepairView, ...]  # by rung, family and site together


@dataclass(frozen=True, slots=True)
class UnreadyView:
    """A node whose power path is not proven to work, and what to do."""

    node: str  # its key
    name: str
    site: str
    path: str
    what: str
    detail: str
    to_do: str


@dataclass(frozen=True, slots=True)
class ReadinessView:
    """The share of nodes that could be repaired, as far as it was proven."""

    at: datetime
    proven_within_s: float
    nodes: int  # in service
    proven: int
    vouched: int  # usable, though only by a person's word
    share: float
    unready: tuple[UnreadyView, ...]


@dataclass(frozen=True, slots=True)
class ReplayLine:
    """One thing in which another policy would have differed from what happened."""

    at: datetime
    subject: str
    name: str
    issue: str  # its type
    rung: str  # empty: it is about the issue itself
    what: str
    detail: str
    estimate: bool = False  # it comes after the subject's first other action


@dataclass(frozen=True, slots=True)
class ReplayView:
    """Recorded events through another policy, beside what happened."""

    since: datetime
    until: datetime
    policy_then: str  # the version that the last start in the record named
    policy: str
    events: int  # folded
    done: Mapping[str, int]  # effects of rungs -> how often they were taken
    would: Mapping[str, int]
    issues: int  # opened
    issues_would: int
    healed_alone: int  # with no power action on either side
    healed_after_action: int
    lines: tuple[ReplayLine, ...]


@dataclass(frozen=True, slots=True)
class MovedView:
    """An issue that another policy would treat otherwise."""

    subject: str
    name: str
    type: str
    before: str  # what is next by the present policy
    after: str  # and by the other one
    releases: bool = False  # something would run now that does not by the present policy


@dataclass(frozen=True, slots=True)
class PolicyDiffView:
    """What a change of policy would do at once."""

    before: str  # version
    after: str
    settings: tuple[str, ...]  # `thresholds.failures: 3 -> 2`
    moved: tuple[MovedView, ...]
    released: int  # power actions it would let run
    budget: int  # power actions of an hour
    notices: int  # that it would let go
    refused: str = ""  # why a reload would refuse it; empty: it would not


@dataclass(frozen=True, slots=True)
class HandoverView:
    """What happened since a time: done, healed, worse, held, waiting for me."""

    since: datetime
    until: datetime
    done: tuple[str, ...]
    healed: tuple[str, ...]
    worse: tuple[str, ...]
    held: tuple[str, ...]
    waiting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventView:
    """One line of the story."""

    seq: int
    at: datetime
    kind: str
    subject: str
    name: str
    text: str  # for people
    keys: tuple[str, ...] = ()  # subjects, "issue/ID", "intent/ID" whose rows this may change
    body: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditView:
    """One row of the journal."""

    seq: int
    at: datetime
    actor: str
    subject: str
    name: str  # what people call the subject
    verb: str
    reason: str
    outcome: str = ""
    detail: str = ""
    intent: str = ""
    issue: str = ""
    evidence: tuple[int, ...] = ()  # event numbers
    ages_s: tuple[float, ...] = ()
    gates: Mapping[str, str] = field(default_factory=dict)  # answers of gates, and facts


@dataclass(frozen=True, slots=True)
class VerifyView:
    """Whether the whole journal holds, and where it first does not."""

    holds: bool
    text: str  # one sentence
    rows: int
    since: datetime | None = None  # of its first row
    until: datetime | None = None  # of its last one
    invariant: int = 0  # the first that is broken; 0: none, or the chain itself
    row: AuditView | None = None  # which shows it
    violations: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verb did."""

    ok: bool
    text: str  # one sentence for people
    subject: str = ""
    issue: str = ""
    intent: str = ""
    seq: int = 0
    lines: tuple[str, ...] = ()  # more, for example a transcript


@dataclass(frozen=True, slots=True)
class View:
    """Everything a screen needs to start with; the stream continues from `summary.seq`."""

    summary: Summary
    issues: tuple[IssueView, ...]
    nodes: tuple[NodeView, ...]
    sites: tuple[SiteView, ...]
    pcus: tuple[PcuView, ...]
    intents: tuple[IntentView, ...]
