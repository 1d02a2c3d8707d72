"""A login at OpenSSH's daemon with a key that only OpenSSH's agent has."""

import asyncio
import getpass
import os
import socket
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.model.readings import Login
from plcmon.model.subjects import Node, NodeKey, Profile, SiteKey
from plcmon.probes.agent import Agent, AgentError
from plcmon.probes.keys import KeysInMemory
from plcmon.probes.ssh import Deadlines, SshProbe
from plcmon.times import SystemClock
from tests.peers.conftest import listening, program, running

SSHD = """Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/ours.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
LogLevel ERROR
"""
DEADLINES = Deadlines(timedelta(seconds=5), timedelta(seconds=20))


async def run(*argv: str, agent: Path | None = None) -> None:
    env = dict(os.environ) | ({"SSH_AUTH_SOCK": str(agent)} if agent else {})
    null = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        program(argv[0]), *argv[1:], env=env, stdin=null, stdout=null, stderr=null
    )
    assert await process.wait() == 0, argv


async def appears(path: Path) -> None:
    async with asyncio.timeout(10):
        while not path.exists():  # noqa: ASYNC110, ASYNC240 - it tells nobody
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
async def test_the_agent_signs_until_its_key_is_taken_away(tmp_path: Path, kind: str) -> None:
    await run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "host"))
    await run("ssh-keygen", "-qt", kind, "-N", "", "-C", "ops@here", "-f", str(tmp_path / "ours"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "sshd.conf").write_text(SSHD.format(port=port, folder=tmp_path))
    path = tmp_path / "agent"
    daemon = (program("sshd"), "-D", "-e", "-f", str(tmp_path / "sshd.conf"))
    node = Node(NodeKey("t:n"), "n", SiteKey("s"), ("127.0.0.1",), ssh_port=port)
    facts = {"boot_id": "cat /proc/sys/kernel/random/boot_id"}
    profile = Profile("linux", ssh_user=getpass.getuser(), agent_key="ops@here", facts=facts)
    ssh = SshProbe(clock=SystemClock(), known=KeysInMemory(), agent=Agent(str(path)))

    agent = (program("ssh-agent"), "-D", "-a", str(path))
    async with running(*agent, folder=tmp_path), running(*daemon, folder=tmp_path):
        await appears(path)
        await run("ssh-add", "-q", str(tmp_path / "ours"), agent=path)
        (tmp_path / "ours").unlink()
        await listening("127.0.0.1", port)
        reading = await ssh.probe(node, profile, DEADLINES)
        await run("ssh-add", "-q", "-D", agent=path)
        with pytest.raises(AgentError, match="signing: Unable to sign"):
            await ssh.probe(node, profile, DEADLINES)

    assert reading.login is Login.OK
    assert reading.facts is not None
    assert reading.facts.boot_id
