"""An SSH connection over an open pipe: its options are prepared once, and it says no more than due.

`asyncssh.connect` prepares its options anew in a thread for every connection, which costs as much
as half a visit; here they are copied. Beyond its documentation, this uses of asyncssh 2.24 what its
own `connect` does next: the options' `waiter` and `protocol_factory`, and the constructor of the
connection. `Entrance` says what else it leans on.
"""

import asyncio
import copy
from typing import Any

import asyncssh

from plcmon.probes.pipe import Pipe

IGNORE = 2  # SSH_MSG_IGNORE: RFC 4253, section 11.2
BY_KEY = b"publickey"
SIGNED = b"\1"  # "this request has its signature": RFC 4252, section 7


class Silence:
    """In place of asyncssh's log, which writes out each packet before it asks whether to say it."""

    def say(self, *_: object, **__: object) -> None:
        """Say nothing; the service lets asyncssh say errors only, and a connection has none."""

    debug1 = debug2 = info = packet = say

    def get_child(self, *_: object, **__: object) -> "Silence":
        return self


SILENCE = Silence()


class Entrance(asyncssh.SSHClientConnection):
    """A connection that logs in with one key in as few words as the protocol takes.

    asyncssh sends a packet to be ignored before each other one, which hides text whose beginning
    somebody could choose in a mode of ciphers that is not offered here (CBC). It asks which ways to
    log in there are, then whether our key would do, then shows a signature. Here the signature is
    shown at once, as RFC 4252 allows; the server has proven to own its key by then. A key of an
    agent is asked about first: it signs elsewhere, and there may be several.

    Private to asyncssh is `_auth_methods`, what is to be tried. The other names are not, but only
    its source says when they are used; tests/probes/test_handshake.py counts what is sent.
    """

    logger = SILENCE  # type: ignore[assignment]  # it has what a connection calls

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        options: asyncssh.SSHClientConnectionOptions,
        *,
        wait: str,
    ) -> None:
        super().__init__(loop, options, wait=wait)
        self._auth_methods = [BY_KEY]
        self._pair: asyncssh.SSHKeyPair | None = None

    def send_packet(self, pkttype: int, *args: bytes, handler: Any = None) -> None:
        if pkttype != IGNORE:
            super().send_packet(pkttype, *args, handler=self)

    def log_sent_packet(self, *_: object, **__: object) -> None:
        """Say nothing of a packet; the silence would hear it written out first."""

    log_received_packet = log_sent_packet

    async def public_key_auth_requested(self) -> asyncssh.SSHKeyPair | None:
        self._pair = await super().public_key_auth_requested()
        return self._pair

    async def send_userauth_request(
        self, method: bytes, *args: bytes, key: Any = None, trivial: bool = True
    ) -> None:
        if (
            method == BY_KEY
            and key is None
            and not isinstance(self._pair, asyncssh.SSHAgentKeyPair)
        ):
            _asked, *named = args
            args, key, trivial = (SIGNED, *named), self._pair, False
        await super().send_userauth_request(method, *args, key=key, trivial=trivial)


async def open_connection(
    pipe: Pipe,
    options: asyncssh.SSHClientConnectionOptions,
    user: str,
    client: asyncssh.SSHClient,
    *,
    host: str = "",
) -> asyncssh.SSHClientConnection:
    """Exchange keys and log in over a pipe that says something.

    `host` is what a host certificate must be for. Raises what `asyncssh.connect` raises; the
    connection is closed then.
    """
    loop = asyncio.get_running_loop()
    own = own_copy(options)
    own.username = user
    own.host = host
    own.protocol_factory = lambda: client
    own.waiter = loop.create_future()
    connection = Entrance(loop, own, wait="auth")
    pipe.attach(connection)
    try:
        await own.waiter
    except BaseException:
        connection.abort()
        await connection.wait_closed()
        raise
    return connection


def own_copy(options: asyncssh.SSHClientConnectionOptions) -> asyncssh.SSHClientConnectionOptions:
    """Options for one connection, which sets the signature that a server takes on its key pairs."""
    own = object.__new__(type(options))  # as copy.copy would, at a fifth of the cost
    vars(own).update(vars(options))
    own.client_keys = [copy.copy(pair) for pair in options.client_keys or ()]
    return own
