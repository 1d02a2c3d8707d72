"""A terminal as a unit sees it: keys come in, screens go out, over telnet or SSH alike."""

import asyncio
from typing import Any

import asyncssh
import telnetlib3

ESC = "\x1b"


class GoneError(Exception):
    """The other side left."""


class Console:
    """One caller's keyboard and screen."""

    def __init__(self, reader: Any, writer: Any) -> None:
        self._reader = reader
        self._writer = writer
        self._after_return = False

    async def key(self) -> str:
        """The next key; a line feed or NUL right after Enter belongs to it. Raises GoneError."""
        while True:
            try:
                data = await self._reader.read(1)
            except (OSError, asyncssh.Error) as exc:
                raise GoneError from exc
            if not data:
                raise GoneError
            key = chr(data[0])
            glued = self._after_return and key in "\n\0"
            self._after_return = key == "\r"
            if not glued:
                return key

    async def line(self, *, echo: str | None = None) -> str:
        """What is typed up to Enter, echoed (as `echo`, if given); ESC alone acts at once."""
        typed = ""
        while True:
            key = await self.key()
            if key in (ESC, "\x03"):
                return key
            if key in "\r\n":
                await self.write("\r\n")
                return typed
            typed += key
            await self.write(key if echo is None else echo)

    async def write(self, text: str) -> None:
        """Send `text` as it stands. Raises GoneError."""
        try:
            self._writer.write(text.encode("latin-1", "replace"))
            await self._writer.drain()
        except (OSError, asyncssh.Error) as exc:
            raise GoneError from exc

    async def screen(self, *lines: str, prompt: str) -> None:
        """Send a screen in two segments, as these cards do."""
        await self.write("\r\n".join(("", *lines, "")))
        await asyncio.sleep(0)
        await self.write(prompt)

    async def silence(self) -> None:
        """Say nothing more; raises GoneError once the other side has left."""
        while True:
            await self.key()

    def close(self) -> None:
        self._writer.close()


def telnet_console(reader: object, writer: object) -> Console:
    """A console over telnetlib3's byte streams."""
    assert isinstance(reader, telnetlib3.TelnetReader)
    return Console(reader, writer)


def ssh_console(process: "asyncssh.SSHServerProcess[bytes]") -> Console:
    """A console over an SSH session with a terminal."""
    return Console(process.stdin, process.stdout)
