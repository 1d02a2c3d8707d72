"""Options are shared by every login, and no login leaves a mark on them."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncssh
import pytest

from plcmon.probes.handshake import open_connection
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


async def log_in(port: int, options: asyncssh.SSHClientConnectionOptions) -> socket.socket:
    """Log in and out again; the socket that was used."""
    sock = socket.create_connection((HOST, port))
    connection = await open_connection(sock, options, "root", Trusting())
    connection.close()
    await connection.wait_closed()
    return sock


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


async def test_a_refusal_leaves_the_connection_closed(
    options: asyncssh.SSHClientConnectionOptions,
) -> None:
    async with server(takes="rsa-sha2-512", lets_in=False) as port:
        sock = socket.create_connection((HOST, port))
        with pytest.raises(asyncssh.PermissionDenied):
            await open_connection(sock, options, "root", Trusting())

    assert sock.fileno() < 0
