"""Rounds: when has the whole fleet been attempted once by every probe?"""

import math
from collections.abc import Collection

from plcmon.model.events import ScanCompleted
from plcmon.scanner.agenda import Check, Question

PROBES = frozenset({Question.TCP, Question.SSH})


class Rounds:
    """Counts attempts of nodes in service; a round ends when enough had every probe."""

    def __init__(self, now: float) -> None:
        self._began = now
        self._share = 1.0
        self._nodes: frozenset[str] = frozenset()
        self._missing: dict[str, set[Question]] = {}  # node -> probes it still lacks

    def update(self, nodes: Collection[str], share: float) -> None:
        """Take over which nodes are in service; what was attempted in this round stays so."""
        self._share = share
        fresh = frozenset(nodes) - self._nodes
        self._nodes = frozenset(nodes)
        self._missing = {node: left for node, left in self._missing.items() if node in self._nodes}
        self._missing |= {node: set(PROBES) for node in fresh}

    def note(self, check: Check, now: float) -> ScanCompleted | None:
        """One attempt was made; returns the news when it completes the round."""
        node = check.subject.key
        if node not in self._nodes:
            return None
        left = self._missing.get(node, set())
        left.discard(check.question)
        if not left:
            self._missing.pop(node, None)
        attempted = len(self._nodes) - len(self._missing)
        if attempted < math.ceil(self._share * len(self._nodes)):
            return None
        took_s, self._began = now - self._began, now
        self._missing = {name: set(PROBES) for name in self._nodes}
        return ScanCompleted(attempted, len(self._nodes), took_s)
