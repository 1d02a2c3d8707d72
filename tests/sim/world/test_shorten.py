from collections.abc import Sequence
from datetime import timedelta

from plcmon.sim.world.fates import Fate
from plcmon.sim.world.shorten import shorten

STORY = [Fate(timedelta(days=day), "hang", f"n{day}") for day in range(40)]


def test_a_story_is_shortened_to_the_blows_that_matter() -> None:
    guilty = {STORY[7], STORY[31]}

    def fails(fates: Sequence[Fate]) -> bool:
        return guilty <= set(fates)

    assert set(shorten(STORY, fails)) == guilty


def test_without_time_the_story_stays_as_it_is() -> None:
    assert shorten(STORY, lambda _fates: True, patience=timedelta()) == STORY
