"""Worlds by seed: whatever befalls the service, no invariant breaks."""

import logging

import pytest

from plcmon.sim.world.shorten import play_anew, shortest_story
from plcmon.sim.world.world import Plan

SEEDS = range(1, 21)
DAYS, NODES = 60.0, 24


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", SEEDS)
def test_no_invariant_breaks(seed: int) -> None:
    plan = Plan(seed, NODES, DAYS)

    report = play_anew(plan)

    if report.violations:
        story = "\n".join(map(str, shortest_story(plan, report)))
        pytest.fail(f"seed {seed}: {report.violations[0]}\n{story}")
    assert report.rows


def test_a_world_leaves_the_log_as_it_was() -> None:
    before = logging.getLogger("plcmon").level

    play_anew(Plan(1, 2, 15.0))

    assert logging.getLogger("plcmon").level == before


def test_the_same_seed_is_the_same_world() -> None:
    plan = Plan(3, NODES, 30.0)

    assert play_anew(plan).as_dict() == play_anew(plan).as_dict()
