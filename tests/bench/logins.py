"""One way of logging in: `python -m tests.bench.logins WAY inventory.toml RATE SECONDS`.

So many logins begin in a second, spread evenly as the scanner does it; RATE 0: as many as go, 32 at
a time. Each asks one node for its facts. Prints JSON: the CPU of a login in milliseconds, and how
many logins there were in all, with those before it was measured.

bare     asyncssh alone: algorithms chosen, neither configuration nor agent nor known hosts read
default  asyncssh alone, with what it chooses and reads by itself
probe    the service's own probe, with nothing of the service around it
libssh2  `ssh2-python`, where somebody installed it
libssh   `ssh-python`, where somebody installed it

The last two block, so they log in in one thread, one after the other.
"""

import asyncio
import importlib
import json
import socket
import sys
import time
import tomllib
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import asyncssh

from plcmon.memory import collect_seldom
from plcmon.model.readings import Login
from plcmon.model.subjects import Node, NodeKey, Profile, SiteKey
from plcmon.probes.facts import end_mark, script
from plcmon.probes.keys import KeysInMemory
from plcmon.probes.ssh import CIPHERS, KEX, Deadlines, SshProbe
from plcmon.times import SystemClock
from tests.bench.baseline import WORKERS, used

WARM = 64  # logins before it is measured
NONCE = "0" * 32
PATIENCE = timedelta(seconds=30)
CHOSEN: dict[str, Any] = {
    "agent_path": None,
    "kex_algs": KEX,
    "encryption_algs": CIPHERS,
    "compression_algs": None,
    "server_host_key_algs": ["ssh-ed25519"],
    "preferred_auth": "publickey",
    "gss_host": None,
    "x509_trusted_certs": None,
    "x509_trusted_cert_paths": [],
}

Visit = Callable[[Node], Coroutine[Any, Any, None]]
Blocking = Callable[[Node], bytes]


@dataclass(frozen=True)
class Fleet:
    """What is logged in at."""

    nodes: tuple[Node, ...]
    profile: Profile

    @property
    def command(self) -> str:
        return script(self.profile.facts, NONCE)


def read_fleet(path: Path) -> Fleet:
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    linux = found["profiles"]["linux"]
    key_file = str(path.parent / linux["key_file"])
    profile = Profile("linux", facts=linux["facts"], key_file=key_file, ssh_user=linux["ssh_user"])
    nodes = tuple(
        Node(
            NodeKey(name),
            hostname=name,
            site=SiteKey("s"),
            addresses=tuple(node["addresses"]),
            ssh_port=node["ssh_port"],
            profile="linux",
        )
        for name, node in found["nodes"].items()
    )
    return Fleet(nodes, profile)


def through_asyncssh(fleet: Fleet, **chosen: Any) -> Visit:
    key = asyncssh.read_private_key(fleet.profile.key_file)
    how = {"client_keys": [key], "known_hosts": None, "config": None, **chosen}
    command = fleet.command

    async def visit(node: Node) -> None:
        user = fleet.profile.ssh_user
        async with asyncssh.connect(
            node.addresses[0], node.ssh_port, username=user, **how
        ) as connection:
            done = await connection.run(command)
            assert str(done.stdout).endswith(end_mark(NONCE).decode())

    return visit


def through_probe(fleet: Fleet) -> Visit:
    probe = SshProbe(clock=SystemClock(), known=KeysInMemory())
    deadlines = Deadlines(PATIENCE, PATIENCE)

    async def visit(node: Node) -> None:
        reading = await probe.probe(node, fleet.profile, deadlines)
        assert reading.login is Login.OK, reading.detail
        assert reading.facts is not None

    return visit


def through_libssh2(fleet: Fleet) -> Blocking:
    session_of = importlib.import_module("ssh2.session").Session
    command = fleet.command

    def visit(node: Node) -> bytes:
        with socket.create_connection((node.addresses[0], node.ssh_port)) as sock:
            session = session_of()
            session.handshake(sock)
            session.userauth_publickey_fromfile(fleet.profile.ssh_user, fleet.profile.key_file)
            channel = session.open_session()
            channel.execute(command)
            said = b""
            while (piece := channel.read())[0] > 0:
                said += piece[1]
            session.disconnect()
            return said

    return visit


def through_libssh(fleet: Fleet) -> Blocking:
    session_of = importlib.import_module("ssh.session").Session
    options = importlib.import_module("ssh.options")
    key = importlib.import_module("ssh.key").import_privkey_file(fleet.profile.key_file)
    command = fleet.command

    def visit(node: Node) -> bytes:
        session = session_of()
        session.options_set(options.HOST, node.addresses[0])
        session.options_set(options.USER, fleet.profile.ssh_user)
        session.options_set_port(node.ssh_port)
        session.connect()
        session.userauth_publickey(key)
        channel = session.channel_new()
        channel.open_session()
        channel.request_exec(command)
        said = b""
        while (piece := channel.read())[0] > 0:
            said += piece[1]
        session.disconnect()
        return said

    return visit


SIDE_BY_SIDE: dict[str, Callable[[Fleet], Visit]] = {
    "bare": partial(through_asyncssh, **CHOSEN),
    "default": through_asyncssh,
    "probe": through_probe,
}
IN_TURN: dict[str, Callable[[Fleet], Blocking]] = {
    "libssh2": through_libssh2,
    "libssh": through_libssh,
}


async def as_many(visit: Visit, nodes: Iterator[Node], until: float) -> int:
    """So many logins were made by then, as many at a time as there are workers."""
    made = 0

    async def worker() -> None:
        nonlocal made
        while time.monotonic() < until:
            await visit(next(nodes))
            made += 1

    async with asyncio.TaskGroup() as group:
        for number in range(WORKERS):
            group.create_task(worker(), name=f"visit-{number}")
    return made


async def at_rate(visit: Visit, nodes: Iterator[Node], rate: float, seconds: float) -> int:
    """Begin a login at its time, whatever becomes of those before it."""
    began, wanted = time.monotonic(), int(rate * seconds)
    async with asyncio.TaskGroup() as group:
        for number in range(wanted):
            await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
            group.create_task(visit(next(nodes)), name=f"visit-{number}")
    return wanted


async def side_by_side(visit: Visit, fleet: Fleet, rate: float, seconds: float) -> dict[str, float]:
    nodes = cycle(fleet.nodes)
    for node in islice(nodes, WARM):
        await visit(node)
    collect_seldom()  # as the service does
    before = used()
    if rate:
        made = await at_rate(visit, nodes, rate, seconds)
    else:
        made = await as_many(visit, nodes, time.monotonic() + seconds)
    return {"ms": 1000 * (used() - before) / made, "made": WARM + made}


def in_turn(visit: Blocking, fleet: Fleet, rate: float, seconds: float) -> dict[str, float]:
    nodes, made = cycle(fleet.nodes), 0
    assert visit(next(nodes)).endswith(end_mark(NONCE))
    before, began = used(), time.monotonic()
    while time.monotonic() < began + seconds:
        visit(next(nodes))
        made += 1
        if rate:
            time.sleep(max(0.0, began + made / rate - time.monotonic()))
    return {"ms": 1000 * (used() - before) / made, "made": 1 + made}


def main() -> None:
    way, path, rate, seconds = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]), sys.argv[4]
    fleet = read_fleet(path)
    if way in SIDE_BY_SIDE:
        found = asyncio.run(side_by_side(SIDE_BY_SIDE[way](fleet), fleet, rate, float(seconds)))
    else:
        found = in_turn(IN_TURN[way](fleet), fleet, rate, float(seconds))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
