"""What the Desk reads: the engine's open book, and the archive of what was written down."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from plcmon.model.audit import Selection
from plcmon.model.decisions import Want
from plcmon.model.events import AuditRow, Event, NodeSeen
from plcmon.model.intents import Intent, Transcript
from plcmon.model.issues import Issue, IssueId
from plcmon.model.policy import Policy
from plcmon.model.readings import Reading, Samples
from plcmon.model.state import State
from plcmon.model.subjects import NodeKey, PcuKey, Subject


class Book(Protocol):
    """Everything that decides, as it is now. To be read between two awaits, never kept."""

    @property
    def state(self) -> State: ...

    @property
    def policy(self) -> Policy: ...

    @property
    def wants(self) -> Mapping[IssueId, Want]:
        """The last want of every open issue."""
        ...

    def look(self, issue: IssueId) -> Want | None:
        """The issue's want with every gate as it is at this moment; None: it has none."""
        ...

    def seen(self, key: NodeKey) -> NodeSeen | None:
        """When the node was last heard of; fresher than what state.db has."""
        ...


class Archive(Protocol):
    """The store's reads that the Desk needs. Every one may raise StoreError."""

    async def events(self, after: int, limit: int) -> Sequence[Event]:
        """Committed events with a greater number, oldest first."""
        ...

    async def events_between(
        self,
        since: datetime,
        until: datetime,
        kinds: Collection[str] | None = None,
        limit: int = 10_000,
    ) -> Sequence[Event]:
        """Events of these kinds (None: all) with since <= at < until, oldest first."""
        ...

    async def events_of(
        self,
        subject: Subject,
        limit: int,
        besides: Collection[str] = (),
        until: datetime | None = None,
    ) -> Sequence[Event]:
        """The last events about one subject, before `until` if that is given, oldest first; kinds
        in `besides` are left out.
        """
        ...

    async def told_of(
        self,
        subject: Subject,
        since: datetime,
        until: datetime,
        kinds: Collection[str],
        limit: int,
    ) -> Sequence[Event]:
        """The last events of these kinds about one subject with since <= at < until, and the one
        observation before them; oldest first.
        """
        ...

    async def recorded_since(self) -> datetime | None:
        """When the oldest event that is kept was; None: there is none."""
        ...

    async def samples(
        self, since: datetime, until: datetime, nodes: Collection[NodeKey] | None = None
    ) -> Samples:
        """Samples of these nodes (None: all) in a period, widened to whole hours or days."""
        ...

    async def readings(self, subject: Subject, limit: int) -> Sequence[Reading]:
        """The last raw readings of one subject, oldest first."""
        ...

    async def audit(self, selection: Selection) -> Sequence[AuditRow]:
        """The last rows of the selection, oldest first."""
        ...

    async def audit_after(self, after: int, limit: int) -> Sequence[AuditRow]:
        """Rows of the journal with a greater number, oldest first."""
        ...

    async def audit_head(self) -> int:
        """The number of the journal's last row."""
        ...

    async def transcripts(self, pcu: PcuKey) -> Sequence[Transcript]:
        """The last sessions with a PCU, the latest first."""
        ...

    async def issues_closed(self, limit: int) -> Sequence[Issue]:
        """Closed issues, the latest first."""
        ...

    async def intents_since(self, since: datetime) -> Sequence[Intent]:
        """Intents planned since then, oldest first; older ones too that are not over."""
        ...
