"""One connection, with servers that behave and servers that don't."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from plcmon.model.readings import Login
from plcmon.probes.facts import MOST_BYTES, end_mark, script
from plcmon.probes.login import Question, Terms, Visit, listen, log_in, openssh_form
from plcmon.probes.ssh import options_for
from plcmon.probes.tcp import dial
from plcmon.times import SystemClock
from tests.fakes.peers import (
    FACTS,
    HOST,
    Box,
    Conversation,
    frames,
    make_key,
    mute_port,
    ssh_box,
    talking_port,
)

NONCE = "5a" * 16
COMMAND = script(dict.fromkeys(FACTS, "cat"), NONCE)
QUESTION = Question(COMMAND, end_mark(NONCE))
PATIENT = timedelta(seconds=10)
SOON = timedelta(milliseconds=300)

Process = asyncssh.SSHServerProcess[bytes]


async def enter(
    port: int,
    key: asyncssh.SSHKey,
    *,
    pinned: str = "",
    question: Question = QUESTION,
    deadline: timedelta = PATIENT,
    handshakes: Any = None,
) -> Visit:
    visit = Visit(pinned=pinned)
    attempt = await dial(HOST, port, PATIENT)
    options = await asyncio.to_thread(options_for, key, "")
    with attempt.sock:
        await log_in(
            attempt.sock,
            visit,
            question,
            Terms("root", options, deadline),
            clock=SystemClock(),
            handshakes=handshakes or nullcontext(),
        )
    return visit


async def enter_box(box: Box, **how: Any) -> Visit:
    key = await asyncio.to_thread(asyncssh.read_private_key, box.key_file)
    return await enter(box.port, key, **how)


async def hear(port: int, deadline: timedelta = PATIENT) -> Visit:
    visit = Visit()
    attempt = await dial(HOST, port, PATIENT)
    with attempt.sock:
        await listen(attempt.sock, visit, deadline)
    return visit


@asynccontextmanager
async def says(*pieces: bytes, then_hang: bool = True) -> AsyncIterator[int]:
    """A server that says these pieces to whoever connects."""

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        if then_hang:
            await reader.read(-1)

    async with talking_port(conversation) as port:
        yield port


def forever(piece: bytes) -> Conversation:
    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(piece)
            await writer.drain()

    return conversation


async def test_a_login_with_a_whole_answer_is_ok(tmp_path: Path) -> None:
    async with ssh_box(tmp_path) as box:
        visit = await enter_box(box)

    assert visit.login is Login.OK
    assert visit.answer.endswith(end_mark(NONCE))
    assert visit.banner.startswith("SSH-2.0-AsyncSSH")
    assert visit.fingerprint == box.host_key.get_fingerprint()
    assert visit.shown == openssh_form(box.host_key)
    assert visit.key_proven
    assert box.commands == [COMMAND]


async def test_without_a_question_logging_in_is_all(tmp_path: Path) -> None:
    async with ssh_box(tmp_path) as box:
        visit = await enter_box(box, question=Question("", b""))

    assert visit.login is Login.OK
    assert box.commands == []


async def test_a_server_that_does_not_know_our_key_refuses(tmp_path: Path) -> None:
    async with ssh_box(tmp_path, lets_in=False) as box:
        visit = await enter_box(box)

    assert visit.login is Login.REFUSED
    assert visit.key_proven
    assert box.logins == ["root"]


async def test_a_stranger_is_told_nothing(tmp_path: Path) -> None:
    async with ssh_box(tmp_path) as box:
        visit = await enter_box(box, pinned=openssh_form(make_key()))

    assert visit.login is Login.HOSTKEY
    assert box.logins == []
    assert box.host_key.get_fingerprint() in visit.detail
    assert not visit.key_proven


async def test_the_pinned_key_is_let_pass(tmp_path: Path) -> None:
    async with ssh_box(tmp_path) as box:
        visit = await enter_box(box, pinned=openssh_form(box.host_key))

    assert visit.login is Login.OK


async def test_a_port_that_accepts_and_stays_mute_has_no_banner() -> None:
    with mute_port() as port:
        visit = await enter(port, make_key(), deadline=SOON)

    assert visit.login is Login.NO_BANNER
    assert "hangs for 0.3 s" in visit.detail


async def test_a_port_that_accepts_and_closes_has_no_banner() -> None:
    async with says(then_hang=False) as port:
        visit = await enter(port, make_key())

    assert visit.login is Login.NO_BANNER
    assert visit.detail == "accepts and closes without a word"


@pytest.mark.parametrize(
    "noise",
    [
        pytest.param(b"220 mail.example ESMTP\r\n", id="another service"),
        pytest.param(b"login: ", id="a prompt"),
        pytest.param(b"\xff\xfd\x18\xff\xfd\x20", id="telnet"),
        pytest.param("Grüße\n".encode("latin-1"), id="another charset"),
        pytest.param(b"\n" * 5000, id="lines without end"),
    ],
)
async def test_noise_that_is_not_ssh_is_no_banner(noise: bytes) -> None:
    async with says(noise) as port:
        visit = await enter(port, make_key(), deadline=SOON)

    assert visit.login is Login.NO_BANNER
    assert visit.detail


async def test_a_megabyte_without_a_newline_ends_at_once() -> None:
    async with talking_port(forever(b"x" * 65536)) as port:
        began = time.monotonic()
        visit = await enter(port, make_key())
        took = time.monotonic() - began

    assert visit.login is Login.NO_BANNER
    assert took < PATIENT.total_seconds() / 2


async def test_a_server_that_hangs_after_its_banner_has_failed() -> None:
    async with says(b"SSH-2.0-OpenSSH_4.7\r\n") as port:
        visit = await enter(port, make_key(), deadline=SOON)

    assert visit.login is Login.FAILED
    assert visit.banner == "SSH-2.0-OpenSSH_4.7"
    assert visit.detail == "logging in: hangs for 0.3 s"


async def test_a_banner_after_a_greeting_is_heard() -> None:
    async with says(b"Authorized use only.\r\n", b"SSH-2.0-x\r\n") as port:
        visit = await enter(port, make_key(), deadline=SOON)

    assert (visit.login, visit.banner) == (Login.FAILED, "SSH-2.0-x")


@pytest.mark.parametrize(
    "noise",
    [
        pytest.param(b"\x00" * 400, id="zeros"),
        pytest.param(b"\xff" * 400, id="a packet of 4 GiB"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n" * 20, id="text"),
    ],
)
async def test_rubbish_after_the_banner_has_failed(noise: bytes) -> None:
    async with says(b"SSH-2.0-x\r\n", noise) as port:
        visit = await enter(port, make_key(), deadline=SOON)

    assert visit.login is Login.FAILED
    assert visit.detail


@pytest.mark.parametrize("banner", ["SSH-2.0-Gr\u00fc\u00dfe\r\n", "SSH-1.5-OpenSSH_3\r\n"])
async def test_an_ssh_that_is_not_ours_is_still_a_server_that_lives(banner: str) -> None:
    """Without a banner the node would pass for wedged, and power would be its cure."""
    async with says(banner.encode("latin-1")) as port:
        visit = await enter(port, make_key(), deadline=SOON)

    assert visit.login is Login.FAILED
    assert visit.detail.startswith("speaks another SSH: ")


async def test_a_server_that_closes_after_its_banner_has_failed() -> None:
    async with says(b"SSH-2.0-x\r\n", then_hang=False) as port:
        visit = await enter(port, make_key())

    assert visit.login is Login.FAILED


async def test_a_shell_that_hangs_has_failed_within_the_deadline(tmp_path: Path) -> None:
    async def hang(process: Process) -> None:
        process.stdout.write(b"$ ")
        await process.wait_closed()

    async with ssh_box(tmp_path, hang) as box:
        visit = await enter_box(box, deadline=2 * SOON)

    assert visit.login is Login.FAILED
    assert visit.detail == "answering: hangs for 0.6 s"


async def test_a_shell_that_waits_for_input_is_told_there_is_none(tmp_path: Path) -> None:
    async def asks(process: Process) -> None:
        assert await process.stdin.read() == b""
        process.stdout.write(frames(COMMAND, FACTS))
        process.exit(0)

    async with ssh_box(tmp_path, asks) as box:
        visit = await enter_box(box)

    assert visit.login is Login.OK


async def test_a_flood_is_cut_at_the_cap(tmp_path: Path) -> None:
    async def flood(process: Process) -> None:
        while True:
            process.stdout.write(b"y" * 8192)
            await process.stdout.drain()

    async with ssh_box(tmp_path, flood) as box:
        visit = await enter_box(box)

    assert visit.login is Login.FAILED
    assert visit.detail == "answers with more than 64 KiB"
    assert len(visit.answer) <= MOST_BYTES


async def test_a_flood_of_errors_is_cut_as_well(tmp_path: Path) -> None:
    async def flood(process: Process) -> None:
        while True:
            process.stderr.write(b"y" * 8192)
            await process.stderr.drain()

    async with ssh_box(tmp_path, flood) as box:
        visit = await enter_box(box)

    assert visit.login is Login.FAILED
    assert visit.answer == b""


async def test_a_flood_of_packets_that_mean_nothing_ends_long_before_the_deadline() -> None:
    """RFC 4253, section 11.2: message 2 is to be ignored. A million of them are not."""
    ignored = (12).to_bytes(4, "big") + bytes([6, 2]) + bytes(10)

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-x\r\n")
        while True:
            writer.write(ignored * 1024)
            await writer.drain()

    async with talking_port(conversation) as port:
        began = time.monotonic()
        visit = await enter(port, make_key())
        took = time.monotonic() - began

    assert visit.login is Login.FAILED
    assert visit.detail == "logging in: sends without end"
    assert took < PATIENT.total_seconds() / 2


async def test_such_a_flood_in_the_middle_of_an_answer_ends_it_too(tmp_path: Path) -> None:
    async def flood(process: Process) -> None:
        process.stdout.write(b"$ ")
        while not process.is_closing():
            process.channel.get_connection().send_debug("y" * 8192)
            await asyncio.sleep(0)

    async with ssh_box(tmp_path, flood) as box:
        visit = await enter_box(box)

    assert visit.login is Login.FAILED
    assert visit.detail == "answering: sends without end"


async def test_errors_of_the_shell_are_no_part_of_the_answer(tmp_path: Path) -> None:
    async def grumble(process: Process) -> None:
        process.stderr.write(f"\n{NONCE} end\n".encode())
        process.stdout.write(frames(COMMAND, FACTS))
        process.exit(1)

    async with ssh_box(tmp_path, grumble) as box:
        visit = await enter_box(box)

    assert visit.answer == frames(COMMAND, FACTS)


async def test_a_whole_answer_is_enough_even_if_the_shell_stays(tmp_path: Path) -> None:
    async def linger(process: Process) -> None:
        process.stdout.write(frames(COMMAND, FACTS))
        await process.wait_closed()

    async with ssh_box(tmp_path, linger) as box:
        visit = await enter_box(box)

    assert visit.login is Login.OK


async def test_a_server_that_drops_the_link_in_the_middle_has_an_answer_that_is_short(
    tmp_path: Path,
) -> None:
    async def drop(process: Process) -> None:
        process.stdout.write(frames(COMMAND, FACTS)[:40])
        process.channel.get_connection().abort()

    async with ssh_box(tmp_path, drop) as box:
        visit = await enter_box(box)

    assert not visit.answer.endswith(end_mark(NONCE))


async def test_waiting_for_a_place_does_not_count(tmp_path: Path) -> None:
    place = asyncio.Semaphore(1)
    await place.acquire()
    async with ssh_box(tmp_path) as box, asyncio.TaskGroup() as group:
        task = group.create_task(enter_box(box, deadline=2 * SOON, handshakes=place))
        asyncio.get_running_loop().call_later(4 * SOON.total_seconds(), place.release)
        visit = await task

    assert visit.login is Login.OK


async def test_a_mute_port_never_takes_a_place() -> None:
    place = asyncio.Semaphore(0)
    with mute_port() as port:
        visit = await enter(port, make_key(), deadline=SOON, handshakes=place)

    assert visit.login is Login.NO_BANNER


async def test_a_cancelled_login_gives_its_place_back(tmp_path: Path) -> None:
    place = asyncio.Semaphore(1)
    inside = asyncio.Event()

    async def hang(process: Process) -> None:
        inside.set()
        await process.wait_closed()

    async with ssh_box(tmp_path, hang) as box, asyncio.TaskGroup() as group:
        task = group.create_task(enter_box(box, handshakes=place))
        await inside.wait()
        task.cancel()

    assert not place.locked()


async def test_without_a_key_the_banner_is_all_that_is_heard() -> None:
    async with says(b"motd\r\n", b"SSH-2.0-Open", b"SSH_9.2 \x1b[2J\r\n") as port:
        visit = await hear(port)

    assert (visit.login, visit.banner) == (Login.BANNER_ONLY, "SSH-2.0-OpenSSH_9.2 [2J")


async def test_without_a_key_an_old_version_is_a_banner_too() -> None:
    async with says(b"SSH-1.5-OpenSSH_3\r\n") as port:
        visit = await hear(port)

    assert (visit.login, visit.banner) == (Login.BANNER_ONLY, "SSH-1.5-OpenSSH_3")


async def test_without_a_key_a_mute_port_has_no_banner() -> None:
    with mute_port() as port:
        visit = await hear(port, SOON)

    assert visit.login is Login.NO_BANNER


async def test_without_a_key_a_flood_has_no_banner() -> None:
    async with talking_port(forever(b"x" * 4096)) as port:
        visit = await hear(port)

    assert visit.login is Login.NO_BANNER


async def test_without_a_key_a_closed_connection_has_no_banner() -> None:
    async with says(b"220 hello\r\n", then_hang=False) as port:
        visit = await hear(port)

    assert visit.login is Login.NO_BANNER
