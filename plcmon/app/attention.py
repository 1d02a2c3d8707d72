"""Attention: which nodes are looked at more often just now, and for which reasons."""

from collections.abc import Collection, Sequence
from typing import Protocol

from plcmon.model.events import Event
from plcmon.model.readings import Evidence, Observed
from plcmon.model.state import State
from plcmon.model.subjects import NodeKey, SiteKey, SubjectKind

IN_DOUBT = frozenset({Evidence.SUSPECT, Evidence.BLIND, Evidence.UNREACHABLE})
ANSWERING = frozenset({Observed.BOOT, Observed.DEBUG, Observed.DEAF, Observed.WEDGED})


class Watcher(Protocol):
    """Whoever looks at nodes, and can look more often."""

    def hasten(self, keys: Collection[NodeKey]) -> None: ...

    def relax(self, keys: Collection[NodeKey]) -> None: ...


class Attention:
    """A node is hastened while it is doubtful or while an action on it waits for proof."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._scanner: Watcher | None = None
        self._doubtful: set[NodeKey] = set()
        self._waiting: set[NodeKey] = set()

    def serve(self, scanner: Watcher) -> None:
        """From now on, tell this scanner; first, what is known already."""
        self._scanner = scanner
        scanner.hasten(self._doubtful | self._waiting)

    def doubt(self, key: NodeKey, doubtful: bool) -> None:
        """The engine's word on one node."""
        if doubtful:
            self._doubtful.add(key)
        else:
            self._doubtful.discard(key)
        self._apply(key)

    def hear(self, events: Sequence[Event]) -> None:
        """News after a commit: an action may have begun or ended to wait for its proof."""
        if not any(event.intent for event in events):
            return
        live = (self._state.intents[i] for i in self._state.live)
        waiting = {
            NodeKey(intent.target.key)
            for intent in live
            if intent.awaits_proof and intent.target.kind is SubjectKind.NODE
        }
        changed = waiting ^ self._waiting
        self._waiting = waiting
        for key in changed:
            self._apply(key)

    def is_calm(self, key: SiteKey) -> bool:
        """True while nothing hangs on what the site's witnesses say: none of its nodes is in doubt
        or out of reach, and one of them answers.
        """
        site = self._state.sites.get(key)
        if site is None or site.witnesses_silent_since is not None:
            return False
        nodes = self._state.inventory.nodes_by_site.get(key, ())
        beliefs = [self._state.nodes[node.key] for node in nodes if node.key in self._state.nodes]
        if any(b.evidence in IN_DOUBT or b.key in self._doubtful for b in beliefs):
            return False
        return any(b.evidence is Evidence.FRESH and b.observed in ANSWERING for b in beliefs)

    def _apply(self, key: NodeKey) -> None:
        if self._scanner is None:
            return
        if key in self._doubtful or key in self._waiting:
            self._scanner.hasten([key])
        else:
            self._scanner.relax([key])
