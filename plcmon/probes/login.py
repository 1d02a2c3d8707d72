"""One SSH connection to one node: exchange keys, log in, run one command, hear its answer.

The only file that catches asyncssh's and the socket's errors for nodes. Whatever the node does,
the visit ends within its deadline in a `Login` and a sentence.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import asyncssh

from plcmon.model.readings import Login
from plcmon.probes.facts import MOST_BYTES, line_of
from plcmon.probes.handshake import open_connection
from plcmon.probes.pipe import EndlessError, Pipe
from plcmon.times import Clock

MOST_BANNER = 255  # RFC 4253, section 4.2
SSH = b"SSH-"
MOST_LINE = 8 * 1024  # of what may come before the identification
WINDOW = 128 * 1024  # of an answer that a node may send unasked: not much more than is read
MOST_SENT = 512 * 1024  # by a node in one visit; a usual one takes about 4 KiB
PERMISSION = (asyncssh.PermissionDenied, asyncssh.HostKeyNotVerifiable)


@dataclass(frozen=True, slots=True)
class Question:
    """What is run after the login, and the bytes that its complete answer ends with."""

    command: str  # empty: logging in is all
    end: bytes


@dataclass(slots=True)
class Visit:
    """What is known of one connection so far; it stands whatever becomes of the rest."""

    pinned: str = ""  # the key that must be shown, OpenSSH form; empty: never met
    authorities: tuple[str, ...] = ()  # keys that may sign host certificates, OpenSSH form
    pins: bool = True  # a key never met is taken for the right one
    shown: str = ""  # the key that was shown
    fingerprint: str = ""
    key_proven: bool = False  # the server proved to own the key
    banner: str = ""
    login: Login = Login.NO_BANNER
    answer: bytes = b""
    answered_at: datetime | None = None  # middle of the round trip
    detail: str = ""

    @property
    def is_stranger(self) -> bool:
        """True when the server showed another key than the pinned one, or one not to be pinned."""
        known = self.shown == self.pinned if self.pinned else self.pins
        return bool(self.shown) and not known

    def end(self, login: Login, detail: str = "") -> None:
        self.login, self.detail = login, detail


class Contact(asyncssh.SSHClient):
    """Writes down what the server shows, and refuses a stranger before anything secret is said."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.stage = "logging in"
        self._connection: asyncssh.SSHClientConnection | None = None

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self._connection = conn

    def note_banner(self) -> None:
        """Take over the server's identification, if it ever came."""
        if self._connection is not None:
            said = self._connection.get_extra_info("server_version", "")
            self.visit.banner = line_of(str(said), MOST_BANNER)

    def note_certified(self, connection: asyncssh.SSHClientConnection) -> None:
        """Take over the key behind a certificate; it is not pinned, the next one may be another."""
        key = connection.get_server_host_key()
        if key is not None and not self.visit.shown:
            self.visit.fingerprint = key.get_fingerprint()

    def validate_host_public_key(
        self, host: str, addr: str, port: int, key: asyncssh.SSHKey
    ) -> bool:
        self.visit.shown = openssh_form(key)
        self.visit.fingerprint = key.get_fingerprint()
        return not self.visit.is_stranger

    def validate_host_ca_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        return openssh_form(key) in self.visit.authorities

    def auth_completed(self) -> None:
        self.stage = "answering"


class Answer(asyncssh.SSHClientSession[bytes]):
    """What a node's shell says, up to the cap; over as soon as the end is heard."""

    def __init__(self, end: bytes) -> None:
        self.heard = bytearray()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.broken_by: Exception | None = None
        self._end = end
        self._size = 0

    @property
    def is_flood(self) -> bool:
        return self._size > MOST_BYTES

    def connection_made(self, chan: asyncssh.SSHClientChannel[bytes]) -> None:
        """There is no input; that is said in one breath with the command, which goes out next."""
        asyncio.get_running_loop().call_soon(chan.write_eof)

    def data_received(self, data: bytes, datatype: asyncssh.DataType) -> None:
        """The shell's errors count for the cap and are left out."""
        self._size += len(data)
        if datatype is None and not self.is_flood:
            self.heard += data
        if self.is_flood or self.heard.endswith(self._end):
            self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        self.broken_by = exc
        self._finish()

    def _finish(self) -> None:
        if not self.over.done():
            self.over.set_result(None)


@dataclass(frozen=True, slots=True)
class Terms:
    """How a connection is made."""

    user: str
    options: asyncssh.SSHClientConnectionOptions
    deadline: timedelta  # from the open connection to the last word of the answer
    host: str = ""  # the name that a host certificate must be for


async def log_in(
    sock: socket.socket,
    visit: Visit,
    question: Question,
    terms: Terms,
    *,
    clock: Clock,
    handshakes: AbstractAsyncContextManager[Any],
) -> None:
    """Log in over an open connection and ask the question; `visit` says what came of it.

    `handshakes` is held from the server's identification on; waiting for it doesn't count.
    """
    contact = Contact(visit)
    pipe = Pipe(sock, most=MOST_SENT)
    try:
        async with asyncio.timeout(terms.deadline.total_seconds()) as limit:
            try:
                if why_not := await no_identification(pipe):
                    visit.end(Login.NO_BANNER, f"accepts and {why_not}")
                    return
                async with held(handshakes, limit):
                    await converse(pipe, contact, question, terms, clock)
            except PERMISSION as error:
                refuse(visit, error)
            except (asyncssh.ProtocolNotSupported, UnicodeDecodeError) as error:
                # It did say SSH-, in a version or a charset that asyncssh doesn't take.
                visit.end(Login.FAILED, f"speaks another SSH: {line_of(str(error))}")
            except (asyncssh.Error, OSError, ValueError) as error:
                # ValueError: asyncssh hands on packets it cannot decode.
                break_off(visit, contact, line_of(str(error)) or type(error).__name__)
    except TimeoutError:
        break_off(visit, contact, hangs(terms.deadline))
    finally:
        pipe.abort()


async def listen(sock: socket.socket, visit: Visit, deadline: timedelta) -> None:
    """Hear the server's identification only: for nodes to which there is no key."""
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            try:
                visit.banner = await identification(sock)
            except OSError as error:
                visit.end(Login.NO_BANNER, f"accepts, then {error.strerror or error}")
                return
    except TimeoutError:
        visit.end(Login.NO_BANNER, f"accepts and says nothing that is SSH: {hangs(deadline)}")
        return
    if visit.banner:
        visit.end(Login.BANNER_ONLY)
    else:
        visit.end(Login.NO_BANNER, "accepts and says nothing that is SSH")


async def converse(
    pipe: Pipe, contact: Contact, question: Question, terms: Terms, clock: Clock
) -> None:
    """Exchange keys, authenticate, ask; leaves the connection closed."""
    connection = await open_connection(pipe, terms.options, terms.user, contact, host=terms.host)
    try:
        contact.note_banner()
        contact.note_certified(connection)
        contact.visit.key_proven = True
        contact.visit.end(Login.OK)
        if question.command:
            await ask(connection, contact.visit, question, clock)
    finally:
        connection.disconnect(asyncssh.DISC_BY_APPLICATION, "done")
        await connection.wait_closed()


async def ask(
    connection: asyncssh.SSHClientConnection, visit: Visit, question: Question, clock: Clock
) -> None:
    """Run the command and hear it to its end, to the cap, or until the node hangs up."""
    visit.login = Login.FAILED  # until the answer is whole
    asked_at = clock.now()
    answer = Answer(question.end)
    await connection.create_session(lambda: answer, question.command, encoding=None, window=WINDOW)
    await answer.over
    if isinstance(answer.broken_by, EndlessError):
        raise answer.broken_by
    visit.answered_at = asked_at + (clock.now() - asked_at) / 2
    visit.answer = bytes(answer.heard)
    if answer.is_flood:
        visit.detail = f"answers with more than {MOST_BYTES // 1024} KiB"
    else:
        visit.login = Login.OK


def refuse(visit: Visit, error: asyncssh.DisconnectError) -> None:
    """The server is there: it is a stranger, or it will not let us in."""
    if visit.is_stranger:
        why = "not the pinned one" if visit.pinned else "which nobody accepted"
        visit.end(Login.HOSTKEY, f"shows the host key {visit.fingerprint}, {why}")
    elif visit.authorities and isinstance(error, asyncssh.HostKeyNotVerifiable):
        visit.end(Login.HOSTKEY, f"shows a certificate: {line_of(error.reason)}")
    elif isinstance(error, asyncssh.PermissionDenied):
        visit.key_proven = True
        visit.end(Login.REFUSED, "refuses our key")
    else:
        visit.end(Login.FAILED, line_of(error.reason))


def break_off(visit: Visit, contact: Contact, why: str) -> None:
    """The connection ended early: how far had it come?"""
    contact.note_banner()
    if visit.answered_at is not None and visit.login is Login.OK:
        return  # all was said; only the goodbye failed
    if visit.banner:
        visit.end(Login.FAILED, f"{contact.stage}: {why}")
    else:
        visit.end(Login.NO_BANNER, f"accepts and says nothing that is SSH: {why}")


def hangs(deadline: timedelta) -> str:
    return f"hangs for {deadline.total_seconds():g} s"


@asynccontextmanager
async def held(
    handshakes: AbstractAsyncContextManager[Any], limit: asyncio.Timeout
) -> AsyncIterator[None]:
    """Hold a place to log in; the deadline stands still while there is none."""
    loop = asyncio.get_running_loop()
    left = (limit.when() or loop.time()) - loop.time()
    limit.reschedule(None)
    async with handshakes:
        limit.reschedule(loop.time() + left)
        yield


async def no_identification(pipe: Pipe) -> str:
    """Wait for the server's identification; what it did instead, if it did.

    Who stays mute, drips or talks of other things thus never takes a place among the handshakes.
    """
    said = await pipe.hears(lambda said: len(said) >= MOST_LINE or identifies(said))
    if identifies(said):
        return ""
    if len(said) >= MOST_LINE:
        return f"says nothing that is SSH in {MOST_LINE // 1024} KiB"
    return "says nothing that is SSH, and closes" if said else "closes without a word"


def identifies(said: bytes) -> bool:
    """Whether a whole line begins with SSH- (RFC 4253, section 4.2)."""
    return any(line.startswith(SSH) for line in said.split(b"\n")[:-1])


async def identification(sock: socket.socket) -> str:
    """The line that begins with SSH- (RFC 4253, section 4.2); empty when none comes."""
    loop = asyncio.get_running_loop()
    heard, taken = b"", 0
    while taken < MOST_BYTES:
        piece = await loop.sock_recv(sock, 4096)
        if not piece:
            return ""
        taken += len(piece)
        *lines, heard = (heard + piece).split(b"\n")
        for line in lines:
            if line.startswith(SSH):
                return line_of(line.decode("ascii", errors="replace"), MOST_BANNER)
        heard = heard[-MOST_LINE:]
    return ""


def openssh_form(key: asyncssh.SSHKey) -> str:
    """Algorithm and key, without the comment."""
    return " ".join(key.export_public_key("openssh").decode("ascii").split()[:2])
