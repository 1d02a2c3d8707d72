"""A unit at its post: what ails it adds up, and healing takes all of it away."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.model.readings import PortAnswer
from plcmon.probes.tcp import connect
from plcmon.sim.fleet import Fleet
from plcmon.sim.unit import AILMENTS, OpenLog, Post
from plcmon.sim.units import UnitFaults

DEADLINE = timedelta(seconds=0.2)


@pytest.fixture(params=["telnet", "ssh", "https", "ipmi"])
def post(fleet: Fleet, request: pytest.FixtureRequest) -> Post:
    return next(post for post in fleet.posts.values() if post.plan.transport == request.param)


async def shows(post: Post, wanted: PortAnswer) -> None:
    """Return once the unit's port does this; its door follows a moment later."""
    async with asyncio.timeout(5):
        while (await connect(post.plan.host, post.plan.port, DEADLINE))[0] is not wanted:
            pass


async def test_it_listens_where_it_is_planned(post: Post) -> None:
    assert post.unit.port == post.plan.port
    await shows(post, PortAnswer.OPEN)


async def test_a_dead_unit_answers_nothing_until_it_is_healed(post: Post) -> None:
    post.fall_ill("dead")
    await shows(post, PortAnswer.FILTERED)

    post.heal()

    await shows(post, PortAnswer.OPEN)


async def test_a_dead_line_looks_the_same(post: Post) -> None:
    post.go_dark(True)
    await shows(post, PortAnswer.FILTERED)

    post.go_dark(False)

    await shows(post, PortAnswer.OPEN)


async def test_mending_the_line_does_not_raise_the_dead(post: Post) -> None:
    post.fall_ill("dead")
    post.go_dark(True)
    post.go_dark(False)

    assert post.unit.faults.dead


async def test_healing_does_not_mend_the_line(post: Post) -> None:
    post.go_dark(True)
    post.heal()

    assert post.unit.faults.dead


@pytest.mark.parametrize("what", AILMENTS)
async def test_each_ailment_is_felt_and_healed(fleet: Fleet, what: str) -> None:
    post = next(iter(fleet.posts.values()))
    post.fall_ill(what)
    assert post.unit.faults != UnitFaults()

    post.heal()

    assert post.unit.faults == UnitFaults()


async def test_ailments_add_up(fleet: Fleet) -> None:
    post = next(iter(fleet.posts.values()))
    post.fall_ill("lies")
    post.fall_ill("slow")

    assert post.unit.faults.lies
    assert post.unit.faults.slow > 0


def test_readers_hear_of_each_row(tmp_path: Path) -> None:
    heard = []
    log = OpenLog(tmp_path / "apc1.jsonl", "apc1", lambda: heard.append(len(log.rows)))

    log.append("login", "", destructive=False)
    log.append("off", "3", destructive=True)
    log.close()

    assert heard == [1, 2]
    assert (tmp_path / "apc1.jsonl").read_text().count('"unit": "apc1"') == 2
