"""The Desk over the engine itself, in its own process; one LocalDesk speaks for one caller."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from plcmon.errors import MistypedError, NotFoundError
from plcmon.hub import Gap, Hub
from plcmon.model.audit import Selection
from plcmon.model.events import (
    Actor,
    CanaryRound,
    Event,
    IntentClaimed,
    ScanCompleted,
    WitnessesSeen,
)
from plcmon.model.issues import Issue
from plcmon.model.policy import Policy
from plcmon.model.ports import Ear, Eyes, Hands, Intake, Overload, OwnHealth
from plcmon.model.subjects import Inventory, Node, NodeKey, PcuKey, Subject, SubjectKind
from plcmon.operations.answered import reading_line
from plcmon.operations.approvals import approvals
from plcmon.operations.auditing import audit_view, limits_of, verify
from plcmon.operations.book import Archive, Book
from plcmon.operations.difference import difference
from plcmon.operations.digest import digest_view
from plcmon.operations.groups import Groups
from plcmon.operations.handover import KINDS, handover_view
from plcmon.operations.history import (
    TOLD,
    availability_view,
    check_by,
    lines_of,
    refuse_no_time,
)
from plcmon.operations.is_it_us import is_it_us_view
from plcmon.operations.issue_rows import intent_matches, intent_view, issue_matches, issue_view
from plcmon.operations.moment import Moment
from plcmon.operations.past import Past
from plcmon.operations.phrases import hand
from plcmon.operations.plan import LONGEST, plan_view
from plcmon.operations.posting import NOBODY, Posters, post
from plcmon.operations.readiness import readiness_view
from plcmon.operations.repairs import repairs_view
from plcmon.operations.reports import (
    AvailabilityView,
    DigestView,
    HistoryView,
    IsItUsView,
    PostedView,
    ReadinessView,
    RepairsView,
)
from plcmon.operations.resolve import Names, fleet_named, intent_called, issue_called, subject_named
from plcmon.operations.rows import NodeRows, matches, pcu_view, site_view
from plcmon.operations.story import event_view, is_told_twice
from plcmon.operations.summary import summary_view
from plcmon.operations.verbs import Speaker
from plcmon.operations.views import (
    Answer,
    ApprovalView,
    AuditView,
    EventView,
    HandoverView,
    IntentView,
    IssueView,
    NodeView,
    PcuView,
    PlanView,
    PolicyDiffView,
    SessionView,
    SiteView,
    Summary,
    VerifyView,
    View,
    WhyView,
)
from plcmon.operations.why import why_view
from plcmon.times import Clock

PAGE = 500  # events read at a time
AT_ONCE = 250  # rows of nodes made in one turn of the loop, some 8 ms
STORY = 12  # last lines shown with a why
DULL = frozenset(
    kind.__name__ for kind in (CanaryRound, IntentClaimed, ScanCompleted, WitnessesSeen)
)
"""Events that come all the time and explain nothing."""
HISTORY = 2_000  # lines of one history, the latest
READINGS = 100  # raw readings beside them, the latest
HANDOVER = 10_000  # events that a handover is made of, at most
KINDED = re.compile(r"(?:node|pcu|site|fleet)/\S.*")
READY_EVERY = timedelta(minutes=1)
RECENT = 200  # closed issues and intents in a view


@dataclass
class Memory:
    """What desks over one book may share: it depends on no caller."""

    rows: NodeRows = field(default_factory=NodeRows)
    past: Past = field(default_factory=Past)
    thinking: asyncio.Lock = field(default_factory=asyncio.Lock)  # one long answer at a time
    posters: Posters = field(default_factory=Posters)
    _names: Names = field(default_factory=lambda: Names(Inventory()))
    _groups: Groups = field(default_factory=lambda: Groups(Inventory()))

    def names(self, inventory: Inventory) -> Names:
        if self._names.inventory is not inventory:
            self._names = Names(inventory)
        return self._names

    async def groups(self, inventory: Inventory) -> Groups:
        """Made in a thread where the inventory is new: of a large one it takes a while."""
        if self._groups.inventory is not inventory:
            self._groups = await asyncio.to_thread(Groups, inventory)
        return self._groups

    async def keep_ready(self, book: Book, clock: Clock) -> None:
        """Make what takes a while before anybody asks for it, who then has no time; for ever."""
        while True:
            await self.groups(book.state.inventory)
            await clock.sleep(READY_EVERY)


class LocalDesk:
    """What one caller sees and says. Views are made between two awaits: one moment each."""

    def __init__(
        self,
        book: Book,
        *,
        ear: Ear,
        eyes: Eyes,
        hands: Hands,
        archive: Archive,
        hub: Hub,
        clock: Clock,
        actor: Actor,
        memory: Memory | None = None,
        overload: Callable[[], Overload] = Overload,
        own_health: Callable[[], OwnHealth] = OwnHealth,
        intake: Intake = NOBODY,
    ) -> None:
        self._book = book
        self._archive = archive
        self._hub = hub
        self._clock = clock
        self._actor = actor
        self._memory = memory or Memory()
        self._overload = overload
        self._own_health = own_health
        self._intake = intake
        self._ear = ear
        self._speaker = Speaker(ear, eyes, hands, actor)

    def _moment(self) -> Moment:
        return Moment.of(self._book, self._clock.now())

    def _names(self) -> Names:
        return self._memory.names(self._book.state.inventory)

    async def summary(self) -> Summary:
        return summary_view(self._moment(), self._actor, self._overload())

    async def view(self) -> View:
        moment = self._moment()
        return View(
            summary=summary_view(moment, self._actor, self._overload()),
            issues=tuple(issue_rows(moment)),
            nodes=tuple(self._memory.rows.all(moment)),
            sites=tuple(site_view(moment, site) for site in moment.inventory.sites.values()),
            pcus=tuple(pcu_view(moment, pcu) for pcu in moment.inventory.pcus.values()),
            intents=tuple(intent_rows(moment)[:RECENT]),
        )

    async def nodes(self, match: str = "") -> list[NodeView]:
        return [row for row, _ in await self._matching(self._moment(), match)]

    async def _matching(self, moment: Moment, match: str) -> list[tuple[NodeView, Node]]:
        """Each row is true when it is made; the loop turns in between, for others are in haste."""
        word, nodes = match.strip().lower(), list(moment.inventory.nodes.values())
        rows: list[tuple[NodeView, Node]] = []
        for begin in range(0, len(nodes), AT_ONCE):
            some = nodes[begin : begin + AT_ONCE]
            rows += zip(self._memory.rows.some(moment, some), some, strict=True)
            await asyncio.sleep(0)
        if not word:
            return rows
        return [
            (row, node)
            for row, node in rows
            if matches(row, word, tuple(f"{k}={v}" for k, v in node.labels.items()))
        ]

    async def sites(self, match: str = "") -> list[SiteView]:
        moment, word = self._moment(), match.strip().lower()
        rows = [site_view(moment, site) for site in moment.inventory.sites.values()]
        return [row for row in rows if matches(row, word)]

    async def pcus(self, match: str = "") -> list[PcuView]:
        moment, word = self._moment(), match.strip().lower()
        rows = [pcu_view(moment, pcu) for pcu in moment.inventory.pcus.values()]
        return [row for row in rows if matches(row, word)]

    async def issues(self, match: str = "", *, closed: bool = False) -> list[IssueView]:
        past = await self._archive.issues_closed(RECENT) if closed else []
        moment, word = self._moment(), match.strip().lower()
        rows = issue_rows(moment)
        rows += [issue_view(moment, issue) for issue in past if not issue.is_open]
        return [row for row in rows if issue_matches(row, word)]

    async def intents(self, match: str = "", *, limit: int = 200) -> list[IntentView]:
        word = match.strip().lower()
        rows = intent_rows(self._moment())
        return [row for row in rows if intent_matches(row, word)][: max(0, limit)]

    async def why(self, subject: str, at: datetime | None = None) -> WhyView:
        if at is not None:
            return await self._why_then(subject, at)
        about, issue = await self._find(subject)
        events = await self._archive.events_of(about, 2 * STORY, DULL)
        moment = self._moment()
        if issue is not None:
            issue = moment.state.issues.get(issue.id, issue)
        told = [event for event in events if not is_told_twice(event)][-STORY:]
        history = tuple(story_line(event, moment) for event in told)
        return why_view(moment, about, issue, history)

    async def _why_then(self, subject: str, at: datetime) -> WhyView:
        """As of `at`; an issue that was meant is found again by its type and subject."""
        if at > self._clock.now():
            raise MistypedError(subject, "looking back", "this time is still to come")
        about, issue = await self._find(subject)
        policy, inventory = self._book.policy, self._book.state.inventory
        book = await self._memory.past.book(self._archive, policy, inventory, at)
        then = book.state.open_issue(about, issue.type) if issue is not None else None
        # What is told of a time ends with it, and the end is left out.
        until = at + timedelta(milliseconds=1)
        events = await self._archive.events_of(about, 2 * STORY, DULL, until)
        moment = Moment.of(book, at)
        told = [event for event in events if not is_told_twice(event)][-STORY:]
        history = tuple(story_line(event, moment) for event in told)
        found = why_view(moment, about, then, history)
        return replace(found, at=at, remark=book.remark)

    async def plan(self, span: timedelta) -> PlanView:
        if not timedelta() < span <= LONGEST:
            why = f"it reaches ahead by more than nothing and at most {LONGEST.days} days"
            raise MistypedError("", "planning", why)
        async with self._memory.thinking:
            now = self._clock.now()
            state, policy = self._book.state.fork(), self._book.policy
            return await asyncio.to_thread(plan_view, state, policy, now, now + span)

    async def approvals(self) -> list[ApprovalView]:
        return approvals(self._moment())

    async def repairs(self, since: datetime) -> RepairsView:
        # Sent up to its expiry later than it was planned, by which the archive is asked.
        early = since - 2 * self._book.policy.safety.intent_expiry
        intents = await self._archive.intents_since(early)
        return repairs_view(self._book.state.inventory, intents, since, self._clock.now())

    async def readiness(self) -> ReadinessView:
        return readiness_view(self._moment())

    async def digest(self) -> DigestView:
        return digest_view(self._moment())

    async def is_it_us(self) -> IsItUsView:
        groups = await self._memory.groups(self._book.state.inventory)
        moment = self._moment()
        if groups.inventory is not moment.inventory:
            return await self.is_it_us()  # read anew in between
        return is_it_us_view(moment, groups, self._own_health())

    async def history(self, node: str, since: datetime) -> HistoryView:
        subject = subject_named(self._names(), node, {SubjectKind.NODE})
        until = self._clock.now()
        refuse_no_time(since, until)
        key = NodeKey(subject.key)
        samples = await self._archive.samples(since, until, {key})
        events = await self._archive.told_of(subject, since, until, TOLD, HISTORY)
        moment = self._moment()
        found = moment.inventory.nodes[key]
        share = availability_view(moment.inventory, samples, [found], "node", until)
        lines = tuple(lines_of(events, since, until, moment.name))
        kept = await self._archive.readings(subject, READINGS)
        answers = tuple(reading_line(reading) for reading in kept if reading.at >= since)
        recorded = await self._archive.recorded_since()
        return HistoryView(
            *(key, found.hostname, found.site, since, until, share.total, lines, answers), recorded
        )

    async def availability(
        self, since: datetime, until: datetime | None = None, *, by: str = "site", match: str = ""
    ) -> AvailabilityView:
        now = self._clock.now()
        end = min(until or now, now)
        refuse_no_time(since, end)
        moment = self._moment()
        inventory = moment.inventory
        check_by(inventory, by)
        nodes = [node for _, node in await self._matching(moment, match)]
        wanted = {node.key for node in nodes} if match.strip() else None
        samples = await self._archive.samples(since, end, wanted)
        return availability_view(inventory, samples, nodes, by, now)

    async def sessions(self, pcu: str) -> list[SessionView]:
        subject = subject_named(self._names(), pcu, {SubjectKind.PCU})
        kept = await self._archive.transcripts(PcuKey(subject.key))
        return [
            SessionView(one.pcu, one.at, one.intent, tuple(one.text.splitlines())) for one in kept
        ]

    async def post_readings(self, source: str, body: bytes, *, form: str = "") -> PostedView:
        return await post(
            self._intake,
            self._ear,
            self._memory.posters,
            actor=self._actor,
            now=self._clock.now(),
            source=source,
            body=body,
            form=form,
        )

    async def policy_diff(self, policy: Policy) -> PolicyDiffView:
        async with self._memory.thinking:
            state, present = self._book.state.fork(), self._book.policy
            return await asyncio.to_thread(difference, state, present, policy, self._clock.now())

    async def _find(self, text: str) -> tuple[Subject, Issue | None]:
        """The subject of this name; or that of the issue or intent of this id, and the issue."""
        if (fleet := fleet_named(self._book.state, text)) is not None:
            return fleet, None
        try:
            return subject_named(self._names(), text), None
        except NotFoundError as unknown:
            state = self._book.state
            intent = intent_called(state, text)
            issue = issue_called(state, text) or await self._closed(text)
            if intent is not None and issue is None:
                return intent.target, state.issues.get(intent.issue) if intent.issue else None
            if issue is None:
                raise unknown from None
            return issue.subject, issue

    async def _closed(self, text: str) -> Issue | None:
        wanted = text.strip().upper().removeprefix("ISSUE/")
        past = await self._archive.issues_closed(RECENT)
        return next((issue for issue in past if issue.id.upper() == wanted), None)

    async def since(self, since: datetime) -> HandoverView:
        until = self._clock.now() + timedelta(seconds=1)  # the end is left out, and now is not
        events = await self._archive.events_between(since, until, kinds=KINDS, limit=HANDOVER)
        return handover_view(self._moment(), events, since, cut=len(events) == HANDOVER)

    async def audit(
        self,
        about: str = "",
        *,
        actor: str = "",
        verb: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 200,
    ) -> list[AuditView]:
        chosen = await self._chosen(about) if about.strip() else Selection()
        selection = replace(
            chosen, actor=actor, verb=verb, since=since, until=until, limit=max(0, limit)
        )
        rows = await self._archive.audit(selection)
        return [audit_view(row, self._called(row.subject)) for row in rows]

    async def _chosen(self, about: str) -> Selection:
        """Which rows a word means: those of a subject, an issue or an intent."""
        state = self._book.state
        intent, issue = intent_called(state, about), issue_called(state, about)
        if intent is not None and issue is None:
            return Selection(intent=intent.id)
        if issue is not None:
            return Selection(issue=issue.id)
        if KINDED.fullmatch(about.strip()):
            return Selection(subject=about.strip())  # its rows stay when it is gone
        subject, closed = await self._find(about)
        return Selection(issue=closed.id) if closed is not None else Selection(subject=str(subject))

    def _called(self, subject: str) -> str:
        try:
            return self._book.state.inventory.name_of(Subject.parse(subject))
        except ValueError:
            return subject

    async def verify(self) -> VerifyView:
        inventory = self._book.state.inventory
        limits = limits_of(self._book.policy, len(inventory.nodes))
        return await verify(self._archive, limits, now=self._clock.now(), name=self._called)

    async def events(self, after: int, *, limit: int = PAGE) -> list[EventView]:
        return [self._told(event) for event in await self._archive.events(after, limit)]

    async def watch(self, after: int) -> AsyncIterator[EventView]:
        async with self._hub.subscribe(after) as news:
            async for event in news:
                if isinstance(event, Gap):
                    async for missed in self._pages(after):
                        after = missed.seq
                        yield self._told(missed)
                elif event.seq > after:
                    after = event.seq
                    yield self._told(event)

    async def _pages(self, after: int) -> AsyncIterator[Event]:
        """Everything that is committed after this number, page by page, until there is no more."""
        while page := await self._archive.events(after, PAGE):
            for event in page:
                yield event
            after = page[-1].seq

    def _told(self, event: Event) -> EventView:
        return event_view(event, self._book.state.inventory.name_of)

    async def do(
        self,
        verb: str,
        subject: str = "",
        *,
        reason: str = "",
        arguments: Mapping[str, Any] | None = None,
        force: bool = False,
    ) -> Answer:
        return await self._speaker.do(
            self._moment(),
            self._names(),
            verb,
            subject,
            reason=reason,
            arguments=arguments or {},
            force=force,
        )


def issue_rows(moment: Moment) -> list[IssueView]:
    """Open issues: the most worrying first, then the longest."""
    rows = [issue_view(moment, issue) for issue in moment.state.all_open()]
    return sorted(rows, key=lambda row: (row.worry, row.bad_since, row.id))


def intent_rows(moment: Moment) -> list[IntentView]:
    intents = sorted(
        moment.state.intents.values(), key=lambda i: (i.planned_at, i.id), reverse=True
    )
    return [intent_view(moment, intent) for intent in intents]


def story_line(event: Event, moment: Moment) -> str:
    return f"{hand(event.at, moment.now)} {event_view(event, moment.name).text}"


def desks_over(
    book: Book, *, ear: Ear, eyes: Eyes, hands: Hands, archive: Archive, hub: Hub, clock: Clock
) -> Callable[[Actor], LocalDesk]:
    """A maker of desks that share what depends on no caller."""
    memory = Memory()

    def desk_for(actor: Actor) -> LocalDesk:
        return LocalDesk(
            book,
            ear=ear,
            eyes=eyes,
            hands=hands,
            archive=archive,
            hub=hub,
            clock=clock,
            actor=actor,
            memory=memory,
        )

    return desk_for
