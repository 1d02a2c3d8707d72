"""Off, wait, on: the one place where power is cut, built once above every family."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

from plcmon.actions.journal import Journal
from plcmon.actions.reach import Reach
from plcmon.actions.relight import relight
from plcmon.drivers.outcomes import outcome_of
from plcmon.errors import DeviceError, OutcomeUnknownError
from plcmon.model.beliefs import Finding
from plcmon.model.intents import (
    ActionKind,
    IntentState,
    Outcome,
    PowerState,
    Stage,
)
from plcmon.model.policy import Wire
from plcmon.model.ports import Unit
from plcmon.model.subjects import Outlet, PcuKey

Open = dict[PcuKey, Unit]


@dataclass(frozen=True, slots=True)
class Task:
    """One intent being carried out.

    `owned`: outlets that our own journal knows as dark; only those are lit without asking.
    """

    reach: Reach
    journal: Journal
    wire: Wire
    owned: frozenset[Outlet]


async def carry_out(task: Task) -> None:
    """Do what the intent says and tell how it ended. The caller holds the leases."""
    reach, journal = task.reach, task.journal
    intent = journal.intent
    if intent.path is None:
        await journal.ended(IntentState.CANCELLED, None, "it has no power path")
        return
    async with AsyncExitStack() as stack:
        units = await connect(reach, journal, stack)
        if units is None:
            return
        reads = await read_all(reach, journal, units)
        if reads is None:
            return
        if intent.kind is ActionKind.POWER_ON:
            await switch_on(reach, journal)
        elif intent.kind is ActionKind.POWER_OFF:
            await switch_off(reach, journal, units)
        else:
            await cycle(task, units, reads)


async def connect(reach: Reach, journal: Journal, stack: AsyncExitStack) -> Open | None:
    """Log in at every PCU of the path; the session itself is the test. None: it ended there."""
    units: Open = {}
    path = journal.intent.path
    for key in sorted({outlet.pcu for outlet in path.outlets} if path else ()):
        began = reach.clock.monotonic()
        try:
            session = reach.session(key, intent=journal.intent.id)
            units[key] = await stack.enter_async_context(session)
        except DeviceError as error:
            await reach.tell_failed(key, error)
            await journal.ended(IntentState.FAILED, outcome_of(error), str(error))
            return None
        took = timedelta(seconds=reach.clock.monotonic() - began)
        await reach.tell_tested(key, Finding.OK, "logged in", by_claim=True, took=took)
    await journal.staged(Stage.CONNECTED)
    return units


async def read_all(reach: Reach, journal: Journal, units: Open) -> dict[Outlet, PowerState] | None:
    path = journal.intent.path
    reads: dict[Outlet, PowerState] = {}
    for outlet in path.outlets if path else ():
        unit = units[outlet.pcu]
        if not unit.readable:
            reads[outlet] = PowerState.UNKNOWN
            continue
        try:
            reads[outlet] = await unit.read(outlet.outlet)
        except DeviceError as error:
            await reach.tell_failed(outlet.pcu, error)
            await journal.ended(IntentState.FAILED, outcome_of(error), str(error))
            return None
    text = ", ".join(f"{outlet} reads {state.value}" for outlet, state in reads.items())
    await journal.staged(Stage.READ, text)
    return reads


async def cycle(task: Task, units: Open, reads: dict[Outlet, PowerState]) -> None:
    """Read first: on goes, off by our hand is lit, off by an unknown hand is left alone."""
    reach, journal = task.reach, task.journal
    off = tuple(o for o, state in reads.items() if state is PowerState.OFF)
    foreign = tuple(o for o in off if o not in task.owned)
    if foreign and not journal.intent.forced:
        names = ", ".join(map(str, foreign))
        await journal.ended(
            IntentState.CANCELLED, None, f"{names}: off by an unknown hand", foreign=foreign
        )
        return
    if len(off) == len(reads):
        await switch_on(reach, journal)
        return
    went_dark = await cut(reach, journal, units, tuple(reads))
    if went_dark is None:
        return
    await reach.clock.sleep(task.wire.dark if went_dark else timedelta())
    await restore(reach, journal, units, tuple(reads))
    if went_dark or any(not unit.readable for unit in units.values()):
        detail = "off and on again" if went_dark else "off and on; it cannot be read back"
        await journal.ended(
            IntentState.CONFIRMED, Outcome.OK, detail, off_seen=went_dark, lit=tuple(reads)
        )
        return
    detail = "the unit said yes, but the outlet never read off"
    await journal.ended(IntentState.FAILED, Outcome.OK, detail, lit=tuple(reads))


async def cut(
    reach: Reach, journal: Journal, units: Open, outlets: tuple[Outlet, ...]
) -> bool | None:
    """Switch every outlet off. True: all read off; False: not; None: it ended here.

    Each *off* leaves once and is never repeated: a lost link leads to reading, not to sending.
    """
    went_dark = True
    for number, outlet in enumerate(outlets):
        unit = units[outlet.pcu]
        command = await journal.begin("off", outlet, destructive=True)
        try:
            await unit.switch(outlet.outlet, PowerState.OFF)
            reads = await reach.settled(unit, outlet.outlet, PowerState.OFF)
        except OutcomeUnknownError as error:
            await journal.answered(
                command, Outcome.UNKNOWN_AFTER_SEND, Stage.OFF_SENT, detail=str(error)
            )
            await journal.ended(IntentState.UNKNOWN, Outcome.UNKNOWN_AFTER_SEND, str(error))
            return None
        except DeviceError as error:
            await journal.answered(command, outcome_of(error), Stage.OFF_SENT, detail=str(error))
            if number:
                await relight(reach, journal, outlets[:number])
            await journal.ended(IntentState.FAILED, outcome_of(error), str(error))
            return None
        await journal.answered(command, Outcome.OK, Stage.OFF_SENT, reads=reads)
        went_dark = went_dark and reads is PowerState.OFF
    if went_dark:
        await journal.dark(outlets, detail="every outlet reads off")
    return went_dark


async def restore(reach: Reach, journal: Journal, units: Open, outlets: tuple[Outlet, ...]) -> None:
    """Switch everything on again in the open sessions; what fails there is relit in new ones."""
    left = []
    for outlet in outlets:
        unit = units[outlet.pcu]
        command = await journal.begin("on", outlet, destructive=False)
        try:
            await unit.switch(outlet.outlet, PowerState.ON)
            reads = await reach.settled(unit, outlet.outlet, PowerState.ON)
            await journal.answered(command, Outcome.OK, Stage.ON_SENT, reads=reads)
        except DeviceError as error:
            await journal.answered(command, outcome_of(error), Stage.ON_SENT, detail=str(error))
            reads = PowerState.OFF
        if reads is PowerState.OFF:
            left.append(outlet)
    if left:
        await relight(reach, journal, tuple(left))
    await journal.lit(outlets)


async def switch_on(reach: Reach, journal: Journal) -> None:
    path = journal.intent.path
    outlets = path.outlets if path else ()
    await relight(reach, journal, outlets)
    detail = "switched on"
    await journal.ended(IntentState.CONFIRMED, Outcome.OK, detail, off_seen=True, lit=outlets)


async def switch_off(reach: Reach, journal: Journal, units: Open) -> None:
    """A person's own *off*: the maintenance window beside it says that it is meant."""
    path = journal.intent.path
    outlets = path.outlets if path else ()
    went_dark = await cut(reach, journal, units, outlets)
    if went_dark is None:
        return
    detail = "reads off" if went_dark else "the unit said yes, but it does not read off"
    state = IntentState.CONFIRMED if went_dark else IntentState.FAILED
    await journal.ended(state, Outcome.OK, detail, off_seen=went_dark)
