"""Reaching a PCU: sessions with a pause between them, and waiting for an outlet to follow."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from plcmon.actions.leases import Leases
from plcmon.actions.whereabouts import Lookup, Whereabouts, as_named
from plcmon.drivers.outcomes import finding_of
from plcmon.errors import DeviceError, UnsupportedError
from plcmon.model.beliefs import Finding
from plcmon.model.events import Body, Event, PcuTested
from plcmon.model.intents import PowerState
from plcmon.model.policy import Wire
from plcmon.model.ports import Inbox, Unit, Units
from plcmon.model.readings import Reading
from plcmon.model.state import State
from plcmon.model.subjects import Pcu, PcuKey, Subject, pcu_subject
from plcmon.times import Clock

KeepTranscript = Callable[[PcuKey, datetime, str, str], Awaitable[None]]
PAUSES = (1.0, 2.0, 5.0, 10.0, *(30.0,) * 20, 120.0)  # seconds between tries; the last repeats


class Unheard:
    """The inbox of an engine that has fallen: nothing that is told becomes a row."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def tell(self, subject: Subject, body: Body, *, intent: str = "") -> Event:
        return Event(self._clock.now(), subject, body, intent=intent)

    def ingest(self, reading: Reading) -> None:
        """Nobody is there to take it."""


class Reach:
    """Opens sessions with PCUs by key; the caller holds the lease."""

    def __init__(
        self,
        *,
        units: Units,
        leases: Leases,
        inbox: Inbox,
        state: State,
        wire: Wire,
        clock: Clock,
        keep_transcript: KeepTranscript | None = None,
        lookup: Lookup = as_named,
        pauses: Sequence[float] = PAUSES,
    ) -> None:
        self.leases = leases
        self.clock = clock
        self.pauses = pauses
        self._units = units
        self._whereabouts = Whereabouts(lookup, inbox=inbox, state=state)
        self._inbox = inbox
        self._state = state
        self._wire = wire
        self._keep_transcript = keep_transcript
        self._free_at: dict[PcuKey, float] = {}

    def unheard(self) -> "Reach":
        """The same units when the engine has fallen: findings and transcripts go nowhere."""
        return Reach(
            units=self._units,
            leases=self.leases,
            inbox=Unheard(self.clock),
            state=self._state,
            wire=self._wire,
            clock=self.clock,
            pauses=self.pauses,
        )

    def pcu(self, key: PcuKey) -> Pcu:
        """The record of a PCU. Raises UnsupportedError when the inventory no longer has it."""
        pcu = self._state.inventory.pcus.get(key)
        if pcu is None:
            raise UnsupportedError(key, "looking it up", "the inventory no longer has it")
        problems = self._units.problems(pcu)
        if problems:
            raise UnsupportedError(pcu.name, "reading its record", "; ".join(problems))
        return pcu

    @asynccontextmanager
    async def session(self, key: PcuKey, *, intent: str = "") -> AsyncIterator[Unit]:
        """A logged-in session; its transcript is kept, whatever happens in it.

        Raises NoRouteError where the unit's name leads elsewhere than before.
        """
        pcu, lines = self.pcu(key), list[str]()
        pause = self._free_at.get(key, 0.0) - self.clock.monotonic()
        if pause > 0:
            await self.clock.sleep(timedelta(seconds=pause))
        try:
            there, addresses = await self._whereabouts.find(pcu)
            async with self._units.session(there, transcript=lines.append) as unit:
                await self._whereabouts.met(pcu, addresses)
                yield unit
        finally:
            self._free_at[key] = self.clock.monotonic() + self._wire.pcu_settle.total_seconds()
            if self._keep_transcript is not None and lines:
                text = "\n".join(lines)
                await self._keep_transcript(key, self.clock.now(), intent, text)

    async def settled(
        self, unit: Unit, outlet: str, wanted: PowerState, *, since: datetime | None = None
    ) -> PowerState:
        """Read until the outlet shows `wanted` or the time for it is over; the last reading.

        That time begins at `since`, when the command left; without it, now.
        """
        if not unit.readable:
            return PowerState.UNKNOWN
        age = max(timedelta(), self.clock.now() - since) if since else timedelta()
        until = self.clock.monotonic() + (self._wire.outlet_confirm - age).total_seconds()
        while True:
            reads = await unit.read(outlet)
            if reads is wanted or self.clock.monotonic() >= until:
                return reads
            await self.clock.sleep(self._wire.outlet_poll)

    def hears_of(self, key: PcuKey) -> bool:
        """True while what a session found becomes a belief; blind, nothing does."""
        return key in self._state.inventory.pcus and not self._state.fleet.blind

    def is_refused(self, key: PcuKey) -> bool:
        """True while a login was refused and neither record nor person spoke since."""
        belief = self._state.pcus.get(key)
        return belief is not None and belief.refused

    async def tell_tested(
        self,
        key: PcuKey,
        finding: Finding,
        detail: str,
        *,
        by_claim: bool,
        took: timedelta,
        asked_by: str = "",
    ) -> PcuTested:
        body = PcuTested(finding, detail, took.total_seconds(), by_claim, asked_by=asked_by)
        await self._inbox.tell(pcu_subject(key), body)
        return body

    async def tell_failed(self, key: PcuKey, error: DeviceError) -> None:
        """A session of a claim that failed is a finding like that of any test."""
        finding = finding_of(error)
        await self.tell_tested(key, finding, str(error), by_claim=True, took=timedelta())
