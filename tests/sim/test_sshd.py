"""The SSH server of a machine, met by a client of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncssh
import pytest

from plcmon.sim.fleet import Fleet
from plcmon.sim.kit import CALLER, KEYS
from plcmon.sim.machine import Condition
from plcmon.sim.node import VirtualNode
from plcmon.sim.sshd import FLOOD


@pytest.fixture
def node(fleet: Fleet) -> VirtualNode:
    return fleet.nodes["n01"]


@asynccontextmanager
async def logged_in(
    node: VirtualNode, key: asyncssh.SSHKey | None = None, *, user: str = "root"
) -> AsyncIterator[asyncssh.SSHClientConnection]:
    """A login that trusts whatever host key it is shown."""
    async with (
        asyncio.timeout(30),
        asyncssh.connect(
            node.plan.addresses[0],
            node.plan.ssh_port,
            username=user,
            client_keys=[key] if key else [],
            known_hosts=None,
            config=None,
            agent_path=None,
        ) as connection,
    ):
        yield connection


@pytest.fixture
async def key(fleet: Fleet, tmp_path: Path) -> asyncssh.SSHKey:
    return await asyncio.to_thread(asyncssh.read_private_key, tmp_path / KEYS / CALLER)


async def test_the_service_is_let_in_and_answered(node: VirtualNode, key: asyncssh.SSHKey) -> None:
    async with logged_in(node, key) as connection:
        done = await connection.run("cat /proc/sys/kernel/random/boot_id")

    assert str(done.stdout).strip() == node.machine.boot_id
    assert done.exit_status == 0


async def test_many_commands_share_one_connection(node: VirtualNode, key: asyncssh.SSHKey) -> None:
    async with logged_in(node, key) as connection:
        kernels = [(await connection.run("uname -r")).stdout for _ in range(3)]

    assert kernels == [f"{node.machine.kernel}\n"] * 3
    assert node.answered == 3


async def test_an_unknown_command_says_so_on_the_other_stream(
    node: VirtualNode, key: asyncssh.SSHKey
) -> None:
    async with logged_in(node, key) as connection:
        done = await connection.run("reboot")

    assert (done.stdout, done.stderr) == ("", "sh: 1: reboot: not found\n")
    assert done.exit_status == 127


async def test_a_strange_key_is_refused(node: VirtualNode) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519")

    with pytest.raises(asyncssh.PermissionDenied):
        async with logged_in(node, stranger):
            pass


async def test_another_user_is_refused(node: VirtualNode, key: asyncssh.SSHKey) -> None:
    with pytest.raises(asyncssh.PermissionDenied):
        async with logged_in(node, key, user="guest"):
            pass


async def test_a_shell_is_not_given(node: VirtualNode, key: asyncssh.SSHKey) -> None:
    async with logged_in(node, key) as connection:
        with pytest.raises(asyncssh.ChannelOpenError):
            await connection.create_process()


async def test_a_deaf_node_refuses_the_right_key(node: VirtualNode, key: asyncssh.SSHKey) -> None:
    node.fall_ill(Condition.DEAF)

    with pytest.raises(asyncssh.PermissionDenied):
        async with logged_in(node, key):
            pass


async def test_a_flooding_node_answers_without_end_and_newline(
    node: VirtualNode, key: asyncssh.SSHKey
) -> None:
    node.fall_ill(Condition.FLOODING)

    async with logged_in(node, key) as connection:
        said = str((await connection.run("uname -r")).stdout)

    assert len(said) == FLOOD
    assert "\n" not in said


async def test_a_dropping_node_cuts_the_link_in_the_middle(
    node: VirtualNode, key: asyncssh.SSHKey
) -> None:
    node.fall_ill(Condition.DROPPING)

    async with logged_in(node, key) as connection:
        done = await connection.run("cat /proc/uptime")

    assert done.exit_status is None
    assert not str(done.stdout).endswith("\n")


async def test_a_babbling_node_has_no_banner(node: VirtualNode) -> None:
    node.fall_ill(Condition.BABBLING)
    reader, writer = await asyncio.open_connection(node.plan.addresses[0], node.plan.ssh_port)

    async with asyncio.timeout(30):
        said = await reader.read()

    assert said == b"x" * FLOOD
    writer.close()


async def test_a_hanging_node_lets_in_and_is_cut_off_with_its_power(
    node: VirtualNode, key: asyncssh.SSHKey
) -> None:
    node.fall_ill(Condition.HANGING)

    async with logged_in(node, key) as connection:
        waiting = await connection.create_process("uname -r")
        for relay in node.relays:
            relay.switch(False)
        done = await waiting.wait()

    assert (done.exit_status, done.stdout) == (None, "")
