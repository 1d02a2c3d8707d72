"""The tracer: looks at the way to a node at the moment it falls silent, and tells it as evidence.

Few at a time: when many fall at once, the first ones stand for all, and the rest is not traced.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from plcmon.model.events import Event, NodeObserved
from plcmon.model.policy import Policy
from plcmon.model.ports import Inbox
from plcmon.model.readings import Observed
from plcmon.model.subjects import Node, NodeKey, node_subject
from plcmon.probes.ping import is_loopback
from plcmon.probes.route import trace
from plcmon.probes.tcp import NoEvidenceError
from plcmon.times import Clock

FALLEN = frozenset({Observed.SILENT, Observed.UNREACHABLE})
MOMENT = timedelta(hours=1)  # a silence that began before this is an old story
MOST_WAITING = 10

log = logging.getLogger(__name__)


class Tracer:
    """Hears what is committed; one trace at a time, so many a minute."""

    def __init__(
        self,
        inbox: Inbox,
        *,
        clock: Clock,
        nodes: Callable[[], Mapping[NodeKey, Node]],
        policy: Callable[[], Policy],
    ) -> None:
        self._inbox = inbox
        self._clock = clock
        self._nodes = nodes
        self._policy = policy
        self._waiting: asyncio.Queue[Node] = asyncio.Queue(MOST_WAITING)
        self._traced: dict[NodeKey, datetime] = {}  # node -> since when it was silent
        self._sheds = False

    def hear(self, events: Sequence[Event]) -> None:
        """Queue who fell silent just now."""
        for event in events:
            if isinstance(event.body, NodeObserved):
                self._consider(NodeKey(event.subject.key), event)

    def _consider(self, key: NodeKey, event: Event) -> None:
        assert isinstance(event.body, NodeObserved)
        seen, node = event.body.observation, self._nodes().get(key)
        if seen.state not in FALLEN or node is None or not way_to(node):
            return
        if event.at - seen.since > MOMENT or self._traced.get(key) == seen.since:
            return
        self._traced[key] = seen.since
        try:
            self._waiting.put_nowait(node)
        except asyncio.QueueFull:
            if not self._sheds:
                log.info("too many fall silent at once to trace them all")
            self._sheds = True

    async def run(self) -> None:
        """Trace for ever, one after the other."""
        while True:
            node = await self._waiting.get()
            await self._trace(node)
            self._sheds = self._sheds and not self._waiting.empty()
            await self._clock.sleep(timedelta(minutes=1) / self._policy().wire.traces_a_minute)

    async def _trace(self, node: Node) -> None:
        about = {"node": node.key}
        try:
            seen = await trace(way_to(node), self._policy().wire)
        except NoEvidenceError as error:
            log.info("way not traced", extra={**about, "why": str(error)})
        except Exception:
            # The one trace is lost, the next ones are not.
            log.exception("trace broke", extra=about)
        else:
            await self._inbox.tell(node_subject(node.key), seen)


def way_to(node: Node) -> str:
    """The address that the way is asked for; empty where there is only loopback."""
    return next((address for address in node.addresses if not is_loopback(address)), "")
