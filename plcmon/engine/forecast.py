"""What would happen if nothing changed: the engine's rules, jumping from time to time."""

from collections.abc import Iterator
from datetime import datetime

from plcmon.engine.paper import Paper
from plcmon.engine.stand_in import Rounds, carry_out, post, waits_for_hands
from plcmon.model.intents import Intent, IntentId, OutboxRow
from plcmon.model.policy import Policy
from plcmon.model.state import Changes, OutboxKey, State

MOST_TURNS = 100_000  # of one forecast: weeks of a large fleet in trouble
MOST_ERRANDS = 20  # turns in which the staff answers what the turn before asked for

Step = tuple[datetime, list[Changes]]


class Forecast:
    """Moves a fork of the state through time; the state that it was given stays as it is."""

    def __init__(
        self, state: State, policy: Policy, now: datetime, *, most_turns: int = MOST_TURNS
    ) -> None:
        self._most_turns = most_turns
        self.paper = Paper(state.fork(), policy)
        self.now = now
        self.cut = False  # it ended before its time
        self._rounds = Rounds(self.paper.state, policy, now)
        self.paper.prime(now)

    def steps(self, until: datetime) -> Iterator[Step]:
        """Every turn that changes something, up to `until`."""
        yield from self._errands(self.now, waiting_in(self.paper.state))
        for _ in range(self._most_turns):
            at = self._next_at()
            if at is None or at > until:
                return
            self.now = max(self.now, at)
            changes = self.paper.turn(self.now, self._rounds.due(self.now))
            if changes:
                yield self.now, changes
            yield from self._errands(self.now, asked_in(changes))
        self.cut = True

    def _next_at(self) -> datetime | None:
        times = [self.paper.next_at(), self._rounds.next_at()]
        return min((at for at in times if at is not None), default=None)

    def _errands(self, now: datetime, asked: "Errands") -> Iterator[Step]:
        """The staff does at once what it is asked for, and what follows from that."""
        for _ in range(MOST_ERRANDS):
            state, policy = self.paper.state, self.paper.policy
            facts = [
                fact
                for intent_id in asked[0]
                if waits_for_hands(intent := state.intents[intent_id])
                for fact in carry_out(state, policy, intent, now)
            ]
            facts += [fact for key in asked[1] for fact in post(state.outbox[key], now)]
            if not facts:
                return
            changes = self.paper.turn(now, facts)
            yield now, changes
            asked = asked_in(changes)


Errands = tuple[list[IntentId], list[OutboxKey]]


def asked_in(changes: list[Changes]) -> Errands:
    """What these changes ask of the staff: actions to carry out, rows to post."""
    intents: dict[IntentId, Intent] = {}
    rows: dict[OutboxKey, OutboxRow] = {}
    for part in changes:
        intents |= part.intents
        rows |= part.outbox
    return errands(intents, rows)


def waiting_in(state: State) -> Errands:
    """What the staff has been asked for already."""
    return errands({i: state.intents[i] for i in state.live}, state.outbox)


def errands(intents: dict[IntentId, Intent], rows: dict[OutboxKey, OutboxRow]) -> Errands:
    todo = sorted(i for i, intent in intents.items() if waits_for_hands(intent))
    return todo, sorted(key for key, row in rows.items() if not row.mail)
