from datetime import timedelta

import pytest

from plcmon.model.beliefs import FleetBelief
from plcmon.model.events import Noticed
from plcmon.model.ledger import Spend
from plcmon.model.subjects import fleet_subject
from plcmon.policy.draft import Draft
from plcmon.policy.fold.fleet import CLOCK
from plcmon.policy.jumps import remember, widened
from plcmon.policy.ledger import left
from tests.policy.clerk import DAY, HOUR, START, Clerk, make_inventory, node

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("jumps", "window", "becomes"),
    [
        ((), HOUR, HOUR),
        (((START, 7200.0),), HOUR, 3 * HOUR),
        (((START - 2 * HOUR, 7200.0),), HOUR, HOUR),  # long over
        (((START, -7200.0),), HOUR, HOUR),
        (((START - 2 * HOUR, 3600.0), (START, 7200.0)), HOUR, 4 * HOUR),  # one uncovers the other
    ],
    ids=["none", "forward", "over", "back", "two"],
)
def test_a_window_is_longer_by_what_was_jumped_over(
    jumps: tuple[tuple[object, float], ...], window: timedelta, becomes: timedelta
) -> None:
    fleet = FleetBelief(jumps=jumps)  # type: ignore[arg-type] # written short

    assert widened(fleet, window, START + 10 * MINUTE) == becomes


def test_old_jumps_are_forgotten() -> None:
    fleet = FleetBelief(jumps=((START - 40 * DAY, 60.0),))

    assert remember(fleet, START, 90.0) == ((START, 90.0),)


def test_a_jump_forward_frees_no_budget() -> None:
    clerk = Clerk(inventory=make_inventory(sites=6)).begin()
    for site in range(2):
        clerk.fall_silent(node(site, 0))
    for intent in clerk.planned():
        clerk.carry_out(intent)
    assert left(Draft(clerk.state, clerk.policy, clerk.now), Spend.POWER) == 0

    clerk.now += 2 * HOUR
    clerk.tell(fleet_subject(CLOCK), Noticed(CLOCK, True, "jumped", jump_s=7200.0))

    assert left(Draft(clerk.state, clerk.policy, clerk.now), Spend.POWER) == 0
