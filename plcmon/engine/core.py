"""The engine: the one inbox and the loop that folds, decides, commits and tells."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from plcmon.engine.agenda import Agenda
from plcmon.engine.elsewhere import Elsewhere
from plcmon.engine.reach import issues_touched, subjects_in
from plcmon.engine.sights import Sights
from plcmon.model.decisions import Want
from plcmon.model.events import (
    Body,
    Event,
    HearsayChanged,
    NodeObserved,
    NodeSeen,
    Noticed,
    Refused,
    Tick,
    Verb,
    WitnessesSeen,
)
from plcmon.model.intents import Intent, IntentState
from plcmon.model.issues import IssueId
from plcmon.model.policy import Policy
from plcmon.model.ports import Said
from plcmon.model.readings import Probe, Reading
from plcmon.model.replacing import replace
from plcmon.model.state import Changes, State
from plcmon.model.subjects import (
    NodeKey,
    SiteKey,
    Subject,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from plcmon.policy.clockwork import next_change
from plcmon.policy.draft import Draft
from plcmon.policy.fold import fold
from plcmon.policy.fold.fleet import CLOCK
from plcmon.policy.judge import objection
from plcmon.policy.rounds import Wants, decide
from plcmon.policy.want import want
from plcmon.times import Clock, format_duration

BATCH = 500  # events in one commit at most: keeps the writer's stalls short
JUMP = timedelta(minutes=5)  # wire time; beyond what setting a clock right may take
SOON = timedelta(seconds=1)
IDLE = timedelta(seconds=1)  # the loop turns at least this often, for the watchdog
SWEEP = timedelta(seconds=30)  # policy time: how often silence of the scanner itself is looked for

Commit = Callable[[Changes], Awaitable[None]]
Publish = Callable[[Sequence[Event]], None]


@dataclass
class Job:
    """One fact that waits to be folded, and who waits for it."""

    subject: Subject
    body: Body
    intent: str = ""
    done: "asyncio.Future[tuple[Event, Changes]] | None" = None


@dataclass
class Batch:
    """What one turn of the loop amounts to."""

    changes: list[Changes] = field(default_factory=list)
    answers: list[tuple[Job, Event, Changes]] = field(default_factory=list)


class Engine:
    """Owns the state. Everything that changes it comes through `tell`, `say` or `ingest`."""

    def __init__(
        self,
        *,
        state: State,
        policy: Policy,
        commit: Commit,
        publish: Publish,
        clock: Clock,
        attend: Callable[[NodeKey, bool], None] = lambda _key, _doubtful: None,
        sights: type[Sights] = Sights,
        idle: timedelta = IDLE,
        sweep: timedelta = SWEEP,
    ) -> None:
        self.state = state
        self.policy = policy
        self._commit = commit
        self._publish = publish
        self._clock = clock
        self._inbox: asyncio.Queue[Job] = asyncio.Queue()
        self._agenda: Agenda[Subject | IssueId] = Agenda()
        self._wants = Wants()
        self._swept_at = clock.now()
        self._wall, self._steady = clock.now(), clock.monotonic()
        self._idle = idle
        self._sweeps = sweep
        self.sights = sights(state, attend)
        self.elsewhere = Elsewhere(state)
        self.turned_at = clock.monotonic()  # when the loop last turned, for the watchdog

    # The doors

    @property
    def wants(self) -> dict[IssueId, Want]:
        return self._wants.by_issue

    def look(self, issue_id: IssueId) -> Want | None:
        """The issue's want with every gate as it is at this moment; nothing comes of it here.

        The loop itself looks only when something may be decided, so an older want may have aged.
        """
        issue = self.state.issues.get(issue_id)
        if issue is None or issue_id not in self._wants.by_issue:
            return None
        return want(Draft(self.state, self.policy, self._clock.now()), issue)

    def seen(self, key: NodeKey) -> NodeSeen | None:
        return self.sights.seen(key)

    async def tell(self, subject: Subject, body: Body, *, intent: str = "") -> Event:
        """Fold one fact and return once it is durable."""
        event, _ = await self._ask(Job(subject, body, intent))
        return event

    async def say(self, subject: Subject, verb: Verb) -> Said:
        """Fold one verb and say what it did, or which rule declined it."""
        event, changes = await self._ask(Job(subject, verb))
        refused = next((e.body for e in changes.events if isinstance(e.body, Refused)), None)
        if refused is not None:
            return Said(False, refused.why, seq=event.seq)
        issue = next(iter(changes.issues), "")
        planned = (i.id for i in changes.intents.values() if i.state is IntentState.PLANNED)
        intent = next(planned, "")
        text = f"{verb.verb}: done" if not intent else f"{verb.verb}: written down as {intent}"
        return Said(True, text, issue=issue, intent=intent, seq=event.seq)

    async def _ask(self, job: Job) -> tuple[Event, Changes]:
        job.done = asyncio.get_running_loop().create_future()
        self._inbox.put_nowait(job)
        return await job.done

    def ingest(self, reading: Reading) -> None:
        """Take one reading; only what it changes becomes an event."""
        if reading.probe is Probe.EXTERNAL:
            changed = self.elsewhere.take(reading, self.policy)
            if changed is not None:
                self._inbox.put_nowait(Job(reading.subject, changed))
            return
        observation = self.sights.take(reading, self.policy)
        if observation is not None:
            self._inbox.put_nowait(Job(reading.subject, NodeObserved(observation)))

    def objection(self, intent: Intent, now: datetime) -> str:
        """Why the intent must not run now, judged on the state as it is; empty: it may."""
        present = self.state.intents.get(intent.id, intent)
        return objection(Draft(self.state, self.policy, now), present)

    def adopt_policy(self, policy: Policy) -> None:
        """Take a whole new policy; every subject and open issue is looked at again."""
        self.policy = policy
        self._prime()
        self._swept_at = self._clock.now() - self._sweep_every()  # who is no longer asked, at once
        self._inbox.put_nowait(Job(fleet_subject(), Tick()))

    # The loop

    async def run(self) -> None:
        """Turn for ever: wait for news or time, fold, decide, commit, tell."""
        self._prime()
        while True:
            jobs = await self._wait()
            await self.turn(jobs)
            self.turned_at = self._clock.monotonic()

    def _prime(self) -> None:
        now = self._clock.now()
        for subject in self._subjects():
            self._agenda.set(subject, now)
        for issue in self.state.all_open():
            self._agenda.set(issue.id, now)

    def _subjects(self) -> Iterable[Subject]:
        yield fleet_subject()
        yield from (node_subject(key) for key in self.state.nodes)
        yield from (pcu_subject(key) for key in self.state.pcus)
        yield from (site_subject(key) for key in self.state.sites)

    async def _wait(self) -> list[Job]:
        """The waiting jobs, or none when something on the agenda is due."""
        jobs: list[Job] = []
        if self._inbox.empty():
            try:
                async with asyncio.timeout(self._patience()):
                    jobs.append(await self._inbox.get())
            except TimeoutError:
                return []
        while len(jobs) < BATCH and not self._inbox.empty():
            jobs.append(self._inbox.get_nowait())
        return jobs

    def _patience(self) -> float:
        """Seconds until the agenda or the sweep is due; never longer than it may idle."""
        times = [self._agenda.next_at(), self._swept_at + self._sweep_every()]
        now = self._clock.now()
        waits = [(at - now).total_seconds() for at in times if at is not None]
        return max(0.0, min([self._idle.total_seconds(), *waits]))

    def _sweep_every(self) -> timedelta:
        return self._sweeps / self.policy.scale

    async def turn(self, jobs: list[Job]) -> None:
        """Fold the jobs and what is due, decide, commit as one, publish, answer."""
        batch = Batch()
        now = self._clock.now()
        self._watch_clock(now, batch)
        for job in jobs:
            self._fold(job, now, batch)
        self._sweep(now, batch)
        issues = self._fold_due(now, batch)
        self._decide(issues, now, batch)
        await self._keep(batch)
        self._answer(batch)

    def _watch_clock(self, now: datetime, batch: Batch) -> None:
        """A jump of the wall clock makes every age a guess: no new action before a fresh scan."""
        steady = self._clock.monotonic()
        jump = (now - self._wall) - timedelta(seconds=steady - self._steady)
        self._wall, self._steady = now, steady
        if abs(jump) <= JUMP:
            return
        detail = f"the wall clock jumped by {jump_text(jump)}"
        noticed = Noticed(CLOCK, True, detail, jump_s=jump.total_seconds())
        self._fold(Job(fleet_subject(CLOCK), noticed), now, batch)
        self.sights.forget()
        self.elsewhere.forget()
        # What was to be looked at by the old time would wait as long as the clock went back.
        self._swept_at = now
        self._prime()

    def _fold(self, job: Job, now: datetime, batch: Batch) -> None:
        event = Event(now, job.subject, job.body, intent=job.intent)
        was_blind = self.state.fleet.blind
        changes = fold(self.policy, self.state, event)
        self.state.apply(changes)
        batch.changes.append(changes)
        if changes.events and not isinstance(job.body, Tick):
            event = replace(event, seq=changes.events[0].seq)
        batch.answers.append((job, event, changes))
        if self.state.fleet.blind and not was_blind:
            self.sights.forget()
        if isinstance(job.body, HearsayChanged):
            self.elsewhere.folded(NodeKey(job.subject.key), job.body)
        if isinstance(job.body, WitnessesSeen):
            self._review(self.sights.of_site(SiteKey(job.subject.key)), now, batch)

    def _review(self, keys: list[NodeKey], now: datetime, batch: Batch) -> None:
        for key, observation in list(self.sights.review(keys, self.policy, now)):
            self._fold(Job(node_subject(key), NodeObserved(observation)), now, batch)

    def _sweep(self, now: datetime, batch: Batch) -> None:
        """From time to time: what went stale, and when each node was last heard of."""
        if now - self._swept_at < self._sweep_every():
            return
        self._swept_at = now
        for key, silent in list(self.elsewhere.overdue(self.policy, now)):
            self._fold(Job(node_subject(key), silent), now, batch)
        if self.state.fleet.blind:
            return
        self._review(self.sights.all(), now, batch)
        seen = Changes(seen=self.sights.unsaved())
        self.state.apply(seen)
        batch.changes.append(seen)

    def _fold_due(self, now: datetime, batch: Batch) -> set[IssueId]:
        """Tick the subjects whose time came; return the issues whose time came."""
        issues: set[IssueId] = set()
        for thing in self._agenda.due(now, most=BATCH):
            if isinstance(thing, Subject):
                self._fold(Job(thing, Tick()), now, batch)
                self._agenda.set(thing, next_change(self.state, self.policy, thing, now))
            else:
                issues.add(thing)
        return issues

    def _decide(self, issues: set[IssueId], now: datetime, batch: Batch) -> None:
        for changes in batch.changes:
            issues |= issues_touched(self.state, self._wants, changes)
        decided = decide(self.policy, self.state, self._wants, issues, now)
        batch.changes += decided
        for changes in decided:
            issues |= changes.issues.keys()
        for issue_id in issues:
            wanted = self._wants.by_issue.get(issue_id)
            self._agenda.set(issue_id, later(wanted.next_at if wanted else None, now))
        for subject in {subject for changes in batch.changes for subject in subjects_in(changes)}:
            self._agenda.set(subject, next_change(self.state, self.policy, subject, now))

    async def _keep(self, batch: Batch) -> None:
        """One commit for the whole turn; news follows the commit, never precedes it."""
        merged = merge(batch.changes)
        if merged:
            await self._commit(merged)
        if merged.events:
            self._publish(merged.events)

    def _answer(self, batch: Batch) -> None:
        """Whoever waits learns that it is durable. A commit that failed has no answers: we fall."""
        for job, event, changes in batch.answers:
            if job.done is not None and not job.done.done():
                job.done.set_result((event, changes))


def later(at: datetime | None, now: datetime) -> datetime | None:
    """A time that has come already was just looked at: not again at once, or we turn for ever."""
    return at if at is None or at > now else now + SOON


def jump_text(jump: timedelta) -> str:
    """`2h forward`, `6m back`."""
    far = timedelta(seconds=round(abs(jump).total_seconds()))
    return f"{format_duration(far)} {'forward' if jump > timedelta() else 'back'}"


def merge(parts: Iterable[Changes]) -> Changes:
    """Several changes as one: later rows replace earlier ones of the same key."""
    merged = Changes()
    for part in parts:
        merged.events += part.events
        merged.commands += part.commands
        merged.audit += part.audit
        merged.seen += part.seen
        merged.beliefs |= part.beliefs
        merged.issues |= part.issues
        merged.intents |= part.intents
        merged.outbox |= part.outbox
        merged.mails |= part.mails
        merged.windows |= part.windows
        merged.freezes |= part.freezes
        merged.holds |= part.holds
        merged.inventory = part.inventory or merged.inventory
    return merged
