from pathlib import Path

import pytest

from plcmon.config.secrets import FileSecrets, variable_of
from plcmon.errors import UnsupportedError


def put(folder: Path, name: str, text: str, mode: int = 0o600) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(mode)


def test_file_is_read_without_its_last_newline(tmp_path: Path) -> None:
    put(tmp_path, "apc1", "pass word \n")

    assert FileSecrets(tmp_path, {}).find("apc1") == "pass word "


def test_environment_stands_over_the_file(tmp_path: Path) -> None:
    put(tmp_path, "apc-1.x", "from file")
    secrets = FileSecrets(tmp_path, {"PLCMON_SECRET_APC_1_X": "from env"})

    assert secrets.find("apc-1.x") == "from env"


def test_systemd_stands_over_the_environment(tmp_path: Path) -> None:
    put(tmp_path / "creds", "apc1", "from systemd", 0o440)
    env = {"CREDENTIALS_DIRECTORY": str(tmp_path / "creds"), "PLCMON_SECRET_APC1": "from env"}

    assert FileSecrets(tmp_path, env).find("apc1") == "from systemd"


def test_changed_secret_needs_no_restart(tmp_path: Path) -> None:
    secrets = FileSecrets(tmp_path, {})
    put(tmp_path, "apc1", "old")
    secrets.find("apc1")
    put(tmp_path, "apc1", "new")

    assert secrets.find("apc1") == "new"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    put(tmp_path, "apc1", "hush", mode)

    with pytest.raises(UnsupportedError, match="lets others read it; chmod 600") as caught:
        FileSecrets(tmp_path, {}).find("apc1")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("name", ["../etc/passwd", "", ".", "a/b", "x\n"])
def test_names_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsupportedError, match="is no name"):
        FileSecrets(tmp_path, {}).find(name)


def test_missing_secret_names_every_place(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match=r"PLCMON_SECRET_APC1, nor .*apc1"):
        FileSecrets(tmp_path, {}).find("apc1")


def test_huge_file_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "apc1", "x" * 70_000)

    with pytest.raises(UnsupportedError, match="at most 65536"):
        FileSecrets(tmp_path, {}).find("apc1")


def test_repr_shows_no_secret(tmp_path: Path) -> None:
    assert "hush" not in repr(FileSecrets(tmp_path, {"PLCMON_SECRET_A": "hush"}))


def test_variable_names_are_shell_words() -> None:
    assert variable_of("apc-1.example") == "PLCMON_SECRET_APC_1_EXAMPLE"
