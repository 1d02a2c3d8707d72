"""A unit that is a terminal behind telnet or SSH: its doors, logins, one caller at a time.

A family's unit says what a caller sees; everything about sockets is here.
"""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import asyncssh
import telnetlib3

from plcmon.sim.relay import Relay
from plcmon.sim.units.console import Console, GoneError, ssh_console
from plcmon.sim.units.door import Door, Listener
from plcmon.sim.units.mechanics import Mechanics
from plcmon.sim.units.unit import CommandLog, UnitFaults


class TerminalUnit:
    """`relays` by outlet number. A family says `family`, `denied` and `talk`."""

    family = ""
    denied: tuple[str, ...] = ("Another session is active.",)  # what a second caller is told

    def __init__(
        self,
        relays: Mapping[str, Relay],
        *,
        password: str,
        user: str = "admin",
        host: str = "127.0.0.1",
        port: int = 0,
        log: CommandLog | None = None,
        transport: str = "telnet",
        host_key: asyncssh.SSHKey | None = None,
    ) -> None:
        self.relays = relays
        self.user = user
        self.host = host
        self.faults = UnitFaults()
        self.log = log or CommandLog()
        self.transport = transport
        self.host_key = host_key
        self.sessions = 0  # open now
        self.mechanics = Mechanics(self.faults)
        self._password = password
        openers = {"ssh": self._open_ssh, "tcp": self._open_tcp}
        opener = openers.get(transport, self._open_telnet)
        self._door = Door(host, port, self.faults, opener)

    async def talk(self, console: Console, *, logged_in: bool) -> None:
        """One caller's whole session; who came by SSH has logged in already."""
        raise NotImplementedError

    @property
    def port(self) -> int:
        return self._door.port

    async def __aenter__(self) -> Self:
        if self.transport == "ssh" and self.host_key is None:
            self.host_key = await asyncio.to_thread(asyncssh.generate_private_key, "ssh-ed25519")
        await self._door.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.mechanics.stop()
        await self._door.__aexit__(kind, error, trace)

    def accepts(self, user: str, password: str) -> bool:
        """Judge a login and write it down."""
        self.log.append("login", "", destructive=False)
        return not self.faults.wrong_password and (user, password) == (self.user, self._password)

    async def act(self, verb: str, relay: Relay) -> None:
        """Take a command: written down first, then obeyed; the link may die around it.

        Raises GoneError where the faults say so.
        """
        destructive = verb != "on"
        if destructive and self.faults.drop_at == "before-commit":
            raise GoneError
        self.log.append(verb, relay.outlet, destructive)
        self.mechanics.obey(verb, relay)
        if destructive and self.faults.drop_at == "after-commit":
            raise GoneError

    async def _open_telnet(self, host: str, port: int) -> tuple[Listener, int]:
        async def shell(reader: object, writer: object) -> None:
            await self._serve(Console(reader, writer), logged_in=False)

        server = await telnetlib3.create_server(
            host,
            port,
            shell=shell,
            encoding=False,
            connect_maxwait=0.3,  # for clients that do not answer options, as the real card
        )
        sockets = server.sockets
        assert sockets
        return server, sockets[0].getsockname()[1]

    async def _open_tcp(self, host: str, port: int) -> tuple[Listener, int]:
        async def shell(reader: object, writer: object) -> None:
            await self._serve(Console(reader, writer), logged_in=False)

        server = await asyncio.start_server(shell, host, port)
        return server, server.sockets[0].getsockname()[1]

    async def _open_ssh(self, host: str, port: int) -> tuple[Listener, int]:
        async def handle(process: "asyncssh.SSHServerProcess[bytes]") -> None:
            await self._serve(ssh_console(process), logged_in=True)

        assert self.host_key is not None
        acceptor = await asyncssh.create_server(
            lambda: Guard(self),
            host,
            port,
            server_host_keys=[self.host_key],
            process_factory=handle,
            encoding=None,
            line_editor=False,
        )
        return acceptor, acceptor.get_port()

    async def _serve(self, console: Console, *, logged_in: bool) -> None:
        """One caller, from the first prompt to the end of the link."""
        try:
            if self.sessions or self.faults.busy:
                if self.denied:
                    await console.write("\r\n".join(("", *self.denied, "")))
                return
            self.sessions += 1
            try:
                if self.faults.dead:
                    await console.silence()
                await self.talk(console, logged_in=logged_in)
            finally:
                self.sessions -= 1
        except GoneError:
            pass  # the caller hung up: the session is over, and what was obeyed stays
        finally:
            console.close()


class Guard(asyncssh.SSHServer):
    """Checks the password at the SSH door."""

    def __init__(self, unit: TerminalUnit) -> None:
        self._unit = unit

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return self._unit.accepts(username, password)
