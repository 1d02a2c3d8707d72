"""The state that the engine holds: every row that decides, and the changes to it.

The fold never writes here: it returns Changes, which are applied and committed as one.
"""

from collections.abc import Iterator, Mapping
from copy import copy, deepcopy
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import TypeVar

from plcmon.model.beliefs import Belief, FleetBelief, NodeBelief, PcuBelief, SiteBelief
from plcmon.model.crowd import Crowd
from plcmon.model.decisions import Hold
from plcmon.model.events import AlertRaised, AuditRow, Event, Freeze, NodeSeen, Window
from plcmon.model.intents import (
    POWER,
    Command,
    Intent,
    IntentId,
    IntentState,
    Mail,
    MailState,
    OutboxRow,
)
from plcmon.model.issues import Issue, IssueId, IssueType
from plcmon.model.ledger import Ledger
from plcmon.model.subjects import Inventory, NodeKey, PcuKey, SiteKey, Subject, SubjectKind
from plcmon.model.tally import Tallies, Tally, all_counted

K = TypeVar("K")
V = TypeVar("V")

TIMES = 20_000  # events whose time is remembered: some days of a large fleet

OutboxKey = tuple[IssueId, str, str, int]  # issue, rung, recipient, repeat


def outbox_key(row: OutboxRow) -> OutboxKey:
    return (row.issue, row.rung, row.recipient, row.repeat)


@dataclass
class Changes:
    """What one fold, or one round of grants, would change. Rows replace rows of the same key."""

    events: list[Event] = field(default_factory=list)
    beliefs: dict[tuple[type[Belief], str], Belief] = field(default_factory=dict)
    issues: dict[IssueId, Issue] = field(default_factory=dict)
    intents: dict[IntentId, Intent] = field(default_factory=dict)
    commands: list[Command] = field(default_factory=list)
    outbox: dict[OutboxKey, OutboxRow] = field(default_factory=dict)
    mails: dict[str, Mail] = field(default_factory=dict)
    windows: dict[str, Window | None] = field(default_factory=dict)  # None: ended
    freezes: dict[str, Freeze | None] = field(default_factory=dict)  # None: lifted
    holds: dict[IssueId, Hold | None] = field(default_factory=dict)  # None: no longer held
    audit: list[AuditRow] = field(default_factory=list)
    inventory: Inventory | None = None
    seen: list[NodeSeen] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(vars(self).values())


@dataclass
class State:
    """Everything that decides, in memory; state.db holds the same rows."""

    inventory: Inventory = field(default_factory=Inventory)
    nodes: dict[NodeKey, NodeBelief] = field(default_factory=dict)
    pcus: dict[PcuKey, PcuBelief] = field(default_factory=dict)
    sites: dict[SiteKey, SiteBelief] = field(default_factory=dict)
    fleet: FleetBelief = field(default_factory=FleetBelief)
    issues: dict[IssueId, Issue] = field(default_factory=dict)  # open, and closed lately
    intents: dict[IntentId, Intent] = field(default_factory=dict)  # of the last 31 d, and in flight
    commands: dict[IntentId, list[Command]] = field(default_factory=dict)
    outbox: dict[OutboxKey, OutboxRow] = field(default_factory=dict)  # of issues held here
    mails: dict[str, Mail] = field(default_factory=dict)  # by Message-ID, of the last 31 d
    rows_of: dict[str, set[OutboxKey]] = field(default_factory=dict)  # by mail, and by intent
    windows: dict[str, Window] = field(default_factory=dict)
    freezes: dict[str, Freeze] = field(default_factory=dict)  # by scope
    holds: dict[IssueId, Hold] = field(default_factory=dict)
    seen: dict[NodeKey, NodeSeen] = field(default_factory=dict)
    seq: int = 0  # of the last event
    told_at: dict[int, datetime] = field(default_factory=dict)  # times of the latest events
    alerted: set[str] = field(default_factory=set)  # topics said aloud since the start
    live: set[IntentId] = field(default_factory=set)  # in flight, or waiting for proof
    live_power: set[IntentId] = field(default_factory=set)  # those of them that are power
    power: list[IntentId] = field(default_factory=list)  # power intents, oldest first
    ledger: Ledger = field(default_factory=Ledger)
    intents_by_target: dict[Subject, list[IntentId]] = field(default_factory=dict)
    closed_by_subject: dict[tuple[Subject, IssueType], list[IssueId]] = field(default_factory=dict)
    inherited: dict[IssueId, int] | None = field(default=None, compare=False)  # places in the
    # ramp, counted when they are asked for; None: to be counted anew
    open_by_subject: dict[Subject, dict[IssueType, IssueId]] = field(default_factory=dict)
    fleet_subjects: dict[Subject, None] = field(default_factory=dict, compare=False)  # that ever
    # had an issue, for they are few and have no belief by which they could be found

    heard: dict[NodeKey, dict[str, datetime]] = field(default_factory=dict, compare=False)  # when
    # each source last spoke of a node: for people, nothing is decided by it

    crowd: Crowd = field(default_factory=Crowd)
    tallies: Tallies = field(default_factory=Tallies, compare=False)

    def apply(self, changes: Changes) -> None:
        """Take the changes over; indexes follow."""
        if changes.inventory is not None:
            self.inventory = changes.inventory
        for belief in changes.beliefs.values():
            self._believe(belief)
        for issue in changes.issues.values():
            self._keep_issue(issue)
        for intent in changes.intents.values():
            self._keep_intent(intent)
        for command in changes.commands:
            rows = self.commands.setdefault(command.intent, [])
            rows[:] = [row for row in rows if row.number != command.number] + [command]
        self._keep_mail(changes)
        replace_or_drop(self.windows, changes.windows)
        replace_or_drop(self.freezes, changes.freezes)
        replace_or_drop(self.holds, changes.holds)
        for seen in changes.seen:
            self.seen[seen.key] = seen
        for event in changes.events:
            self.seq = max(self.seq, event.seq)
            self.told_at[event.seq] = event.at
            if isinstance(event.body, AlertRaised):
                self.alerted.add(event.body.topic)

        self._forget_times()

    def _keep_mail(self, changes: Changes) -> None:
        for mail in changes.mails.values():
            self.ledger.note_mail(mail, new=mail.message_id not in self.mails)
        for key, row in changes.outbox.items():
            self.ledger.note_row(row)
            for name in (row.mail, row.intent):
                if name:
                    self.rows_of.setdefault(name, set()).add(key)
        self.outbox.update(changes.outbox)
        self.mails.update(changes.mails)

    def fork(self) -> "State":
        """A state of its own with the same rows; whatever happens to one leaves the other alone."""
        twin = copy(self)
        for own in fields(self):
            setattr(twin, own.name, forked(getattr(self, own.name)))
        return twin

    def _forget_times(self) -> None:
        """Keep the times of the latest events only; evidence is seldom older."""
        if len(self.told_at) > 2 * TIMES:
            for seq in sorted(self.told_at)[:-TIMES]:
                del self.told_at[seq]

    def _believe(self, belief: Belief) -> None:
        if isinstance(belief, NodeBelief):
            self.crowd.note_node(self.nodes.get(belief.key), belief)
            if self.tallies.inventory is self.inventory:
                self.tallies.note(self.nodes.get(belief.key), belief)
            self.nodes[belief.key] = belief
        elif isinstance(belief, PcuBelief):
            self.pcus[belief.key] = belief
        elif isinstance(belief, SiteBelief):
            self.sites[belief.key] = belief
        else:
            acting, first = belief.acting_since, belief.first_scan_at
            if (acting, first) != (self.fleet.acting_since, self.fleet.first_scan_at):
                self.inherited = None
            self.fleet = belief

    def _keep_issue(self, issue: Issue) -> None:
        before = self.issues.get(issue.id)
        self.ledger.note_release(before.released_at if before else None, issue.released_at)
        self.crowd.note_issue(before, issue, self.labels_of(issue.subject))
        if before is None or standing(before) != standing(issue):
            self.inherited = None
        self.issues[issue.id] = issue
        if issue.subject.kind is SubjectKind.FLEET:
            self.fleet_subjects.setdefault(issue.subject)
        of_subject = self.open_by_subject.setdefault(issue.subject, {})
        if issue.is_open:
            of_subject[issue.type] = issue.id
            return
        closed = self.closed_by_subject.setdefault((issue.subject, issue.type), [])
        if issue.id not in closed:
            closed.append(issue.id)
        if of_subject.get(issue.type) == issue.id:
            del of_subject[issue.type]

    def _keep_intent(self, intent: Intent) -> None:
        if intent.id not in self.intents:
            self.intents_by_target.setdefault(intent.target, []).append(intent.id)
            if intent.kind in POWER:
                self.power.append(intent.id)
        self.ledger.note_intent(self.intents.get(intent.id), intent)
        self.intents[intent.id] = intent
        live = intent.in_flight or intent.awaits_proof
        for ids in (self.live, self.live_power) if intent.kind in POWER else (self.live,):
            if live:
                ids.add(intent.id)
            else:
                ids.discard(intent.id)

    def labels_of(self, subject: Subject) -> tuple[str, ...]:
        """What a node has in common with others; nothing for any other subject."""
        if subject.kind is not SubjectKind.NODE:
            return ()
        return self.inventory.labels.get(NodeKey(subject.key), ())

    def may_start(self, intent: Intent) -> bool:
        """False while the effect that comes before it in its rung is not confirmed."""
        first = self.intents.get(IntentId(intent.after)) if intent.after else None
        return not intent.after or (first is not None and first.state is IntentState.CONFIRMED)

    def tally(self, site: SiteKey) -> Tally:
        """What the site's nodes show; counted anew when the inventory is another one."""
        if self.tallies.inventory is not self.inventory:
            self.tallies = all_counted(self.inventory, self.nodes.values())
        return self.tallies.sites.get(site) or Tally()

    def open_issues(self, subject: Subject) -> list[Issue]:
        """The subject's open issues (paused ones too)."""
        return [self.issues[i] for i in self.open_by_subject.get(subject, {}).values()]

    def open_issue(self, subject: Subject, kind: IssueType) -> Issue | None:
        found = self.open_by_subject.get(subject, {}).get(kind)
        return self.issues[found] if found else None

    def closed_lately(self, subject: Subject, kind: IssueType) -> list[Issue]:
        """Closed issues of that type and subject that are still remembered, oldest first."""
        ids = self.closed_by_subject.get((subject, kind), ())
        found = [self.issues[i] for i in ids]
        return [issue for issue in found if not issue.is_open]

    def recent_power(self, since: datetime) -> Iterator[Intent]:
        """Power intents planned since then, newest first."""
        for intent_id in reversed(self.power):
            intent = self.intents[intent_id]
            if intent.planned_at < since:
                return
            yield intent

    def open_of_fleet(self) -> Iterator[Issue]:
        """The open issues that are about the whole, or about what many have in common."""
        for subject in self.fleet_subjects:
            yield from self.open_issues(subject)

    def all_open(self) -> Iterator[Issue]:
        for ids in self.open_by_subject.values():
            for issue_id in ids.values():
                yield self.issues[issue_id]

    def unsent_mail(self) -> list[Mail]:
        return [mail for mail in self.mails.values() if mail.state is MailState.FIXED]


def standing(issue: Issue) -> tuple[object, ...]:
    """What decides whether and where it stands in the ramp."""
    return issue.status, issue.released_at, issue.bad_since


def replace_or_drop(rows: dict[K, V], new: Mapping[K, V | None]) -> None:
    """Take over each new row; None drops the old one."""
    for key, row in new.items():
        if row is None:
            rows.pop(key, None)
        else:
            rows[key] = row


def forked(value: object) -> object:
    """A copy of every container in `value`; rows are frozen, so both may hold the same ones."""
    if isinstance(value, dict):
        twin = copy(value)  # keeps the kind of dict it is
        for key, inner in twin.items():
            if isinstance(inner, dict | list | set):
                twin[key] = forked(inner)
        return twin
    if isinstance(value, Ledger | Crowd):
        return deepcopy(value)
    if isinstance(value, Tallies):
        return Tallies()  # counted anew when somebody asks
    return copy(value) if isinstance(value, list | set) else value
