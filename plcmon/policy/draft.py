"""A draft: the state as one fold sees it, with its own changes on top. The state is not touched."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import datetime
from typing import TypeGuard, TypeVar

from plcmon.model.beliefs import Belief, FleetBelief, NodeBelief, PcuBelief, SiteBelief
from plcmon.model.decisions import Hold
from plcmon.model.events import AlertRaised, AuditRow, Body, Event, Freeze, Window
from plcmon.model.ids import make_id
from plcmon.model.intents import POWER, Command, Intent, IntentId, Mail, OutboxRow
from plcmon.model.issues import Issue, IssueId, IssueType
from plcmon.model.policy import Policy
from plcmon.model.replacing import replace
from plcmon.model.state import Changes, OutboxKey, State, outbox_key
from plcmon.model.subjects import Inventory, NodeKey, PcuKey, SiteKey, Subject, SubjectKind
from plcmon.model.tally import Tally, counted

T = TypeVar("T")


class Draft:
    """Reads see the draft's own writes; `changes` is what it amounts to."""

    def __init__(self, state: State, policy: Policy, now: datetime) -> None:
        self.state = state
        self.policy = policy
        self.now = now
        self.changes = Changes()
        self.seq = state.seq  # of the last event in the draft
        self._shared: dict[Hashable, object] = {}
        self._shared_of: tuple[object, object, int] = (None, None, 0)

    def undo(self) -> None:
        """Forget everything but the event that is being folded."""
        self.changes = Changes(events=self.changes.events[:1])
        self.seq = self.changes.events[0].seq if self.changes.events else self.state.seq

    def shared(self, key: Hashable, make: Callable[[], T]) -> T:
        """What is the same for every issue: made once, while fleet and ledger stay as they are."""
        fleet, inventory, version = self.fleet, self.inventory, self.state.ledger.version
        was_fleet, was_inventory, was_version = self._shared_of
        if fleet is not was_fleet or inventory is not was_inventory or version != was_version:
            self._shared.clear()
            self._shared_of = (fleet, inventory, version)
        if key not in self._shared:
            self._shared[key] = make()
        return self._shared[key]  # type: ignore[return-value]  # each key has one maker

    # Events

    def tell(self, subject: Subject, body: Body, *, intent: str = "") -> Event:
        """Append an event; its number is the next one."""
        self.seq += 1
        event = Event(self.now, subject, body, seq=self.seq, intent=intent)
        self.changes.events.append(event)
        if isinstance(body, AlertRaised):
            issue = body.topic if self.issue(IssueId(body.topic)) else ""
            self.audit(subject, "alert", body.text, intent=intent, issue=issue, detail=body.topic)
        return event

    def audit(
        self,
        subject: Subject,
        verb: str,
        reason: str,
        *,
        actor: str = "engine",
        evidence: tuple[int, ...] = (),
        gates: Mapping[str, str] | None = None,
        facts: Mapping[str, str] | None = None,
        intent: str = "",
        issue: str = "",
        outcome: str = "",
        detail: str = "",
    ) -> None:
        """Append a row to the journal. `facts` stand among the gates; empty ones are left out."""
        stated = {name: fact for name, fact in (facts or {}).items() if fact}
        self.changes.audit.append(
            AuditRow(
                self.now,
                actor,
                str(subject),
                verb,
                reason,
                evidence=evidence,
                ages_s=tuple(self.age_of(seq) for seq in evidence),
                gates={**(gates or {}), **stated},
                intent=intent,
                issue=issue,
                outcome=outcome,
                detail=detail,
            )
        )

    def age_of(self, seq: int) -> float:
        """Seconds since the event with this number; -1 when it is too old to be remembered."""
        own = next((event.at for event in self.changes.events if event.seq == seq), None)
        at = own or self.state.told_at.get(seq)
        return round((self.now - at).total_seconds(), 3) if at is not None else -1.0

    def new_id(self, *parts: object) -> str:
        """An id that the same events would make again."""
        return make_id(self.now, self.seq, len(self.changes.events), *parts)

    # Beliefs

    @property
    def inventory(self) -> Inventory:
        return self.changes.inventory or self.state.inventory

    @property
    def fleet(self) -> FleetBelief:
        if not self.changes.beliefs:
            return self.state.fleet
        found = self.changes.beliefs.get((FleetBelief, ""))
        return found if isinstance(found, FleetBelief) else self.state.fleet

    def node(self, key: NodeKey) -> NodeBelief:
        if not self.changes.beliefs:
            return self.state.nodes.get(key) or NodeBelief(key)
        found = self.changes.beliefs.get((NodeBelief, key)) or self.state.nodes.get(key)
        return found if isinstance(found, NodeBelief) else NodeBelief(key)

    def pcu(self, key: PcuKey) -> PcuBelief:
        if not self.changes.beliefs:
            return self.state.pcus.get(key) or PcuBelief(key)
        found = self.changes.beliefs.get((PcuBelief, key)) or self.state.pcus.get(key)
        return found if isinstance(found, PcuBelief) else PcuBelief(key)

    def site(self, key: SiteKey) -> SiteBelief:
        if not self.changes.beliefs:
            return self.state.sites.get(key) or SiteBelief(key)
        found = self.changes.beliefs.get((SiteBelief, key)) or self.state.sites.get(key)
        return found if isinstance(found, SiteBelief) else SiteBelief(key)

    def tally(self, site: SiteKey) -> Tally:
        """What the site's nodes show, as the draft believes it."""
        if self.changes.inventory is not None:
            nodes = self.inventory.nodes_by_site.get(site, ())
            return counted(self.node(node.key) for node in nodes)
        changed = [row for row in self.changes.beliefs.values() if self._is_at(row, site)]
        if not changed:
            return self.state.tally(site)
        tally = self.state.tally(site).copy()
        for row in changed:
            before = self.state.nodes.get(row.key)
            if before is not None:
                tally.drop(before)
            tally.add(row)
        return tally

    def _is_at(self, belief: Belief, site: SiteKey) -> TypeGuard[NodeBelief]:
        if not isinstance(belief, NodeBelief):
            return False
        node = self.inventory.nodes.get(belief.key)
        return node is not None and node.site == site

    def believe(self, belief: NodeBelief | PcuBelief | SiteBelief | FleetBelief) -> None:
        key = "" if isinstance(belief, FleetBelief) else belief.key
        self.changes.beliefs[type(belief), key] = belief

    # Issues and intents

    def issue(self, issue_id: IssueId) -> Issue | None:
        return self.changes.issues.get(issue_id) or self.state.issues.get(issue_id)

    def put_issue(self, issue: Issue) -> None:
        self.changes.issues[issue.id] = issue

    def open_issues(self, subject: Subject) -> list[Issue]:
        """The subject's open issues as the draft has them."""
        found = {issue.id: issue for issue in self.state.open_issues(subject)}
        found |= {i.id: i for i in self.changes.issues.values() if i.subject == subject}
        return [issue for issue in found.values() if issue.is_open]

    def open_issue(self, subject: Subject, kind: IssueType) -> Issue | None:
        if not self.changes.issues:
            return self.state.open_issue(subject, kind)
        return next((i for i in self.open_issues(subject) if i.type is kind), None)

    def closed_lately(self, subject: Subject, kind: IssueType) -> list[Issue]:
        """Closed issues of that type and subject that are still remembered, oldest close first."""
        found = {issue.id: issue for issue in self.state.closed_lately(subject, kind)}
        found |= {
            issue.id: issue
            for issue in self.changes.issues.values()
            if (issue.subject, issue.type) == (subject, kind)
        }
        closed = [issue for issue in found.values() if issue.closed_at is not None]
        return sorted(closed, key=lambda issue: (issue.closed_at or self.now, issue.id))

    def intent(self, intent_id: IntentId) -> Intent | None:
        return self.changes.intents.get(intent_id) or self.state.intents.get(intent_id)

    def put_intent(self, intent: Intent) -> None:
        self.changes.intents[intent.id] = intent

    def intents_of(self, target: Subject) -> Iterator[Intent]:
        """Every remembered intent on the target, oldest first."""
        for intent_id in self.state.intents_by_target.get(target, ()):
            yield self.changes.intents.get(intent_id) or self.state.intents[intent_id]
        for intent in self.changes.intents.values():
            if intent.target == target and intent.id not in self.state.intents:
                yield intent

    def live_intents(self) -> list[Intent]:
        """Every intent that is in flight or waits for its proof."""
        found = {i: self.state.intents[i] for i in self.state.live}
        found.update(self.changes.intents)
        return [found[i] for i in sorted(found) if found[i].in_flight or found[i].awaits_proof]

    def live_power(self) -> list[Intent]:
        """Those of them that are power: few, whatever mail is waiting."""
        if not self.changes.intents:
            return [self.state.intents[i] for i in sorted(self.state.live_power)]
        found = {i: self.state.intents[i] for i in self.state.live_power}
        found |= {i: row for i, row in self.changes.intents.items() if row.kind in POWER}
        return [found[i] for i in sorted(found) if found[i].in_flight or found[i].awaits_proof]

    def put_command(self, command: Command) -> None:
        self.changes.commands.append(command)

    # Mail

    def outbox_row(self, key: OutboxKey) -> OutboxRow | None:
        return self.changes.outbox.get(key) or self.state.outbox.get(key)

    def post(self, row: OutboxRow) -> None:
        self.changes.outbox[outbox_key(row)] = row

    def rows_of(self, name: str) -> list[OutboxRow]:
        """The rows in the mail of this Message-ID, or of the notice with this intent, by key."""
        keys = sorted({*self.state.rows_of.get(name, ()), *self.changes.outbox})
        rows = [self.outbox_row(key) for key in keys]
        return [row for row in rows if row is not None and name in (row.mail, row.intent)]

    def mail(self, message_id: str) -> Mail | None:
        return self.changes.mails.get(message_id) or self.state.mails.get(message_id)

    def put_mail(self, mail: Mail) -> None:
        self.changes.mails[mail.message_id] = mail

    # Stops

    def windows(self) -> Mapping[str, Window]:
        if not self.changes.windows:
            return self.state.windows
        merged: dict[str, Window | None] = {**self.state.windows, **self.changes.windows}
        return {key: row for key, row in merged.items() if row is not None}

    def freezes(self) -> Mapping[str, Freeze]:
        if not self.changes.freezes:
            return self.state.freezes
        merged: dict[str, Freeze | None] = {**self.state.freezes, **self.changes.freezes}
        return {key: row for key, row in merged.items() if row is not None}

    def hold(self, issue_id: IssueId) -> Hold | None:
        if issue_id in self.changes.holds:
            return self.changes.holds[issue_id]
        return self.state.holds.get(issue_id)

    def name(self, subject: Subject) -> str:
        return self.inventory.name_of(subject)

    def node_boot_id(self, subject: Subject) -> str:
        """The boot id last seen of a node; empty for anything else."""
        if subject.kind is not SubjectKind.NODE:
            return ""
        return self.node(NodeKey(subject.key)).boot_id

    def patch_fleet(self, **changes: object) -> FleetBelief:
        """Replace fields of the fleet's belief; what changes nothing concerns nobody."""
        fleet = replace(self.fleet, **changes)  # type: ignore[arg-type] # names are the callers'
        if fleet != self.fleet:
            self.believe(fleet)
        return fleet
