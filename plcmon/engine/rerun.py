"""The story folded again: recorded facts through a policy, which need not be the one of then.

Ids are made anew, so what was recorded of an issue or an action is told to the one of the same
kind and subject. An action that was never recorded is carried out by a stand-in that helps nobody.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from plcmon.engine.paper import Paper
from plcmon.engine.stand_in import carry_out, post, waits_for_hands
from plcmon.model.events import (
    CanaryRound,
    Event,
    IntentChanged,
    IntentClaimed,
    IntentEnded,
    IntentSent,
    IntentStage,
    InventoryRead,
    IssueChanged,
    NodeObserved,
    Noticed,
    PcuTested,
    ScanCompleted,
    Started,
    Verb,
    WitnessesSeen,
)
from plcmon.model.intents import Intent, IntentId
from plcmon.model.issues import IssueId, IssueType
from plcmon.model.policy import Policy
from plcmon.model.replacing import replace
from plcmon.model.state import Changes, OutboxKey, State
from plcmon.model.subjects import Inventory, Subject
from plcmon.policy.fold.fleet import CLOCK

STEPS = (IntentClaimed, IntentSent, IntentStage, IntentEnded)
FACTS = (
    Started,
    NodeObserved,
    CanaryRound,
    WitnessesSeen,
    ScanCompleted,
    PcuTested,
    Noticed,
)
READ = frozenset(
    kind.__name__ for kind in (*FACTS, *STEPS, InventoryRead, Verb, IssueChanged, IntentChanged)
)
"""Kinds of events that a rerun needs. Mail is not among them: here the relay takes all of it."""
PLANNED = "planned"
PATIENCE = 12  # an action waits for its record a twelfth of the time after which it would lapse

Deed = tuple[str, Subject]  # what kind of action, to whom
Step = tuple[datetime, list[Changes]]


@dataclass
class Links:
    """Recorded ids, and what they are called here."""

    issues: dict[str, tuple[IssueType, Subject]] = field(default_factory=dict)
    intents: dict[str, IntentId] = field(default_factory=dict)
    waiting: dict[Deed, IntentId] = field(default_factory=dict)  # planned here, not yet recorded

    def learn(self, event: Event) -> None:
        """Take in one recorded consequence."""
        body = event.body
        if isinstance(body, IssueChanged):
            self.issues[body.issue] = (IssueType(body.type), event.subject)
        elif isinstance(body, IntentChanged) and body.state == PLANNED:
            ours = self.waiting.pop((body.kind, event.subject), None)
            if ours is not None:
                self.intents[body.intent] = ours


class Rerun:
    """Feed it what was recorded, in order; it says what changes by it."""

    def __init__(
        self,
        policy: Policy,
        inventory: Inventory,
        state: State | None = None,
        *,
        thrifty: bool = False,
    ) -> None:
        self.paper = Paper(state or State(), policy, thrifty=thrifty)
        self.links = Links()
        self.now: datetime | None = None
        self.policy_then = ""  # the version that the last start named
        self._inventory = inventory
        self._patience = policy.safety.intent_expiry / PATIENCE

    @property
    def state(self) -> State:
        return self.paper.state

    def know(
        self, issues: dict[str, tuple[IssueType, Subject]], proven: dict[str, datetime]
    ) -> None:
        """What the record says of the time before it: what issues were about, proven paths."""
        self.links.issues = issues
        self.state.inventory = self._inventory
        self.state.fleet = replace(self.state.fleet, proven=proven)

    def take(self, events: Iterable[Event]) -> Iterator[Step]:
        """Fold recorded events; time between them passes as it does in the engine."""
        for event in events:
            self.links.learn(event)
            fact = self._retold(event)
            if fact is None:
                continue
            if not begins_anew(fact):
                yield from self.forward(event.at)
            self.now = event.at
            yield from self._turn(event.at, [fact])
            if begins_anew(fact):
                self.paper.look_at_all(event.at)

    def forward(self, until: datetime) -> Iterator[Step]:
        """Let time alone do what it does before `until`."""
        while (at := self._next_at()) is not None and at < until:
            self.now = at
            yield from self._turn(at, self._overdue(at))

    def settle(self, at: datetime) -> None:
        """Bring every want up to date as of `at`; nothing is carried out."""
        self.now = at
        self.paper.look_at_all(at)
        self.paper.turn(at)

    def _next_at(self) -> datetime | None:
        times = [self.paper.next_at()]
        if self.links.waiting:
            state = self.state
            planned = [state.intents[i].planned_at for i in self.links.waiting.values()]
            times.append(min(planned) + self._patience)
        return min((at for at in times if at is not None), default=None)

    def _overdue(self, now: datetime) -> list[Event]:
        """What the stand-in tells of actions that nobody recorded."""
        facts: list[Event] = []
        for deed, intent_id in list(self.links.waiting.items()):
            intent = self.state.intents[intent_id]
            if now - intent.planned_at < self._patience and waits_for_hands(intent):
                continue
            del self.links.waiting[deed]
            if waits_for_hands(intent):
                facts += carry_out(self.state, self.paper.policy, intent, now)
        return facts

    def _turn(self, now: datetime, facts: list[Event]) -> Iterator[Step]:
        while True:
            changes = self.paper.turn(now, facts)
            yield now, changes
            rows: set[OutboxKey] = set()
            for part in changes:
                for intent in part.intents.values():
                    self._note(intent)
                rows |= {key for key, row in part.outbox.items() if not row.mail}
            facts = [fact for key in sorted(rows) for fact in post(self.state.outbox[key], now)]
            if not facts:
                return

    def _note(self, intent: Intent) -> None:
        deed = (intent.kind.value, intent.target)
        if waits_for_hands(intent) and intent.state.value == PLANNED:
            self.links.waiting[deed] = intent.id
        elif self.links.waiting.get(deed) == intent.id and not waits_for_hands(intent):
            del self.links.waiting[deed]

    def _retold(self, event: Event) -> Event | None:
        """The fact as it is told here; None: it is about nothing that exists here."""
        body = event.body
        if isinstance(body, Started):
            self.policy_then = body.policy
        if isinstance(body, FACTS):
            return event
        if isinstance(body, InventoryRead):
            return replace(event, body=replace(body, inventory=self._inventory))
        if isinstance(body, Verb):
            return replace(event, body=self._reworded(body))
        if isinstance(body, STEPS):
            ours = self.links.intents.get(event.intent)
            return self._step(event, ours) if ours is not None else None
        return None

    def _step(self, event: Event, ours: IntentId) -> Event:
        body = event.body
        if isinstance(body, IntentSent | IntentStage) and body.command is not None:
            body = replace(body, command=replace(body.command, intent=ours))
        return replace(event, body=body, intent=ours)

    def _reworded(self, verb: Verb) -> Verb:
        """The verb about our issue and our action in the place of those it named."""
        words = dict(verb.arguments)
        known = self.links.issues.get(str(words.get("issue", "")))
        if known is not None:
            kind, subject = known
            ours = self.state.open_issue(subject, kind)
            words["issue"] = ours.id if ours is not None else IssueId("")
        if "intent" in words:
            words["intent"] = self.links.intents.get(str(words["intent"]), IntentId(""))
        return replace(verb, arguments=words)


def begins_anew(event: Event) -> bool:
    """A start, or a jump of the clock: the time before it is one in which nothing was done."""
    body = event.body
    jumped = isinstance(body, Noticed) and body.condition == CLOCK and body.on
    return isinstance(body, Started) or jumped
