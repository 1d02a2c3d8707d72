"""The state folder is closed to others, and one process works in it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from plcmon.errors import StoreError
from plcmon.store.folder import FolderLock, make_file, make_folder


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_new_folder_is_closed_to_others(tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "state")

    assert mode(tmp_path / "a" / "state") == 0o700


def test_empty_folder_that_is_ours_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir(mode=0o755)

    make_folder(folder)

    assert mode(folder) == 0o700


def test_folder_that_others_use_keeps_its_mode(tmp_path: Path) -> None:
    """Somebody may point us at a shared folder by mistake: closing it would break their day."""
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    (folder / "theirs").touch()

    make_folder(folder)

    assert mode(folder) == 0o755


def test_file_in_place_of_the_folder_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "state").touch()

    with pytest.raises(StoreError, match="state: opening the state folder: file exists"):
        make_folder(tmp_path / "state")


def test_folder_that_cannot_be_made_is_one_clear_line() -> None:
    with pytest.raises(StoreError, match="/proc/plcmon: opening the state folder: "):
        make_folder(Path("/proc/plcmon"))


def test_file_that_cannot_be_made_is_one_clear_line() -> None:
    with pytest.raises(StoreError, match=r"/proc/self/state\.db: opening: "):
        make_file(Path("/proc/self/state.db"))


def test_new_file_is_closed_to_others(tmp_path: Path) -> None:
    make_file(tmp_path / "mark")

    assert mode(tmp_path / "mark") == 0o600


def test_open_file_is_closed_and_keeps_its_content(tmp_path: Path) -> None:
    (tmp_path / "mark").write_text("kept")
    (tmp_path / "mark").chmod(0o644)

    make_file(tmp_path / "mark")

    assert mode(tmp_path / "mark") == 0o600
    assert (tmp_path / "mark").read_text() == "kept"


def test_second_lock_names_who_has_the_first(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    first.take()

    with pytest.raises(StoreError, match=rf"locking: another plcmon \(pid {os.getpid()}\) works"):
        second.take()

    first.release()


def test_released_lock_can_be_taken(tmp_path: Path) -> None:
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    first.take()
    first.release()

    second.take()

    second.release()


def test_release_without_a_lock_does_nothing(tmp_path: Path) -> None:
    FolderLock(tmp_path).release()


def test_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib; from plcmon.store.folder import FolderLock; "
        "FolderLock(pathlib.Path(sys.argv[1])).take(); print('locked', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(StoreError, match=rf"pid {holder.pid}"):
            FolderLock(tmp_path).take()
        holder.kill()
        holder.wait()

    lock = FolderLock(tmp_path)
    lock.take()
    lock.release()
