"""The SSH server of one virtual machine: lets the service in, answers one command a session."""

import asyncio
import socket
from collections.abc import Callable

import asyncssh

from plcmon.sim.machine import Condition, Machine
from plcmon.sim.shell import Reply

USER = "root"
VERSION = "OpenSSH_9.2p1 Debian-2+deb12u3"
FLOOD = 1024 * 1024  # bytes without a newline

Run = Callable[[str], Reply]


class Sshd:
    """Serves connections as `machine` is; its host key may change while it runs."""

    def __init__(
        self,
        machine: Machine,
        host_key: Callable[[], asyncssh.SSHKey],
        caller: asyncssh.SSHKey,
        run: Run,
    ) -> None:
        self.machine = machine
        self.run = run
        self.answered = 0  # commands
        self._caller = caller.public_data
        self._host_key = host_key
        self._options: asyncssh.SSHServerConnectionOptions | None = None
        self._connections: set[asyncssh.SSHServerConnection] = set()

    def change_key(self) -> None:
        """Show what `host_key` gives from the next connection on."""
        self._options = None

    async def serve(self, connection: socket.socket) -> None:
        """Take one caller as far as the login; the rest goes by itself."""
        if self.machine.condition is Condition.BABBLING:
            await babble(connection)
            return
        try:
            await asyncssh.run_server(connection, config=None, options=self.options())
        except (OSError, asyncssh.Error, ValueError):
            # The caller left or was not let in; ValueError: asyncssh could not decode it.
            connection.close()

    def hang_up(self) -> None:
        """Cut every connection without a word."""
        for connection in tuple(self._connections):
            connection.abort()

    def options(self) -> asyncssh.SSHServerConnectionOptions:
        """Made when somebody first calls: many machines of a large fleet are never called."""
        if self._options is None:
            self._options = asyncssh.SSHServerConnectionOptions(
                config=None,
                server_factory=lambda: Guest(self),
                server_host_keys=[self._host_key()],
                server_version=VERSION,
                gss_host=None,
                compression_algs=None,
                allow_pty=False,
                agent_forwarding=False,
                x11_forwarding=False,
            )
        return self._options

    def lets_in(self, user: str, key: asyncssh.SSHKey) -> bool:
        known = user == USER and key.public_data == self._caller
        return known and self.machine.condition is not Condition.DEAF

    def met(self, connection: asyncssh.SSHServerConnection) -> None:
        self._connections.add(connection)

    def left(self, connection: asyncssh.SSHServerConnection) -> None:
        self._connections.discard(connection)


class Guest(asyncssh.SSHServer):
    """One caller at the door."""

    def __init__(self, sshd: Sshd) -> None:
        self._sshd = sshd
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._sshd.met(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._sshd.left(self._connection)

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return self._sshd.lets_in(username, key)

    def session_requested(self) -> "Session":
        return Session(self._sshd)


class Session(asyncssh.SSHServerSession[str]):
    """One command."""

    def __init__(self, sshd: Sshd) -> None:
        self._sshd = sshd
        self._channel: asyncssh.SSHServerChannel[str] | None = None
        self._command = ""

    def connection_made(self, chan: "asyncssh.SSHServerChannel[str]") -> None:
        self._channel = chan

    def shell_requested(self) -> bool:
        return False

    def exec_requested(self, command: str) -> bool:
        self._command = command
        return True

    def session_started(self) -> None:
        assert self._channel is not None
        self._sshd.answered += 1
        answer(self._channel, self._sshd.machine.condition, self._sshd.run(self._command))


def answer(channel: "asyncssh.SSHServerChannel[str]", condition: Condition, reply: Reply) -> None:
    """Say what the machine's condition makes of the reply."""
    if condition is Condition.HANGING:
        return
    if condition is Condition.DROPPING:
        channel.write(reply.out[: len(reply.out) // 2])
        channel.get_connection().abort()
        return
    channel.write("x" * FLOOD if condition is Condition.FLOODING else reply.out)
    channel.write_stderr(reply.err)
    channel.exit(reply.status)


async def babble(connection: socket.socket) -> None:
    """Talk at length without ever ending a line."""
    with connection:
        try:
            await asyncio.get_running_loop().sock_sendall(connection, b"x" * FLOOD)
        except OSError:
            return  # nobody listened to the end
