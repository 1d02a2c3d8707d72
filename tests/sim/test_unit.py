"""A unit at its post: its ailments add up, and its node feels what a driver tells it."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.drivers import DriverUnits
from plcmon.errors import DeviceError, LoginError
from plcmon.model.intents import PowerState
from plcmon.model.policy import Wire
from plcmon.model.readings import Observed, PortAnswer
from plcmon.model.subjects import Pcu, PcuKey
from plcmon.probes.tcp import connect
from plcmon.sim.faults import fault
from plcmon.sim.fleet import Fleet
from plcmon.sim.layout import Feed
from plcmon.sim.node import VirtualNode
from plcmon.sim.unit import AILMENTS, OpenLog, Post
from plcmon.sim.units import UnitFaults
from tests.sim.eyes import Eyes
from tests.sim.purse import Purse

DEADLINE = timedelta(seconds=0.2)
WITHIN = 30.0


@pytest.fixture(params=["telnet", "ssh", "https", "ipmi"])
def post(fleet: Fleet, request: pytest.FixtureRequest) -> Post:
    return next(post for post in fleet.posts.values() if post.plan.transport == request.param)


async def shows(post: Post, wanted: PortAnswer) -> None:
    """Return once the unit's port does this; its door follows a moment later."""
    async with asyncio.timeout(30):
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


@pytest.fixture
async def units(fleet: Fleet) -> DriverUnits:
    return DriverUnits(await asyncio.to_thread(Purse, fleet.folder), Wire())


def fed_alone_by(fleet: Fleet, transport: str) -> tuple[VirtualNode, Feed]:
    """A node that one outlet of such a unit can cut, and that outlet."""
    for node in fleet.nodes.values():
        for path in node.plan.paths:
            if len(path) == 1 and fleet.posts[path[0].pcu].plan.transport == transport:
                return node, path[0]
    raise AssertionError(f"no node is fed over {transport}")


def record(eyes: Eyes, feed: Feed) -> Pcu:
    return eyes.inventory.pcus[PcuKey(f"toml:{feed.pcu}")]


@pytest.mark.parametrize("transport", ["telnet", "ssh", "https", "ipmi"])
async def test_off_silences_and_on_boots(
    fleet: Fleet, eyes: Eyes, units: DriverUnits, transport: str
) -> None:
    node, feed = fed_alone_by(fleet, transport)
    before = node.machine.boot_id

    async with asyncio.timeout(WITHIN), units.session(record(eyes, feed)) as unit:
        assert await unit.read(feed.outlet) is PowerState.ON
        await unit.switch(feed.outlet, PowerState.OFF)
        assert await unit.read(feed.outlet) is PowerState.OFF
        assert await eyes.state(node.plan.name) is Observed.SILENT
        await unit.switch(feed.outlet, PowerState.ON)
        await fleet.news.until(lambda: node.machine.boots == 1)

    found = await eyes.look(node.plan.name)
    assert found.state is Observed.BOOT
    assert found.boot_id != before


@pytest.mark.parametrize("transport", ["telnet", "ssh", "https", "ipmi"])
async def test_the_unit_wrote_down_what_it_was_told(
    fleet: Fleet, eyes: Eyes, units: DriverUnits, transport: str
) -> None:
    _, feed = fed_alone_by(fleet, transport)

    async with asyncio.timeout(WITHIN), units.session(record(eyes, feed)) as unit:
        await unit.switch(feed.outlet, PowerState.OFF)

    rows = fleet.posts[feed.pcu].unit.log.destructive()
    assert [(row.verb, row.outlet) for row in rows] == [("off", feed.outlet)]


async def test_a_unit_that_lies_says_yes_and_moves_nothing(
    fleet: Fleet, eyes: Eyes, units: DriverUnits
) -> None:
    node, feed = fed_alone_by(fleet, "telnet")
    fault(fleet, {"pcu": feed.pcu, "what": "lies"})

    async with asyncio.timeout(WITHIN), units.session(record(eyes, feed)) as unit:
        await unit.switch(feed.outlet, PowerState.OFF)
        assert await unit.read(feed.outlet) is PowerState.ON

    assert node.machine.powered
    assert len(fleet.posts[feed.pcu].unit.log.destructive()) == 1


@pytest.mark.parametrize("transport", ["telnet", "ssh", "https", "ipmi"])
async def test_a_wrong_password_is_refused(
    fleet: Fleet, eyes: Eyes, units: DriverUnits, transport: str
) -> None:
    _, feed = fed_alone_by(fleet, transport)
    fault(fleet, {"pcu": feed.pcu, "what": "wrong-password"})

    async with asyncio.timeout(WITHIN):
        with pytest.raises(LoginError):
            async with units.session(record(eyes, feed)) as unit:
                await unit.read(feed.outlet)


async def test_a_dead_unit_is_a_device_error_within_the_deadline(
    fleet: Fleet, eyes: Eyes, tmp_path: Path
) -> None:
    _, feed = fed_alone_by(fleet, "telnet")
    purse = await asyncio.to_thread(Purse, tmp_path)
    fault(fleet, {"pcu": feed.pcu, "what": "dead"})

    async with asyncio.timeout(WITHIN):
        with pytest.raises(DeviceError):
            async with DriverUnits(purse, Wire()).session(record(eyes, feed)) as unit:
                await unit.read(feed.outlet)
