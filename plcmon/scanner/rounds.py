"""Rounds: when has the whole fleet been attempted once by every probe?"""

import math
from collections.abc import Collection, Mapping

from plcmon.model.events import ScanCompleted
from plcmon.scanner.agenda import Check, Question

ROUND = frozenset({Question.TCP, Question.SSH})


class Rounds:
    """Counts attempts of nodes in service; a round ends when enough had every probe.

    A check that is asked less often than the fleet belongs to a round only when it was not
    attempted within its own interval. A round that has nothing to wait for takes `pace` seconds.
    """

    def __init__(self, now: float) -> None:
        self._began = now
        self._share = 1.0
        self._nodes: frozenset[str] = frozenset()
        self._missing: dict[str, set[Question]] = {}  # node -> probes it still lacks
        self._slow: Mapping[Check, float] = {}  # own intervals, seconds
        self._pace = 0.0
        self._ends_at = now  # not sooner
        self._attempted: dict[Check, float] = {}  # the last attempt of each slow check

    def update(
        self,
        nodes: Collection[str],
        share: float,
        *,
        slow: Mapping[Check, float] | None = None,
        pace: float = 0.0,
    ) -> None:
        """Take over which nodes are in service; what was attempted in this round stays so."""
        self._share = share
        self._pace = pace
        self._slow = slow or {}
        self._attempted = {c: at for c, at in self._attempted.items() if c in self._slow}
        fresh = frozenset(nodes) - self._nodes
        self._nodes = frozenset(nodes)
        self._missing = {node: left for node, left in self._missing.items() if node in self._nodes}
        self._missing |= {node: set(ROUND) for node in fresh}

    def note(self, check: Check, now: float) -> ScanCompleted | None:
        """One attempt was made; returns the news when it completes the round."""
        node = check.subject.key
        if node not in self._nodes:
            return None
        if check in self._slow:
            self._attempted[check] = now
        left = self._missing.get(node, set())
        left.discard(check.question)
        if not left:
            self._missing.pop(node, None)
        attempted = len(self._nodes) - len(self._missing)
        if now < self._ends_at or not self._is_enough(attempted):
            return None
        took_s = now - self._began
        self._begin(now)
        return ScanCompleted(attempted, len(self._nodes), took_s)

    def _begin(self, now: float) -> None:
        missing = {node: set(ROUND) for node in self._nodes}
        for check, at in self._attempted.items():
            if now - at <= self._slow[check] and check.subject.key in missing:
                missing[check.subject.key].discard(check.question)
        self._missing = {node: left for node, left in missing.items() if left}
        idle = self._is_enough(len(self._nodes) - len(self._missing))
        self._began, self._ends_at = now, now + self._pace if idle else now

    def _is_enough(self, attempted: int) -> bool:
        return attempted >= math.ceil(self._share * len(self._nodes))
