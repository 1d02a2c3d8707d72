"""The store's reads over a list."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from plcmon.errors import StoreError
from plcmon.model.events import Event
from plcmon.model.intents import Intent, Transcript
from plcmon.model.issues import Issue
from plcmon.model.readings import Reading, Samples
from plcmon.model.subjects import NodeKey, PcuKey, Subject
from tests.fakes.journal import FakeJournal


@dataclass
class FakeArchive(FakeJournal):
    """The store's reads over a list."""

    story: list[Event] = field(default_factory=list)
    closed: list[Issue] = field(default_factory=list)
    intents: list[Intent] = field(default_factory=list)
    sessions: list[Transcript] = field(default_factory=list)
    counts: dict[NodeKey, tuple[int, int, int]] = field(default_factory=dict)
    kept: list[Reading] = field(default_factory=list)
    fails: StoreError | None = None

    async def events(self, after: int, limit: int) -> Sequence[Event]:
        if self.fails is not None:
            raise self.fails
        return [event for event in self.story if event.seq > after][:limit]

    async def events_between(
        self,
        since: datetime,
        until: datetime,
        kinds: Collection[str] | None = None,
        limit: int = 10_000,
    ) -> Sequence[Event]:
        found = [e for e in self.story if since <= e.at < until]
        return [e for e in found if kinds is None or e.kind in kinds][:limit]

    async def transcripts(self, pcu: PcuKey) -> Sequence[Transcript]:
        return [one for one in self.sessions if one.pcu == pcu]

    async def events_of(
        self,
        subject: Subject,
        limit: int,
        besides: Collection[str] = (),
        until: datetime | None = None,
    ) -> Sequence[Event]:
        found = [e for e in self.story if e.subject == subject and (not until or e.at < until)]
        return [event for event in found if event.kind not in besides][-limit:]

    async def told_of(
        self,
        subject: Subject,
        since: datetime,
        until: datetime,
        kinds: Collection[str],
        limit: int,
    ) -> Sequence[Event]:
        own = [e for e in self.story if e.subject == subject and e.kind in kinds and e.at < until]
        before = [e for e in own if e.at < since and e.kind == "NodeObserved"]
        return [*before[-1:], *(e for e in own if e.at >= since)][-limit:]

    async def recorded_since(self) -> datetime | None:
        return self.story[0].at if self.story else None

    async def samples(
        self, since: datetime, until: datetime, nodes: Collection[NodeKey] | None = None
    ) -> Samples:
        found = {
            key: counts for key, counts in self.counts.items() if nodes is None or key in nodes
        }
        return Samples(since, until, found)

    async def readings(self, subject: Subject, limit: int) -> Sequence[Reading]:
        return [reading for reading in self.kept if reading.subject == subject][-limit:]

    async def issues_closed(self, limit: int) -> Sequence[Issue]:
        return self.closed[:limit]

    async def intents_since(self, since: datetime) -> Sequence[Intent]:
        return [intent for intent in self.intents if intent.planned_at >= since]
