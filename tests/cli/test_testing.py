"""`plcmon pcu test`, for one unit and for all."""

import json

from plcmon.errors import BusyError
from tests.cli.shell import Shell


def test_one_unit_is_tested_by_its_name() -> None:
    shell = Shell()
    unit = next(iter(shell.desk.fleet.pcus.values()))

    result = shell.run("pcu", "test", unit.name)

    assert result.exit_code == 0
    assert (shell.said.verb, shell.said.subject) == ("pcu-test", unit.name)


def test_all_are_tested_once_each() -> None:
    shell = Shell()

    result = shell.run("pcu", "test", "--all", "--reason", "new keys")

    assert result.exit_code == 0
    said = sorted(one.subject for one in shell.desk.said)
    assert said == sorted(f"pcu/{key}" for key in shell.desk.fleet.pcus)
    assert {one.reason for one in shell.desk.said} == {"new keys"}
    assert f"{len(said)} units tested, 0 not in order" in result.stderr


def test_one_that_fails_is_a_line_and_an_exit_code() -> None:
    shell = Shell()
    shell.desk.declines = BusyError("pcu-1", "logging in", "another session holds it")

    result = shell.run("pcu", "test", "--all", "--json")

    rows = json.loads(result.stdout)
    assert result.exit_code == 5
    assert [row["text"] for row in rows if not row["ok"]] != []
    assert len(rows) == len(shell.desk.fleet.pcus)


def test_a_site_narrows_it() -> None:
    shell = Shell()
    unit = next(iter(shell.desk.fleet.pcus.values()))

    rows = json.loads(shell.run("pcu", "test", "--all", "--site", unit.site, "--json").stdout)

    assert {row["site"] for row in rows} == {unit.site}


def test_nothing_and_both_are_mistakes() -> None:
    shell = Shell()

    for words in ((), ("x", "--all"), ("--all", "--site", "nowhere")):
        result = shell.run("pcu", "test", *words)
        assert result.exit_code == 2, words
    assert shell.desk.said == []
