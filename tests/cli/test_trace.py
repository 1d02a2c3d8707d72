import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from plcmon.cli.main import cli
from tests.fakes.wire import NO_WAY, PEERS, THERE, Wire, wire

__all__ = ["wire"]

FILE = f"""
[policy.wire]
trace_hops = 3
trace_deadline = "100ms"
[sites.s]
[nodes.n1]
hostname = "n1.example.org"
site = "s"
addresses = ["{PEERS}.1", "{NO_WAY}"]
"""


def run(folder: Path, *words: str) -> Result:
    file = folder / "monitor.toml"
    file.write_text(FILE)
    return CliRunner().invoke(cli, ["--config", str(file), "trace", *words])


def test_the_way_to_each_address_is_shown(wire: Wire, tmp_path: Path) -> None:
    result = run(tmp_path, "n1")

    assert result.exit_code == 0
    assert f"to {PEERS}.1: there\n  1  {PEERS}.1" in result.stdout
    assert f"to {NO_WAY}: not reached\n  1  {THERE}" in result.stdout


def test_a_script_reads_json(wire: Wire, tmp_path: Path) -> None:
    found = json.loads(run(tmp_path, "n1.example.org", "--json").stdout)

    assert [(seen["address"], seen["reached"]) for seen in found] == [
        (f"{PEERS}.1", True),
        (NO_WAY, False),
    ]


@pytest.mark.parametrize("name", ["n2", ""])
def test_a_node_that_does_not_exist_is_named(tmp_path: Path, name: str) -> None:
    result = run(tmp_path, name)

    assert result.exit_code == 4
    assert "no such node" in result.stderr
