"""Elsewhere: what sources outside said lately; only what changes becomes an event.

A reading from elsewhere is no finding of ours: it never joins what the scanner saw.
"""

from collections.abc import Iterator
from datetime import datetime

from plcmon.model.events import HearsayChanged
from plcmon.model.policy import Policy
from plcmon.model.readings import Reading
from plcmon.model.state import State
from plcmon.model.subjects import NodeKey, SubjectKind
from plcmon.policy.hearsay import doubt_about


class Elsewhere:
    """The latest word of each source on each node. Not stored: after a start it begins anew."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._told: dict[tuple[NodeKey, str], bool | None] = {}  # on its way to the fold

    def take(self, reading: Reading, policy: Policy) -> HearsayChanged | None:
        """Take one reading; return what changed. One that cannot be believed leaves no trace."""
        key = NodeKey(reading.subject.key)
        rule = policy.sources.get(reading.vantage)
        if reading.subject.kind is not SubjectKind.NODE or key not in self._state.inventory.nodes:
            return None
        if rule is None or reading.up is None or doubt_about(reading, rule, policy.wire):
            return None
        heard = self._state.heard.setdefault(key, {})
        before = heard.get(reading.vantage)
        if before is not None and reading.at <= before:
            return None  # late or repeated
        heard[reading.vantage] = reading.at
        if self._known(key, reading.vantage) is reading.up:
            return None
        self._told[key, reading.vantage] = reading.up
        return HearsayChanged(reading.vantage, reading.up, reading.at, reading.detail)

    def _known(self, key: NodeKey, vantage: str) -> bool | None:
        """What the state holds, or will hold when what is under way is folded."""
        if (key, vantage) in self._told:
            return self._told[key, vantage]
        belief = self._state.nodes.get(key)
        said = belief.hearsay.get(vantage) if belief is not None else None
        return said.up if said is not None else None

    def folded(self, key: NodeKey, body: HearsayChanged) -> None:
        """The state holds it now, unless something newer is under way already."""
        if self._told.get((key, body.vantage)) is body.up:
            self._told.pop((key, body.vantage), None)

    def overdue(self, policy: Policy, now: datetime) -> Iterator[tuple[NodeKey, HearsayChanged]]:
        """What sources no longer say: too old, from before this start, or not asked any more."""
        for key, belief in self._state.nodes.items():
            for vantage in belief.hearsay:
                rule = policy.sources.get(vantage)
                at = self._state.heard.get(key, {}).get(vantage)
                fresh = rule is not None and at is not None and now - at <= rule.fresh_for
                if not fresh or key not in self._state.inventory.nodes:
                    yield key, HearsayChanged(vantage, None, at or now)

    def forget(self) -> None:
        """The wall clock jumped: no age is known, so nothing is fresh."""
        self._state.heard.clear()
