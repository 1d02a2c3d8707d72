"""The book as it was: the recorded story folded again up to a time, beside the live state."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from plcmon.engine.rerun import Rerun
from plcmon.errors import DeclinedError
from plcmon.model.beliefs import NodeBelief
from plcmon.model.decisions import Want
from plcmon.model.events import Event, NodeSeen
from plcmon.model.issues import IssueId
from plcmon.model.policy import Policy
from plcmon.model.readings import Evidence, Observed
from plcmon.model.state import State
from plcmon.model.subjects import Inventory, NodeKey
from plcmon.operations.book import Archive
from plcmon.operations.phrases import clock
from plcmon.operations.thinning import Thinning, Told, settled_after

PAGE = 2_000  # events folded at a time
LIVES = frozenset({Observed.BOOT, Observed.DEBUG, Observed.DEAF, Observed.WEDGED})
LOGS_IN = frozenset({Observed.BOOT, Observed.DEBUG})


@dataclass(frozen=True)
class PastBook:
    """A Book of a moment that is over."""

    at: datetime
    state: State
    policy: Policy
    wants: Mapping[IssueId, Want]
    remark: str  # how it was made, and what is not known of it

    def look(self, issue: IssueId) -> Want | None:
        return self.wants.get(issue)

    def seen(self, key: NodeKey) -> NodeSeen | None:
        """As far as what changed shows it: each single answer is not recorded."""
        belief = self.state.nodes.get(key) or NodeBelief(key)
        if belief.first_seen_at is None:
            return None
        fresh = belief.evidence is Evidence.FRESH
        until = self.at if fresh else belief.evidence_since
        lives, logs_in = belief.observed in LIVES, belief.observed in LOGS_IN
        gone = belief.observed_since if belief.good_until is not None else None
        return NodeSeen(key, until if lives else gone, until if logs_in else gone)


@dataclass
class Past:
    """Makes books of the past, one at a time, and keeps the last: a page asks for it again."""

    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _book: PastBook | None = None
    _inventory: Inventory | None = None

    async def book(
        self, archive: Archive, policy: Policy, inventory: Inventory, at: datetime
    ) -> PastBook:
        """The book as of `at`. Raises DeclinedError when nothing is recorded of that time."""
        async with self._lock:
            kept = self._book
            same = kept is not None and kept.at == at and kept.policy is policy
            if kept is None or not same or self._inventory is not inventory:
                kept = await fold_until(archive, policy, inventory, at)
                self._book, self._inventory = kept, inventory
            return kept


async def fold_until(
    archive: Archive, policy: Policy, inventory: Inventory, at: datetime
) -> PastBook:
    """Fold every recorded event up to `at`, off the loop, on a state of its own."""
    rerun = Rerun(policy, inventory, thrifty=True)
    thin = Thinning(inventory, settled=settled_after(policy))
    first: Event | None = None
    after = 0
    while page := await archive.events(after, PAGE):
        first = first or page[0]
        after = page[-1].seq
        before = [event for event in page if event.at <= at]
        await asyncio.to_thread(fold_page, rerun, thin, before)
        if len(before) < len(page):
            break
    if first is None or first.at > at:
        since = f"; the first event is of {clock(first.at, at)}" if first is not None else ""
        raise DeclinedError(f"{at:%Y-%m-%d %H:%M}", "looking back", f"nothing is recorded{since}")
    await asyncio.to_thread(finish, rerun, thin, at)
    remark = remark_on(rerun, policy, first)
    return PastBook(at, rerun.state, policy, rerun.paper.wants.by_issue, remark)


def fold_page(rerun: Rerun, thin: Thinning, events: Sequence[Event]) -> None:
    for _ in rerun.take(event for line in events for event in thin.take(Told(line))):
        pass


def finish(rerun: Rerun, thin: Thinning, at: datetime) -> None:
    for _ in rerun.forward(at):
        pass
    for _ in rerun.take(thin.rest()):  # who was tested or heard of last, and when
        pass
    rerun.settle(at)


def remark_on(rerun: Rerun, policy: Policy, first: Event) -> str:
    """What the reader must know before believing it."""
    then = rerun.policy_then
    if then and then == policy.version:
        by = f"the policy that ran then ({then})"
    elif then:
        by = f"the policy of today ({policy.version}); {then} ran then, and is not kept"
    else:
        by = "the policy of today; which one ran then is not recorded"
    kept = "" if first.seq == 1 else f" Events before {first.at:%Y-%m-%d %H:%M} are not kept."
    return f"Folded again from recorded events, by {by}, with the inventory of today.{kept}"
