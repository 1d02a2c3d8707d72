"""What keeps the service from starting: one clear line, an exit status, and nothing half done."""

import os
import shutil
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.running import plcmon, serving, write_config

pytestmark = pytest.mark.timeout(120)  # many processes begin here, each a second of work

CONFIG, STORE, DESK = 2, 3, 4
NOBODY = 65534
MISTAKES = """
[policy]
mode = "autoo"
[policy.intervals]
tcp = "5"
[service]
state_dirr = "state"
[nodes.first]
hostname = "first.example.org"
site = "nowhere"
addresses = ["127.0.0.1"]
[ladder.node_down.cycle]
when = ["sillent"]
"""


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a service ran and was stopped in order."""
    folder = tmp_path_factory.mktemp("left")
    with serving(write_config(folder)) as service:
        assert service.stop() == 0
    return folder


@pytest.fixture
def state(left: Path, tmp_path: Path) -> Path:
    """A copy of its state, where a second service would look for it."""
    write_config(tmp_path)
    shutil.copytree(left / "state", tmp_path / "state")
    return tmp_path / "state"


def test_mistakes_are_told_all_at_once_before_anything_starts(tmp_path: Path) -> None:
    file = tmp_path / "monitor.toml"
    file.write_text(MISTAKES)

    said = plcmon("serve", "--config", file)

    assert said.code == CONFIG
    for line, words in (
        (3, 'policy.mode: found "autoo"; did you mean auto?'),
        (5, 'policy.intervals.tcp: "5" has no unit; write "5m" or "5s"'),
        (7, "service.state_dirr: unknown key; did you mean state_dir?"),
        (10, 'nodes.first.site: unknown site "nowhere"'),
        (13, 'unknown condition "sillent"; did you mean silent?'),
    ):
        assert f"{file}:{line}: " in said.err
        assert words in said.err
    assert "Traceback" not in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["monitor.toml"]


def test_auto_without_canaries_is_a_mistake(tmp_path: Path) -> None:
    said = plcmon("serve", "--config", write_config(tmp_path, more='[policy]\nmode = "auto"'))

    assert said.code == CONFIG
    assert '"auto" without canaries' in said.first
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("content", [None, "no key at all\n"], ids=["missing", "no key"])
def test_private_key_that_cannot_be_read_is_one_line(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "key").write_text(content)
    profile = '[profiles.linux]\nssh_user = "root"\nkey_file = "key"'

    said = plcmon("serve", "--config", write_config(tmp_path, more=profile))

    assert said.code == CONFIG
    assert f"profiles.linux.key_file: {tmp_path / 'key'}: reading the private key: " in said.first
    assert not (tmp_path / "state").exists()


def test_second_service_in_one_folder_names_the_first(tmp_path: Path) -> None:
    with serving(write_config(tmp_path)) as service:
        said = plcmon("serve", "--config", service.file)

        assert said.code == STORE
        assert said.clear
        assert f"another plcmon (pid {service.process.pid}) works in this folder" in said.first
        assert service.run("nodes").code == 0


def test_socket_in_use_stops_the_start_before_anybody_works(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    with serving(write_config(tmp_path / "one")) as service:
        (tmp_path / "two").mkdir()
        api = f'[api]\nsocket = "{service.socket}"'

        said = plcmon("serve", "--config", write_config(tmp_path / "two", more=api))

        assert said.code == DESK
        assert "another service listens on it" in said.first
        assert said.clear
        assert "scan finished" not in said.err
        assert service.run("nodes").code == 0


@pytest.mark.parametrize("place", ["head", "middle", "cut", "empty"])
def test_damaged_database_is_refused_and_left_as_it_is(state: Path, place: str) -> None:
    path = state / "state.db"
    damage(path, place)
    before = path.read_bytes()

    said = plcmon("serve", "--config", state.parent / "monitor.toml")

    assert said.code == STORE
    assert said.first.startswith(f"{path}: ")
    assert said.clear
    assert path.read_bytes() == before
    assert not [p.name for p in state.iterdir() if p.name.endswith(("-wal", "-shm"))]


def damage(path: Path, place: str) -> None:
    content = bytearray(path.read_bytes())
    if place == "cut":
        content = content[:8000]
    elif place == "empty":
        content = bytearray()
    else:
        begin = 0 if place == "head" else first_page_of(path, "events")
        content[begin : begin + 4096] = b"\x5a" * 4096
    path.write_bytes(content)


def first_page_of(path: Path, table: str) -> int:
    """Where the table begins in the file; rubbish there is found only by looking."""
    with closing(sqlite3.connect(path)) as connection:
        sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
        return (int(connection.execute(sql, (table,)).fetchone()[0]) - 1) * 4096


def test_locked_database_is_one_line(state: Path) -> None:
    with closing(sqlite3.connect(state / "state.db", isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")

        said = plcmon("serve", "--config", state.parent / "monitor.toml")

    assert said.code == STORE
    assert "another program holds a lock on it" in said.first
    assert said.clear


def test_full_disk_is_one_line(tmp_path: Path) -> None:
    with tiny_disk(tmp_path / "state") as before:
        said = plcmon("serve", "--config", write_config(tmp_path), before=before)

    assert said.code == STORE
    assert said.clear
    assert "state.db: " in said.first
    assert "the disk is full" in said.first or "the disk reported an error" in said.first


class tiny_disk:  # noqa: N801 - reads as a word in a with statement
    """A disk of 64 KiB where we may mount one; else a limit on how long a file may grow."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mounted = False

    def __enter__(self) -> list[str]:
        """What is to stand before the command."""
        self._folder.mkdir(mode=0o700)
        mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(self._folder)]
        if os.geteuid() == 0 and shutil.which("mount"):
            self._mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
        if self._mounted:
            return []
        # 80 blocks of 512 bytes; the signal that would end the process is ignored, as by a shell.
        return ["sh", "-c", 'trap "" XFSZ; ulimit -f 80; exec "$@"', "sh"]

    def __exit__(self, *_: object) -> None:
        if self._mounted:
            subprocess.run(["umount", str(self._folder)], check=True)


@pytest.mark.skipif(
    os.geteuid() == 0 and not shutil.which("setpriv"), reason="nobody else to be here"
)
def test_folder_that_may_not_be_written_is_one_line(tmp_path: Path) -> None:
    file = write_config(tmp_path)
    (tmp_path / "state").mkdir(mode=0o555)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if folder.owner() != "root" or os.geteuid() == 0:
            folder.chmod(folder.stat().st_mode | 0o055)
    somebody = ["setpriv", f"--reuid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []

    said = plcmon("serve", "--config", file, before=somebody)

    assert said.code == STORE
    assert said.first.endswith(": permission denied")
    assert said.clear


def test_no_service_is_one_line(tmp_path: Path) -> None:
    said = plcmon("--config", write_config(tmp_path), "issues")

    assert said.code == DESK
    assert "no service listens there; is it running?" in said.first
    assert not (tmp_path / "state").exists()


def test_state_that_was_killed_is_taken_up_again(tmp_path: Path) -> None:
    file = write_config(tmp_path)
    with serving(file) as service:
        service.process.send_signal(signal.SIGKILL)
        service.process.wait()

    with serving(file) as service:
        assert service.run("nodes").code == 0
        assert service.stop() == 0
