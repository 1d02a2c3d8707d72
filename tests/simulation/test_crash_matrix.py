"""One scenario, and the service dies at every point of it at which something may be lost."""

from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.sim.world.fates import Fate
from plcmon.sim.world.shorten import play_anew
from plcmon.sim.world.world import Plan, Report

HOUR = timedelta(hours=1)
# A node that a cycle cures, one that it does not, a unit that dies with the outlet off, a notice,
# its reminder, and everything well again in the end.
STORY = (
    Fate(2 * HOUR, "hang", "toml:s000-0"),
    Fate(60 * HOUR, "dies after off", "toml:p000", 26 * HOUR),
    Fate(61 * HOUR, "hang", "toml:s000-1"),
    Fate(150 * HOUR, "lock out", "toml:s001-0", 60 * HOUR),
)
PLAN = Plan(seed=4, nodes=4, days=25.0, fates=STORY)


@pytest.fixture(scope="module")
def undisturbed() -> Report:
    return play_anew(PLAN)


def test_the_scenario_has_all_that_a_death_may_harm(undisturbed: Report) -> None:
    counts = undisturbed.counts

    assert undisturbed.violations == []
    assert undisturbed.verdicts["fixed"] == 2
    assert counts["power-cycle unknown"] and counts["mail accepted"] and counts["notify sent"]
    assert counts["issue closed"] == counts["issue opened"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("side", ["before", "after"])
def test_a_death_at_any_point_breaks_nothing(side: str, undisturbed: Report) -> None:
    for point in range(1, undisturbed.points + 1):
        report = play_anew(replace(PLAN, dies=(side, point)))

        assert report.violations == [], f"{side} point {point}"
        assert report.crashes == 1, f"{side} point {point}"
