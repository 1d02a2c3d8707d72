"""A bad line between a driver and its unit: it cuts, splits, merges or soils what comes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from plcmon.errors import DeviceError, OutcomeUnknownError
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Transport
from tests.drivers.rigs import Rig
from tests.drivers.wires import served

Shape = Callable[[bytes], list[bytes]]  # what the unit sent -> what arrives, piece by piece
IAC_NOP = b"\xff\xf1"
STEP = timedelta(seconds=20)
MERGING = 0.03  # seconds in which pieces become one


def as_it_is(data: bytes) -> list[bytes]:
    return [data]


def byte_by_byte(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def in_halves(data: bytes) -> list[bytes]:
    return [data[: len(data) // 2], data[len(data) // 2 :]]


def with_options(data: bytes) -> list[bytes]:
    """Telnet commands that mean nothing, in the middle of everything but other commands."""
    if b"\xff" in data:
        return [data]
    return [IAC_NOP, data[:1], IAC_NOP, data[1:]]


def in_colour(data: bytes) -> list[bytes]:
    """Each line in a colour of its own."""
    if b"\xff" in data:
        return [data]
    return [data.replace(b"\r\n", b"\x1b[0m\r\n\x1b[32m")]


def with_bare_newlines(data: bytes) -> list[bytes]:
    return [data.replace(b"\r\n", b"\n")]


def with_nuls(data: bytes) -> list[bytes]:
    """CR NUL, as old network terminals end a line."""
    return [data.replace(b"\r\n", b"\r\0\n")]


@dataclass
class BadLine:
    """Counts what the unit says; closes both ends after so many bytes of it."""

    shape: Shape = as_it_is
    cut_after: int | None = None  # bytes of the unit's
    merges: bool = False
    heard: bytearray = field(default_factory=bytearray)  # from the unit, all connections
    calls: int = 0

    async def carry(
        self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.calls += 1
        unit_reader, unit_writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            async with asyncio.TaskGroup() as group:
                up = group.create_task(pipe(reader, unit_writer), name="up")
                down = group.create_task(self._until_lost(unit_reader, writer), name="down")
                await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
                up.cancel()
                down.cancel()
        finally:
            unit_writer.close()

    async def _until_lost(self, unit: asyncio.StreamReader, driver: asyncio.StreamWriter) -> None:
        """Carry until either side is gone, however rudely."""
        with contextlib.suppress(ConnectionError):
            await self._down(unit, driver)

    async def _down(self, unit: asyncio.StreamReader, driver: asyncio.StreamWriter) -> None:
        while data := await unit.read(4096):
            if self.merges:
                await asyncio.sleep(MERGING)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.001):
                        data += await unit.read(4096)
            if self.cut_after is not None:
                data = data[: max(0, self.cut_after - len(self.heard))]
            self.heard += data
            for piece in self.shape(data):
                driver.write(piece)
                await driver.drain()
                await asyncio.sleep(0)
            if self.cut_after is not None and len(self.heard) >= self.cut_after:
                return


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def bad_line(rig: Rig, line: BadLine) -> AsyncIterator[BadLine]:
    """The rig's record leads over this line while inside."""
    present = rig.pcu
    (transport,) = present.transports
    async with served(lambda reader, writer: line.carry(transport.port, reader, writer)) as port:
        rig.pcu = replace(present, transports=(Transport(transport.name, port),))
        try:
            yield line
        finally:
            rig.pcu = present


async def switch_over(rig: Rig, cut_after: int | None) -> tuple[BadLine, DeviceError | None]:
    """Switch off over a line that is cut so soon; what came of it."""
    rig.relay.on = True
    line = BadLine(cut_after=cut_after)
    async with bad_line(rig, line):
        try:
            async with rig.session(step=STEP) as unit:
                await unit.switch("3", PowerState.OFF)
        except DeviceError as error:
            return line, error
    return line, None


def wrong_with(commands: int, error: DeviceError | None) -> str:
    """What a cut session must not come to; empty when it is in order."""
    if commands > 1:
        return f"the command was sent {commands} times"
    if commands and error is not None and not isinstance(error, OutcomeUnknownError):
        return f"the command arrived, and {type(error).__name__} says otherwise"
    return "" if commands or error is not None else "nothing was switched, and nothing said so"
