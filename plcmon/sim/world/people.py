"""The people of a simulated world: operators who look twice a day, technicians who read mail."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import NamedTuple

from plcmon.model.events import Actor, ReplySeen, Verb
from plcmon.model.intents import IntentState
from plcmon.model.issues import IssueStatus, IssueType
from plcmon.model.state import State
from plcmon.model.subjects import (
    NodeKey,
    PcuKey,
    SiteKey,
    Subject,
    fleet_subject,
    site_subject,
)
from plcmon.sim.world.life import Life
from plcmon.sim.world.truth import Fault, Mood, Shows, Truth

OPERATOR = Actor("ops", "admin", "socket")
WAKES = timedelta(hours=12)
DOUBTED_FOR = timedelta(hours=2)  # an unknown that nobody read for so long is looked at by a person
PATHFINDERS = 3  # in a row that failed: the next needs a person's word
DILIGENCE = 0.8  # share of mails after which somebody does something
REPAIRS_IN = timedelta(days=3)  # mean
ANSWERS = 0.3  # share of mails that somebody answers
ANSWERS_BY_ITSELF = 0.15  # share that a machine does


class Saying(NamedTuple):
    """What somebody says at a time of their own."""

    at: timedelta  # since the world began
    subject: Subject
    verb: Verb


@dataclass
class People:
    """What they know is what they are told and what they see with their own eyes."""

    truth: Truth
    random: Random
    read: int = 0  # mails read so far
    repairing: set[NodeKey] = field(default_factory=set)
    written: list[tuple[SiteKey, ReplySeen]] = field(default_factory=list)  # not yet read

    async def look(self, life: Life) -> None:
        """The operator's round: whatever waits for a person is answered."""
        for subject, verb in list(self._answers(life)):
            if not life.alive:
                return
            await life.engine.say(subject, verb)

    def _answers(self, life: Life) -> Iterator[tuple[Subject, Verb]]:
        state = life.engine.state
        for issue in sorted(state.all_open(), key=lambda i: i.id):
            if issue.proposal is not None and not issue.proposal.approved_by:
                yield issue.subject, said("approve", issue=issue.id)
            elif issue.status is IssueStatus.PAUSED:
                continue
            elif issue.type in (IssueType.PCU_BROKEN, IssueType.PCU_CONFIG):
                true = self.truth.pcus.get(PcuKey(issue.subject.key))
                if true is not None and true.mood is Mood.FINE:
                    yield issue.subject, said("re-arm")
            elif issue.type is IssueType.MAPPING_SUSPECT:
                yield issue.subject, said("close", issue=issue.id)
        for scope, breaker in sorted(state.fleet.breakers.items()):
            if breaker.tripped_at is not None:
                yield fleet_subject(), said("re-arm", scope=scope)
        for key, site in sorted(state.sites.items()):
            if site.guard is not None and site.guard.failures >= PATHFINDERS:
                yield site_subject(key), said("re-arm")
        yield from self._settled(state)

    def _settled(self, state: State) -> Iterator[tuple[Subject, Verb]]:
        now = self.truth.now()
        for intent_id in sorted(state.live):
            intent = state.intents[intent_id]
            if intent.state is not IntentState.UNKNOWN or intent.settled_by:
                continue
            if now - (intent.state_at or now) < DOUBTED_FOR:
                continue
            node = self.truth.nodes[NodeKey(intent.target.key)]
            well = node.shows(now) is Shows.BOOT
            outcome = "fixed" if well else "not_rebooted"
            yield intent.target, said("settle", intent=intent.id, outcome=outcome)

    def read_mail(self, sent: list[str]) -> Iterator[tuple[timedelta, NodeKey]]:
        """What technicians of the sites that were written to will repair, and in what time."""
        for site in sent:
            self._answer(SiteKey(site))
            for node in self.truth.nodes.values():
                if node.site != site or node.key in self.repairing:
                    continue
                if node.fault is None or node.hopeless:
                    continue
                if self.random.random() < DILIGENCE and node.fault is not Fault.LOOP:
                    self.repairing.add(node.key)
                    yield REPAIRS_IN * self.random.expovariate(1.0), node.key

    def _answer(self, site: SiteKey) -> None:
        """Some promise a date, some only that they will; some are on holiday."""
        chance, now = self.random.random(), self.truth.now()
        who = f"tech@{site}.example.org"
        if chance < ANSWERS_BY_ITSELF:
            self.written.append((site, ReplySeen(now, by=who, auto=True)))
        elif chance < ANSWERS_BY_ITSELF + ANSWERS:
            promised = now + timedelta(days=self.random.uniform(1, 60))
            until = promised if self.random.random() < 0.5 else None
            self.written.append((site, ReplySeen(now, until, who)))

    def replies(self) -> list[tuple[SiteKey, ReplySeen]]:
        """What they wrote back since it was last asked for."""
        found, self.written = self.written, []
        return found


def said(verb: str, **arguments: str) -> Verb:
    return Verb(OPERATOR, verb, "seen to", arguments)


def adopt() -> tuple[Subject, Verb]:
    return fleet_subject(), said("db-adopt")
