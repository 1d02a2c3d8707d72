"""The command line of the fleet."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from plcmon.sim.__main__ import arguments, greeting
from plcmon.sim.fleet import Fleet


def fleet_process(folder: Path, *more: str) -> "subprocess.CompletedProcess[str]":
    """Run it with its input at an end, so that it stops as soon as it serves."""
    return subprocess.run(
        [sys.executable, "-m", "plcmon.sim", "--dir", str(folder), "--stop-on-eof", *more],
        input="",
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_the_defaults_are_sixty_nodes_on_twelve_sites() -> None:
    given = arguments().parse_args(["--dir", "fleet"])

    assert (given.nodes, given.sites, given.boot_seconds) == (60, 12, 3.0)


async def test_the_greeting_is_one_line_with_all_that_is_needed(fleet: Fleet) -> None:
    said = greeting(fleet)

    assert "\n" not in json.dumps(said)
    assert said["ready"] is True
    assert said["control"] == str(fleet.layout.control)
    assert (said["nodes"], said["sites"]) == (14, 7)
    assert Path(said["inventory"]).name == "inventory.toml"


def test_it_greets_once_and_ends_with_its_input(tmp_path: Path) -> None:
    done = fleet_process(tmp_path, "--nodes=6", "--sites=3", "--seed=2")

    assert done.returncode == 0
    assert done.stderr == ""
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["nodes"] == 6


def test_a_script_and_drawn_faults_are_taken(tmp_path: Path) -> None:
    script = tmp_path / "night.json"
    script.write_text('[{"do": "fault", "what": "silent", "node": "n01"}]')

    done = fleet_process(
        tmp_path / "fleet", "--nodes=6", "--sites=3", f"--script={script}", "--faults=5"
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--nodes=2", "--sites=3"], "3 sites"),
        (["--script=/nonexistent/night.json"], "No such file"),
        (["--block=300"], "serve"),
    ],
)
def test_what_cannot_be_served_is_one_line(tmp_path: Path, more: list[str], why: str) -> None:
    done = fleet_process(tmp_path, *more)

    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("the virtual fleet cannot serve: ")
    assert why in line
