"""Nodes that mean harm, or are out of their mind: at the socket, before and after the login."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh
import pytest

from plcmon.model.readings import Login
from plcmon.probes.facts import end_mark
from plcmon.probes.login import Visit
from plcmon.probes.pace import Handshakes
from tests.fakes.peers import (
    FACTS,
    HOST,
    Conversation,
    frames,
    make_key,
    ssh_box,
    talking_port,
)
from tests.probes.test_login import (
    COMMAND,
    NONCE,
    PATIENT,
    SOON,
    Process,
    enter,
    enter_box,
    forever,
    says,
)

DRIP = 0.005  # seconds


def drips(text: bytes, *, gap: float = DRIP) -> Conversation:
    """Byte by byte, and never an end."""

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for byte in text:
            writer.write(bytes([byte]))
            await asyncio.sleep(gap)
        await reader.read(-1)

    return conversation


async def test_a_server_that_drips_never_takes_a_place() -> None:
    async with talking_port(drips(b"x" * 1000)) as port:
        visit = await enter(port, make_key(), deadline=SOON, handshakes=asyncio.Semaphore(0))

    assert visit.login is Login.NO_BANNER
    assert visit.detail == "accepts and says nothing that is SSH: hangs for 0.3 s"


async def test_an_identification_that_drips_is_heard_all_the_same() -> None:
    async with talking_port(drips(b"hello\r\nSSH-2.0-slow\r\n")) as port:
        visit = await enter(port, make_key(), deadline=2 * SOON)

    assert (visit.login, visit.banner) == (Login.FAILED, "SSH-2.0-slow")


async def test_a_server_that_drips_after_its_identification_ends_with_the_deadline() -> None:
    async with talking_port(drips(b"SSH-2.0-x\r\n" + b"\0\0\1\0" + b"\x14" * 1000)) as port:
        visit = await enter(port, make_key(), deadline=SOON)

    assert visit.login is Login.FAILED
    assert visit.detail == "logging in: hangs for 0.3 s"


@pytest.mark.parametrize(
    "piece",
    [
        pytest.param(b"x" * 65536, id="without a newline"),
        pytest.param(b"Authorized use only.\r\n" * 1000, id="in lines"),
        pytest.param(b"\xff\xfe\r\n" * 1000, id="in no charset"),
    ],
)
async def test_megabytes_before_the_identification_end_at_once(piece: bytes) -> None:
    async with talking_port(forever(piece)) as port:
        began = time.monotonic()
        visit = await enter(port, make_key(), handshakes=asyncio.Semaphore(0))
        took = time.monotonic() - began

    assert visit.login is Login.NO_BANNER
    assert visit.detail == "accepts and says nothing that is SSH in 8 KiB"
    assert took < PATIENT.total_seconds() / 2


async def test_a_server_that_says_something_else_and_closes_is_told() -> None:
    async with says(b"220 mail.example ESMTP\r\n", then_hang=False) as port:
        visit = await enter(port, make_key())

    assert visit.login is Login.NO_BANNER
    assert visit.detail == "accepts and says nothing that is SSH, and closes"


@pytest.mark.parametrize("size", [35_001, 2**18, 2**24, 2**31 - 1, 2**32 - 1])
async def test_a_server_that_claims_a_huge_packet_has_failed(size: int) -> None:
    """What it then sends is heard no longer than the deadline, and not kept."""
    head = b"SSH-2.0-x\r\n" + size.to_bytes(4, "big") + b"\4\x14"
    async with says(head, b"\0" * 4096) as port:
        visit = await enter(port, make_key(), deadline=SOON)

    assert visit.login is Login.FAILED
    assert visit.banner == "SSH-2.0-x"


async def test_a_huge_packet_that_does_come_is_cut(tmp_path: Path) -> None:
    head = b"SSH-2.0-x\r\n" + (2**28).to_bytes(4, "big") + b"\4\x14"

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        await forever(b"\0" * 65536)(reader, writer)

    async with talking_port(conversation) as port:
        began = time.monotonic()
        visit = await enter(port, make_key())
        took = time.monotonic() - began

    assert visit.login is Login.FAILED
    assert took < PATIENT.total_seconds() / 2


async def test_hostile_neighbours_hold_up_nobodys_login(tmp_path: Path) -> None:
    """Two places are enough for whoever wants to log in among forty that do not."""
    handshakes = Handshakes(2, 100)
    async with (
        ssh_box(tmp_path) as box,
        talking_port(drips(b"x" * 1000)) as drip,
        talking_port(forever(b"x" * 65536)) as flood,
        asyncio.TaskGroup() as group,
    ):
        key = make_key()
        bad = [
            group.create_task(enter(port, key, handshakes=handshakes))
            for port in [drip, flood] * 20
        ]
        visit = await enter_box(box, handshakes=handshakes)
        for task in bad:
            task.cancel()

    assert visit.login is Login.OK


async def test_a_wrong_charset_in_the_answer_is_an_answer(tmp_path: Path) -> None:
    greek = "\u03b1\u03b2\u03b3".encode("iso8859-7")
    said = frames(COMMAND, {**FACTS, "kernel": "?"}).replace(b"?", greek)

    async def speak(process: Process) -> None:
        process.stdout.write(said)
        process.exit(0)

    async with ssh_box(tmp_path, speak) as box:
        visit = await enter_box(box)

    assert (visit.login, visit.answer) == (Login.OK, said)


async def test_a_shell_that_sleeps_before_it_answers_has_its_time(tmp_path: Path) -> None:
    async def sleepy(process: Process) -> None:
        await asyncio.sleep(SOON.total_seconds())
        process.stdout.write(frames(COMMAND, FACTS))
        process.exit(0)

    async with ssh_box(tmp_path, sleepy) as box:
        visit = await enter_box(box)

    assert visit.login is Login.OK


async def test_a_shell_that_drips_for_ever_ends_with_the_deadline(tmp_path: Path) -> None:
    async def drip(process: Process) -> None:
        while not process.stdout.is_closing():
            process.stdout.write(b"x")
            await asyncio.sleep(DRIP)

    async with ssh_box(tmp_path, drip) as box:
        visit = await enter_box(box, deadline=2 * SOON)

    assert visit.login is Login.FAILED
    assert visit.detail == "answering: hangs for 0.6 s"


async def test_a_child_in_the_background_that_holds_the_channel_holds_up_nothing(
    tmp_path: Path,
) -> None:
    """A real shell: its child keeps the output open, as a daemon started by a login script."""

    async def forks(process: Process) -> None:
        script = "sleep 60 & cat"
        async with real_shell(script) as (stdin, stdout):
            stdin.write(frames(COMMAND, FACTS))
            stdin.close()
            while piece := await stdout.read(4096):
                process.stdout.write(piece)

    async with ssh_box(tmp_path, forks) as box:
        began = time.monotonic()
        visit = await enter_box(box)
        took = time.monotonic() - began

    assert visit.login is Login.OK
    assert took < PATIENT.total_seconds() / 2


async def test_greetings_and_a_prompt_before_the_answer_are_let_pass(tmp_path: Path) -> None:
    greeting = b"Welcome!\r\n\x1b[2J*** mail for root ***\r\n$ "

    async def greet(process: Process) -> None:
        process.stdout.write(greeting + frames(COMMAND, FACTS))
        process.exit(0)

    async with ssh_box(tmp_path, greet) as box:
        visit = await enter_box(box)

    assert visit.login is Login.OK
    assert visit.answer.endswith(end_mark(NONCE))


async def test_a_banner_before_the_login_is_let_pass(tmp_path: Path) -> None:
    visit = await greeted(tmp_path, "Authorized use only.\r\n\x1b[2J", times=3)

    assert visit.login is Login.REFUSED


async def test_megabytes_of_banner_before_the_login_end_at_once(tmp_path: Path) -> None:
    began = time.monotonic()
    visit = await greeted(tmp_path, "x" * 30_000, times=1000)
    took = time.monotonic() - began

    assert visit.login is Login.FAILED
    assert visit.detail == "logging in: sends without end"
    assert took < PATIENT.total_seconds() / 2


async def test_a_server_that_prompts_for_a_password_gets_none(tmp_path: Path) -> None:
    asked: list[str] = []

    class Prompting(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            return True

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            asked.append(password)
            return True

        def kbdint_auth_supported(self) -> bool:
            return True

        def get_kbdint_challenge(
            self, username: str, lang: str, submethods: str
        ) -> tuple[str, str, str, list[tuple[str, bool]]]:
            asked.append("challenge")
            return "", "", "", [("Password: ", False)]

    async with server_of(Prompting) as port:
        visit = await enter(port, make_key())

    assert visit.login is Login.REFUSED
    assert asked == []


async def greeted(folder: Path, banner: str, *, times: int) -> Visit:
    """What becomes of a login at a server that says so much first, and then lets nobody in."""

    class Talking(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            self._connection = conn

        def begin_auth(self, username: str) -> bool:
            for _ in range(times):
                self._connection.send_auth_banner(banner)
            return True

        def public_key_auth_supported(self) -> bool:
            return True

    async with server_of(Talking) as port:
        return await enter(port, make_key())


@asynccontextmanager
async def server_of(kind: type[asyncssh.SSHServer]) -> AsyncIterator[int]:
    listener = await asyncssh.create_server(kind, HOST, 0, server_host_keys=[make_key()])
    try:
        yield listener.get_port()
    finally:
        listener.close()
        await listener.wait_closed()


@asynccontextmanager
async def real_shell(
    script: str,
) -> AsyncIterator[tuple[asyncio.StreamWriter, asyncio.StreamReader]]:
    """Both ends of a shell; it and its children are gone when we leave."""
    pipe = asyncio.subprocess.PIPE
    shell = await asyncio.create_subprocess_exec(
        *("sh", "-c", script), stdin=pipe, stdout=pipe, start_new_session=True
    )
    assert shell.stdin is not None
    assert shell.stdout is not None
    try:
        yield shell.stdin, shell.stdout
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
        await shell.wait()
