from pathlib import Path

import pytest

from plcmon.model.policy import Policy
from plcmon.operations.views import MovedView, PolicyDiffView
from plcmon.operations.wire import load
from tests.cli.shell import Shell
from tests.fakes.desk import FakeDesk

MOVED = MovedView("node/toml:1", "n1", "node_down", "held by mode", "cycle runs", releases=True)


class Judging(FakeDesk):
    """A desk with an opinion on every policy."""

    refused = ""

    async def policy_diff(self, policy: Policy) -> PolicyDiffView:
        settings = (f"mode: observe -> {policy.mode.value}",)
        return PolicyDiffView(
            "p1", policy.version, settings, (MOVED,), 1, 2, 0, refused=self.refused
        )


@pytest.fixture
def shell() -> Shell:
    return Shell(Judging(role="admin"))


@pytest.fixture
def new(tmp_path: Path) -> Path:
    path = tmp_path / "new.toml"
    path.write_text('[policy]\nmode = "propose"\n')
    return path


def test_it_says_what_would_change_move_and_be_released(shell: Shell, new: Path) -> None:
    result = shell.run("config", "diff", str(new))

    assert result.exit_code == 0
    assert "  mode: observe -> propose" in result.stdout
    assert "cycle runs (released)" in result.stdout
    assert "It would release 1 power action at once (an hour may do 2)" in result.stdout


def test_what_a_reload_would_refuse_ends_with_two(shell: Shell, new: Path) -> None:
    shell.desk.refused = "it would release too much"  # type: ignore[attr-defined] # it is Judging

    result = shell.run("config", "diff", str(new))

    assert result.exit_code == 2
    assert "A reload would be refused: it would release too much." in result.stdout


def test_json_is_exactly_the_view(shell: Shell, new: Path) -> None:
    found = load(PolicyDiffView, shell.run("config", "diff", str(new), "--json").stdout.encode())

    assert found.moved == (MOVED,)


def test_a_file_with_mistakes_is_refused_here(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('[policy]\nmode = "bold"\n')

    assert shell.run("config", "diff", str(path)).exit_code == 2
    assert not shell.desk.calls
