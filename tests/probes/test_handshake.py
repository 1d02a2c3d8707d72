"""Options are shared by every login, and no login leaves a mark on them."""

import asyncio
import logging
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncssh
import pytest

from plcmon.probes.handshake import open_connection
from plcmon.probes.pipe import Pipe
from plcmon.probes.ssh import options_for
from tests.fakes.peers import HOST, make_key


class Welcoming(asyncssh.SSHServer):
    """Lets in whoever owns a key, or nobody."""

    def __init__(self, lets_in: bool) -> None:
        self._lets_in = lets_in

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return self._lets_in


@asynccontextmanager
async def server(*, takes: str, lets_in: bool = True) -> AsyncIterator[int]:
    """A server that takes only signatures of this kind."""
    listener = await asyncssh.listen(
        HOST,
        0,
        server_factory=lambda: Welcoming(lets_in),
        server_host_keys=[make_key()],
        signature_algs=[takes, "ssh-ed25519"],
    )
    async with listener:
        yield listener.get_port()


@pytest.fixture(scope="module")
def options() -> asyncssh.SSHClientConnectionOptions:
    return options_for(asyncssh.generate_private_key("ssh-rsa"), "")


class Trusting(asyncssh.SSHClient):
    """Takes any host key."""

    def validate_host_public_key(
        self, host: str, addr: str, port: int, key: asyncssh.SSHKey
    ) -> bool:
        return True


async def pipe_to(port: int) -> tuple[Pipe, socket.socket]:
    """A pipe to a server that has begun to speak, and the socket under it."""
    sock = await asyncio.to_thread(socket.create_connection, (HOST, port))
    sock.setblocking(False)
    pipe = Pipe(sock, most=64 * 1024)
    assert await pipe.hears(bool)
    return pipe, sock


async def log_in(port: int, options: asyncssh.SSHClientConnectionOptions) -> None:
    """Log in and out again."""
    pipe, _ = await pipe_to(port)
    connection = await open_connection(pipe, options, "root", Trusting())
    connection.close()
    await connection.wait_closed()


@pytest.mark.parametrize("takes", ["rsa-sha2-256", "rsa-sha2-512"])
async def test_what_one_server_takes_is_not_what_the_next_is_shown(
    takes: str, options: asyncssh.SSHClientConnectionOptions
) -> None:
    before = [pair.sig_algorithm for pair in options.client_keys or ()]

    async with server(takes=takes) as port:
        await log_in(port, options)

    assert [pair.sig_algorithm for pair in options.client_keys or ()] == before


async def test_servers_of_both_kinds_let_us_in_side_by_side(
    options: asyncssh.SSHClientConnectionOptions,
) -> None:
    async with server(takes="rsa-sha2-256") as one, server(takes="rsa-sha2-512") as other:
        await asyncio.gather(*(log_in(port, options) for port in (one, other) * 8))


def received(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The packets of a login that came to the server, by its own log; our side keeps none."""
    said = [record.getMessage() for record in caplog.records]
    names = [found[1] for line in said if (found := re.search(r"Received MSG_(\w+)", line))]
    return [name for name in names if name != "DISCONNECT"]  # it may be gone by then


async def test_a_login_takes_no_more_packets_than_it_must(
    caplog: pytest.LogCaptureFixture, options: asyncssh.SSHClientConnectionOptions
) -> None:
    """No packet to be ignored, no question which ways there are or whether our key would do."""
    asyncssh.set_debug_level(3)
    try:
        with caplog.at_level(logging.DEBUG, logger="asyncssh"):
            async with server(takes="rsa-sha2-512") as port:
                await log_in(port, options)
    finally:
        asyncssh.set_debug_level(1)

    assert received(caplog) == [
        *("KEXINIT", "KEX_ECDH_INIT", "NEWKEYS", "EXT_INFO", "SERVICE_REQUEST", "USERAUTH_REQUEST")
    ]


async def test_a_refusal_leaves_the_connection_closed(
    options: asyncssh.SSHClientConnectionOptions,
) -> None:
    async with server(takes="rsa-sha2-512", lets_in=False) as port:
        pipe, sock = await pipe_to(port)
        with pytest.raises(asyncssh.PermissionDenied):
            await open_connection(pipe, options, "root", Trusting())

    assert sock.fileno() < 0
