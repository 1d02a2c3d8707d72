"""What happens around a command, a session and a mail: the whole service in a small world."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from plcmon.actions import relight
from plcmon.actions.journal import Ending, Journal
from plcmon.actions.leases import Leases
from plcmon.actions.power import PowerRoom
from plcmon.actions.reach import Reach
from plcmon.actions.tester import PcuTester
from plcmon.mail import queue
from plcmon.mail.postroom import PostRoom
from plcmon.model.intents import Command, Intent, IntentState, Mail, Outcome, PowerState
from plcmon.model.subjects import Outlet, Pcu
from plcmon.sim.world.fates import Fate
from tests.teeth.tooth import Found, Remove, Tooth, replaced
from tests.teeth.whole import HOUR, SECOND, A, B, P, frozen_until, world

MINUTE = timedelta(minutes=1)
DUE = 30 * HOUR  # the freeze ends, and the node that hangs gets its power
CONNECTING = 40 * SECOND  # after that: so long takes the look again
HUNG = Fate(2 * HOUR, "hang", A)


def method(owner: type, name: str, by: Callable[..., object]) -> Remove:
    return lambda patch: patch.setattr(owner, name, by)


def heals_unseen() -> Found:
    """The node is well again three minutes before its power is due, between two readings."""
    due = DUE - 3 * MINUTE
    boots = due - 4 * MINUTE
    hung = Fate(2 * HOUR, "hang a while", A, boots - 2 * HOUR)
    return world(1.5, hung, sayings=frozen_until(due))


async def no_look(_room: PowerRoom, _intent: Intent) -> str:
    return ""


def somebody_is_inside() -> Found:
    """A technician has the outlet off for two days."""
    return world(2.0, Fate(2 * HOUR, "outlet off", A, 44 * HOUR))


def owns_all(_room: PowerRoom, intent: Intent) -> frozenset[Outlet]:
    return frozenset(intent.path.outlets if intent.path else ())


def one_cycle() -> Found:
    return world(1.5, HUNG)


async def unwritten(journal: Journal, verb: str, outlet: Outlet, *, destructive: bool) -> Command:
    """The command leaves; nothing says so before."""
    journal._commands += 1
    return Command(journal.intent.id, journal._commands, verb, outlet, sent_at=journal._clock.now())


def dies_in_the_dark() -> Found:
    """The process dies when *off* was obeyed and not yet answered."""
    at = DUE + CONNECTING + 3.5 * SECOND
    crash = Fate(at, "crash before", "", MINUTE)
    return world(1.75, HUNG, crash, sayings=frozen_until(DUE))


async def cuts_again(reach: Reach, journal: Journal) -> Ending:
    """What was not answered is simply done once more."""
    assert journal.intent.path is not None
    (outlet,) = journal.intent.path.outlets
    async with reach.session(outlet.pcu, intent=journal.intent.id) as unit:
        for state in (PowerState.OFF, PowerState.ON):
            await unit.switch(outlet.outlet, state)
    return Ending(IntentState.FAILED, Outcome.OK, "done once more")


async def leaves_it(_reach: Reach, _journal: Journal) -> Ending:
    return Ending(IntentState.FAILED, None, "nobody read it")


def two_want_the_unit() -> Found:
    """The unit's next test falls into the power action."""
    tested = 31 * HOUR + 7 * SECOND
    return world(1.5, HUNG, sayings=frozen_until(tested - CONNECTING - 8 * SECOND))


@asynccontextmanager
async def no_lease(_leases: Leases, _name: str) -> AsyncIterator[int]:
    yield 1


def unleased(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Leases, "hold", no_lease)
    patch.setattr(Leases, "is_held", lambda *_: False)


def nobody_lets_us_in() -> Found:
    """The unit has another password for three days."""
    return world(4.0, HUNG, Fate(HOUR, "refuses", P, 72 * HOUR))


def tried_again(patch: pytest.MonkeyPatch) -> None:
    """A refused login is tested again like any other failure."""
    original = PcuTester.next_test

    def next_test(tester: PcuTester, pcu: Pcu) -> datetime | None:
        belief = tester._state.pcus.get(pcu.key)
        if belief is None or not belief.refused or belief.tested_at is None:
            return original(tester, pcu)
        return belief.tested_at + 5 * MINUTE

    patch.setattr(PcuTester, "next_test", next_test)


def the_relay_forgets() -> Found:
    """A node lets nobody in; the relay takes the mail, and the line breaks before it says so."""
    return world(4.0, Fate(2 * HOUR, "lock out", A, 72 * HOUR), Fate(HOUR, "relay deaf"))


def a_new_name_each_time(patch: pytest.MonkeyPatch) -> None:
    original = PostRoom._hand_over_one

    async def hand_over(room: PostRoom, mail: Mail) -> None:
        name = f"<{mail.tried}.{mail.message_id[1:]}" if mail.tried else mail.message_id
        await original(room, replace(mail, message_id=name))

    patch.setattr(PostRoom, "_hand_over_one", hand_over)


def two_of_a_site() -> Found:
    """Two nodes of one site let nobody in, the second one six hours after the first."""
    first = Fate(2 * HOUR, "lock out", A, 90 * HOUR)
    return world(4.0, first, Fate(8 * HOUR, "lock out", B, 84 * HOUR))


def never_written(*_: object) -> dict[object, datetime]:
    return {}


HANDS = (
    Tooth(
        "look again",
        6,
        "power goes without a look",
        method(PowerRoom, "_look_again", no_look),
        heals_unseen,
    ),
    Tooth(
        "outlet: off by an unknown hand",
        16,
        "every outlet that is off counts as ours",
        method(PowerRoom, "_owned", owns_all),
        somebody_is_inside,
    ),
    Tooth(
        "write-ahead: `sent` before the command",
        2,
        "a command is not written down before it leaves",
        method(Journal, "begin", unwritten),
        one_cycle,
    ),
    Tooth(
        "after a crash only reads and *on*",
        2,
        "what was not answered is done once more",
        replaced(relight.settle_unknown, cuts_again),
        dies_in_the_dark,
    ),
    Tooth(
        "after a crash the dark is lit",
        22,
        "what was not answered is left as it is",
        replaced(relight.settle_unknown, leaves_it),
        dies_in_the_dark,
    ),
    Tooth("lease of a PCU", 1, "everybody gets it at once", unleased, two_want_the_unit),
    Tooth(
        "PCU left alone after a refused login",
        22,
        "it is tested again like after any failure",
        tried_again,
        nobody_lets_us_in,
    ),
    Tooth(
        "one Message-ID for one mail",
        15,
        "each try has a new one",
        a_new_name_each_time,
        the_relay_forgets,
    ),
    Tooth(
        "one mail a day to one person",
        4,
        "nobody was ever written to",
        replaced(queue.last_written, never_written),
        two_of_a_site,
    ),
)
