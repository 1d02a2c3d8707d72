"""The feed: a snapshot and a stream from the Desk, turned into messages at a bearable rate.

It asks only for what events named, at most once per `PAUSE` while there is news and never when
there is none; when the desk is gone it says so and tries again.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from textual.message import Message

from plcmon.errors import DeskError, PlcmonError
from plcmon.operations.desk import Desk
from plcmon.operations.views import (
    EventView,
    IntentView,
    IssueView,
    NodeView,
    PcuView,
    SiteView,
    Summary,
    View,
)
from plcmon.times import Clock

PAUSE = timedelta(milliseconds=250)  # between two refreshes while there is news
RETRY_S = (1, 2, 4, 5)  # the last repeats; to ask a socket of this machine costs nothing
ONE_BY_ONE = 12  # more changed nodes than this are fetched as a whole list
JOURNAL_START = 400  # events shown from before the screen was opened
EVERYTHING = ("Started", "InventoryRead")  # after these nothing on the screen can be trusted


@dataclass(frozen=True, slots=True)
class News:
    """What was fetched because events said so; None: not asked for."""

    summary: Summary | None = None
    issues: tuple[IssueView, ...] | None = None
    sites: tuple[SiteView, ...] | None = None
    pcus: tuple[PcuView, ...] | None = None
    intents: tuple[IntentView, ...] | None = None
    fleet: tuple[NodeView, ...] | None = None  # all of them
    nodes: tuple[NodeView, ...] = ()  # some of them
    gone: tuple[str, ...] = ()  # keys of nodes that are no more
    events: tuple[EventView, ...] = ()


class Loaded(Message):
    """A whole snapshot."""

    def __init__(self, view: View, events: tuple[EventView, ...]) -> None:
        super().__init__()
        self.view = view
        self.events = events


class Changed(Message):
    """Rows that changed."""

    def __init__(self, news: News) -> None:
        super().__init__()
        self.news = news


class Lost(Message):
    """The desk does not answer."""

    def __init__(self, error: PlcmonError, retry_s: int) -> None:
        super().__init__()
        self.error = error
        self.retry_s = retry_s


@dataclass
class Dirt:
    """What events said may have changed since the last refresh."""

    kinds: set[str] = field(default_factory=set)
    nodes: set[str] = field(default_factory=set)
    events: list[EventView] = field(default_factory=list)
    all: bool = False

    def add(self, event: EventView) -> None:
        self.events.append(event)
        self.all = self.all or event.kind in EVERYTHING
        for key in event.keys or (event.subject,):
            kind, _, rest = key.partition("/")
            if kind == "node":
                self.nodes.add(rest)
            else:
                self.kinds.add(kind)


class Feed:
    """One screen's line to the Desk; `post` is handed every message."""

    def __init__(self, desk: Desk, post: Callable[[Message], object], clock: Clock) -> None:
        self.desk = desk
        self.post = post
        self.clock = clock
        self._dirt = Dirt()
        self._news = asyncio.Event()
        self._failures = 0

    async def run(self) -> None:
        """Follow the desk until cancelled; a lost desk is told and tried again."""
        while True:
            lost: DeskError | None = None
            try:
                await self._follow()
            except* DeskError as group:
                lost = first_error(group)
            # Waiting inside `except*` would wrap our own cancellation into a group.
            if lost is not None:
                await self._tell_lost(lost)

    def ask(self, *kinds: str) -> None:
        """Fetch the summary and these kinds with the next refresh, news or not."""
        self._dirt.kinds.update(kinds)
        self._news.set()

    async def _follow(self) -> None:
        view = await self.desk.view()
        seq = view.summary.seq
        events = await self.desk.events(max(0, seq - JOURNAL_START), limit=JOURNAL_START)
        self._dirt, self._failures = Dirt(), 0
        self._news.clear()
        self.post(Loaded(view, tuple(events)))
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read(seq), name="tui-read")
            group.create_task(self._refresh(), name="tui-refresh")

    async def _read(self, seq: int) -> None:
        async for event in self.desk.watch(seq):
            self._dirt.add(event)
            self._news.set()
        raise DeskError("desk", "following the news", "the stream ended")

    async def _refresh(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            dirt, self._dirt = self._dirt, Dirt()
            self.post(Changed(await fetch(self.desk, dirt)))
            await self.clock.sleep(PAUSE)

    async def _tell_lost(self, error: DeskError) -> None:
        retry_s = RETRY_S[min(self._failures, len(RETRY_S) - 1)]
        self._failures += 1
        self.post(Lost(error, retry_s))
        await self.clock.sleep(timedelta(seconds=retry_s))


def first_error(group: BaseExceptionGroup[DeskError]) -> DeskError:
    """The first of the errors in a group of any depth."""
    inner = group.exceptions[0]
    return first_error(inner) if isinstance(inner, BaseExceptionGroup) else inner


async def fetch(desk: Desk, dirt: Dirt) -> News:
    """Ask the desk for what may have changed, and nothing else."""
    kinds = {"issue", "site", "pcu", "intent"} if dirt.all else dirt.kinds
    whole = dirt.all or "node" in dirt.kinds or len(dirt.nodes) > ONE_BY_ONE
    nodes, gone = ((), ()) if whole else await fetch_nodes(desk, dirt.nodes)
    return News(
        summary=await desk.summary(),
        issues=tuple(await desk.issues()) if "issue" in kinds else None,
        sites=tuple(await desk.sites()) if "site" in kinds else None,
        pcus=tuple(await desk.pcus()) if "pcu" in kinds else None,
        intents=tuple(await desk.intents()) if "intent" in kinds else None,
        fleet=tuple(await desk.nodes()) if whole else None,
        nodes=nodes,
        gone=gone,
        events=tuple(dirt.events),
    )


async def fetch_nodes(desk: Desk, keys: set[str]) -> tuple[tuple[NodeView, ...], tuple[str, ...]]:
    """The nodes of these keys, and the keys that no longer name one."""
    found: dict[str, NodeView] = {}
    for key in sorted(keys):
        found.update({node.key: node for node in await desk.nodes(key) if node.key in keys})
    return tuple(found.values()), tuple(keys - found.keys())
