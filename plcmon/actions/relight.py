"""Restoring power: reading, and switching on what our hand left dark, until it reads on."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from plcmon.actions.journal import Ending, Journal, WithdrawnError
from plcmon.actions.reach import Reach
from plcmon.drivers.outcomes import outcome_of
from plcmon.errors import DeviceError, LoginError
from plcmon.model.intents import ActionKind, IntentState, Outcome, PowerState, Stage
from plcmon.model.subjects import Outlet, PcuKey

log = logging.getLogger(__name__)

REFUSED_AGAIN = timedelta(minutes=10)  # a refused login is tried this seldom: accounts lock
GLANCE = timedelta(seconds=1)  # how often a refused PCU is looked up: perhaps it was mended

Attempt = Callable[[Outlet], Awaitable[bool]]  # True: this outlet is done


@dataclass(frozen=True, slots=True)
class Lit:
    """What was seen while the outlets were switched on."""

    was_off: bool  # one of them was read off on the way
    unread: bool  # one of them took *on* and cannot be read

    def __str__(self) -> str:
        if self.unread:
            return "it took on, and cannot be read back"
        return "it was off and is on again" if self.was_off else "it reads on"


async def relight(reach: Reach, journal: Journal, outlets: tuple[Outlet, ...]) -> Lit:
    """Switch the outlets on; return once each reads on, or took *on* and cannot be read.

    Powering on what we left dark is exempt from every gate and budget, and may be repeated.
    Raises WithdrawnError once a person has
    settled the intent. The alert for a node that stays dark is raised by the state's own clock.
    """
    was_off: set[Outlet] = set()
    unread: set[Outlet] = set()

    async def light(outlet: Outlet) -> bool:
        async with reach.session(outlet.pcu, intent=journal.intent.id) as unit:
            if unit.readable:
                reads = await unit.read(outlet.outlet)
                cut_at = journal.unseen_cut(outlet)
                if reads is PowerState.ON and cut_at is not None:
                    # A slow unit obeys late: trusted too soon, *on* would be followed by *off*.
                    off = PowerState.OFF
                    reads = await reach.settled(unit, outlet.outlet, off, since=cut_at)
                if reads is PowerState.ON:
                    return True
                was_off.add(outlet)
            else:
                unread.add(outlet)
            command = await journal.begin("on", outlet, destructive=False)
            try:
                await unit.switch(outlet.outlet, PowerState.ON)
                reads = await reach.settled(unit, outlet.outlet, PowerState.ON)
            except DeviceError as error:
                outcome, detail = outcome_of(error), str(error)
                await journal.answered(command, outcome, Stage.ON_SENT, detail=detail)
                raise
            await journal.answered(command, Outcome.OK, Stage.ON_SENT, reads=reads)
            return reads is not PowerState.OFF

    if outlets:
        await persist(reach, journal, outlets, light)
        await journal.lit(outlets)
    return Lit(bool(was_off), bool(unread))


async def settle_unknown(reach: Reach, journal: Journal) -> Ending:
    """After a crash or a lost link: only reading and *on* follow by themselves."""
    intent = journal.intent
    outlets = intent.path.outlets if intent.path else ()
    if not outlets:
        return Ending(IntentState.FAILED, intent.outcome, "it has no outlet to read")
    if intent.kind is ActionKind.POWER_OFF:
        return await settle_off(reach, journal, outlets)
    lit = await relight(reach, journal, outlets)
    return Ending(
        IntentState.CONFIRMED,
        Outcome.OK,
        f"after the interruption: {lit}" if lit.unread else f"read after the interruption: {lit}",
        off_seen=lit.was_off,
        lit=outlets,
    )


async def settle_off(reach: Reach, journal: Journal, outlets: tuple[Outlet, ...]) -> Ending:
    """A person wanted it off and may be inside the machine: it is read and left as it is."""
    reads: dict[Outlet, PowerState] = {}

    async def read(outlet: Outlet) -> bool:
        async with reach.session(outlet.pcu, intent=journal.intent.id) as unit:
            readable = unit.readable
            reads[outlet] = await unit.read(outlet.outlet) if readable else PowerState.UNKNOWN
            return True

    await persist(reach, journal, outlets, read)
    text = ", ".join(f"{outlet} reads {state.value}" for outlet, state in reads.items())
    detail = f"read after the interruption: {text}"
    on = tuple(outlet for outlet, state in reads.items() if state is PowerState.ON)
    if set(reads.values()) == {PowerState.OFF}:
        return Ending(IntentState.CONFIRMED, Outcome.OK, detail, off_seen=True)
    return Ending(IntentState.FAILED, Outcome.UNKNOWN_AFTER_SEND, detail, lit=on)


async def persist(
    reach: Reach, journal: Journal, outlets: Iterable[Outlet], attempt: Attempt
) -> None:
    """Attempt each outlet until it is done, for as long as the intent is ours.

    The lease is given back between tries, so that people can test the unit meanwhile.
    """
    left, said = list(outlets), set[str]()
    locked: dict[Outlet, Locked] = {}
    for tries in count():
        for outlet in list(left):
            if outlet in locked and locked[outlet].holds(reach, outlet.pcu):
                continue
            error = await tried(reach, outlet, attempt)
            if error is None:
                left.remove(outlet)
                continue
            if isinstance(error, LoginError) or str(error) not in said:
                said.add(str(error))
                log.warning("outlet not settled", extra={"outlet": str(outlet), "why": str(error)})
                await report(reach, outlet, error)
            if isinstance(error, LoginError):
                locked[outlet] = Locked.by_refusal(reach, outlet.pcu)
        if not left:
            return
        pause = timedelta(seconds=reach.pauses[min(tries, len(reach.pauses) - 1)])
        all_locked = all(o in locked and locked[o].holds(reach, o.pcu) for o in left)
        await reach.clock.sleep(GLANCE if all_locked else pause)
        if not journal.present.in_flight:
            raise WithdrawnError


@dataclass(frozen=True, slots=True)
class Locked:
    """After a refused login: left alone until it is mended, or for long."""

    until: float
    known: bool  # the refusal is in the PCU's belief, so that mending it shows there

    @classmethod
    def by_refusal(cls, reach: Reach, pcu: PcuKey) -> "Locked":
        until = reach.clock.monotonic() + REFUSED_AGAIN.total_seconds()
        return cls(until, reach.hears_of(pcu))

    def holds(self, reach: Reach, pcu: PcuKey) -> bool:
        mended = self.known and not reach.is_refused(pcu)
        return not mended and reach.clock.monotonic() < self.until


class StubbornError(Exception):
    """The unit says yes and the outlet does not follow."""


async def tried(reach: Reach, outlet: Outlet, attempt: Attempt) -> Exception | None:
    """One try at one outlet; None when it is done."""
    try:
        async with reach.leases.hold(outlet.pcu):
            done = await attempt(outlet)
    except DeviceError as error:
        return error
    return None if done else StubbornError(f"{outlet} took the command and still reads off")


async def report(reach: Reach, outlet: Outlet, error: Exception) -> None:
    """A session that failed is a finding about the PCU."""
    if isinstance(error, DeviceError):
        await reach.tell_failed(outlet.pcu, error)
