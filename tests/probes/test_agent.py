"""The SSH agent: what is asked of it, and that its failures are no node's."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncssh
import pytest

from plcmon.probes.agent import MOST_OFFERED, Agent, AgentError, fingerprint_of
from tests.fakes.agent import FakeAgent, agent_at
from tests.fakes.peers import make_key

PATIENCE = timedelta(seconds=5)
HURRY = timedelta(milliseconds=50)


async def names(agent: Agent, wanted: str) -> list[str]:
    return [key.name for key in await agent.keys(wanted, PATIENCE)]


async def test_a_key_goes_by_its_comment_its_fingerprint_or_any(tmp_path: Path) -> None:
    ops, other = make_key(), make_key()
    async with agent_at(tmp_path, FakeAgent({"ops": ops, "other": other})) as path:
        agent = Agent(path)

        assert await names(agent, "ops") == ["ops"]
        assert await names(agent, other.get_fingerprint()) == ["other"]
        assert await names(agent, "any") == ["ops", "other"]


async def test_a_signature_is_that_of_the_key(tmp_path: Path) -> None:
    key = make_key()
    async with agent_at(tmp_path, FakeAgent({"ops": key})) as path:
        (found,) = await Agent(path).keys("ops", PATIENCE)
        signature = await found.sign_async(b"data")

    assert key.convert_to_public().verify(b"data", signature)


async def test_a_key_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    async with agent_at(tmp_path, FakeAgent({"ops": make_key()})) as path:
        agent = Agent(path)
        with pytest.raises(AgentError, match='it has no key "nobody"; what it has: ops'):
            await agent.keys("nobody", PATIENCE)

    assert "nobody" in agent.trouble


async def test_many_keys_need_a_name(tmp_path: Path) -> None:
    keys = {f"k{n}": make_key() for n in range(MOST_OFFERED + 1)}
    async with agent_at(tmp_path, FakeAgent(keys)) as path:
        with pytest.raises(AgentError, match="it has 6 keys; name one"):
            await Agent(path).keys("any", PATIENCE)

        assert await names(Agent(path), "k5") == ["k5"]


async def test_an_agent_that_hangs_is_given_up(tmp_path: Path) -> None:
    async with agent_at(tmp_path, FakeAgent({"ops": make_key()}, mute=True)) as path:
        with pytest.raises(AgentError, match=r"listing its keys: no answer for 0.05 s"):
            await Agent(path).keys("ops", HURRY)


async def test_an_agent_that_refuses_to_sign_is_its_own_fault(tmp_path: Path) -> None:
    fake = FakeAgent({"ops": make_key()})
    async with agent_at(tmp_path, fake) as path:
        (key,) = await Agent(path).keys("ops", PATIENCE)
        fake.keys.clear()
        with pytest.raises(AgentError, match="signing: Unable to sign"):
            await key.sign_async(b"data")


async def test_what_went_well_again_is_no_trouble_any_more(tmp_path: Path) -> None:
    fake = FakeAgent({})
    async with agent_at(tmp_path, fake) as path:
        agent = Agent(path)
        with pytest.raises(AgentError, match="what it has: none"):
            await agent.keys("ops", PATIENCE)
        assert agent.trouble

        fake.keys["ops"] = make_key()
        await agent.keys("ops", PATIENCE)

    assert agent.trouble == ""


@pytest.mark.parametrize(("path", "why"), [("", "named no socket"), ("none", "No such file")])
async def test_no_agent_is_a_sentence(path: str, why: str) -> None:
    with pytest.raises(AgentError, match=why):
        await Agent(path).keys("any", PATIENCE)


async def test_the_environment_names_no_agent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with agent_at(tmp_path, FakeAgent({"ops": make_key()})) as path:
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
        with pytest.raises(AgentError, match="named no socket"):
            await Agent("").keys("any", PATIENCE)


@asynccontextmanager
async def ssh_agent(folder: Path) -> AsyncIterator[str]:
    """OpenSSH's own agent."""
    path = str(folder / "real")
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec("ssh-agent", "-D", "-a", path, stdout=quiet)
    try:
        async with asyncio.timeout(10):
            while not Path(path).exists():  # noqa: ASYNC110, ASYNC240 - it tells nobody
                await asyncio.sleep(0.01)
        yield path
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.skipif(shutil.which("ssh-agent") is None, reason="openssh-client is not installed")
@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa"])
async def test_the_agent_of_openssh_lists_and_signs(tmp_path: Path, kind: str) -> None:
    key = await asyncio.to_thread(asyncssh.generate_private_key, kind, comment="ops@here")
    async with ssh_agent(tmp_path) as path:
        async with asyncssh.SSHAgentClient(path) as client:
            await client.add_keys([key])
        (found,) = await Agent(path).keys("ops@here", PATIENCE)
        signature = await found.sign_async(b"data")

        assert found.fingerprint == fingerprint_of(key.public_data) == key.get_fingerprint()
        assert key.convert_to_public().verify(b"data", signature)
