"""A small fleet with nodes that mean no good, and one healthy node that somebody wants cycled."""

import asyncio
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from plcmon.model.subjects import Endpoint
from plcmon.sim.control import FleetControl
from tests.acceptance.running import Service, fleet, serving, until, write_config

pytestmark = pytest.mark.timeout(120)  # many processes begin here, each a second of work

HOSTILE = ("babbling", "flooding", "hanging", "dropping")
POLICY = """
[policy]
mode = "observe"
scale = 120
[policy.thresholds]
failing_for = "1m"
[policy.wire]
tcp_deadline = "500ms"
ssh_deadline = "2s"
look_for = "500ms"
"""


@dataclass(frozen=True)
class Scene:
    """A service that watches a fleet in which some nodes are hostile."""

    service: Service
    hostile: dict[str, str]  # node -> how

    def nodes(self) -> dict[str, dict[str, Any]]:
        return {row["key"].partition(":")[2]: row for row in self.service.get("nodes")}

    def found(self, name: str, observed: str) -> dict[str, Any] | None:
        """The node's row once it is seen so by fresh evidence."""
        row = self.nodes()[name]
        return row if (row["observed"], row["evidence"]) == (observed, "fresh") else None

    def all_seen(self, names: Collection[str], observed: str) -> bool:
        rows = self.nodes()
        return all(rows[name]["observed"] == observed for name in names)

    def action(self, state: str) -> dict[str, Any] | None:
        return next((row for row in self.service.get("intents") if row["state"] == state), None)


@pytest.fixture(scope="module")
def greeting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with fleet(tmp_path_factory.mktemp("fleet"), nodes=12, sites=4) as greeting:
        yield greeting


def control_of(endpoint: str) -> FleetControl:
    host, _, port = endpoint.rpartition(":")
    return FleetControl(Endpoint(host, int(port)))


async def make_hostile(control: str) -> dict[str, str]:
    """One node of each kind, on a site of its own."""
    orders = control_of(control)
    names = sorted((await orders.state())["nodes"])
    hostile = dict(zip(names[1::3], HOSTILE, strict=True))
    for name, how in hostile.items():
        await orders.fault(how, node=name)
    return hostile


@pytest.fixture(scope="module")
def scene(greeting: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    hostile = asyncio.run(make_hostile(greeting["control"]))
    folder = Path(greeting["inventory"]).parent
    parts = [
        POLICY,
        f"[canaries]\nendpoints = {json.dumps(greeting['canaries'])}",
        f"[inventory]\nfiles = [{json.dumps(greeting['inventory'])}]",
        f"[secrets]\ndirectory = {json.dumps(str(folder / 'secrets'))}",
    ]
    file = write_config(tmp_path_factory.mktemp("house"), nodes="", more="\n".join(parts))
    with serving(file) as service:
        yield Scene(service, hostile)


@pytest.mark.parametrize(
    ("how", "observed", "words"),
    [
        ("babbling", "wedged", "accepts but no SSH server speaks"),
        ("flooding", "deaf", "answers with more than 64 KiB"),
        ("hanging", "deaf", "hangs for 2 s"),
        ("dropping", "deaf", "its answer broke off"),
    ],
)
def test_hostile_node_ends_in_a_named_detail(
    scene: Scene, how: str, observed: str, words: str
) -> None:
    name = next(name for name, kind in scene.hostile.items() if kind == how)

    row = until(f"{name} is {observed}", lambda: scene.found(name, observed))

    assert words in row["detail"]


def test_all_others_are_seen_well_beside_them(scene: Scene) -> None:
    well = scene.nodes().keys() - scene.hostile.keys()

    until("the others are good", lambda: scene.all_seen(well, "boot"))

    assert scene.service.said("scan finished")["nodes"] == len(scene.nodes())


def test_cycling_a_healthy_node_needs_force(scene: Scene) -> None:
    name = next(name for name in sorted(scene.nodes()) if name not in scene.hostile)
    until("it is good", lambda: scene.found(name, "boot"))

    said = scene.service.run("power", "cycle", name, "--yes", "--reason", "it looked at me")

    assert said.code == 0, said.err
    action = until("it is over", lambda: scene.action("cancelled"))
    assert action["detail"].startswith("look again: it shows boot")
    assert "--force overrides" in action["detail"]
    assert action["commands"] == []


def test_nothing_was_ever_cut(scene: Scene, greeting: dict[str, Any]) -> None:
    truth = asyncio.run(control_of(greeting["control"]).state())

    assert not [name for name, pcu in truth["pcus"].items() if pcu["destructive"]]
    assert all(node["powered"] for node in truth["nodes"].values())
