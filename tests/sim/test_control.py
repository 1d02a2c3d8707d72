"""Orders over the wire: one line asks, one line answers."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from plcmon.errors import UnreachableError
from plcmon.sim.blocks import claim_block
from plcmon.sim.control import VERBS, ControlServer, FleetControl
from plcmon.sim.faults import OrderError
from plcmon.sim.fleet import Fleet
from plcmon.sim.layout import plan_layout


@pytest.fixture
async def fleet(tmp_path: Path) -> AsyncIterator[Fleet]:
    """A fleet that takes orders."""
    block, claim = claim_block()
    layout = plan_layout(5, block=block, nodes=14, sites=7)
    async with Fleet(layout, tmp_path, boot_seconds=0.05) as fleet, ControlServer(fleet, claim):
        yield fleet


@pytest.fixture
def control(fleet: Fleet) -> FleetControl:
    return FleetControl(fleet.layout.control)


async def say(fleet: Fleet, line: bytes) -> dict[str, Any]:
    """One raw line, and what comes back."""
    reader, writer = await asyncio.open_connection(
        fleet.layout.control.host, fleet.layout.control.port
    )
    writer.write(line + b"\n")
    async with asyncio.timeout(30):
        answer: dict[str, Any] = json.loads(await reader.readline())
    writer.close()
    return answer


async def test_the_state_is_told(fleet: Fleet, control: FleetControl) -> None:
    state = await control.state()

    assert set(state) == {"nodes", "pcus", "sites", "canaries", "mails"}
    assert set(state["nodes"]) == set(fleet.nodes)


async def test_a_node_is_broken_and_healed(control: FleetControl) -> None:
    await control.fault("silent", node="n01")
    assert (await control.node("n01"))["observed"] == "silent"

    await control.heal(node="n01")

    assert (await control.node("n01"))["observed"] == "boot"


async def test_everything_is_healed_without_a_target(control: FleetControl) -> None:
    await control.fault("dark", everything=True)
    await control.fault("dead", node="n02")

    await control.heal()

    nodes = (await control.state())["nodes"].values()
    assert {node["observed"] for node in nodes} == {"boot"}


async def test_the_next_boot_can_be_chosen(fleet: Fleet, control: FleetControl) -> None:
    await control.fault("silent", then="wedged", node="n01")

    assert fleet.nodes["n01"].machine.next_boot == "wedged"


async def test_a_relay_is_moved_and_the_boot_is_waited_for(control: FleetControl) -> None:
    node = await control.node("n01")
    for feed in node["paths"][0]:
        await control.power(feed, on=False)
    assert (await control.node("n01"))["powered"] is False

    for feed in node["paths"][0]:
        await control.power(feed, on=True)
    found = await control.until({"observed": "boot", "boots": 1}, node="n01", within=10)

    assert found["boot_id"] != node["boot_id"]


async def test_a_pcu_is_waited_for(fleet: Fleet, control: FleetControl) -> None:
    name, post = next(iter(fleet.posts.items()))
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        waiting = group.create_task(control.until({"destructive": 1}, pcu=name, within=5))
        group.create_task(control.fault("slow", pcu=name))
        post.unit.log.append("off", "1", destructive=True)

    assert waiting.result()["destructive"] == 1
    assert [row["verb"] for row in await control.commands(name)] == ["off"]


async def test_what_does_not_come_is_an_error_that_shows_how_it_is(control: FleetControl) -> None:
    with pytest.raises(OrderError, match=r"not so within 0\.05 s.*healthy"):
        await control.until({"observed": "silent"}, node="n01", within=0.05)


async def test_waiting_does_not_hold_up_other_orders(control: FleetControl) -> None:
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        waiting = group.create_task(control.until({"observed": "deaf"}, node="n01", within=5))
        await control.state()
        await control.fault("deaf", node="n01")

    assert waiting.result()["condition"] == "deaf"


async def test_there_is_no_mail_at_first(control: FleetControl) -> None:
    assert await control.mails() == []


async def test_cables_are_swapped(fleet: Fleet, control: FleetControl) -> None:
    before = fleet.nodes["n01"].relays

    await control.rewire("n01", "n02")

    assert fleet.nodes["n02"].relays == before


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"hello", "not JSON"),
        (b"[1]", "JSON object"),
        (b"{}", '"do" must be a word'),
        (b'{"do": "dance"}', 'unknown order "dance"'),
        (b'{"do": "fault", "node": "n01", "what": "grumpy"}', 'unknown fault "grumpy"'),
        (b'{"do": "wait", "node": "n01"}', '"is" must be an object'),
        (b'{"do": "wait", "node": "n01", "is": {}, "within": "long"}', "must be seconds"),
        (b'{"do": "wait", "node": "n01", "is": {}, "within": -1}', "must be seconds"),
        (b'{"do": "commands"}', "unknown pcu"),
    ],
)
async def test_a_bad_order_is_answered_with_a_sentence(fleet: Fleet, line: bytes, why: str) -> None:
    answer = await say(fleet, line)

    assert not answer["ok"]
    assert why in answer["error"]


async def test_a_bad_order_does_not_end_the_connection(fleet: Fleet) -> None:
    control = fleet.layout.control
    reader, writer = await asyncio.open_connection(control.host, control.port)
    writer.write(b'nonsense\n{"do": "mails"}\n')
    async with asyncio.timeout(30):
        answers = [json.loads(await reader.readline())["ok"] for _ in range(2)]
    writer.close()

    assert answers == [False, True]


async def test_who_talks_without_end_is_cut_off_and_the_others_are_served(
    fleet: Fleet, control: FleetControl
) -> None:
    endpoint = control.endpoint
    reader, writer = await asyncio.open_connection(endpoint.host, endpoint.port)
    writer.write(b"x" * 1_000_000)
    async with asyncio.timeout(30):
        with suppress(ConnectionError):  # cut off while it still talked
            assert await reader.read() == b""
    writer.close()

    assert (await control.state())["mails"] == 0


async def test_without_a_fleet_the_error_says_so() -> None:
    nobody = FleetControl(plan_layout(1, block=9).control)

    with pytest.raises(UnreachableError, match="ordering state"):
        await nobody.state()


def test_every_order_is_documented_by_its_name() -> None:
    assert set(VERBS) == {
        "fault",
        "heal",
        "power",
        "rewire",
        "state",
        "mails",
        "commands",
        "wait",
    }
