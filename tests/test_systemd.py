"""The notification protocol, against a real datagram socket."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.systemd import Notifier, Watchdog, address_of, turning, watchdog_of
from tests.fakes.clock import FakeClock

SECOND = timedelta(seconds=1)


@contextmanager
def manager(address: str) -> Iterator[socket.socket]:
    """A service manager's end of the socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address)
        listening.settimeout(5)
        yield listening


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[tuple[socket.socket, dict[str, str]]]:
    path = str(tmp_path / "notify")
    with manager(path) as listening:
        yield listening, {"NOTIFY_SOCKET": path}


Heard = tuple[socket.socket, dict[str, str]]


def test_ready_and_status_are_one_message(heard: Heard) -> None:
    listening, env = heard

    assert Notifier(env, FakeClock()).ready("43 nodes")

    assert listening.recv(4096) == b"READY=1\nSTATUS=43 nodes"


def test_an_abstract_socket_is_reached() -> None:
    name = f"plcmon-test-{os.getpid()}"
    with manager(f"\0{name}") as listening:
        Notifier({"NOTIFY_SOCKET": f"@{name}"}, FakeClock()).stopping()

        assert listening.recv(4096) == b"STOPPING=1\nSTATUS=stopping"


def test_reloading_tells_the_monotonic_time_in_microseconds(heard: Heard) -> None:
    listening, env = heard
    clock = FakeClock()
    clock.advance(1.5 * SECOND)

    Notifier(env, clock).reloading()

    assert listening.recv(4096) == b"RELOADING=1\nMONOTONIC_USEC=1500000\nSTATUS=reloading"


def test_a_status_stays_on_its_line(heard: Heard) -> None:
    listening, env = heard

    Notifier(env, FakeClock()).status("two\nlines\nWATCHDOG=1")

    assert listening.recv(4096) == b"STATUS=two lines WATCHDOG=1"


def test_without_a_manager_nothing_is_said() -> None:
    notifier = Notifier({}, FakeClock())

    assert not notifier.is_heard
    assert not notifier.ready()


def test_a_manager_that_went_away_is_no_error(tmp_path: Path) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}, FakeClock())

    assert notifier.is_heard
    assert not notifier.feed()


def test_a_manager_that_does_not_read_holds_up_nobody(heard: Heard) -> None:
    _, env = heard
    notifier = Notifier(env, FakeClock())

    answers = [notifier.status("x" * 1000) for _ in range(2000)]

    assert answers[0]
    assert not answers[-1]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("/run/systemd/notify", "/run/systemd/notify"),
        ("@abstract", "\0abstract"),
        ("", None),
        ("@", None),
        ("vsock:2:1234", None),
        ("relative/path", None),
    ],
)
def test_which_addresses_are_understood(text: str, address: str | None) -> None:
    assert address_of(text) == address


@pytest.mark.parametrize(
    ("env", "every"),
    [
        pytest.param({}, None, id="no watchdog"),
        pytest.param({"WATCHDOG_USEC": "30000000"}, 30 * SECOND, id="any process"),
        pytest.param({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 30 * SECOND, id="ours"),
        pytest.param({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, None, id="another's"),
        pytest.param({"WATCHDOG_USEC": "soon"}, None, id="no number"),
        pytest.param({"WATCHDOG_USEC": "0"}, None, id="nothing"),
    ],
)
def test_how_often_the_watchdog_wants_food(env: dict[str, str], every: timedelta | None) -> None:
    assert watchdog_of(env, 7) == every


class Feeding:
    """A notifier that counts."""

    def __init__(self) -> None:
        self.fed = 0

    def feed(self) -> bool:
        self.fed += 1
        return True


async def meals(alive: list[bool], seconds: int) -> int:
    """How often a 10 s watchdog is fed in that time, one second at a time."""
    clock, feeding = FakeClock(), Feeding()
    loops = [lambda number=number: alive[number] for number in range(len(alive))]
    env = {"WATCHDOG_USEC": "10000000"}
    watchdog = Watchdog(feeding, clock, env, loops)  # type: ignore[arg-type] # all it uses is feed
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(watchdog.run(), name="watchdog")
        for _ in range(seconds):
            await asyncio.sleep(0)
            clock.advance(SECOND)
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        running.cancel()
    return feeding.fed


async def test_the_watchdog_is_fed_at_half_its_time() -> None:
    assert await meals([True, True], 20) == 5  # at 0, 5, 10, 15, 20


async def test_one_loop_that_stands_still_starves_it() -> None:
    assert await meals([True, False], 20) == 0


async def test_without_a_watchdog_nothing_is_fed() -> None:
    clock, feeding = FakeClock(), Feeding()
    async with asyncio.TaskGroup() as tasks:
        watchdog = Watchdog(feeding, clock, {}, [])  # type: ignore[arg-type] # all it uses is feed
        running = tasks.create_task(watchdog.run(), name="watchdog")
        await asyncio.sleep(0)
        running.cancel()

    assert feeding.fed == 0


def test_a_loop_turns_until_it_has_not_for_too_long() -> None:
    clock = FakeClock()
    alive = turning(lambda: 0.0, clock, within=10 * SECOND)
    clock.advance(9 * SECOND)
    before = alive()
    clock.advance(SECOND)

    assert (before, alive()) == (True, False)
