"""Peers on loopback that behave, or misbehave, as nodes do on the network."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncssh

HOST = "127.0.0.1"
BOOT_ID = "3f2b0c9e-7d41-4d6a-9a53-0c1f2e3d4b5a"
FACTS = {"boot_id": BOOT_ID, "uptime": "7200.25 100.00", "kernel": "6.1.0-18-amd64"}
NONCE = re.compile(r"\An=(\w+)$", re.MULTILINE)
ASKED = re.compile(r"^f (\w+) \d+ \d+ ", re.MULTILINE)

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Shell = Callable[["asyncssh.SSHServerProcess[bytes]"], Awaitable[None]]


@contextmanager
def refusing_port() -> Iterator[int]:
    """A port that is held but not listened at: connecting is answered with a reset."""
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        yield sock.getsockname()[1]


@contextmanager
def silent_port(host: str = HOST) -> Iterator[int]:
    """A port whose queue is full: connecting is not answered at all."""
    with socket.socket() as listener, socket.socket() as first:
        listener.bind((host, 0))
        listener.listen(0)
        first.connect(listener.getsockname())
        yield listener.getsockname()[1]


@contextmanager
def mute_port() -> Iterator[int]:
    """A port that accepts and never says a word."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen(64)
        yield listener.getsockname()[1]


@asynccontextmanager
async def talking_port(conversation: Conversation) -> AsyncIterator[int]:
    """A port that holds `conversation` with whoever connects, and ends it when we leave."""
    open_writers: set[asyncio.StreamWriter] = set()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_writers.add(writer)
        try:
            await conversation(reader, writer)
        except ConnectionError:
            pass  # the prober had heard enough
        finally:
            open_writers.discard(writer)
            writer.close()

    server = await asyncio.start_server(converse, HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in tuple(open_writers):
            writer.transport.abort()
        await server.wait_closed()


@dataclass
class Box:
    """An SSH server, its log of what was tried, and the key that lets one in."""

    port: int
    host_key: asyncssh.SSHKey
    key_file: Path
    logins: list[str]  # user names that tried to authenticate
    commands: list[str]


def make_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


def frames(command: str, facts: dict[str, str]) -> bytes:
    """The answer of an honest shell whose facts are these."""
    (nonce,) = NONCE.findall(command)
    lines = [f"\n{nonce} {name}\n{facts[name]}\n" for name in ASKED.findall(command)]
    return ("".join(lines) + f"\n{nonce} end\n").encode()


def honest(facts: dict[str, str]) -> Shell:
    """A shell that answers what it is asked."""

    async def shell(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        process.stdout.write(frames(process.command or "", facts))
        process.exit(0)

    return shell


@asynccontextmanager
async def ssh_box(
    folder: Path,
    shell: Shell | None = None,
    *,
    host_key: asyncssh.SSHKey | None = None,
    more_keys: Sequence[asyncssh.SSHKey] = (),
    host: str = HOST,
    port: int = 0,
    lets_in: bool = True,
    certificate: asyncssh.SSHCertificate | None = None,
) -> AsyncIterator[Box]:
    """An SSH server that knows one key, kept in `folder`; `lets_in` False: knows another."""
    host_key, ours = host_key or make_key(), make_key()
    key_file = folder / "id_ed25519"
    ours.write_private_key(key_file)
    known = ours if lets_in else make_key()
    logins: list[str] = []
    commands: list[str] = []
    answer = shell or honest(FACTS)

    class Server(asyncssh.SSHServer):
        def begin_auth(self, username: str) -> bool:
            logins.append(username)
            return True

    async def run(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        commands.append(process.command or "")
        await answer(process)

    listener = await asyncssh.create_server(
        Server,
        host,
        port,
        server_host_keys=[*more_keys, (host_key, certificate) if certificate else host_key],
        authorized_client_keys=asyncssh.import_authorized_keys(known.export_public_key().decode()),
        process_factory=run,
        encoding=None,
    )
    try:
        yield Box(listener.get_port(), host_key, key_file, logins, commands)
    finally:
        listener.close()
        await listener.wait_closed()
