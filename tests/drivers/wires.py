"""Links for tests: one that plays chunks, and one that speaks a recorded session on a real port."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from itertools import zip_longest
from pathlib import Path

from plcmon.drivers.base import LinkLostError

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SESSIONS = Path(__file__).with_name("sessions")


class TapeLink:
    """Says its chunks one after another, then hangs up or waits for ever."""

    def __init__(self, chunks: Iterable[bytes], *, hangs: bool = False) -> None:
        self._chunks = list(chunks)
        self._hangs = hangs
        self.written = b""
        self.broken = False

    async def read(self) -> bytes:
        await asyncio.sleep(0)
        if self._chunks:
            return self._chunks.pop(0)
        if self._hangs:
            await asyncio.Event().wait()
        return b""

    async def write(self, data: bytes) -> None:
        if self.broken:
            raise LinkLostError
        self.written += data


def session_lines(name: str) -> list[str]:
    """The lines of a recorded session: `<` the unit, `>` plcmon, `#` a remark."""
    text = (SESSIONS / name).read_text("utf-8")
    return [line for line in text.splitlines() if line[:1] in "<>" and line]


@asynccontextmanager
async def served(handler: Handler) -> AsyncIterator[int]:
    """Serve on a port of 127.0.0.1; leaving waits until every caller's handler has ended."""
    live: set[asyncio.StreamWriter] = set()
    ended = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        live.add(writer)
        try:
            await handler(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the caller left in the middle
        finally:
            writer.close()
            try:
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
            finally:
                live.remove(writer)
                ended.set()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        async with asyncio.timeout(30):
            while live:
                ended.clear()
                await ended.wait()


@asynccontextmanager
async def played(lines: list[str]) -> AsyncIterator[int]:
    """Serve a session; the link closes where the lines end."""

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line, following in zip_longest(lines, lines[1:], fillvalue=""):
            if line.startswith("<"):
                is_prompt = following.startswith(">")
                writer.write(line[2:].encode() + (b"" if is_prompt else b"\r\n"))
                await writer.drain()
            else:
                await expect_typed(reader, line[2:])

    async with served(play) as port:
        yield port


async def expect_typed(reader: asyncio.StreamReader, wanted: str) -> None:
    keys = b"\x1b" if wanted == "<ESC>" else wanted.encode() + b"\r"
    typed = b""
    while not typed.endswith(keys):
        typed += await reader.readexactly(1)
