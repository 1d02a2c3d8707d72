"""The probe of nodes at the daemons that nodes have, OpenSSH and dropbear, old algorithms too.

The probe shows its signature unasked, and says that it has no input before the command began: both
are in the protocol, and only the daemons can tell whether they take it.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest

from plcmon.model.readings import Login, Reading
from plcmon.model.subjects import Node, NodeKey, Profile, SiteKey
from plcmon.probes.keys import KeysInMemory
from plcmon.probes.ssh import Deadlines, SshProbe
from plcmon.times import SystemClock
from tests.peers.conftest import listening, program, running
from tests.peers.test_ssh import USER, prepare, run, wrapping

FACTS = {
    "boot_id": "cat /proc/sys/kernel/random/boot_id",
    "uptime": "cat /proc/uptime",
    "kernel": "uname -r",
    "rest": "cat",
}
PATIENCE = timedelta(seconds=20)
SSHD = """Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_{kind}
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
PrintLastLog no
LogLevel ERROR
"""
OLD = """RequiredRSASize 1024
KexAlgorithms diffie-hellman-group14-sha1
HostKeyAlgorithms ssh-rsa
Ciphers aes128-ctr
MACs hmac-sha1
"""


@asynccontextmanager
async def openssh(folder: Path, *, old: bool = False) -> AsyncIterator[int]:
    card, environment = await prepare(folder)
    kind = "rsa" if old else "ed25519"
    await run("ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(folder / f"host_{kind}"))
    said = SSHD.format(port=card.port, folder=folder, kind=kind) + (OLD if old else "")
    (folder / "sshd.conf").write_text(said)
    daemon = (program("sshd"), "-D", "-r", "-e", "-f", str(folder / "sshd.conf"))
    async with running(*wrapping(environment, *daemon), folder=folder):
        await listening("127.0.0.1", card.port)
        yield card.port


@asynccontextmanager
async def dropbear(folder: Path, *, old: bool = False) -> AsyncIterator[int]:
    card, environment = await prepare(folder)
    kind = "rsa" if old else "ed25519"
    await run("dropbearkey", "-t", kind, "-f", str(folder / "host"))
    only = ("-j", "-k", "-s", "-P", str(folder / "pid"), "-p", f"127.0.0.1:{card.port}")
    daemon = (program("dropbear"), "-F", "-E", "-r", str(folder / "host"), *only)
    async with running(*wrapping(environment, *daemon), folder=folder):
        await listening("127.0.0.1", card.port)
        yield card.port


DAEMONS = {"openssh": openssh, "dropbear": dropbear}


async def let_in(folder: Path, kind: str) -> None:
    """A private key, and an account in this folder that knows it."""
    key = await asyncio.to_thread(asyncssh.generate_private_key, kind)
    key.write_private_key(folder / "ours")
    home = folder / ".ssh"
    home.mkdir(mode=0o700)
    (home / "authorized_keys").write_bytes(key.export_public_key())
    (home / "authorized_keys").chmod(0o600)


async def ask(folder: Path, port: int) -> Reading:
    profile = Profile("linux", facts=FACTS, key_file=str(folder / "ours"), ssh_user=USER)
    node = Node(NodeKey("n"), "n.example", SiteKey("s"), ("127.0.0.1",), ssh_port=port)
    probe = SshProbe(clock=SystemClock(), known=KeysInMemory())
    return await probe.probe(node, profile, Deadlines(PATIENCE, PATIENCE))


# The library that still knows the old groups says that it will forget them; the lock pins it.
@pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")
@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa"])
@pytest.mark.parametrize("old", [False, True], ids=["new", "old"])
@pytest.mark.parametrize("daemon", DAEMONS)
async def test_a_node_lets_us_in_and_tells_its_facts(
    tmp_path: Path, daemon: str, old: bool, kind: str
) -> None:
    await let_in(tmp_path, kind)
    async with DAEMONS[daemon](tmp_path, old=old) as port:
        reading = await ask(tmp_path, port)

    assert reading.login is Login.OK, reading.detail
    assert reading.facts is not None
    assert reading.facts.kernel == os.uname().release
    assert reading.facts.boot_id
    assert reading.facts.booted_at


@pytest.mark.parametrize("daemon", DAEMONS)
async def test_a_node_that_does_not_know_our_key_refuses(tmp_path: Path, daemon: str) -> None:
    await let_in(tmp_path, "ssh-ed25519")
    await run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "another"))
    (tmp_path / "another").replace(tmp_path / "ours")
    async with DAEMONS[daemon](tmp_path) as port:
        reading = await ask(tmp_path, port)

    assert reading.login is Login.REFUSED
