from contextlib import nullcontext
from pathlib import Path

import pytest

from plcmon.cli.face import Face
from plcmon.errors import ConfigError
from tests.config.files import write
from tests.fakes.desk import FakeDesk


def test_socket_as_told_needs_no_configuration() -> None:
    assert Face(config=Path("/none"), socket=Path("/x.sock")).find_socket() == Path("/x.sock")


def test_socket_of_the_configuration_is_beside_its_state(tmp_path: Path) -> None:
    face = Face(config=write(tmp_path, ""))

    assert face.find_socket() == tmp_path / "state" / "plcmon.sock"


def test_configuration_with_mistakes_has_no_socket(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        Face(config=write(tmp_path, "x = 1")).find_socket()


def test_file_here_is_taken_before_the_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "")

    assert Face().file == Path("monitor.toml")


def test_question_is_put_to_the_open_desk() -> None:
    desk = FakeDesk()
    face = Face(socket=Path("/x.sock"), open_desk=lambda *_: nullcontext(desk))

    assert face.ask(lambda d: d.summary()).caller == "ops"
    assert desk.calls["summary"] == 1


def test_person_may_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)

    assert Face().person
    assert not Face(interactive=False).person
