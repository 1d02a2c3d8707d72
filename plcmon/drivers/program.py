"""A program as a transport: no shell, no terminal, an environment made for it alone."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

CAP = 64 * 1024  # bytes of each of its two streams
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class TooMuchError(Exception):
    """The program talks without end."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended and what it said."""

    status: int
    out: str
    err: str


async def run(
    argv: Sequence[str], *, secrets: Mapping[str, str], stdin: str | None = None
) -> Finished:
    """Run one program to its end; `secrets` are all it gets beside a PATH and a plain locale.

    `stdin` is what it reads; without it, nothing.

    However this is left, the program and everything it started are gone. Raises OSError when it
    cannot be started, TooMuchError when it says more than the cap.
    """
    process = await asyncio.create_subprocess_exec(
        *argv,
        env={"PATH": PATH, "LC_ALL": "C", **secrets},
        stdin=asyncio.subprocess.DEVNULL if stdin is None else asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # no terminal to ask a password on, and one group to end
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.TaskGroup() as group:
            out = group.create_task(drain(process.stdout, process), name=f"{argv[0]} stdout")
            err = group.create_task(drain(process.stderr, process), name=f"{argv[0]} stderr")
            if stdin is not None:
                group.create_task(feed(process, stdin), name=f"{argv[0]} stdin")
        status = await process.wait()
    finally:
        kill(process)
        await process.wait()
    if max(len(out.result()), len(err.result())) > CAP:
        raise TooMuchError
    return Finished(status, text(out.result()), text(err.result()))


async def feed(process: asyncio.subprocess.Process, stdin: str) -> None:
    """Give it all there is to read; one that does not read is none of our business."""
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(stdin.encode())
        await process.stdin.drain()
    process.stdin.close()


async def drain(stream: asyncio.StreamReader, process: asyncio.subprocess.Process) -> bytes:
    """Everything the stream says; beyond the cap the program is ended."""
    data = b""
    while chunk := await stream.read(CAP):
        data += chunk
        if len(data) > CAP:
            kill(process)
            break
    return data


def kill(process: asyncio.subprocess.Process) -> None:
    """End the whole group, unless its leader ended: then the number may be another's."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
