import json

from click.testing import CliRunner

from plcmon.cli.main import cli


def test_a_short_world_is_told_in_a_few_lines() -> None:
    result = CliRunner().invoke(cli, ["simulate", "--seed", "2", "--days", "20", "--nodes", "6"])

    assert result.exit_code == 0, result.output
    assert "no invariant was broken" in result.output
    assert result.output.startswith("world 2: 20 days")


def test_json_has_the_same() -> None:
    command = ["simulate", "--seed", "2", "--days", "20", "--nodes", "6", "--json"]

    found = json.loads(CliRunner().invoke(cli, command).stdout)

    assert found["violations"] == []
    assert found["lives"] >= 1


def test_a_world_without_time_is_refused() -> None:
    result = CliRunner().invoke(cli, ["simulate", "--days", "1"])

    assert result.exit_code == 2
    assert "15" in result.output
