import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from plcmon.cli.house import first_known
from plcmon.cli.main import cli
from plcmon.errors import StoreError
from tests.config.files import NODE, write

SHIPPED = Path(__file__).parents[2] / "monitor.toml"


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words)


def test_shipped_file_is_good() -> None:
    result = run("config-check", "--config", str(SHIPPED))

    assert (result.exit_code, result.stderr) == (0, "")
    assert "2 nodes, 1 site, 0 PCUs; mode observe" in result.stdout


@pytest.mark.parametrize("words", [("config-check",), ("config", "check"), ("serve",), ("issues",)])
def test_mistakes_are_exit_2_and_all_told(tmp_path: Path, words: tuple[str, ...]) -> None:
    file = write(tmp_path, "[service]\nworkers = 0\nlog_level = 'x'")

    result = run("--config", str(file), *words)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert [line.split(":")[1] for line in result.stderr.splitlines()[:2]] == ["2", "3"]


def test_missing_file_is_exit_2(tmp_path: Path) -> None:
    result = run("--config", str(tmp_path / "none.toml"), "config-check")

    assert result.exit_code == 2
    assert "cannot be read: No such file" in result.stderr


def test_secret_that_cannot_be_found_is_a_warning(tmp_path: Path) -> None:
    pcu = "[pcus.p]\nsite = 'here'\nfamily = 'apc'\nhost = '127.0.0.1'\ncredential = 'apc1'"
    file = write(tmp_path, NODE + pcu)

    result = run("config-check", "--config", str(file))

    assert result.exit_code == 0
    assert 'pcus.p: secrets: looking for "apc1"' in result.stderr


def test_what_a_source_lacks_is_a_warning(tmp_path: Path) -> None:
    file = tmp_path / "monitor.toml"
    file.write_text(
        '[sources.prom]\nkind = "json"\nurl = "https://x"\ncredential = "none"\n'
        '[sources.nagios]\nkind = "webhook"\nposters = ["ann", "ben"]\n'
        '[api.roles]\nann = "viewer"\n'
    )

    result = run("config-check", "--config", str(file))

    assert result.exit_code == 0
    assert 'sources.prom: secrets: looking for "none"' in result.stderr
    assert "sources.nagios: ben has no role in [api.roles]" in result.stderr
    assert "ann has no role" not in result.stderr


def test_key_that_cannot_be_read_is_a_warning(tmp_path: Path) -> None:
    file = write(tmp_path, NODE + "[profiles.linux]\nkey_file = 'none'")

    result = run("config-check", "--config", str(file))

    assert result.exit_code == 0
    assert f"{tmp_path}/none: reading the private key" in result.stderr


def test_a_certificate_that_nobody_checks_is_a_warning(tmp_path: Path) -> None:
    pcu = "[pcus.p]\nsite = 'here'\nfamily = 'ilo'\nhost = '127.0.0.1'\nverify = false"
    file = write(tmp_path, NODE + pcu)

    result = run("config-check", "--config", str(file))

    assert result.exit_code == 0
    assert "pcus.p: its certificate is not checked (verify = false)" in result.stderr


def test_a_record_that_is_incomplete_is_a_warning(tmp_path: Path) -> None:
    file = write(tmp_path, NODE + "[pcus.p]\nsite = 'here'\nfamily = 'apc'\nhost = '127.0.0.1'")

    result = run("config-check", "--config", str(file))

    assert result.exit_code == 0
    assert "pcus.p: the credential is missing" in result.stderr


def test_a_mistyped_family_is_a_mistake_with_its_line(tmp_path: Path) -> None:
    file = write(tmp_path, NODE + "[pcus.p]\nsite = 'here'\nfamily = 'apcc'")

    result = run("config-check", "--config", str(file))

    assert result.exit_code == 2
    assert 'pcus.p.family: unknown family "apcc"; did you mean apc?' in result.stderr


def test_where_no_file_is_found_the_places_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    result = run("nodes")

    assert result.exit_code == 2
    assert f"no file here: {tmp_path}/monitor.toml" in result.stderr
    assert "name one with --config" in result.stderr


def test_mistake_in_an_own_template_is_told_and_exit_2(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "down.j2").write_text("{% block subject %}{{ nodde }}{% endblock %}")
    file = write(tmp_path, "[mail]\nhost = '127.0.0.1'\ntemplates = 'letters'\n" + NODE)

    result = run("config-check", "--config", str(file))

    assert result.exit_code == 2
    assert "down.j2: unknown word nodde" in result.stderr


def test_config_show_prints_value_and_origin(tmp_path: Path) -> None:
    file = write(tmp_path, "[service]\nworkers = 5")

    result = run("--config", str(file), "config", "show", "service.workers", "--json")

    (row,) = json.loads(result.stdout)
    assert row == {"key": "service.workers", "value": "5", "origin": f"{file}:2"}


def test_config_show_as_json(tmp_path: Path) -> None:
    file = write(tmp_path, "[service]\nworkers = 5")

    rows = json.loads(run("--config", str(file), "config", "show", "--json").stdout)

    assert {"key": "service.workers", "value": "5", "origin": f"{file}:2"} in rows


def test_screen_needs_a_terminal() -> None:
    result = run("tui")

    assert result.exit_code == 2
    assert "use `plcmon issues`" in result.stderr


def test_situation_is_found_inside_groups() -> None:
    error = StoreError("state.db", "opening", "locked")
    inner: BaseExceptionGroup[BaseException] = BaseExceptionGroup("a", [error])

    assert first_known(BaseExceptionGroup("b", [inner])) is error


def test_bug_among_situations_is_not_hidden() -> None:
    error = StoreError("state.db", "opening", "locked")

    assert first_known(BaseExceptionGroup("b", [error, KeyError("x")])) is None


def test_drivers_lists_every_family_and_what_else_it_is_called() -> None:
    rows = json.loads(run("drivers", "--json").stdout)

    assert {"apc", "ilo", "ipmi", "manual"} <= {row["family"] for row in rows}
    assert "masterswitch" in next(row for row in rows if row["family"] == "apc")["models"]
    assert run("drivers").stdout.startswith("FAMILY")
