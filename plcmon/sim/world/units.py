"""Sessions with the world's PCUs: the port that the real power room speaks through."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from plcmon.errors import LoginError, OutcomeUnknownError, UnreachableError, UnsupportedError
from plcmon.model.intents import PowerState
from plcmon.model.ports import Unit
from plcmon.model.subjects import Outlet, Pcu
from plcmon.sim.world.truth import Hand, Mood, TruePcu, Truth
from plcmon.times import Clock

CONNECTING = timedelta(seconds=1)
COMMAND = timedelta(seconds=1)
DEAD_AFTER_OFF = timedelta(minutes=25)


class GoneError(Exception):
    """The process that spoke is dead: nothing it says arrives."""


class WorldUnits:
    """Opens sessions for one life of the service; a dead life reaches nothing."""

    def __init__(self, truth: Truth, clock: Clock, alive: Callable[[], bool]) -> None:
        self._truth = truth
        self._clock = clock
        self._alive = alive

    def problems(self, pcu: Pcu) -> list[str]:
        return [] if pcu.key in self._truth.pcus else ["no such unit"]

    @asynccontextmanager
    async def session(
        self, pcu: Pcu, *, transcript: Callable[[str], None] | None = None
    ) -> AsyncIterator[Unit]:
        true = self._truth.pcus[pcu.key]
        await self._clock.sleep(CONNECTING)
        self._reach(true, "connecting")
        if true.mood is Mood.REFUSES:
            true.refused += 1
            self._truth.refused(true)
            raise LoginError(pcu.name, "logging in", "password refused")
        self._truth.enter(true)
        try:
            yield WorldUnit(self, true, pcu.name, readable=pcu.readable)
        finally:
            true.sessions -= 1

    def _reach(self, true: TruePcu, doing: str) -> None:
        if not self._alive():
            raise GoneError
        if not self._truth.reaches(true):
            raise UnreachableError(true.key, doing, "no answer")

    # For the sessions.

    async def read(self, true: TruePcu, outlet: str) -> PowerState:
        await self._clock.sleep(COMMAND)
        self._reach(true, f"reading outlet {outlet}")
        return PowerState.ON if true.outlets.get(outlet, True) else PowerState.OFF

    async def switch(self, true: TruePcu, outlet: str, state: PowerState) -> None:
        doing = f"switching outlet {outlet} {state.value}"
        await self._clock.sleep(COMMAND)
        self._reach(true, doing)
        on = state is PowerState.ON
        self._truth.switch(Outlet(true.key, outlet), on, Hand.SERVICE)
        if true.mood is Mood.DROPS and not on:
            raise OutcomeUnknownError(true.key, doing, "the link closed before the reply")
        if true.mood is Mood.DIES_AFTER_OFF and not on:
            true.mood = Mood.DEAD
            self._truth.later(DEAD_AFTER_OFF, lambda: revive(true))
            raise OutcomeUnknownError(true.key, doing, "no reply")
        await self._clock.sleep(COMMAND)
        if not self._alive():
            raise GoneError


def revive(true: TruePcu) -> None:
    if true.mood is Mood.DEAD:
        true.mood = Mood.FINE


class WorldUnit:
    """One open session."""

    native_cycle = False

    def __init__(self, units: WorldUnits, true: TruePcu, name: str, *, readable: bool) -> None:
        self.readable = readable
        self._units = units
        self._true = true
        self._name = name

    async def read(self, outlet: str) -> PowerState:
        return await self._units.read(self._true, outlet)

    async def switch(self, outlet: str, state: PowerState) -> None:
        await self._units.switch(self._true, outlet, state)

    async def cycle(self, outlet: str) -> None:
        raise UnsupportedError(self._name, "cycling", "it offers no cycle of its own")
