"""The cast: everybody has power that can be cut, and a site of their own."""

from collections.abc import AsyncIterator
from dataclasses import astuple
from pathlib import Path

import pytest

from plcmon.sim.demo.cast import Cast, Part, Truth, choose, part_of
from plcmon.sim.fleet import Fleet
from plcmon.sim.layout import plan_layout
from plcmon.sim.truth import truth

SEEDS = range(20)


@pytest.fixture
async def stage(block: int, tmp_path: Path) -> AsyncIterator[Truth]:
    """A fleet of the demo's size, as it tells of itself."""
    layout = plan_layout(1, block=block, nodes=60, sites=12)
    async with Fleet(layout, tmp_path, boot_seconds=0.05) as fleet:
        yield truth(fleet)


def parts(cast: Cast) -> list[Part]:
    return [cast.silent, cast.lied_to, cast.deaf, cast.killed]


async def test_the_stories_run_side_by_side_on_sites_of_their_own(stage: Truth) -> None:
    for seed in SEEDS:
        cast = choose(stage, seed=seed)
        sites = {part.site for part in parts(cast)} | {cast.dark_site}

        assert len(sites) == 5


async def test_every_part_has_one_feed_at_a_rack_pdu(stage: Truth) -> None:
    for part in (part for seed in SEEDS for part in parts(choose(stage, seed=seed))):
        assert stage["nodes"][part.node]["paths"][0] == [f"{part.pcu}:{part.outlet}"]
        assert stage["pcus"][part.pcu]["family"] == "apc"
        assert stage["nodes"][part.node]["hostname"] == part.hostname


async def test_all_nodes_of_the_dark_site_are_in_the_dark(stage: Truth) -> None:
    cast = choose(stage, seed=1)
    there = {name for name, node in stage["nodes"].items() if node["site"] == cast.dark_site}

    assert there
    assert set(cast.dark_nodes) == there


async def test_the_same_seed_gives_the_same_parts_and_others_give_others(stage: Truth) -> None:
    assert choose(stage, seed=7) == choose(stage, seed=7)
    assert len({astuple(choose(stage, seed=seed)) for seed in SEEDS}) > 1


def told(paths: list[list[str]], family: str = "apc") -> Truth:
    node = {"hostname": "n.example.org", "site": "s", "paths": paths}
    return {"nodes": {"n": node}, "pcus": {"p": {"family": family}}}


def play(said: Truth) -> Part | None:
    return part_of("n", said["nodes"]["n"], said)


def test_a_node_with_one_feed_can_play() -> None:
    assert play(told([["p:3"], ["q:1"]])) == Part("n", "n.example.org", "s", "p", "3")


@pytest.mark.parametrize(
    "said",
    [told([]), told([["p:3", "p:4"]]), told([["p:3"]], family="ipmi")],
    ids=["no power", "two feeds", "no rack PDU"],
)
def test_whom_nobody_could_read_the_story_from_cannot_play(said: Truth) -> None:
    assert play(said) is None
