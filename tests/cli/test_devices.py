import json
from dataclasses import replace
from datetime import timedelta

import pytest

from plcmon.cli.devices import actions, pcu, power
from tests.cli.shell import Shell
from tests.fakes.fleet import NOW


def test_groups_hold_the_verbs_of_their_name() -> None:
    assert set(power.commands) == {"status", "on", "off", "cycle"}
    assert set(pcu.commands) == {"show", "test", "status", "console"}
    assert set(actions.commands) == {"confirm", "cancel", "settle"}


@pytest.mark.parametrize(
    ("verb", "more"),
    [("confirm", ["--yes"]), ("cancel", []), ("settle", ["--yes", "--outcome", "fixed"])],
)
def test_actions_take_their_verbs(verb: str, more: list[str]) -> None:
    shell = Shell()
    intent = next(iter(shell.desk.fleet.intents))

    result = shell.run("actions", verb, intent, "--reason", "done by hand", *more)

    assert (result.exit_code, shell.said.verb, shell.said.subject) == (0, verb, intent)


def test_actions_are_narrowed_and_limited() -> None:
    shell = Shell()
    intent = next(iter(shell.desk.fleet.intents.values()))

    found = json.loads(shell.run("actions", "--match", intent.id, "--json").stdout)

    assert [row["id"] for row in found] == [intent.id]
    assert len(json.loads(shell.run("actions", "--limit", "1", "--json").stdout)) == 1


def test_that_there_are_no_actions_is_said_aside() -> None:
    assert Shell().run("actions", "--match", "zzz").stderr == 'no action matches "zzz"\n'


def test_power_through_the_desk_carries_reason_and_end() -> None:
    shell = Shell()
    node = next(iter(shell.desk.fleet.nodes))

    shell.run("power", "off", node, "--until", "4h", "--reason", "moving it", "--yes")

    assert (shell.said.verb, shell.said.reason) == ("power-off", "moving it")
    assert shell.said.arguments == {"until": (NOW + timedelta(hours=4)).isoformat()}


def test_a_console_shows_both_sides() -> None:
    shell = Shell()
    unit = next(row for row in shell.desk.fleet.pcus.values() if row.tested_at)

    said = shell.run("pcu", "console", unit.name).stdout

    assert "a test or a question" in said.splitlines()[0]
    assert "  > apc" in said
    (row,) = json.loads(shell.run("pcu", "console", unit.name, "--json").stdout)
    assert row["pcu"] == unit.key


def test_a_unit_that_nobody_spoke_with_says_so() -> None:
    shell = Shell()
    unit = next(iter(shell.desk.fleet.pcus.values()))
    shell.desk.fleet.pcus[unit.key] = replace(unit, tested_at=None)

    assert "nobody has spoken" in shell.run("pcu", "console", unit.name).stdout
