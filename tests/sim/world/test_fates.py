from datetime import timedelta
from random import Random

from plcmon.sim.world.blows import BLOWS
from plcmon.sim.world.fates import FLEET, NODE, PCU, SITE, Fate, heavy, make_fates
from plcmon.sim.world.fleet import make_fleet
from tests.sim.world.place import Place


def test_the_same_seed_is_the_same_story_and_another_one_is_not() -> None:
    fleets = [make_fleet(seed, 60, Place().truth) for seed in (1, 1, 2)]
    stories = [make_fates(seed, fleet, 60) for seed, fleet in zip((1, 1, 2), fleets, strict=True)]

    assert stories[0] == stories[1]
    assert stories[0] != stories[2]
    assert stories[0] == sorted(stories[0])


def test_every_kind_of_blow_can_be_struck() -> None:
    assert {*NODE, *SITE, *PCU, *FLEET} == BLOWS.keys()


def test_a_heavy_tail_is_mostly_short_and_never_without_end() -> None:
    random, draw = Random(1), heavy(timedelta(minutes=10))
    times = sorted(draw(random) for _ in range(2000))

    assert times[1000] < timedelta(minutes=30)
    assert times[-1] > timedelta(days=1)
    assert times[-1] <= timedelta(days=60)


def test_a_blow_reads_as_a_line() -> None:
    blow = Fate(timedelta(days=3, hours=6), "dark", "s001", timedelta(hours=4))

    assert str(blow) == "day   3.250  dark s001 for 4h"
