"""A port does what it was told last, at once."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import pytest

from plcmon.model.readings import PortAnswer
from plcmon.probes.tcp import connect
from plcmon.sim.port import Answers, Port

DEADLINE = timedelta(seconds=0.2)
SHOWN = {
    Answers.OPEN: PortAnswer.OPEN,
    Answers.MUTE: PortAnswer.OPEN,
    Answers.SILENT: PortAnswer.FILTERED,
    Answers.CLOSED: PortAnswer.REFUSED,
}


class Greeter:
    """Serves a port: says hello and leaves."""

    def __init__(self) -> None:
        self.served = 0

    def __call__(self, connection: socket.socket) -> None:
        self.served += 1
        connection.send(b"hello")
        connection.close()


@pytest.fixture
def greeter() -> Greeter:
    return Greeter()


@pytest.fixture
async def port(block: int, greeter: Greeter) -> AsyncIterator[Port]:
    port = Port(f"127.{block}.200.1", 4000, greeter)
    yield port
    port.close()


async def shows(port: Port) -> PortAnswer:
    return (await connect(port.host, port.number, DEADLINE))[0]


async def hear(port: Port) -> bytes:
    """What the port says before it hangs up, empty when it keeps silent."""
    reader, writer = await asyncio.open_connection(port.host, port.number)
    try:
        async with asyncio.timeout(DEADLINE.total_seconds()):
            return await reader.read()
    except TimeoutError:
        return b""
    finally:
        writer.close()


async def test_a_new_port_is_closed(port: Port) -> None:
    assert await shows(port) is PortAnswer.REFUSED


@pytest.mark.parametrize("after", Answers)
@pytest.mark.parametrize("before", Answers)
async def test_every_change_is_followed_at_once(
    port: Port, before: Answers, after: Answers
) -> None:
    port.become(before)
    port.become(after)

    assert await shows(port) is SHOWN[after]
    assert port.answers is after


async def test_an_open_port_serves(port: Port, greeter: Greeter) -> None:
    port.become(Answers.OPEN)

    assert await hear(port) == b"hello"
    assert greeter.served == 1


async def test_a_mute_port_accepts_and_says_nothing(port: Port, greeter: Greeter) -> None:
    port.become(Answers.MUTE)

    assert await hear(port) == b""
    assert greeter.served == 0


async def test_a_port_without_a_service_holds_its_callers(block: int) -> None:
    port = Port(f"127.{block}.200.2", 4000)
    port.become(Answers.OPEN)

    assert await hear(port) == b""

    port.close()


@pytest.mark.parametrize("after", [Answers.SILENT, Answers.CLOSED, Answers.OPEN])
async def test_held_callers_are_dropped_when_a_mute_port_changes(
    port: Port, after: Answers
) -> None:
    port.become(Answers.MUTE)
    reader, writer = await asyncio.open_connection(port.host, port.number)
    writer.write(b"anybody at home?\n")
    await writer.drain()

    port.become(after)

    async with asyncio.timeout(30):
        with suppress(ConnectionResetError):  # it had said something that nobody read
            assert await reader.read() == b""
    writer.close()


async def test_a_caller_that_leaves_a_mute_port_is_forgotten(port: Port) -> None:
    port.become(Answers.MUTE)
    for _ in range(3):
        _, writer = await asyncio.open_connection(port.host, port.number)
        writer.close()
        await writer.wait_closed()

    assert await shows(port) is PortAnswer.OPEN


async def test_a_silent_port_comes_back(port: Port) -> None:
    port.become(Answers.OPEN)
    port.become(Answers.SILENT)
    assert await shows(port) is PortAnswer.FILTERED

    port.become(Answers.OPEN)

    assert await hear(port) == b"hello"


async def test_the_same_again_changes_nothing(port: Port) -> None:
    port.become(Answers.SILENT)
    port.become(Answers.SILENT)

    assert await shows(port) is PortAnswer.FILTERED


async def test_a_closed_port_leaves_its_address_to_others(port: Port, block: int) -> None:
    port.become(Answers.SILENT)
    port.close()

    heir = Port(port.host, port.number)
    heir.become(Answers.OPEN)

    assert await shows(heir) is PortAnswer.OPEN
    heir.close()


async def test_an_address_that_is_taken_is_an_error(port: Port) -> None:
    port.become(Answers.OPEN)

    with pytest.raises(OSError, match="in use"):
        Port(port.host, port.number).become(Answers.OPEN)
