from datetime import timedelta

import pytest

from plcmon.sim.world.truth import Fault, Hand, Mood, Shows
from tests.sim.world.place import OUTLET, Place, S

MINUTE = timedelta(minutes=1)


@pytest.fixture
def place() -> Place:
    return Place()


def cycle(place: Place) -> None:
    place.truth.switch(OUTLET, False, Hand.SERVICE)
    place.forward(MINUTE)
    place.truth.switch(OUTLET, True, Hand.SERVICE)


@pytest.mark.parametrize(
    ("fault", "shows"),
    [
        (Fault.HANG, Shows.SILENT),
        (Fault.WEDGE, Shows.WEDGED),
        (Fault.LOCKED, Shows.DEAF),
        (Fault.BROKEN, Shows.SILENT),
        (Fault.IMAGE, Shows.DEBUG),
    ],
)
def test_a_fault_shows(place: Place, fault: Fault, shows: Shows) -> None:
    place.truth.fail(place.node, fault, None)

    assert place.node.shows(place.now) is shows


@pytest.mark.parametrize(
    ("fault", "after"),
    [
        (Fault.HANG, Shows.BOOT),
        (Fault.WEDGE, Shows.BOOT),
        (Fault.BROKEN, Shows.SILENT),
        (Fault.IMAGE, Shows.DEBUG),
    ],
)
def test_power_cures_what_a_boot_cures(place: Place, fault: Fault, after: Shows) -> None:
    place.truth.fail(place.node, fault, None)

    cycle(place)
    assert place.node.shows(place.now) is Shows.SILENT  # it boots
    place.forward(3 * MINUTE)

    assert place.node.shows(place.now) is after


def test_each_boot_has_its_own_id(place: Place) -> None:
    before = place.node.boot_id

    cycle(place)

    assert place.node.boot_id != before


def test_a_loop_comes_up_and_hangs_again(place: Place) -> None:
    place.node.loop_s = 3600.0
    place.truth.fail(place.node, Fault.LOOP, None)

    cycle(place)
    place.forward(5 * MINUTE)
    assert place.node.shows(place.now) is Shows.BOOT
    place.forward(60 * MINUTE)

    assert place.node.shows(place.now) is Shows.SILENT


def test_what_heals_by_itself_boots(place: Place) -> None:
    place.truth.fail(place.node, Fault.HANG, 30 * MINUTE)
    place.forward(40 * MINUTE)

    assert place.node.shows(place.now) is Shows.BOOT
    assert place.node.boots == 2


def test_a_cured_node_is_not_healed_a_second_time(place: Place) -> None:
    place.truth.fail(place.node, Fault.HANG, 30 * MINUTE)
    cycle(place)
    boots = place.node.boots
    place.forward(60 * MINUTE)

    assert place.node.boots == boots


def test_a_unit_that_lies_switches_nothing(place: Place) -> None:
    place.pcu.mood = Mood.LIES

    place.truth.switch(OUTLET, False, Hand.SERVICE)

    assert place.node.powered
    assert place.pcu.outlets["1"]


def test_a_dark_site_shows_nothing_of_a_healthy_node(place: Place) -> None:
    place.truth.darken(S, True)

    assert place.truth.visible(place.node) is Shows.SILENT
    assert place.node.shows(place.now) is Shows.BOOT
    assert not place.truth.reaches(place.pcu)
    assert place.stirred == [place.node.key]


def test_what_it_showed_is_remembered(place: Place) -> None:
    place.forward(10 * MINUTE)
    place.truth.fail(place.node, Fault.WEDGE, None)
    place.forward(10 * MINUTE)

    assert place.node.was(place.now) is Shows.WEDGED
    assert place.node.was(place.now - 15 * MINUTE) is Shows.WEDGED  # nothing older is known
