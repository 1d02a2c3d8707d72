"""SSH: one login and one round trip that asks a node for all its facts.

The command that a node is sent is `facts.script`.
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import asyncssh

from plcmon.model.readings import Login, NodeFacts, PortAnswer, Probe, Reading
from plcmon.model.subjects import Inventory, Node, Profile, node_subject
from plcmon.probes.agent import NOBODY, Agent, AgentError
from plcmon.probes.facts import end_mark, read_facts, script, split
from plcmon.probes.keys import KnownKeys
from plcmon.probes.login import Question, Terms, Visit, listen, log_in
from plcmon.probes.tcp import WORTH as PORT_WORTH
from plcmon.probes.tcp import NoEvidenceError, dial
from plcmon.times import Clock

# The first of each costs least; the others let old nodes in.
KEX = [
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group14-sha1",
]
CIPHERS = ["aes128-gcm@openssh.com", "aes128-ctr", "aes256-gcm@openssh.com", "aes256-ctr"]
HOST_KEYS = {
    "ssh-ed25519": ["ssh-ed25519"],
    "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
    "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
    "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
    "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"],
}  # kind of key -> its signatures
CERTIFICATE = "-cert-v01@openssh.com"
Key = asyncssh.SSHKey | asyncssh.SSHKeyPair
LET_IN = (Login.OK, Login.BANNER_ONLY)
# How close a login came to what a healthy node shows.
WORTH = {
    Login.OK: 6,
    Login.BANNER_ONLY: 6,
    Login.HOSTKEY: 5,
    Login.REFUSED: 4,
    Login.FAILED: 3,
    Login.NO_BANNER: 2,
    Login.NO_CONNECT: 1,
}


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long one address may take; waiting for a place to log in is not counted."""

    connect: timedelta
    login: timedelta  # from the open connection to the last fact
    agent: timedelta = timedelta(seconds=5)  # for one answer of the SSH agent


class SshProbe:
    """Logs in at nodes. Private keys are read once, options built once per key and host key.

    An agent is asked once for what it has, and again after it failed.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        known: KnownKeys,
        agent: Agent | None = None,
        handshakes: AbstractAsyncContextManager[Any] | None = None,
        hear: Callable[[Mapping[str, str]], None] = lambda answers: None,
    ) -> None:
        self._clock = clock
        self._known = known
        self._agent = agent or Agent("")
        self._handshakes = handshakes or nullcontext()
        self._hear = hear  # told a node's answers as they came
        self._keys: dict[tuple[str, str], list[Key]] = {}
        self._options: dict[tuple[str, str, str, bool], asyncssh.SSHClientConnectionOptions] = {}

    @property
    def agent_trouble(self) -> str:
        """Why the SSH agent could not be used last; empty: it could, or nobody asked it."""
        return self._agent.trouble

    def forget(self) -> None:
        """Read private keys anew at the next login, after a reload."""
        self._forget_keys()
        self._agent.forget()

    def _forget_keys(self) -> None:
        self._keys.clear()
        self._options.clear()

    async def probe(self, node: Node, profile: Profile, deadlines: Deadlines) -> Reading:
        """Log in at the node's addresses in order until one lets us in; the best one counts.

        Raises NoEvidenceError when the reason for having no good answer is ours.
        """
        best: Reading | None = None
        excuse: NoEvidenceError | None = None
        for address in node.addresses:
            try:
                reading = await self._call_at(address, node, profile, deadlines)
                best = reading if best is None else max(best, reading, key=worth)
            except NoEvidenceError as error:
                excuse = error
            if best is not None and best.login in LET_IN:
                return best
        if isinstance(excuse, AgentError):
            raise excuse
        if best is None or excuse is not None:
            raise NoEvidenceError(
                node.hostname, "logging in", str(excuse or "it has no address")
            ) from excuse
        return best

    async def _call_at(
        self, address: str, node: Node, profile: Profile, deadlines: Deadlines
    ) -> Reading:
        """One address: connect, then hear the banner or log in."""
        at, started = self._clock.now(), perf_counter()
        attempt = await dial(address, node.ssh_port, deadlines.connect)
        visit = Visit(
            pinned=node.host_key or self._known.get(node.key),
            pins=profile.pin,
            authorities=profile.host_cas,
        )
        facts: NodeFacts | None = None
        with attempt.sock:
            if attempt.answer is not PortAnswer.OPEN:
                visit.end(Login.NO_CONNECT, f"port {node.ssh_port} {attempt.answer.value}")
            elif not profile.enters:
                await listen(attempt.sock, visit, deadlines.login)
            else:
                terms = await self._terms_for(node, profile, visit.pinned, deadlines)
                facts = await self._enter(attempt.sock, visit, node, profile, terms)
        return Reading(
            node_subject(node.key),
            Probe.SSH,
            at,
            self._clock.now(),
            took_ms=(perf_counter() - started) * 1000,
            port=attempt.answer,
            login=visit.login,
            banner=visit.banner,
            host_key=visit.fingerprint,
            facts=facts,
            detail=visit.detail,
        )

    async def _enter(
        self, sock: Any, visit: Visit, node: Node, profile: Profile, terms: Terms
    ) -> NodeFacts | None:
        """Log in, pin the key of a node never met before, and read its answer."""
        nonce = secrets.token_hex(16)
        asked, bounds = profile.facts, profile.bounds
        command = script(asked, nonce, bounds, node.hostname) if asked else ""
        try:
            await log_in(
                sock,
                visit,
                Question(command, end_mark(nonce)),
                terms,
                clock=self._clock,
                handshakes=self._handshakes,
            )
        except AgentError:
            self._forget_keys()  # the next login asks the agent what it has by then
            raise
        if visit.key_proven and not visit.pinned:
            self._known.set(node.key, visit.shown)
        if visit.is_stranger:
            self._known.offer(node.key, visit.shown)
        if visit.login is not Login.OK or visit.answered_at is None:
            return None
        try:
            answers = split(visit.answer, tuple(profile.facts), nonce)
        except ValueError as error:
            visit.end(Login.FAILED, str(error))
            return None
        self._hear(answers)
        facts, visit.detail = read_facts(answers, profile, answered_at=visit.answered_at)
        return facts

    async def _terms_for(
        self, node: Node, profile: Profile, pinned: str, deadlines: Deadlines
    ) -> Terms:
        options = await self._options_for(profile, pinned, deadlines)
        # Signing elsewhere takes time that is not the node's.
        more = deadlines.agent if profile.agent_key else timedelta()
        user = node.ssh_user or profile.ssh_user
        return Terms(user, options, deadlines.login + more, node.hostname)

    async def _options_for(
        self, profile: Profile, pinned: str, deadlines: Deadlines
    ) -> asyncssh.SSHClientConnectionOptions:
        """The options for nodes with this private key whose pinned key is of this kind."""
        kind, certified = pinned.split(" ", 1)[0], bool(profile.host_cas)
        source = profile.key_file, profile.agent_key
        known = *source, kind, certified
        if known not in self._options:
            if source not in self._keys:
                self._keys[source] = await self._keys_of(profile, deadlines)
            keys = self._keys[source]
            self._options[known] = await asyncio.to_thread(
                options_for, keys, kind, certified=certified
            )
        return self._options[known]

    async def _keys_of(self, profile: Profile, deadlines: Deadlines) -> list[Key]:
        """What nodes of this profile are entered with. Raises NoEvidenceError."""
        if profile.agent_key:
            return [*await self._agent.keys(profile.agent_key, deadlines.agent)]
        return [await read_key(profile.key_file)]


async def read_key(key_file: str) -> asyncssh.SSHKey:
    """Read a private key. Raises NoEvidenceError when it cannot be: no node is to blame."""
    try:
        return await asyncio.to_thread(asyncssh.read_private_key, Path(key_file))
    except (OSError, asyncssh.KeyImportError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise NoEvidenceError(key_file, "reading the private key", why) from error


async def unreadable_keys(inventory: Inventory, agent: str = "") -> list[str]:
    """What is wrong with the private keys that the profiles of these nodes name.

    Whether the agent has its key is not asked: it may come later.
    """
    wrong = []
    for profile in profiles_in_use(inventory):
        if profile.agent_key and not agent:
            wrong.append(f"profiles.{profile.name}.agent_key: {NOBODY}")
        elif profile.key_file:
            try:
                await read_key(profile.key_file)
            except NoEvidenceError as error:
                wrong.append(f"profiles.{profile.name}.key_file: {error}")
    return wrong


async def absent_keys(inventory: Inventory, agent: str, deadline: timedelta) -> list[str]:
    """What the agent would answer now to the profiles of these nodes, where it is wrong."""
    wrong = []
    for profile in profiles_in_use(inventory):
        if profile.agent_key and agent:
            try:
                await Agent(agent).keys(profile.agent_key, deadline)
            except AgentError as error:
                wrong.append(f"profiles.{profile.name}.agent_key: {error}")
    return wrong


def profiles_in_use(inventory: Inventory) -> list[Profile]:
    used = {node.profile for node in inventory.nodes.values()}
    return [inventory.profiles[name] for name in sorted(used & inventory.profiles.keys())]


def options_for(
    keys: Sequence[Key], kind: str, *, certified: bool = False
) -> asyncssh.SSHClientConnectionOptions:
    """What every login with `keys` has in common; `kind` of host key is asked for first.

    `certified`: before all keys a host certificate is asked for.

    Nothing of the user's own SSH set-up is read: no config, no known hosts, no agent but the one
    that the settings name, whose keys are among `keys`.
    """
    kinds = sorted(HOST_KEYS, key=lambda name: name != kind)
    signatures = [signature for name in kinds for signature in HOST_KEYS[name]]
    certificates = [f"{signature}{CERTIFICATE}" for signature in signatures] if certified else []
    options = asyncssh.SSHClientConnectionOptions(
        config=None,
        agent_path=None,
        known_hosts=([], [], []),
        x509_trusted_certs=None,
        x509_trusted_cert_paths=[],
        client_keys=keys,
        preferred_auth="publickey",
        password_auth=False,
        kbdint_auth=False,
        host_based_auth=False,
        gss_host=None,
        kex_algs=KEX,
        encryption_algs=CIPHERS,
        compression_algs=None,
        server_host_key_algs=[*certificates, *signatures],
        client_version="plcmon",
        login_timeout=0,  # the owner of the visit has a deadline
    )
    options.agent_path = None  # left empty by asyncssh, which then asks an agent of no name
    return options


def worth(reading: Reading) -> tuple[int, int]:
    """How much a reading speaks for the node."""
    login = reading.login or Login.NO_CONNECT
    return WORTH[login], PORT_WORTH[reading.port or PortAnswer.UNREACHABLE]
