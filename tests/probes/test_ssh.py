"""A node's reading over SSH: keys, facts, addresses; real servers on loopback."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncssh
import pytest

from plcmon.model.readings import Login, PortAnswer, Probe, Reading
from plcmon.model.subjects import Inventory, Node, NodeKey, Profile, SiteKey, node_subject
from plcmon.probes.agent import Agent, AgentError
from plcmon.probes.keys import KeysInMemory
from plcmon.probes.login import openssh_form
from plcmon.probes.ssh import Deadlines, SshProbe, absent_keys, options_for, unreadable_keys
from plcmon.probes.tcp import NoEvidenceError
from plcmon.times import SystemClock
from tests.fakes.agent import FakeAgent, agent_at
from tests.fakes.peers import (
    ASKED,
    BOOT_ID,
    FACTS,
    HOST,
    NONCE,
    Box,
    frames,
    make_key,
    mute_port,
    refusing_port,
    silent_port,
    ssh_box,
)

KEY = NodeKey("t:n1")
DEADLINES = Deadlines(timedelta(seconds=5), timedelta(seconds=10))
HURRY = Deadlines(timedelta(milliseconds=200), timedelta(milliseconds=400))
COMMANDS = {
    "boot_id": "cat /proc/sys/kernel/random/boot_id",
    "uptime": "cat /proc/uptime",
    "kernel": "uname -r",
}
Process = asyncssh.SSHServerProcess[bytes]


def make_node(port: int, *addresses: str, user: str = "") -> Node:
    return Node(KEY, "n1.example", SiteKey("s"), addresses or (HOST,), ssh_port=port, ssh_user=user)


def make_profile(key_file: Path | str, **more: str) -> Profile:
    return Profile("linux", key_file=str(key_file), facts=COMMANDS, **more)


def prober(known: KeysInMemory | None = None) -> SshProbe:
    return SshProbe(clock=SystemClock(), known=known or KeysInMemory())


async def visit(box: Box, known: KeysInMemory | None = None) -> Login | None:
    reading = await prober(known).probe(make_node(box.port), make_profile(box.key_file), DEADLINES)
    return reading.login


async def test_a_healthy_node_tells_its_facts(tmp_path: Path) -> None:
    async with ssh_box(tmp_path) as box:
        before = datetime.now(UTC)
        reading = await prober().probe(make_node(box.port), make_profile(box.key_file), DEADLINES)
        after = datetime.now(UTC)

    assert (reading.subject, reading.probe) == (node_subject(KEY), Probe.SSH)
    assert (reading.login, reading.port) == (Login.OK, PortAnswer.OPEN)
    assert reading.host_key == box.host_key.get_fingerprint()
    assert before <= reading.at <= reading.arrived_at <= after
    assert reading.facts is not None
    assert reading.facts.boot_id == BOOT_ID
    assert reading.facts.kernel == FACTS["kernel"]
    assert reading.facts.booted_at is not None
    uptime = timedelta(seconds=7200.25)
    assert before - uptime <= reading.facts.booted_at <= after - uptime
    assert reading.detail == ""


async def test_all_facts_come_in_one_command(tmp_path: Path) -> None:
    async with ssh_box(tmp_path) as box:
        await visit(box)

    (command,) = box.commands
    assert ASKED.findall(command) == list(COMMANDS)


async def test_every_visit_uses_another_number(tmp_path: Path) -> None:
    async with ssh_box(tmp_path) as box:
        await visit(box)
        await visit(box)

    first, second = (NONCE.findall(command)[0] for command in box.commands)
    assert first != second
    assert len(first) >= 32


async def test_a_node_that_foresees_a_frame_is_found_out(tmp_path: Path) -> None:
    """It sees the number in its command, and sends a frame that was not asked for."""

    async def forge(process: Process) -> None:
        command = process.command or ""
        (nonce,) = NONCE.findall(command)
        forged = f"\n{nonce} boot_id\nfirst\n".encode()
        process.stdout.write(forged + frames(command, FACTS))
        process.exit(0)

    async with ssh_box(tmp_path, forge) as box:
        reading = await prober().probe(make_node(box.port), make_profile(box.key_file), DEADLINES)

    assert reading.login is Login.FAILED
    assert reading.facts is None
    assert reading.detail == "frame 2 of its answer is not the one asked for"


async def test_a_shell_that_only_prompts_has_failed(tmp_path: Path) -> None:
    async def prompt(process: Process) -> None:
        process.stdout.write(b"Last login: today\r\n$ ")
        process.exit(0)

    async with ssh_box(tmp_path, prompt) as box:
        reading = await prober().probe(make_node(box.port), make_profile(box.key_file), DEADLINES)

    assert reading.login is Login.FAILED
    assert reading.detail == "its answer broke off after 0 of 4 frames"


async def test_a_misfit_fact_is_named_and_the_login_still_counts(tmp_path: Path) -> None:
    async def odd(process: Process) -> None:
        said = {**FACTS, "boot_id": "cat: No such file"}
        process.stdout.write(frames(process.command or "", said))
        process.exit(0)

    async with ssh_box(tmp_path, odd) as box:
        reading = await prober().probe(make_node(box.port), make_profile(box.key_file), DEADLINES)

    assert reading.login is Login.OK
    assert reading.facts is not None
    assert reading.facts.boot_id == ""
    assert reading.detail == "not understood: boot_id"


async def test_the_key_of_a_node_never_met_is_pinned(tmp_path: Path) -> None:
    known = KeysInMemory()
    async with ssh_box(tmp_path) as box:
        await visit(box, known)

    assert known.get(KEY) == openssh_form(box.host_key)


async def test_a_key_is_pinned_although_we_are_not_let_in(tmp_path: Path) -> None:
    known = KeysInMemory()
    async with ssh_box(tmp_path, lets_in=False) as box:
        assert await visit(box, known) is Login.REFUSED

    assert known.get(KEY) == openssh_form(box.host_key)


async def test_another_key_than_the_pinned_one_stays_a_stranger(tmp_path: Path) -> None:
    known = KeysInMemory()
    async with ssh_box(tmp_path) as box:
        await visit(box, known)
    async with ssh_box(tmp_path) as other:
        assert await visit(other, known) is Login.HOSTKEY
        assert await visit(other, known) is Login.HOSTKEY

    assert known.get(KEY) == openssh_form(box.host_key)
    assert other.logins == []
    known.accept(KEY)
    assert known.get(KEY) == openssh_form(other.host_key)


async def test_an_unknown_key_is_refused_where_the_profile_pins_none(tmp_path: Path) -> None:
    known = KeysInMemory()
    async with ssh_box(tmp_path) as box:
        profile = replace(make_profile(box.key_file), pin=False)
        first = await prober(known).probe(make_node(box.port), profile, DEADLINES)
        assert box.logins == []
        known.accept(KEY)
        second = await prober(known).probe(make_node(box.port), profile, DEADLINES)

    assert (first.login, second.login) == (Login.HOSTKEY, Login.OK)
    assert first.detail == f"shows the host key {first.host_key}, which nobody accepted"


async def test_the_inventorys_key_stands_above_the_pinned_one(tmp_path: Path) -> None:
    known = KeysInMemory()
    known.set(KEY, openssh_form(make_key()))
    async with ssh_box(tmp_path) as box:
        node = replace(make_node(box.port), host_key=openssh_form(box.host_key))
        right = await prober(known).probe(node, make_profile(box.key_file), DEADLINES)
        node = replace(node, host_key=openssh_form(make_key()))
        wrong = await prober(known).probe(node, make_profile(box.key_file), DEADLINES)

    assert (right.login, wrong.login) == (Login.OK, Login.HOSTKEY)


async def test_a_forgotten_key_is_pinned_anew(tmp_path: Path) -> None:
    known = KeysInMemory()
    known.set(KEY, openssh_form(make_key()))
    known.set(KEY, "")
    async with ssh_box(tmp_path) as box:
        assert await visit(box, known) is Login.OK


def test_no_agent_is_asked_and_no_mode_needs_packets_that_mean_nothing() -> None:
    options = options_for([make_key()], "")

    assert options.agent_path is None
    assert not [name for name in options.encryption_algs if b"cbc" in name]


async def test_a_node_may_grow_a_better_key_beside_the_pinned_one(tmp_path: Path) -> None:
    """A node pinned by its RSA key is asked for that kind first, so its new one doesn't alarm."""
    old = await asyncio.to_thread(asyncssh.generate_private_key, "ssh-rsa", key_size=2048)
    known = KeysInMemory()
    async with ssh_box(tmp_path, host_key=old) as box:
        await visit(box, known)
        assert known.get(KEY).startswith("ssh-rsa ")
    async with ssh_box(tmp_path, host_key=old, more_keys=[make_key()]) as box:
        assert await visit(box, known) is Login.OK


async def test_the_nodes_user_goes_before_the_profiles(tmp_path: Path) -> None:
    async with ssh_box(tmp_path) as box:
        profile = make_profile(box.key_file, ssh_user="site_admin")
        await prober().probe(make_node(box.port), profile, DEADLINES)
        await prober().probe(make_node(box.port, user="root"), profile, DEADLINES)

    assert box.logins == ["site_admin", "root"]


async def test_without_a_key_file_only_the_banner_is_heard(tmp_path: Path) -> None:
    async with ssh_box(tmp_path) as box:
        reading = await prober().probe(make_node(box.port), Profile("linux"), DEADLINES)

    assert reading.login is Login.BANNER_ONLY
    assert reading.banner.startswith("SSH-2.0-")
    assert box.logins == []


async def test_a_private_key_that_cannot_be_read_is_our_fault(tmp_path: Path) -> None:
    broken = tmp_path / "id"
    broken.write_text("no key at all")
    async with ssh_box(tmp_path) as box:
        for key_file in (broken, tmp_path / "none"):
            with pytest.raises(NoEvidenceError, match="reading the private key"):
                await prober().probe(make_node(box.port), make_profile(key_file), DEADLINES)


def by_agent(path: str) -> SshProbe:
    return SshProbe(clock=SystemClock(), known=KeysInMemory(), agent=Agent(path))


async def test_a_key_of_the_agent_lets_us_in(tmp_path: Path) -> None:
    profile = Profile("linux", agent_key="ops", facts=COMMANDS)
    async with ssh_box(tmp_path) as box:
        ours = await asyncio.to_thread(asyncssh.read_private_key, box.key_file)
        fake = FakeAgent({"ops": ours, "other": make_key()})
        async with agent_at(tmp_path, fake) as path:
            probe = by_agent(path)
            for _ in range(2):
                reading = await probe.probe(make_node(box.port), profile, DEADLINES)

                assert reading.login is Login.OK
                assert reading.facts is not None
                assert reading.facts.boot_id == BOOT_ID
        assert fake.signed == 2


async def test_without_the_agent_nobody_is_logged_in_at(tmp_path: Path) -> None:
    profile = Profile("linux", agent_key="ops")
    async with ssh_box(tmp_path) as box:
        probe = by_agent(str(tmp_path / "none"))
        with pytest.raises(NoEvidenceError, match=r"agent .*none: listing its keys: No such"):
            await probe.probe(make_node(box.port), profile, DEADLINES)

        assert box.logins == []
    assert "No such file" in probe.agent_trouble


async def test_an_agent_that_hangs_while_signing_is_not_the_nodes_fault(tmp_path: Path) -> None:
    profile = Profile("linux", agent_key="any")
    hurry = replace(DEADLINES, agent=timedelta(milliseconds=100))
    async with ssh_box(tmp_path) as box:
        ours = await asyncio.to_thread(asyncssh.read_private_key, box.key_file)
        fake = FakeAgent({"ops": ours}, mute_after_list=True)
        async with agent_at(tmp_path, fake) as path:
            probe = by_agent(path)
            with pytest.raises(AgentError, match=r"signing: no answer for 0.1 s"):
                await probe.probe(make_node(box.port), profile, hurry)

            fake.mute_after_list = False
            again = await probe.probe(make_node(box.port), profile, DEADLINES)

    assert again.login is Login.OK
    assert probe.agent_trouble == ""


async def test_a_key_that_the_agent_lost_is_looked_for_anew(tmp_path: Path) -> None:
    profile = Profile("linux", agent_key="ops")
    async with ssh_box(tmp_path) as box:
        ours = await asyncio.to_thread(asyncssh.read_private_key, box.key_file)
        fake = FakeAgent({"ops": ours})
        async with agent_at(tmp_path, fake) as path:
            probe = by_agent(path)
            await probe.probe(make_node(box.port), profile, DEADLINES)
            fake.keys.clear()
            with pytest.raises(AgentError, match="Unable to sign"):
                await probe.probe(make_node(box.port), profile, DEADLINES)
            with pytest.raises(AgentError, match='no key "ops"'):
                await probe.probe(make_node(box.port), profile, DEADLINES)


async def test_a_node_that_refuses_the_agents_key_refuses_us(tmp_path: Path) -> None:
    profile = Profile("linux", agent_key="any")
    fake = FakeAgent({"other": make_key()})
    async with ssh_box(tmp_path) as box, agent_at(tmp_path, fake) as path:
        reading = await by_agent(path).probe(make_node(box.port), profile, DEADLINES)

    assert reading.login is Login.REFUSED


async def test_an_agent_is_asked_for_only_where_the_settings_name_one() -> None:
    node, profile = make_node(22), Profile("linux", agent_key="any")
    inventory = Inventory(nodes={node.key: node}, profiles={"linux": profile})

    (wrong,) = await unreadable_keys(inventory)
    assert wrong.startswith("profiles.linux.agent_key: service.ssh_agent named no socket")
    assert await unreadable_keys(inventory, "/nowhere") == []
    (absent,) = await absent_keys(inventory, "/nowhere", timedelta(seconds=5))
    assert absent.startswith("profiles.linux.agent_key: ssh agent /nowhere: listing its keys: No")


async def test_only_keys_that_some_node_needs_must_be_readable(tmp_path: Path) -> None:
    node = make_node(22)
    bad, idle = make_profile(tmp_path / "none"), Profile("idle", key_file=str(tmp_path / "none"))
    inventory = Inventory(nodes={node.key: node}, profiles={"linux": bad, "idle": idle})

    wrong = await unreadable_keys(inventory)

    where = f"{tmp_path / 'none'}: reading the private key: No such file or directory"
    assert wrong == [f"profiles.linux.key_file: {where}"]


async def test_a_private_key_is_read_anew_after_a_reload(tmp_path: Path) -> None:
    probe, known_to_none = prober(), tmp_path / "old"
    await asyncio.to_thread(make_key().write_private_key, known_to_none)
    async with ssh_box(tmp_path) as box:
        profile = make_profile(known_to_none)
        first = await probe.probe(make_node(box.port), profile, DEADLINES)
        await asyncio.to_thread(box.key_file.replace, known_to_none)
        second = await probe.probe(make_node(box.port), profile, DEADLINES)
        probe.forget()
        third = await probe.probe(make_node(box.port), profile, DEADLINES)

    assert [r.login for r in (first, second, third)] == [Login.REFUSED, Login.REFUSED, Login.OK]


async def test_a_reset_is_no_connection_but_an_answer() -> None:
    with refusing_port() as port:
        reading = await prober().probe(make_node(port), Profile("linux"), DEADLINES)

    assert (reading.login, reading.port) == (Login.NO_CONNECT, PortAnswer.REFUSED)
    assert reading.detail == f"port {port} refused"


async def test_silence_is_no_connection() -> None:
    with silent_port() as port:
        reading = await prober().probe(make_node(port), make_profile("x"), HURRY)

    assert (reading.login, reading.port) == (Login.NO_CONNECT, PortAnswer.FILTERED)


async def test_a_wedged_node_accepts_without_a_banner() -> None:
    with mute_port() as port:
        reading = await prober().probe(make_node(port), Profile("linux"), HURRY)

    assert (reading.login, reading.port) == (Login.NO_BANNER, PortAnswer.OPEN)


async def test_a_node_is_let_in_at_its_best_address(tmp_path: Path) -> None:
    async with ssh_box(tmp_path) as box:
        node = make_node(box.port, "127.0.0.9", HOST)
        reading = await prober().probe(node, make_profile(box.key_file), DEADLINES)

    assert reading.login is Login.OK


async def test_of_bad_addresses_the_one_that_answers_speaks_for_the_node() -> None:
    with silent_port() as port:
        node = make_node(port, HOST, "127.0.0.9")
        reading = await prober().probe(node, Profile("linux"), HURRY)

    assert reading.port is PortAnswer.REFUSED


async def test_a_node_that_cannot_be_asked_at_all_is_no_evidence() -> None:
    with pytest.raises(NoEvidenceError, match=r"n1\.example: logging in"):
        await prober().probe(make_node(22, "nobody.invalid"), Profile("linux"), DEADLINES)


async def test_an_old_kernel_is_an_old_boot_cd(tmp_path: Path) -> None:
    async with ssh_box(tmp_path) as box:
        profile = make_profile(box.key_file, min_kernel="99")
        reading = await prober().probe(make_node(box.port), profile, DEADLINES)

    assert reading.facts is not None
    assert (reading.facts.debug, reading.facts.old_boot_cd) == (True, True)


async def certified(folder: Path, name: str, *, trusted: bool = True, pinned: str = "") -> Reading:
    """A login at a node whose host key somebody signed for `name`."""
    authority, host_key, known = make_key(), make_key(), KeysInMemory()
    known.set(KEY, pinned)
    signed = authority.generate_host_certificate(host_key, "n1", principals=[name])
    async with ssh_box(folder, host_key=host_key, certificate=signed) as box:
        trust = openssh_form(authority if trusted else make_key())
        profile = replace(make_profile(box.key_file), host_cas=(trust,), pin=False)
        reading = await prober(known).probe(make_node(box.port), profile, DEADLINES)
        assert bool(box.logins) is (reading.login is Login.OK)
    assert known.get(KEY) == pinned
    return reading


async def test_a_certificate_of_a_trusted_authority_is_let_pass(tmp_path: Path) -> None:
    reading = await certified(tmp_path, "n1.example", pinned=openssh_form(make_key()))

    assert reading.login is Login.OK
    assert reading.host_key.startswith("SHA256:")


async def test_a_certificate_for_another_name_gets_no_secret(tmp_path: Path) -> None:
    assert (await certified(tmp_path, "n2.example")).login is Login.HOSTKEY


async def test_a_certificate_of_a_stranger_gets_no_secret(tmp_path: Path) -> None:
    assert (await certified(tmp_path, "n1.example", trusted=False)).login is Login.HOSTKEY


async def test_a_node_without_a_certificate_goes_by_its_key(tmp_path: Path) -> None:
    async with ssh_box(tmp_path) as box:
        trust = openssh_form(make_key())
        profile = replace(make_profile(box.key_file), host_cas=(trust,))
        reading = await prober().probe(make_node(box.port), profile, DEADLINES)

    assert reading.login is Login.OK
