"""Who stands in for the staff on paper: whatever is asked of them ends, and nothing changes by it.

A power cycle reads off and on and its node stays as it was; the relay takes every mail; a request
to a person is never answered; a PCU answers its tests as it did the last time.
"""

from collections.abc import Iterator
from datetime import datetime

from plcmon.model.beliefs import Status
from plcmon.model.events import (
    Body,
    Event,
    IntentClaimed,
    IntentEnded,
    IntentSent,
    IntentStage,
    MailDelivered,
    MailFixed,
    PcuTested,
    ScanCompleted,
)
from plcmon.model.intents import (
    POWER,
    UNFINISHED,
    ActionKind,
    Command,
    Intent,
    IntentState,
    Mail,
    MailState,
    OutboxRow,
    Outcome,
    PowerState,
    Stage,
)
from plcmon.model.policy import Policy
from plcmon.model.state import State, outbox_key
from plcmon.model.subjects import PcuKey, fleet_subject, pcu_subject
from plcmon.policy.draft import Draft
from plcmon.policy.paths import is_person

VERBS = {ActionKind.POWER_CYCLE: "off", ActionKind.POWER_OFF: "off", ActionKind.POWER_ON: "on"}
WELL = frozenset({Status.GOOD, Status.ONLINE})


def carry_out(state: State, policy: Policy, intent: Intent, now: datetime) -> Iterator[Event]:
    """What the power room would tell of this intent if it went well and helped nobody."""
    path = intent.path
    if path is None or intent.kind not in POWER:
        return
    person = is_person(Draft(state, policy, now), path)
    verb = "request" if person else VERBS[intent.kind]

    def told(body: Body) -> Event:
        return Event(now, intent.target, body, intent=intent.id)

    if intent.state is IntentState.PLANNED:
        yield told(IntentClaimed(intent.fence + 1))
    if intent.state is not IntentState.SENT:
        for number, outlet in enumerate(path.outlets, 1):
            yield told(IntentSent(Command(intent.id, number, verb, outlet, now)))
    if person:
        yield told(IntentEnded(IntentState.SENT.value, Outcome.NEEDS_HUMAN, "asked"))
        return
    cut = verb == "off"
    if cut:
        last = Command(intent.id, 1, verb, path.outlets[0], now, now, Outcome.OK, PowerState.OFF)
        yield told(IntentStage(Stage.DARK, last, dark=path.outlets))
    lit = () if intent.kind is ActionKind.POWER_OFF else path.outlets
    confirmed = IntentState.CONFIRMED.value
    yield told(IntentEnded(confirmed, Outcome.OK, "assumed done", off_seen=cut, lit=lit))


def waits_for_hands(intent: Intent) -> bool:
    """A power action that the staff has begun or is about to begin."""
    unfinished = intent.state in UNFINISHED and not intent.asks_a_person
    return intent.kind in POWER and unfinished


def post(row: OutboxRow, now: datetime) -> Iterator[Event]:
    """The one row in a mail that the relay takes at once."""
    key = outbox_key(row)
    message_id = "<" + ".".join(str(part) for part in key) + "@paper>"
    mail = Mail(message_id, row.recipient, row.site, row.notice, "", "", now)
    yield Event(now, fleet_subject(), MailFixed(mail, (key,)))
    yield Event(now, fleet_subject(), MailDelivered(message_id, MailState.ACCEPTED, "assumed"))


class Rounds:
    """What the scanner and the tester tell again and again, for as long as nothing changes."""

    def __init__(self, state: State, policy: Policy, now: datetime) -> None:
        self._policy = policy
        self._state = state
        self._tests = {key: next_test(policy, state, key, now) for key in needed_pcus(state)}
        self._round = max(policy.intervals.tcp, policy.intervals.ssh)
        self._scan_at = now + self._round

    def next_at(self) -> datetime:
        return min([self._scan_at, *self._tests.values()])

    def due(self, now: datetime) -> Iterator[Event]:
        """What is told by `now`; each is told again after its interval."""
        for key, at in self._tests.items():
            if at <= now:
                self._tests[key] = now + self._policy.intervals.pcu_test
                yield from self._test(key, now)
        if self._scan_at <= now:
            self._scan_at = now + self._round
            number = len(self._state.inventory.nodes)
            yield Event(
                now, fleet_subject(), ScanCompleted(number, number, self._round.total_seconds())
            )

    def _test(self, key: PcuKey, now: datetime) -> Iterator[Event]:
        belief = self._state.pcus.get(key)
        if belief is not None and belief.finding is not None and not belief.refused:
            yield Event(now, pcu_subject(key), PcuTested(belief.finding, belief.detail))


def needed_pcus(state: State) -> list[PcuKey]:
    """PCUs that are unwell, or on which a node hangs that is; the others are asked for nothing."""
    unwell = {key for key, belief in state.pcus.items() if belief.status is not Status.GOOD}
    for key, belief in state.nodes.items():
        node = state.inventory.nodes.get(key)
        if node is not None and belief.status not in WELL:
            unwell |= {outlet.pcu for path in node.paths for outlet in path.outlets}
    return sorted(unwell & state.inventory.pcus.keys())


def next_test(policy: Policy, state: State, key: PcuKey, now: datetime) -> datetime:
    """When the PCU is tested next."""
    belief = state.pcus.get(key)
    tested = belief.tested_at if belief is not None else None
    return max(now, tested + policy.intervals.pcu_test) if tested is not None else now
