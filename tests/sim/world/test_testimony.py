from datetime import timedelta

import pytest

from plcmon.auditor.truth import OURS
from plcmon.sim.world.testimony import Testimony as Told  # pytest collects what begins with Test
from plcmon.sim.world.truth import Fault, Hand, Mood
from tests.sim.world.place import OUTLET, Place

MINUTE = timedelta(minutes=1)
NODE = "node/toml:n"
NAME = "toml:p 1"


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
def testimony(place: Place) -> Told:
    found = Told(place.truth)
    place.truth.switched, place.truth.sight = found.switched, found.sight
    return found


def test_the_hand_and_the_state_of_an_outlet_are_known(place: Place, testimony: Told) -> None:
    place.truth.switch(OUTLET, False, Hand.TECHNICIAN)
    place.forward(MINUTE)
    place.truth.switch(OUTLET, True, Hand.SERVICE)

    assert testimony.hand_that_switched(NAME, place.now) == OURS
    assert testimony.power_of(NAME, place.now) is True
    assert testimony.hand_that_switched(NAME, place.now - MINUTE / 2) == "technician"
    assert testimony.power_of(NAME, place.now - MINUTE / 2) is False


def test_an_outlet_that_nobody_switched_is_on(place: Place, testimony: Told) -> None:
    assert testimony.power_of(NAME, place.now) is True
    assert testimony.hand_that_switched(NAME, place.now) == ""
    assert testimony.power_of("toml:p 9", place.now) is None


def test_what_a_liar_was_told_is_no_switching(place: Place, testimony: Told) -> None:
    place.pcu.mood = Mood.LIES
    place.truth.switch(OUTLET, False, Hand.SERVICE)

    assert testimony.power_of(NAME, place.now) is True


def test_the_vantage_was_well_unless_it_was_out_all_the_time(place: Place, testimony: Told) -> None:
    place.truth.lose_sight(True)
    place.forward(10 * MINUTE)
    place.truth.lose_sight(False)

    assert not testimony.was_vantage_well(place.now - 5 * MINUTE, place.now - MINUTE)
    assert testimony.was_vantage_well(place.now - 5 * MINUTE, place.now)


def test_a_hung_node_with_a_working_path_wants_power(place: Place, testimony: Told) -> None:
    place.truth.fail(place.node, Fault.HANG, None)

    assert [node for node, _ in testimony.silent_with_power(place.now)] == [NODE]
    place.pcu.mood = Mood.DEAD
    assert not list(testimony.silent_with_power(place.now))


def test_a_broken_node_is_nobodys_fault(place: Place, testimony: Told) -> None:
    place.truth.fail(place.node, Fault.BROKEN, None)

    assert not list(testimony.silent_with_power(place.now))
    assert testimony.well_since(NODE, place.now) is None


def test_a_sign_of_life_counts_when_somebody_saw_it(place: Place, testimony: Told) -> None:
    place.node.showed_life_at = place.now - MINUTE

    assert testimony.signs_of_life(NODE, place.now - 2 * MINUTE, place.now)
    assert not testimony.signs_of_life(NODE, place.now - MINUTE / 2, place.now)


def test_a_node_served_only_if_anybody_might_have_logged_in(place: Place, testimony: Told) -> None:
    place.forward(MINUTE)
    since = place.now
    place.forward(5 * MINUTE)
    assert testimony.served(NODE, since, place.now)

    place.truth.fail(place.node, Fault.HANG, None)
    place.forward(MINUTE)
    place.truth.repair(place.node)
    place.forward(5 * MINUTE)

    assert not testimony.served(NODE, since, place.now)
    assert testimony.served(NODE, place.now - MINUTE, place.now)


def test_behind_a_dead_line_nobody_served(place: Place, testimony: Told) -> None:
    since = place.now
    place.truth.darken(place.node.site, True)
    assert not testimony.served(NODE, since, place.now)

    place.forward(MINUTE)
    place.truth.darken(place.node.site, False)

    assert not testimony.served(NODE, since, place.now)
    assert testimony.served(NODE, place.now, place.now)


def test_only_what_has_one_supply_falls_with_it(place: Place, testimony: Told) -> None:
    assert testimony.fed_by(NAME) == NODE
    assert testimony.fed_by("toml:p 9") == ""

    place.node.feeds = (OUTLET, OUTLET._replace(outlet="2"))

    assert testimony.fed_by(NAME) == ""


def test_a_site_has_enough_up_when_it_has_for_an_hour(place: Place, testimony: Told) -> None:
    place.truth.fail(place.node, Fault.HANG, None)
    place.truth.repair(place.node)
    place.forward(10 * MINUTE)
    assert not testimony.is_enough_up("s", place.now)

    place.forward(70 * MINUTE)

    assert testimony.is_enough_up("s", place.now)
