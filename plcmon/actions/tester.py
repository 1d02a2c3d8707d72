"""The harmless login at every PCU, again and again, and whenever a person asks."""

import asyncio
import heapq
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from zlib import crc32

from plcmon.actions.reach import Reach
from plcmon.drivers.outcomes import finding_of
from plcmon.errors import DeviceError
from plcmon.model.beliefs import Finding
from plcmon.model.events import PcuTested
from plcmon.model.intents import PowerState
from plcmon.model.policy import Policy
from plcmon.model.state import State
from plcmon.model.subjects import Pcu, PcuKey

log = logging.getLogger(__name__)

PERSON = "manual"
UNVERIFIED = "its certificate is not checked (verify = false): pin its fingerprint"
WORKERS = 8
POLL = timedelta(seconds=1)  # how often the plan is compared with the inventory and the beliefs


class PcuTester:
    """Tests each PCU at its interval, sooner after a failure, never after a refused login."""

    def __init__(self, *, reach: Reach, state: State, policy: Callable[[], Policy]) -> None:
        self._reach = reach
        self._state = state
        self._policy = policy
        self._began = reach.clock.now()
        self._testing: set[PcuKey] = set()

    async def run(self) -> None:
        """Look for due tests, oldest first; for ever. Workers bound how many run at once."""
        queue: asyncio.Queue[Pcu] = asyncio.Queue(WORKERS)
        async with asyncio.TaskGroup() as tasks:
            for number in range(WORKERS):
                tasks.create_task(self._worker(queue), name=f"pcu-test-{number}")
            while True:
                for pcu in self._due(self._reach.clock.now()):
                    self._testing.add(pcu.key)
                    await queue.put(pcu)
                await self._reach.clock.sleep(POLL / min(4.0, self._policy().scale))

    def _due(self, now: datetime) -> list[Pcu]:
        due: list[tuple[datetime, str, Pcu]] = []
        for key, pcu in self._state.inventory.pcus.items():
            at = self.next_test(pcu)
            busy = key in self._testing or self._reach.leases.is_held(key)
            if at is not None and at <= now and not busy:
                heapq.heappush(due, (at, key, pcu))
        return [heapq.heappop(due)[2] for _ in range(len(due))]

    def next_test(self, pcu: Pcu) -> datetime | None:
        """When the PCU is to be tested next; None: not by itself."""
        if pcu.family == PERSON or not self._state.fleet.adopted or self._state.fleet.blind:
            return None
        belief, policy = self._state.pcus.get(pcu.key), self._policy()
        share = crc32(pcu.key.encode()) / 2**32  # stagger by what it is, not by chance
        if belief is None or belief.tested_at is None:
            return self._began + policy.intervals.suspect * share
        if belief.refused:
            return None
        if belief.left_alone_until is not None and belief.finding is not Finding.OK:
            return max(belief.left_alone_until, belief.tested_at)
        if belief.finding is not Finding.OK:
            return belief.tested_at + policy.thresholds.failing_for / 2
        return belief.tested_at + policy.intervals.pcu_test * (0.8 + 0.2 * share)

    async def _worker(self, queue: asyncio.Queue[Pcu]) -> None:
        while True:
            pcu = await queue.get()
            try:
                await self.test(pcu)
            except Exception:
                # One test absorbs its own failure; the others go on.
                log.exception("pcu test failed", extra={"pcu": pcu.key})
            finally:
                self._testing.discard(pcu.key)

    async def test(self, pcu: Pcu, *, asked_by: str = "") -> PcuTested:
        """Log in, read one outlet, or those that are held, log out; the finding is told to the
        engine.
        """
        began = self._reach.clock.monotonic()
        try:
            reads = await self.read(pcu, self._held(pcu) or self._outlets(pcu)[:1])
            shown = ", ".join(f"outlet {o} reads {s.value}" for o, s in reads.items())
            parts = ("logged in", shown, UNVERIFIED if unverified(pcu) else "")
            finding, detail = Finding.OK, "; ".join(part for part in parts if part)
        except DeviceError as error:
            finding, detail = finding_of(error), str(error)
        took = timedelta(seconds=self._reach.clock.monotonic() - began)
        return await self._reach.tell_tested(
            pcu.key, finding, detail, by_claim=False, took=took, asked_by=asked_by
        )

    async def read(self, pcu: Pcu, outlets: Sequence[str]) -> Mapping[str, PowerState]:
        """What these outlets read now. Raises DeviceError."""
        async with self._reach.leases.hold(pcu.key), self._reach.session(pcu.key) as unit:
            return {outlet: await unit.read(outlet) for outlet in outlets if unit.readable}

    def _held(self, pcu: Pcu) -> list[str]:
        """The outlets that get no power, for they did nothing, or refused."""
        belief = self._state.pcus.get(pcu.key)
        return sorted(belief.held_outlets) if belief is not None else []

    def _outlets(self, pcu: Pcu) -> list[str]:
        """The outlets of the PCU that the inventory names, in order."""
        nodes = self._state.inventory.nodes_by_pcu.get(pcu.key, ())
        found = {o.outlet for n in nodes for p in n.paths for o in p.outlets if o.pcu == pcu.key}
        return sorted(found)


def unverified(pcu: Pcu) -> bool:
    """True where any certificate will do; a person may say so of one unit, and is reminded."""
    return not pcu.verify and not pcu.fingerprint
