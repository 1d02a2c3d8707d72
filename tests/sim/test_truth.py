"""The truth is plain JSON and is the truth."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

from plcmon.drivers import DriverUnits
from plcmon.model.policy import Wire
from plcmon.model.subjects import PcuKey
from plcmon.sim.faults import fault
from plcmon.sim.fleet import Fleet
from plcmon.sim.truth import commands_of, node_truth, pcu_truth, truth, wall
from tests.sim.eyes import Eyes
from tests.sim.purse import Purse


async def test_the_whole_truth_is_json(fleet: Fleet) -> None:
    told = json.loads(json.dumps(truth(fleet)))

    assert set(told["nodes"]) == set(fleet.nodes)
    assert set(told["pcus"]) == set(fleet.posts)
    assert told["canaries"] == ["open"] * 3
    assert told["mails"] == 0


async def test_a_healthy_node(fleet: Fleet) -> None:
    told = node_truth(fleet.nodes["n01"])

    assert (told["condition"], told["observed"]) == ("healthy", "boot")
    assert told["powered"]
    assert told["boots"] == 0
    assert all(on for path in told["fed"] for on in path)


async def test_a_node_without_power(fleet: Fleet) -> None:
    node = fleet.nodes["n01"]
    for relay in node.relays:
        relay.switch(False)

    told = node_truth(node)

    assert (told["condition"], told["observed"], told["powered"]) == ("healthy", "silent", False)
    assert not any(on for path in told["fed"] for on in path)


async def test_the_boot_time_is_what_the_service_sees(fleet: Fleet, eyes: Eyes) -> None:
    told = datetime.fromisoformat(node_truth(fleet.nodes["n01"])["booted_at"])
    seen = (await eyes.look("n01")).booted_at

    assert seen is not None
    assert abs(seen - told) < timedelta(seconds=2)


async def test_now_is_now() -> None:
    now = wall(asyncio.get_running_loop().time())

    assert abs(now - datetime.now(UTC)) < timedelta(seconds=2)


async def test_a_pcu_tells_its_ailments_and_relays(fleet: Fleet) -> None:
    name, post = next(iter(fleet.posts.items()))
    fault(fleet, {"pcu": name, "what": "lies"})
    fault(fleet, {"pcu": name, "what": "dead"})
    next(iter(post.relays.values())).switch(False)

    told = pcu_truth(post)

    assert told["ailments"] == ["lies"]
    assert told["dead"]
    assert list(told["relays"].values()).count(False) == 1


async def test_a_pcu_counts_what_it_was_told(fleet: Fleet, eyes: Eyes) -> None:
    name, post = next(iter(fleet.posts.items()))
    units = DriverUnits(Purse(fleet.folder), Wire())
    async with asyncio.timeout(20), units.session(eyes.inventory.pcus[PcuKey(f"toml:{name}")]) as u:
        await u.read(next(iter(post.relays)))

    told = pcu_truth(post)

    assert told["commands"] == len(commands_of(post)) >= 2
    assert told["destructive"] == 0
    assert {row["verb"] for row in commands_of(post)} == {"login", "read"}


async def test_dark_sites_and_mute_canaries_are_told(fleet: Fleet) -> None:
    site = fleet.nodes["n01"].plan.site
    fault(fleet, {"site": site, "what": "dark"})
    fault(fleet, {"canary": 1, "what": "silent"})

    told = truth(fleet)

    assert [key for key, value in told["sites"].items() if value["dark"]] == [site]
    assert told["canaries"] == ["open", "silent", "open"]
