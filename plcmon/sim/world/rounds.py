"""When PCUs are tested: by the real tester's plan, while anything could come of it.

A unit that is well, whose nodes are well, would pass every test; those tests are skipped.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from plcmon.actions import Leases, PcuTester
from plcmon.engine.agenda import Agenda
from plcmon.model.beliefs import Finding, Status
from plcmon.model.events import Event
from plcmon.model.state import State
from plcmon.model.subjects import NodeKey, PcuKey, SubjectKind, pcu_subject
from plcmon.sim.world.loop import VirtualClock, until_due
from plcmon.sim.world.truth import Mood, Truth

WELL = frozenset({Status.GOOD, Status.ONLINE})
BUSY = timedelta(minutes=1)
KNOWN_AWAY = 4  # failed tests in a row: more of them would say the same
STILL_CLIMBING = timedelta(days=30)  # after this no ladder asks for power any more


class PcuRounds:
    """One worker over the units that matter just now."""

    def __init__(
        self,
        tester: PcuTester,
        leases: Leases,
        state: State,
        truth: Truth,
        clock: VirtualClock,
    ) -> None:
        self._tester = tester
        self._leases = leases
        self._state = state
        self._truth = truth
        self._clock = clock
        self._agenda: Agenda[PcuKey] = Agenda()
        self._news = asyncio.Event()

    def hear(self, events: Sequence[Event]) -> None:
        """News after a commit: the units near its subjects may matter now."""
        inventory = self._state.inventory
        for event in events:
            subject = event.subject
            if subject.kind is SubjectKind.PCU:
                self._plan(PcuKey(subject.key))
            elif subject.kind is SubjectKind.NODE and subject.key in inventory.nodes:
                paths = inventory.nodes[NodeKey(subject.key)].paths
                for key in {outlet.pcu for path in paths for outlet in path.outlets}:
                    self._plan(key)

    def stir(self, key: PcuKey) -> None:
        """The truth about a unit changed."""
        self._plan(key)

    async def run(self) -> None:
        for key in self._state.inventory.pcus:
            self._plan(key)
        while True:
            due = self._agenda.due(self._clock.true_now())
            for key in sorted(due):
                pcu = self._state.inventory.pcus.get(key)
                if pcu is not None and not self._leases.is_held(key):
                    await self._tester.test(pcu)
                self._plan(key, soonest=BUSY)
            if not due:
                await until_due(self._agenda, self._news, self._clock)

    def _plan(self, key: PcuKey, soonest: timedelta = timedelta(seconds=1)) -> None:
        pcu = self._state.inventory.pcus.get(key)
        at = self._tester.next_test(pcu) if pcu is not None and self._matters(key) else None
        if at is None:
            self._agenda.set(key, None)
            return
        due: datetime = max(at - self._clock.skew, self._clock.true_now() + soonest)
        known = self._agenda.at(key)
        if known is None or due < known:
            self._agenda.set(key, due)
            self._news.set()

    def _matters(self, key: PcuKey) -> bool:
        belief, true = self._state.pcus.get(key), self._truth.pcus.get(key)
        if belief is None or true is None:
            return True
        away = not self._truth.reaches(true)
        if away and belief.failures > KNOWN_AWAY:
            return False
        if belief.status not in WELL:
            return True
        if belief.finding is not Finding.OK or true.mood in (Mood.DEAD, Mood.REFUSES):
            return True
        if belief.status is Status.ONLINE or self._state.open_by_subject.get(pcu_subject(key)):
            return True
        nodes = self._state.inventory.nodes_by_pcu.get(key, ())
        return any(self._may_need_power(node.key) for node in nodes)

    def _may_need_power(self, key: NodeKey) -> bool:
        belief = self._state.nodes.get(key)
        if belief is None or belief.not_good_since is None:
            return belief is None
        return self._clock.now() - belief.not_good_since < STILL_CLIMBING
