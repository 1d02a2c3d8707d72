"""Thinning: what was recorded and says nothing new, left out before it is read. Pure.

Rounds that say the same again while all near them is well change no decision; the last of them is
kept at hand, and told as soon as something near it is not well.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from plcmon.model.beliefs import Finding
from plcmon.model.events import CanaryRound, Event, NodeObserved, PcuTested, Started, WitnessesSeen
from plcmon.model.policy import Policy
from plcmon.model.readings import Evidence, Observed
from plcmon.model.replacing import replace
from plcmon.model.subjects import Inventory, NodeKey, pcu_subject, site_subject

AT_LEAST_EVERY = timedelta(hours=6)  # a canary round: it also counts what is in service
SETTLED = 4  # equal rounds after which another one says nothing new
CANARIES, WITNESSES, TESTS, NODES, STARTS = (
    kind.__name__ for kind in (CanaryRound, WitnessesSeen, PcuTested, NodeObserved, Started)
)


class Line(Protocol):
    """A recorded event whose body need not be read before it matters."""

    @property
    def at(self) -> datetime: ...

    @property
    def kind(self) -> str: ...

    @property
    def subject(self) -> str: ...

    @property
    def says(self) -> object:
        """Its body in any form in which equal ones are equal."""
        ...

    @property
    def tests_well(self) -> bool:
        """Whether it is a test that succeeded."""
        ...

    def event(self) -> Event: ...


@dataclass(frozen=True, slots=True)
class Told:
    """An event that is read already, as a line."""

    of: Event

    @property
    def at(self) -> datetime:
        return self.of.at

    @property
    def kind(self) -> str:
        return self.of.kind

    @property
    def subject(self) -> str:
        return str(self.of.subject)

    @property
    def says(self) -> object:
        return self.of.body

    @property
    def tests_well(self) -> bool:
        body = self.of.body
        return isinstance(body, PcuTested) and body.finding is Finding.OK

    def event(self) -> Event:
        return self.of


class Thinning:
    """Feed it every line in order; it gives the events that matter."""

    def __init__(self, inventory: Inventory, *, settled: int = SETTLED) -> None:
        self._settled = settled
        self._near: dict[str, set[str]] = {}  # node -> subjects that matter when it is unwell
        self._unwell: dict[str, set[str]] = defaultdict(set)  # subject -> unwell nodes near it
        self._last: dict[tuple[str, str], object] = {}  # kind and subject -> what it said
        self._same: dict[tuple[str, str], int] = defaultdict(int)  # ... how often in a row
        self._kept: dict[str, Line] = {}  # subject -> its last round that was left out
        self._told_at: datetime | None = None  # the last canary round that was passed on
        for node in inventory.nodes.values():
            subjects = {str(site_subject(node.site))}
            subjects |= {str(pcu_subject(o.pcu)) for path in node.paths for o in path.outlets}
            pcus = inventory.pcus_by_site.get(node.site, ())
            subjects |= {str(pcu_subject(pcu.key)) for pcu in pcus}
            self._near[node.key] = subjects

    def take(self, line: Line) -> Iterator[Event]:
        """The events to fold for this line, those kept back before it."""
        if line.kind == CANARIES:
            if self._canaries_matter(line):
                yield from self._tell(line)
        elif line.kind in (WITNESSES, TESTS):
            if self._round_matters(line):
                self._kept.pop(line.subject, None)
                yield line.event()
            else:
                self._kept[line.subject] = line
        elif line.kind == NODES:
            event = line.event()
            yield from self._note(event)
            yield event
        elif line.kind == STARTS:
            yield from self._flush(line.subject)
            yield line.event()
        else:
            yield line.event()

    def rest(self) -> list[Event]:
        """What is still kept back, in order: at the end the last words count."""
        kept, self._kept = sorted(self._kept.values(), key=lambda line: line.at), {}
        return [line.event() for line in kept]

    def _repeats(self, line: Line, says: object) -> bool:
        """Whether it has said the same often enough."""
        key = (line.kind, line.subject)
        if self._last.get(key) != says:
            self._last[key], self._same[key] = says, 0
        self._same[key] += 1
        return self._same[key] > self._settled

    def _canaries_matter(self, line: Line) -> bool:
        recent = self._told_at is not None and line.at - self._told_at < AT_LEAST_EVERY
        if self._repeats(line, line.says) and recent:
            self._kept[line.subject] = line
            return False
        self._told_at = line.at
        return True

    def _tell(self, line: Line) -> Iterator[Event]:
        if self._same[(line.kind, line.subject)] == 1:
            yield from self._flush(line.subject)
        self._kept.pop(line.subject, None)
        yield line.event()

    def _round_matters(self, line: Line) -> bool:
        says = "well" if line.tests_well else line.says  # how long a test took says nothing
        return not self._repeats(line, says) or bool(self._unwell.get(line.subject))

    def _note(self, event: Event) -> Iterator[Event]:
        """Follow how the node is; what was kept back near one that turns unwell is told first."""
        key = NodeKey(event.subject.key)
        near = self._near.get(key, set())
        seen = event.body.observation if isinstance(event.body, NodeObserved) else None
        well = seen is not None and (seen.state, seen.evidence) == (Observed.BOOT, Evidence.FRESH)
        for subject in sorted(near):
            if well:
                self._unwell[subject].discard(key)
            else:
                self._unwell[subject].add(key)
                yield from (replace(kept, at=event.at) for kept in self._flush(subject))

    def _flush(self, subject: str) -> Iterator[Event]:
        kept = self._kept.pop(subject, None)
        if kept is not None:
            yield kept.event()


def settled_after(policy: Policy) -> int:
    """How many equal rounds must be told: blindness ends by counting good ones."""
    return max(SETTLED, policy.canaries.good_rounds + 1)
