"""An SSH connection over an open socket, with options that are prepared once and not per login.

`asyncssh.connect` prepares its options anew in a thread for every connection, which costs a tenth
of a whole visit; here they are copied. Beyond its documentation, this uses of asyncssh 2.24 what
its own `connect` does next: the options' `waiter` and `protocol_factory`, and the constructor of
the connection.
"""

import asyncio
import copy
import socket

import asyncssh


async def open_connection(
    sock: socket.socket,
    options: asyncssh.SSHClientConnectionOptions,
    user: str,
    client: asyncssh.SSHClient,
    *,
    host: str = "",
) -> asyncssh.SSHClientConnection:
    """Exchange keys and log in; the socket is the connection's from here on.

    `host` is what a host certificate must be for. Raises what `asyncssh.connect` raises; the
    connection is closed then.
    """
    loop = asyncio.get_running_loop()
    own = own_copy(options)
    own.username = user
    own.host = host
    own.protocol_factory = lambda: client
    own.waiter = loop.create_future()
    _, connection = await loop.create_connection(
        lambda: asyncssh.SSHClientConnection(loop, own, wait="auth"), sock=sock
    )
    try:
        await own.waiter
    except BaseException:
        connection.abort()
        await connection.wait_closed()
        raise
    return connection


def own_copy(options: asyncssh.SSHClientConnectionOptions) -> asyncssh.SSHClientConnectionOptions:
    """Options for one connection, which sets the signature that a server takes on its key pairs."""
    own = copy.copy(options)
    own.client_keys = [copy.copy(pair) for pair in options.client_keys or ()]
    return own
