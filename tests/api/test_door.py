"""The socket: opened without a race, never stolen from who listens, closed without a trace."""

import asyncio
import getpass
import grp
import json
import os
import resource
import socket
import stat
from pathlib import Path

import pytest

from plcmon.api.door import MOST_OF_ONE, Porter, open_door, peer_uid, user_name
from plcmon.errors import DeskError


def listening(path: Path) -> socket.socket:
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    door.bind(str(path))
    door.listen()
    return door


async def test_only_owner_and_group_may_use_it(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"

    async with open_door(path, mode=0o660, group=None):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660


async def test_it_belongs_to_the_group_it_was_given(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    group = grp.getgrgid(os.getgid()).gr_name

    async with open_door(path, mode=0o660, group=group):
        assert path.stat().st_gid == os.getgid()


async def test_an_unknown_group_is_one_clear_line_and_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"

    with pytest.raises(DeskError, match="there is no group nobody-knows-it"):
        async with open_door(path, mode=0o660, group="nobody-knows-it"):
            pass
    assert not path.exists()


async def test_the_file_goes_when_the_service_does(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    async with open_door(path, mode=0o660, group=None):
        pass

    assert not path.exists()


async def test_a_stale_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    listening(path).close()
    assert path.exists()

    async with open_door(path, mode=0o660, group=None) as door:
        assert door.getsockname() == str(path)


async def test_a_socket_in_use_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    with listening(path) as other:
        with pytest.raises(DeskError, match="another service listens on it"):
            async with open_door(path, mode=0o660, group=None):
                pass

        assert path.exists()
        assert other.fileno() != -1


async def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    path.write_text("precious")

    with pytest.raises(DeskError, match="no socket is in the way"):
        async with open_door(path, mode=0o660, group=None):
            pass
    assert path.read_text() == "precious"


async def test_a_missing_folder_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(DeskError, match="No such file or directory"):
        async with open_door(tmp_path / "none" / "api.sock", mode=0o660, group=None):
            pass


async def test_a_path_too_long_for_a_socket_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(DeskError, match="too long"):
        async with open_door(tmp_path / ("x" * 120), mode=0o660, group=None):
            pass


async def test_a_file_that_another_service_put_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    async with open_door(path, mode=0o660, group=None):
        path.unlink()
        successor = listening(path)

    assert path.exists()
    successor.close()


def test_the_kernel_says_who_is_at_the_other_end() -> None:
    near, far = socket.socketpair(socket.AF_UNIX)
    with near, far:
        assert peer_uid(near) == os.geteuid()


def test_a_user_without_a_name_has_a_number() -> None:
    assert user_name(os.geteuid()) == getpass.getuser()
    assert user_name(3_999_999_999 % 2**31) == f"#{3_999_999_999 % 2**31}"


class Hall:
    """Whoever was let in."""

    def __init__(self) -> None:
        self.connections: list[object] = []

    def __call__(self) -> asyncio.BaseProtocol:
        guest = asyncio.Protocol()
        self.connections.append(guest)
        return guest


async def test_a_crowd_is_turned_away_with_a_word_and_the_next_one_is_let_in(
    tmp_path: Path,
) -> None:
    hall, path = Hall(), str(tmp_path / "api.sock")
    async with open_door(Path(path), mode=0o600, group=None) as door:
        door.listen()
        async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
            porter = tasks.create_task(Porter(hall).run(door), name="porter")
            crowd = [await asyncio.open_unix_connection(path) for _ in range(MOST_OF_ONE)]
            reader, late = await asyncio.open_unix_connection(path)
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
            hall.connections.clear()
            crowd.append(await asyncio.open_unix_connection(path))
            while not hall.connections:  # noqa: ASYNC110 - behind the porter
                await asyncio.sleep(0.01)
            porter.cancel()
            for writer in (late, *(writer for _, writer in crowd)):
                writer.close()

    assert head.startswith(b"HTTP/1.1 503 ")
    assert json.loads(body)["why"] == "too many connections at once"
    assert f"Content-Length: {len(body)}".encode() in head


async def test_without_a_descriptor_callers_wait_and_it_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hall, caller = Hall(), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with caller:
        async with open_door(tmp_path / "api.sock", mode=0o600, group=None) as door:
            door.listen()
            async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
                porter = tasks.create_task(Porter(hall, pause=0.2).run(door), name="porter")
                await asyncio.sleep(0)
                resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
                try:
                    caller.connect(str(tmp_path / "api.sock"))
                    while not caplog.records:  # noqa: ASYNC110 - the log is the event
                        await asyncio.sleep(0.01)
                    await asyncio.sleep(0.05)
                finally:
                    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
                said = len(caplog.records)
                while not hall.connections:  # noqa: ASYNC110 - behind the porter
                    await asyncio.sleep(0.01)
                porter.cancel()

    assert said == 1
