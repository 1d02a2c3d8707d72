"""SSH: bytes over a terminal session of asyncssh. Knows keys and logins, not menus.

Nothing of the person who runs plcmon is used: no configuration, agent, keys or environment. The
host key is the pinned one of the record, else the remembered one, else it is remembered now.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncssh

from plcmon.drivers.base import Call, Link, StreamLink
from plcmon.drivers.situations import IncompleteError, NoRouteError, unreachable
from plcmon.errors import DeviceError, DialogueError, LoginError, UnreachableError

DOING = "logging in over ssh"
LEGACY: Mapping[str, Any] = {
    "kex_algs": [
        "diffie-hellman-group14-sha256",
        "diffie-hellman-group14-sha1",
        "diffie-hellman-group1-sha1",
    ],
    "server_host_key_algs": ["ssh-rsa", "ssh-dss"],
    "encryption_algs": ["aes128-ctr", "aes128-cbc", "3des-cbc"],
    "mac_algs": ["hmac-sha2-256", "hmac-sha1"],
}
"""What old cards offer; too weak for anything that is not asked for by a quirk."""


class Caller(asyncssh.SSHClient):
    """Gives the password once, by whichever method the unit offers, and judges its host key."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._given = False

    def validate_host_public_key(
        self, host: str, addr: str, port: int, key: asyncssh.SSHKey
    ) -> bool:
        """Remember the key of a first contact; asyncssh asks only where none is known."""
        if known_key(self._call):
            return False
        text = key.export_public_key("openssh").decode().strip()
        self._call.keys.set(self._call.pcu.key, text)
        return True

    def password_auth_requested(self) -> str | None:
        return self._give()

    def kbdint_auth_requested(self) -> str | None:
        return None if self._given else ""

    def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Any
    ) -> list[str] | None:
        if not prompts:
            return []
        password = self._give()
        return None if password is None else [password] * len(prompts)

    def _give(self) -> str | None:
        # A second try with the same password would count towards the unit's lockout.
        if self._given:
            return None
        self._given = True
        return self._call.password


@asynccontextmanager
async def connect(call: Call) -> AsyncIterator[Link]:
    """Log in and open a terminal session; leaving drops the connection."""
    if not call.pcu.user:  # some families need none over telnet
        raise IncompleteError(call.peer, DOING, "the user is missing")
    try:
        connection = await asyncssh.connect(**arguments(call))
    except (asyncssh.Error, OSError) as exc:
        raise translate(call, exc) from exc
    try:
        yield await terminal(call, connection)
    finally:
        connection.abort()


async def terminal(call: Call, connection: asyncssh.SSHClientConnection) -> Link:
    try:
        writer, reader, _ = await connection.open_session(
            term_type="vt100", term_size=(80, 25), encoding=None
        )
    except (asyncssh.Error, OSError) as exc:
        raise DialogueError(call.peer, "opening a terminal over ssh", str(exc)) from exc
    return StreamLink(reader, writer, (asyncssh.Error, OSError))


def arguments(call: Call) -> dict[str, Any]:
    """Everything asyncssh would otherwise take from the surroundings, said outright."""
    known = known_key(call)
    trusted = [asyncssh.import_public_key(known)] if known else []
    return {
        "host": call.pcu.host,
        "port": call.transport.port,
        "username": call.pcu.user,
        "client_factory": lambda: Caller(call),
        # A function, since anything empty makes asyncssh read the user's own file.
        "known_hosts": lambda host, addr, port: (trusted, [], []),
        "config": None,
        "agent_path": None,
        "client_keys": None,
        "preferred_auth": "password,keyboard-interactive",
        **(LEGACY if call.quirk("legacy-ssh") else {}),
    }


def known_key(call: Call) -> str:
    return call.pcu.host_key or call.keys.get(call.pcu.key)


def translate(call: Call, error: Exception) -> DeviceError:
    """The situation behind an error of asyncssh or the system."""
    if isinstance(error, asyncssh.PermissionDenied):
        return LoginError(call.peer, DOING, "login refused")
    if isinstance(error, asyncssh.HostKeyNotVerifiable) or "host key" in str(error):
        return DialogueError(call.peer, DOING, "its host key is not the one we know")
    if isinstance(error, asyncssh.KeyExchangeFailed):
        return NoRouteError(call.peer, DOING, "no common algorithm; see the quirk legacy-ssh")
    if isinstance(error, asyncssh.ProtocolError):
        return DialogueError(call.peer, DOING, "it does not speak ssh")
    if isinstance(error, asyncssh.Error):
        # Some close the link over old algorithms before their own offer has arrived here.
        hint = "" if call.quirk("legacy-ssh") else "; where it always is, see the quirk legacy-ssh"
        return UnreachableError(call.peer, DOING, f"the link was lost{hint}")
    assert isinstance(error, OSError)
    return unreachable(call.peer, DOING, error)
