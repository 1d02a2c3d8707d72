"""Off, wait, on: the one place where power is cut, built once above every family."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

from plcmon.actions.journal import Ending, Journal, WithdrawnError
from plcmon.actions.reach import Reach
from plcmon.drivers.outcomes import outcome_of
from plcmon.errors import DeviceError, OutcomeUnknownError
from plcmon.model.beliefs import Finding
from plcmon.model.intents import ActionKind, Command, IntentState, Outcome, PowerState, Stage
from plcmon.model.policy import Wire
from plcmon.model.ports import Unit
from plcmon.model.subjects import Outlet, PcuKey

Open = dict[PcuKey, Unit]
Reads = dict[Outlet, PowerState]


@dataclass(frozen=True, slots=True)
class Task:
    """One intent being carried out.

    `owned`: outlets that our own journal knows as dark; only those are lit without asking.
    `last_word`: asked just before power is cut; why it must not be after all, or nothing.
    `on_cut`: told when a unit took a destructive command, so that the neighbours are watched.
    """

    reach: Reach
    journal: Journal
    wire: Wire
    owned: frozenset[Outlet]
    last_word: Callable[[], str]
    on_cut: Callable[[], Awaitable[None]]


async def carry_out(task: Task) -> Ending:
    """Do what the intent says; every session is closed when this returns.

    The caller holds the leases, lights what the ending calls dark, and then tells the ending.
    """
    if task.journal.intent.path is None:
        return cancelled("it has no power path")
    async with AsyncExitStack() as stack:
        try:
            units = await connect(task, stack)
            reads = await read_all(task, units)
        except DeviceError as error:
            return Ending(IntentState.FAILED, outcome_of(error), str(error))
        return await ACTS[task.journal.intent.kind](task, units, reads)


def cancelled(why: str, *, foreign: tuple[Outlet, ...] = ()) -> Ending:
    return Ending(IntentState.CANCELLED, None, why, foreign=foreign)


async def connect(task: Task, stack: AsyncExitStack) -> Open:
    """Log in at every PCU of the path; the session itself is the test. Raises DeviceError."""
    reach, intent = task.reach, task.journal.intent
    units: Open = {}
    for key in sorted({outlet.pcu for outlet in intent.path.outlets} if intent.path else ()):
        began = reach.clock.monotonic()
        try:
            units[key] = await stack.enter_async_context(reach.session(key, intent=intent.id))
        except DeviceError as error:
            await reach.tell_failed(key, error)
            raise
        took = timedelta(seconds=reach.clock.monotonic() - began)
        await reach.tell_tested(key, Finding.OK, "logged in", by_claim=True, took=took)
    await task.journal.staged(Stage.CONNECTED)
    return units


async def read_all(task: Task, units: Open) -> Reads:
    """What every outlet of the path reads before anything is done. Raises DeviceError."""
    path = task.journal.intent.path
    reads: Reads = {}
    for outlet in path.outlets if path else ():
        unit = units[outlet.pcu]
        try:
            read = await unit.read(outlet.outlet) if unit.readable else PowerState.UNKNOWN
        except DeviceError as error:
            await task.reach.tell_failed(outlet.pcu, error)
            raise
        reads[outlet] = read
    text = ", ".join(f"{outlet} reads {state.value}" for outlet, state in reads.items())
    await task.journal.staged(Stage.READ, text)
    return reads


async def power_cycle(task: Task, units: Open, reads: Reads) -> Ending:
    """Read first: on goes, off by our hand is lit, off by an unknown hand is left alone."""
    outlets = tuple(reads)
    off = tuple(o for o, state in reads.items() if state is PowerState.OFF)
    foreign = tuple(o for o in off if o not in task.owned)
    if foreign and not task.journal.intent.forced:
        return cancelled(f"{names(foreign)}: off by an unknown hand", foreign=foreign)
    if len(off) == len(reads):
        return await power_on(task, units, reads)
    unit = units[outlets[0].pcu]
    if len(outlets) == 1 and unit.native_cycle and reads[outlets[0]] is PowerState.ON:
        return await native_cycle(task, unit, outlets[0])
    shown = await cut(task, units, outlets)
    if isinstance(shown, Ending):
        return shown
    if set(shown.values()) != {PowerState.ON}:
        await task.reach.clock.sleep(task.wire.dark)
    left = await restore(task, units, outlets)
    return judged(shown, left)


def judged(shown: Reads, left: tuple[Outlet, ...]) -> Ending:
    """What off, wait, on amounts to, by what each outlet read in between."""
    outlets = tuple(shown)
    on = tuple(o for o, state in shown.items() if state is PowerState.ON)
    if on:
        detail = f"the unit said yes, but {names(on)} never read off"
        return Ending(IntentState.FAILED, Outcome.OK, detail, lit=outlets, dark=left)
    seen = all(state is PowerState.OFF for state in shown.values())
    detail = "off and on again" if seen else "off and on; it cannot be read back"
    return Ending(IntentState.CONFIRMED, Outcome.OK, detail, off_seen=seen, lit=outlets, dark=left)


async def cut(task: Task, units: Open, outlets: tuple[Outlet, ...]) -> Reads | Ending:
    """Switch every outlet off; what each reads then, or an ending when it could not be done.

    Each *off* leaves once and is never repeated: after a lost link comes reading, not sending.
    """
    shown: Reads = {}
    for number, outlet in enumerate(outlets):
        unit = units[outlet.pcu]
        command = await last_step(task, "off", outlet, first=number == 0)
        failed = await sent(task, command, unit.switch(outlet.outlet, PowerState.OFF))
        if failed is not None:
            return failed_cut(failed, outlets, cut_before=outlets[:number])
        try:
            shown[outlet] = await task.reach.settled(unit, outlet.outlet, PowerState.OFF)
        except DeviceError as error:
            # The unit took the command and cannot be asked any more: nobody knows what is off.
            await task.journal.answered(command, Outcome.OK, Stage.OFF_SENT, detail=str(error))
            return Ending(IntentState.UNKNOWN, outcome_of(error), str(error))
        await task.journal.answered(command, Outcome.OK, Stage.OFF_SENT, reads=shown[outlet])
    if all(state is PowerState.OFF for state in shown.values()):
        await task.journal.dark(outlets, detail="every outlet reads off")
    return shown


async def last_step(task: Task, verb: str, outlet: Outlet, *, first: bool) -> Command:
    """Write the destructive command down. Raises WithdrawnError when it may not go out."""
    why = task.last_word() if first else ""
    if why:
        await task.journal.ended(cancelled(why))
        raise WithdrawnError
    return await task.journal.begin(verb, outlet, destructive=True)


async def sent(task: Task, command: Command, sending: Awaitable[None]) -> DeviceError | None:
    """Send; an error is written beside the command and handed back."""
    try:
        await sending
    except DeviceError as error:
        outcome = outcome_of(error)
        await task.journal.answered(command, outcome, Stage.OFF_SENT, detail=str(error))
        return error
    await task.on_cut()
    return None


def failed_cut(
    error: DeviceError, outlets: tuple[Outlet, ...], *, cut_before: tuple[Outlet, ...]
) -> Ending:
    """Only a link lost after the point of no return leaves it open what happened."""
    if isinstance(error, OutcomeUnknownError):
        return Ending(IntentState.UNKNOWN, Outcome.UNKNOWN_AFTER_SEND, str(error))
    return Ending(IntentState.FAILED, outcome_of(error), str(error), lit=outlets, dark=cut_before)


async def native_cycle(task: Task, unit: Unit, outlet: Outlet) -> Ending:
    """The unit's own off, wait, on; it ends on whatever becomes of us."""
    command = await last_step(task, "cycle", outlet, first=True)
    failed = await sent(task, command, unit.cycle(outlet.outlet))
    if failed is not None:
        return failed_cut(failed, (outlet,), cut_before=())
    try:
        seen = await task.reach.settled(unit, outlet.outlet, PowerState.OFF) is PowerState.OFF
        reads = await task.reach.settled(unit, outlet.outlet, PowerState.ON)
    except DeviceError as error:
        await task.journal.answered(command, Outcome.OK, Stage.OFF_SENT, detail=str(error))
        return Ending(IntentState.UNKNOWN, outcome_of(error), str(error))
    await task.journal.answered(command, Outcome.OK, Stage.OFF_SENT, reads=reads)
    detail = "cycled by the unit itself" + ("" if seen else "; it was not seen off")
    left = (outlet,) if reads is PowerState.OFF else ()
    return Ending(
        IntentState.CONFIRMED, Outcome.OK, detail, off_seen=seen, lit=(outlet,), dark=left
    )


async def restore(task: Task, units: Open, outlets: Iterable[Outlet]) -> tuple[Outlet, ...]:
    """Switch everything on again in the open sessions; what does not read on then."""
    left: list[Outlet] = []
    gone: set[PcuKey] = set()
    for outlet in outlets:
        if outlet.pcu in gone:
            left.append(outlet)
            continue
        unit = units[outlet.pcu]
        command = await task.journal.begin("on", outlet, destructive=False)
        try:
            await unit.switch(outlet.outlet, PowerState.ON)
            reads = await task.reach.settled(unit, outlet.outlet, PowerState.ON)
        except DeviceError as error:
            outcome = outcome_of(error)
            await task.journal.answered(command, outcome, Stage.ON_SENT, detail=str(error))
            gone.add(outlet.pcu)
            left.append(outlet)
            continue
        await task.journal.answered(command, Outcome.OK, Stage.ON_SENT, reads=reads)
        if reads is PowerState.OFF:
            left.append(outlet)
        else:
            await task.journal.lit((outlet,))
    return tuple(left)


async def power_on(task: Task, units: Open, reads: Reads) -> Ending:
    outlets = tuple(reads)
    if set(reads.values()) == {PowerState.ON}:
        detail = "it reads on already"
        return Ending(IntentState.CONFIRMED, Outcome.ALREADY, detail, lit=outlets)
    left = await restore(task, units, outlets)
    return Ending(
        IntentState.CONFIRMED, Outcome.OK, "switched on", off_seen=True, lit=outlets, dark=left
    )


async def power_off(task: Task, units: Open, reads: Reads) -> Ending:
    """A person's own *off*: the maintenance window beside it says that it is meant."""
    shown = await cut(task, units, tuple(reads))
    if isinstance(shown, Ending):
        return shown
    on = tuple(o for o, state in shown.items() if state is PowerState.ON)
    if on:
        detail = f"the unit said yes, but {names(on)} does not read off"
        return Ending(IntentState.FAILED, Outcome.OK, detail, lit=on)
    seen = all(state is PowerState.OFF for state in shown.values())
    detail = "reads off" if seen else "switched off; it cannot be read back"
    return Ending(IntentState.CONFIRMED, Outcome.OK, detail, off_seen=seen)


def names(outlets: Iterable[Outlet]) -> str:
    return ", ".join(map(str, outlets))


ACTS: dict[ActionKind, Callable[[Task, Open, Reads], Awaitable[Ending]]] = {
    ActionKind.POWER_CYCLE: power_cycle,
    ActionKind.POWER_ON: power_on,
    ActionKind.POWER_OFF: power_off,
}
