"""Views: what people and scripts are shown. Plain values; the API's JSON is exactly these."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

ACTING = "acting"


@dataclass(frozen=True, slots=True)
class Summary:
    """The header: what needs me, how fresh, may it act."""

    at: datetime  # when it was read
    seq: int  # the last event in it; resume the stream from here
    service: str  # plcmon version
    nodes: Mapping[str, int]  # status -> count
    evidence: Mapping[str, int]  # evidence word -> count
    sites: int  # how many
    pcus: int  # how many
    issues: Mapping[str, int]  # open issues by type
    mode: str  # observe, propose, auto
    frozen: tuple[str, ...]  # scopes
    blind: bool  # our own canaries are silent: nothing is done
    adopted: bool  # false: a restored or copied state, nothing is done
    guard: str  # "open, 3 of 43" or "closed since 02:10, 61 of 43"
    guard_closed: bool  # too many nodes turn bad at once: no power
    budget: str  # "power 1 of 2 in 1h"
    approvals: int  # waiting
    held: int  # wants that are held by a gate other than waiting
    in_flight: int  # actions that are not over
    windows: int  # maintenance windows
    scan_at: datetime | None  # last complete scan
    scan_late: bool  # a scan should have been complete by now
    scan_every_s: float  # seconds between two scans of a node
    inventory_at: datetime | None  # when the inventory was read
    started_at: datetime  # when the service started
    scale: float = 1.0  # divides policy time; 1 but in a demo
    stopped: tuple[str, ...] = ()  # tripped breakers: kind/NAME, family/NAME
    closed: tuple[str, ...] = ()  # guards over many nodes: storms, site guards, common causes
    overload: str = ""  # looks that are put off, by kind and since when; empty: none
    role: str = ""  # of the caller
    caller: str = ""  # the user who asks


@dataclass(frozen=True, slots=True)
class GateView:
    """One gate, as `why` prints it."""

    name: str  # the gate's word
    answer: str  # pass, hold, never
    fact: str  # what it looked at
    distance: str = ""  # how far it is from opening
    at: datetime | None = None  # when the fact was seen
    clears_at: datetime | None = None  # when it opens, where time alone opens it


@dataclass(frozen=True, slots=True)
class NodeView:
    """A row of the fleet."""

    key: str  # `SOURCE:ID`, for good
    name: str  # hostname
    site: str  # the site's key
    status: str  # what is believed, a word of the glossary
    since: datetime | None  # of the status
    observed: str  # what was seen, a word of the glossary
    evidence: str  # fresh, suspect, blind, stale, unreachable
    marks: tuple[str, ...]  # firewalled, maintenance, exempt, ...
    detail: str  # what was last seen
    seen_at: datetime | None  # last answer of any kind
    boot_id: str  # of its last known boot
    booted_at: datetime | None  # when it booted, as far as known
    power: str  # the preferred path, for people; empty: none
    issues: tuple[str, ...]  # ids of open issues
    why: str  # one true sentence
    addresses: tuple[str, ...] = ()  # IP addresses
    desired: str = "boot"  # boot, safeboot, reinstall, disabled: what it is meant to do


@dataclass(frozen=True, slots=True)
class PcuView:
    """A row of the PCUs."""

    key: str  # `SOURCE:ID`, for good
    name: str  # what people call it
    site: str  # the site's key
    family: str  # its driver
    address: str  # host name or IP address; empty: a person
    status: str  # what is believed, a word of the glossary
    since: datetime | None  # of the status
    finding: str  # of its last test; ok is good; empty: not tested
    detail: str  # what the unit said
    tested_at: datetime | None  # its last test
    tested_good_at: datetime | None  # its last good test
    nodes: tuple[str, ...]  # "outlet: node name"
    issues: tuple[str, ...]  # ids of open issues
    why: str  # one true sentence


@dataclass(frozen=True, slots=True)
class SiteView:
    """A row of the sites."""

    key: str  # for good
    name: str  # what people call it
    status: str  # what is believed, a word of the glossary
    since: datetime | None  # of the status
    up: int  # nodes that work
    needed: int  # nodes that must work
    nodes: int  # how many
    pcus: int  # how many
    contacts: tuple[str, ...]  # address and roles
    issues: tuple[str, ...]  # ids of open issues
    why: str  # one true sentence
    penalty: int = 0  # 0 none, 1 no new slices, 2 slices suspended
    penalty_since: datetime | None = None  # when the level last changed
    claims: tuple[str, ...] = ()  # "node_down of n1 claims 1 (no new slices), bad since ..."
    lifts: str = ""  # what lifts the penalty; empty: there is none
    reply_until: datetime | None = None  # a reply holds notices and penalties back until then
    penalty_asked: bool = False  # a higher level waits for approve or reject of the site


@dataclass(frozen=True, slots=True)
class IssueView:
    """A row of the issues; the answer to *what needs me*."""

    id: str  # a ULID
    type: str  # node_down, pcu_config, ...
    subject: str  # "node/toml:7"
    name: str  # what people call it
    site: str  # the site's key
    status: str  # open, paused, closed
    opened_at: datetime  # when it was opened
    bad_since: datetime  # when the trouble began
    bad_s: float  # bad time so far
    summary: str  # what was found
    rung: str  # last taken; empty: none
    rung_at: datetime | None  # when it was taken
    rung_number: int  # place on the ladder, from 1; 0: none taken
    rungs: int  # of its ladder
    shadow: str  # what observe would have taken
    next_rung: str  # empty: none is left
    next_at: datetime | None  # when it may run, as far as time goes
    mode: str  # effective for the next rung
    held_by: str  # a gate; acting: its own action runs; empty: only time
    why: str  # one true sentence
    verdict: str  # of its last power cycle; empty: none
    proposal: bool  # waits for approve or reject
    paused_until: datetime | None  # when it goes on by itself
    closed_at: datetime | None  # when it was closed
    cause: str  # why it closed
    closer: str  # who closed it
    worry: int = 1  # 0 worst, 3 none; the screen's order


@dataclass(frozen=True, slots=True)
class IntentView:
    """A row of the actions."""

    id: str  # a ULID
    kind: str  # power-cycle, power-on, notify, ...
    target: str  # its subject
    name: str  # what people call the target
    site: str  # the site's key
    issue: str  # id of the issue it is for; empty: a person's wish
    rung: str  # of that issue's ladder
    state: str  # planned, claimed, sent, confirmed, failed, unknown, cancelled
    stage: str  # how far a power action has come
    outcome: str  # what the device or relay said
    verdict: str  # fixed, rebooted_sick, not_rebooted, unknown; empty: none yet
    actor: str  # engine, or a user
    reason: str  # why it was begun
    detail: str  # what was seen last
    path: str  # the outlets, for people
    planned_at: datetime  # when it was written down
    state_at: datetime | None  # when it came into this state
    sent_at: datetime | None  # when the first command went out
    commands: tuple[str, ...] = ()  # "14:02:11 off apc1 outlet 3: ok, reads off"
    waits_for_second: bool = False  # beyond a fleet limit: a second admin must approve


@dataclass(frozen=True, slots=True)
class WhyView:
    """Why something is as it is, and what would change it."""

    subject: str  # what was asked about
    name: str  # what people call it
    sentence: str  # one true sentence
    facts: tuple[str, ...]  # each with its age
    thresholds: tuple[str, ...]  # each with how far it is
    issue: IssueView | None  # the one that says most; null: none is open
    rung: str  # the next; empty: none is wanted
    gates: tuple[GateView, ...]  # all of them, in their order
    unblock: tuple[str, ...]  # what would open each gate that does not pass
    next: str  # what happens next, and when
    history: tuple[str, ...] = ()  # the last lines of the story
    lately: tuple[str, ...] = ()  # what was done, and not done, about its issues, and why
    at: datetime | None = None  # as of then; null: as of now
    remark: str = ""  # how the state of then was made, and what is not known of it


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One thing that would happen if nothing changed."""

    at: datetime  # when it would happen
    subject: str  # "node/toml:7"
    name: str  # what people call the subject
    issue: str  # its type; empty: it is about no issue
    rung: str  # of that issue's ladder; empty: none is taken or held
    what: str  # would happen, for people
    held_by: str = ""  # gate: it would not happen, and this is why
    fact: str = ""  # what that gate says


@dataclass(frozen=True, slots=True)
class PlanView:
    """What would happen if nothing changed, by time. Nothing of it is written down."""

    since: datetime  # now
    until: datetime  # how far it reaches
    assumed: str  # what is taken for granted, one sentence
    lines: tuple[PlanLine, ...]  # what happens, the earliest first
    left_out: int = 0  # lines beyond what one answer holds
    cut: bool = False  # the forecast itself ended before `until`


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """A rung that waits for a person's approve or reject."""

    issue: str  # its id, which approve and reject take
    type: str  # node_down, pcu_config, ...
    subject: str  # "node/toml:7"
    name: str  # what people call the subject
    site: str  # the site's key
    rung: str  # that would run
    rung_number: int  # place on the ladder, from 1
    what: str  # its effects
    path: str  # that power would take, for people; empty: none
    why: str  # what was found
    bad_since: datetime  # when the trouble began
    asked_at: datetime  # when the rung was proposed
    expires_at: datetime  # when the wait for a word is over
    then: str  # what becomes of it without a word


@dataclass(frozen=True, slots=True)
class SessionView:
    """One of the last sessions with a PCU, as both sides spoke."""

    pcu: str  # its key
    at: datetime  # when it ended
    intent: str  # id of the action it belongs to; empty: a test, or a person's question
    lines: tuple[str, ...]  # "> " was typed, "< " was heard; secrets are masked


@dataclass(frozen=True, slots=True)
class ReplayLine:
    """One thing in which another policy would have differed from what happened."""

    at: datetime  # when the one or the other happens
    subject: str  # "node/toml:7"
    name: str  # what people call the subject
    issue: str  # its type
    rung: str  # empty: it is about the issue itself
    what: str  # would, or would not, have been done or opened
    detail: str  # effects of the rung, or what was found
    estimate: bool = False  # it comes after the subject's first other action


@dataclass(frozen=True, slots=True)
class ReplayView:
    """Recorded events through another policy, beside what happened."""

    since: datetime  # the time asked for, or where the record begins
    until: datetime  # end of the record
    policy_then: str  # the version that the last start in the record named
    policy: str  # the version that was tried
    events: int  # folded
    done: Mapping[str, int]  # effects of rungs -> how often they were taken
    would: Mapping[str, int]  # the same, by the policy that was tried
    issues: int  # opened
    issues_would: int  # opened by the policy that was tried
    healed_alone: int  # with no power action on either side
    healed_after_action: int  # with one, on either side
    lines: tuple[ReplayLine, ...]  # all differences, the earliest first


@dataclass(frozen=True, slots=True)
class MovedView:
    """An issue that another policy would treat otherwise."""

    subject: str  # "node/toml:7"
    name: str  # what people call the subject
    type: str  # node_down, pcu_config, ...
    before: str  # what is next by the present policy
    after: str  # and by the other one
    releases: bool = False  # something would run now that does not by the present policy


@dataclass(frozen=True, slots=True)
class PolicyDiffView:
    """What a change of policy would do at once."""

    before: str  # version
    after: str  # version, as it was sent
    settings: tuple[str, ...]  # `thresholds.failures: 3 -> 2`
    moved: tuple[MovedView, ...]  # what is released comes first
    released: int  # power actions it would let run
    budget: int  # power actions of an hour
    notices: int  # that it would let go
    refused: str = ""  # why a reload would refuse it; empty: it would not


@dataclass(frozen=True, slots=True)
class HandoverView:
    """What happened since a time: done, healed, worse, held, waiting for me."""

    since: datetime  # the time asked for
    until: datetime  # when it was read
    done: tuple[str, ...]  # actions, mails and what people said
    healed: tuple[str, ...]  # what is good again
    worse: tuple[str, ...]  # what turned bad
    held: tuple[str, ...]  # what would run, and what holds it
    waiting: tuple[str, ...]  # what waits for a person


@dataclass(frozen=True, slots=True)
class EventView:
    """One line of the story."""

    seq: int  # its number; later ones are greater
    at: datetime  # when it was committed
    kind: str  # the event's type
    subject: str  # what it is about
    name: str  # what people call that
    text: str  # for people
    keys: tuple[str, ...] = ()  # subjects, "issue/ID", "intent/ID" whose rows this may change
    body: Mapping[str, object] = field(default_factory=dict)  # the event's own fields


@dataclass(frozen=True, slots=True)
class AuditView:
    """One row of the journal."""

    seq: int  # its number; rows are numbered without gaps
    at: datetime  # when it was written
    actor: str  # engine, or a user
    subject: str  # what it is about, "node/toml:7"
    name: str  # what people call the subject
    verb: str  # what was done, a word of safety.md
    reason: str  # why it was done, or not done
    outcome: str = ""  # what came of it, where that is known
    detail: str = ""  # more, by the verb
    intent: str = ""  # id of the action; empty: none
    issue: str = ""  # id; empty: none
    evidence: tuple[int, ...] = ()  # event numbers
    ages_s: tuple[float, ...] = ()  # seconds from each event to this row; -1: not known
    gates: Mapping[str, str] = field(default_factory=dict)  # answers of gates, and facts


@dataclass(frozen=True, slots=True)
class VerifyView:
    """Whether the whole journal holds, and where it first does not."""

    holds: bool  # chain and invariants, over every row that was read
    text: str  # one sentence
    rows: int  # how many were read
    since: datetime | None = None  # of its first row
    until: datetime | None = None  # of its last one
    invariant: int = 0  # the first that is broken; 0: none, or the chain itself
    row: AuditView | None = None  # which shows it
    violations: int = 0  # how many were found


@dataclass(frozen=True, slots=True)
class Answer:
    """What a verb did."""

    ok: bool  # false: the device did not do it
    text: str  # one sentence for people
    subject: str = ""  # what was meant
    issue: str = ""  # id, where one is concerned
    intent: str = ""  # id of the action it began
    seq: int = 0  # the event that it became, to follow from; 0: none
    lines: tuple[str, ...] = ()  # more, for example a transcript


@dataclass(frozen=True, slots=True)
class View:
    """Everything a screen needs to start with; the stream continues from `summary.seq`."""

    summary: Summary  # the header
    issues: tuple[IssueView, ...]  # open ones
    nodes: tuple[NodeView, ...]  # all
    sites: tuple[SiteView, ...]  # all
    pcus: tuple[PcuView, ...]  # all
    intents: tuple[IntentView, ...]  # the newest
