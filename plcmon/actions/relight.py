"""Restoring power: switching on what our hand left dark, again and again until it reads on."""

import logging
from datetime import timedelta

from plcmon.actions.journal import Journal
from plcmon.actions.reach import Reach
from plcmon.drivers.outcomes import outcome_of
from plcmon.errors import DeviceError
from plcmon.model.intents import Intent, IntentState, Outcome, PowerState, Stage
from plcmon.model.subjects import Outlet

log = logging.getLogger(__name__)

PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)  # seconds between tries; the last one repeats


async def relight(reach: Reach, journal: Journal, outlets: tuple[Outlet, ...]) -> None:
    """Switch the outlets on and return once each reads on (or cannot be read at all).

    Powering on what we left dark is exempt from every gate and budget, and may be repeated: each
    try opens a session of its own. Returns only with success; the alert for a node that stays dark
    is raised by the state's own clock.
    """
    left = list(outlets)
    for attempt in range(10_000):
        left = [o for o in left if not await lit(reach, journal, o)]
        if not left:
            await journal.lit(outlets)
            return
        pause = PAUSES[min(attempt, len(PAUSES) - 1)]
        log.warning("outlet still dark", extra={"outlets": [str(o) for o in left]})
        await reach.clock.sleep(timedelta(seconds=pause))


async def lit(reach: Reach, journal: Journal, outlet: Outlet) -> bool:
    """One try at one outlet; True when it reads on afterwards."""
    try:
        async with reach.session(outlet.pcu) as unit:
            if unit.readable and await unit.read(outlet.outlet) is PowerState.ON:
                return True
            command = await journal.begin("on", outlet, destructive=False)
            await unit.switch(outlet.outlet, PowerState.ON)
            reads = await reach.settled(unit, outlet.outlet, PowerState.ON)
            await journal.answered(command, Outcome.OK, Stage.ON_SENT, reads=reads)
            return reads is not PowerState.OFF
    except DeviceError as error:
        log.warning("switching on failed", extra={"outlet": str(outlet), "why": str(error)})
        return False


async def settle_unknown(reach: Reach, journal: Journal, intent: Intent) -> None:
    """After a crash or a lost link: only reading and *on* follow by themselves."""
    if intent.path is None:
        await journal.ended(IntentState.FAILED, intent.outcome, "nothing to read")
        return
    outlets = intent.path.outlets
    was_off = [o for o in outlets if not await reads_on(reach, o)]
    await relight(reach, journal, outlets)
    detail = "read after the interruption: "
    detail += "it was off and is on again" if was_off else "it reads on"
    await journal.ended(
        IntentState.CONFIRMED, Outcome.OK, detail, off_seen=bool(was_off), lit=outlets
    )


async def reads_on(reach: Reach, outlet: Outlet) -> bool:
    """Wait for an answer, however long: an unknown stays unknown until it is read."""
    for attempt in range(10_000):
        try:
            async with reach.session(outlet.pcu) as unit:
                return await unit.read(outlet.outlet) is not PowerState.OFF
        except DeviceError as error:
            if outcome_of(error) is Outcome.AUTH_FAILED:
                raise
            pause = PAUSES[min(attempt, len(PAUSES) - 1)]
            await reach.clock.sleep(timedelta(seconds=pause))
    return True
