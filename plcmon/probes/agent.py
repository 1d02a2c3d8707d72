"""The SSH agent: keys that never leave another process, which signs for us.

It is asked for two things, what keys it has and a signature, each over a connection of its own,
so that an agent which was started anew is found again. Only this socket is used, whatever the
environment says.
"""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from hashlib import sha256

import asyncssh

from plcmon.probes.tcp import NoEvidenceError

ANY = "any"  # in place of a key's name: whatever the agent has
MOST_OFFERED = 5  # a server hangs up after six (MaxAuthTries)
NOBODY = "service.ssh_agent named no socket at the start, or one that is not in the environment"


class AgentError(NoEvidenceError):
    """The agent could not be used; no node is to blame."""

    code = "agent"
    advice = (
        "Look at the agent: SSH_AUTH_SOCK=SOCKET ssh-add -l, as the user of the service."
        " The socket is service.ssh_agent, the key agent_key of the profile."
    )


class Agent:
    """One agent by its socket; an empty path is no agent."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._wrong: dict[str, str] = {}  # key asked for -> why it could not be used last

    @property
    def trouble(self) -> str:
        """Why keys could not be used when that was last tried; empty: all could."""
        return "; ".join(sorted(set(self._wrong.values())))

    def forget(self) -> None:
        """Start anew after a reload: other keys may be asked for."""
        self._wrong.clear()

    async def keys(self, wanted: str, deadline: timedelta) -> list["AgentKey"]:
        """The keys that go by a fingerprint, a comment, or `any`. Raises AgentError."""
        async with self._asking(wanted, "listing its keys", deadline) as client:
            pairs = await client.get_keys()
            keys = [AgentKey(self, wanted, deadline, pair) for pair in pairs]
            found = [key for key in keys if wanted in (ANY, key.fingerprint, key.name)]
            if not found:
                held = ", ".join(key.name or key.fingerprint for key in keys) or "none"
                what = "no key" if wanted == ANY else f'no key "{wanted}"'
                raise ValueError(f"it has {what}; what it has: {held}")
            if len(found) > MOST_OFFERED:
                raise ValueError(f"it has {len(found)} keys; name one as agent_key")
            return found

    async def sign(self, key: "AgentKey", blob: bytes, data: bytes, flags: int) -> bytes:
        """A signature. Raises AgentError."""
        async with self._asking(key.wanted, "signing", key.deadline) as client:
            return await client.sign(blob, data, flags)

    @asynccontextmanager
    async def _asking(
        self, wanted: str, doing: str, deadline: timedelta
    ) -> AsyncIterator[asyncssh.SSHAgentClient]:
        """A connection to the agent, and what becomes of it kept in mind."""
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                try:
                    async with connected(self._path) as client:
                        yield client
                except (asyncssh.Error, OSError, ValueError) as error:
                    # ValueError: asyncssh's own word for an agent that refuses or hangs up.
                    why = getattr(error, "strerror", None) or str(error) or "it hung up"
                    raise self._broken(wanted, doing, why) from error
        except TimeoutError as error:
            why = f"no answer for {deadline.total_seconds():g} s"
            raise self._broken(wanted, doing, why) from error
        self._wrong.pop(wanted, None)

    def _broken(self, wanted: str, doing: str, why: str) -> AgentError:
        error = AgentError(f"ssh agent {self._path}".strip(), doing, why)
        self._wrong[wanted] = str(error)
        return error


class AgentKey(asyncssh.SSHAgentKeyPair):
    """One key of the agent, as a login offers it."""

    def __init__(
        self, agent: Agent, wanted: str, deadline: timedelta, pair: asyncssh.SSHKeyPair
    ) -> None:
        comment = pair.get_comment_bytes() or b""
        client = asyncssh.SSHAgentClient("")  # never connected: we sign ourselves
        super().__init__(client, pair.algorithm, pair.public_data, comment)
        self.wanted, self.deadline = wanted, deadline
        self.fingerprint = fingerprint_of(pair.public_data)
        self.name = comment.decode("utf-8", errors="replace")
        self._behind = agent

    async def sign_async(self, data: bytes) -> bytes:
        """What the login asks for in the end."""
        return await self._behind.sign(self, self.key_public_data, data, self._flags)


@asynccontextmanager
async def connected(path: str) -> AsyncIterator[asyncssh.SSHAgentClient]:
    """A connection to the agent; closed when left. Raises OSError, ValueError."""
    if not path:
        raise ValueError(NOBODY)
    client = asyncssh.SSHAgentClient(path)
    await client.connect()
    async with client:
        yield client


def fingerprint_of(public_data: bytes) -> str:
    """As `ssh-add -l` prints it."""
    return f"SHA256:{b64encode(sha256(public_data).digest()).decode().rstrip('=')}"
