"""One question, now: what is handed on, what is not counted, what a second look says."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from socket import IPPROTO_ICMP
from typing import Any

import asyncssh
import pytest

from plcmon.model.events import DnsChecked, WitnessesSeen
from plcmon.model.policy import Intervals, Policy
from plcmon.model.policy import Wire as WirePolicy
from plcmon.model.readings import Evidence, Login, Observed, Probe
from plcmon.model.subjects import (
    Endpoint,
    Inventory,
    Node,
    NodeKey,
    Pcu,
    PcuKey,
    Profile,
    Site,
    SiteKey,
    Transport,
    node_subject,
    site_subject,
)
from plcmon.probes.dns import Resolver
from plcmon.probes.keys import KeysInMemory
from plcmon.probes.ping import Call, Pinger
from plcmon.probes.ssh import SshProbe
from plcmon.probes.tcp import NoEvidenceError
from plcmon.scanner.families import Families
from plcmon.scanner.health import Health
from plcmon.scanner.prober import Prober
from plcmon.times import SystemClock
from tests.fakes.inbox import FakeInbox
from tests.fakes.names import name_server
from tests.fakes.peers import (
    BOOT_ID,
    FACTS,
    HOST,
    honest,
    mute_port,
    refusing_port,
    silent_port,
    ssh_box,
)
from tests.fakes.wire import DROPPED, PEERS, Wire

SITE = SiteKey("princeton")
COMMANDS = {name: f"cat {name}" for name in ("boot_id", "uptime", "kernel")}
SHORT = timedelta(milliseconds=150)
HURRY = Policy(wire=WirePolicy(tcp_deadline=SHORT, ssh_deadline=2 * SHORT, look_for=3 * SHORT))
PATIENT = Policy(wire=WirePolicy(look_for=timedelta(milliseconds=30)))


class Unwell(Health):
    """A health that a test decides."""

    poor = True

    @property
    def is_poor(self) -> bool:
        return self.poor


def make_node(port: int, address: str = HOST) -> Node:
    return Node(NodeKey("t:n1"), "n1.example", SITE, (address,), ssh_port=port)


def make_prober(
    inbox: FakeInbox,
    *,
    policy: Policy = HURRY,
    key_file: Path | None = None,
    health: Health | None = None,
    families: Families | None = None,
    site: Site | None = None,
    pcus: tuple[Pcu, ...] = (),
    pinger: Pinger | None = None,
    resolver: Resolver | None = None,
    doubted: Callable[[NodeKey], bool] = lambda key: False,
    pages: Callable[[NodeKey], str] = lambda key: "",
    calm: bool = False,
) -> Prober:
    clock = SystemClock()
    ssh = SshProbe(clock=clock, known=KeysInMemory())
    prober = Prober(
        inbox,
        clock=clock,
        ssh=ssh,
        pinger=pinger or Pinger(),
        resolver=resolver or Resolver(),
        doubted=doubted,
        pages=pages,
        calm=lambda key: calm,
        health=health or Health(),
        families=families,
        boot="B1",
    )
    profile = Profile("linux", key_file=str(key_file or ""), facts=COMMANDS)
    sites = {SITE: site or Site(SITE, "Princeton")}
    inventory = Inventory({}, sites, {pcu.key: pcu for pcu in pcus}, {"linux": profile})
    prober.update(inventory, policy)
    return prober


async def test_a_reading_is_handed_on_with_its_run_and_number() -> None:
    inbox = FakeInbox()
    prober = make_prober(inbox)
    with mute_port() as port:
        first = await prober.probe(make_node(port), Probe.TCP)
        second = await prober.probe(make_node(port), Probe.TCP)

    assert inbox.readings == [first, second]
    assert first is not None
    assert second is not None
    assert {first.boot, second.boot} == {"B1"}
    assert second.sequence > first.sequence > 0


async def test_a_failure_is_handed_on_while_we_are_well() -> None:
    inbox = FakeInbox()
    with refusing_port() as port:
        await make_prober(inbox).probe(make_node(port), Probe.TCP)

    assert len(inbox.readings) == 1


async def test_a_failure_does_not_count_while_we_are_unwell() -> None:
    inbox = FakeInbox()
    prober = make_prober(inbox, health=Unwell())
    with refusing_port() as port:
        assert await prober.probe(make_node(port), Probe.TCP) is None

    assert inbox.readings == []
    assert prober.dropped == 1


async def test_a_failure_does_not_count_while_the_nodes_family_is_lost_to_us() -> None:
    inbox, families = FakeInbox(), Families()
    families.note({Endpoint(HOST, 1): False}, HURRY.canaries)
    prober = make_prober(inbox, families=families)
    with refusing_port() as port, mute_port() as open_port:
        assert await prober.probe(make_node(port), Probe.TCP) is None
        assert await prober.probe(make_node(open_port), Probe.TCP) is not None

    assert len(inbox.readings) == 1
    assert prober.dropped == 0  # we ourselves are well


async def test_a_success_counts_even_while_we_are_unwell() -> None:
    inbox = FakeInbox()
    with mute_port() as port:
        await make_prober(inbox, health=Unwell()).probe(make_node(port), Probe.TCP)

    assert len(inbox.readings) == 1


async def test_deadlines_are_doubled_while_we_are_unwell() -> None:
    health = Unwell()
    prober = make_prober(FakeInbox(), health=health)
    assert prober.patience(SHORT) == 2 * SHORT

    health.poor = False
    assert prober.patience(SHORT) == SHORT


async def test_nothing_learned_is_no_reading_and_one_line_of_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    inbox = FakeInbox()
    prober = make_prober(inbox)
    lost = make_node(22, "nobody.invalid")
    assert await prober.probe(lost, Probe.TCP) is None
    assert await prober.probe(lost, Probe.TCP) is None

    assert inbox.readings == []
    assert [record.getMessage() for record in caplog.records] == ["nothing learned"]


async def test_learning_again_is_one_line_of_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="plcmon")
    prober = make_prober(FakeInbox())
    with mute_port() as port:
        await prober.probe(make_node(port, "nobody.invalid"), Probe.TCP)
        await prober.probe(make_node(port), Probe.TCP)
        await prober.probe(make_node(port), Probe.TCP)

    assert [r.getMessage() for r in caplog.records] == ["nothing learned", "learning again"]


async def test_a_bug_in_one_probe_is_logged_and_ends_there(
    caplog: pytest.LogCaptureFixture,
) -> None:
    inbox = FakeInbox()
    wrong: Any = None
    nonsense = replace(make_node(22), addresses=wrong)
    assert await make_prober(inbox).probe(nonsense, Probe.TCP) is None

    assert inbox.readings == []
    assert caplog.records[0].getMessage() == "probe broke"
    assert caplog.records[0].exc_info is not None


async def test_witnesses_are_told_by_name() -> None:
    inbox = FakeInbox()
    with mute_port() as gateway, refusing_port() as unit:
        site = Site(SITE, "Princeton", witnesses=(Endpoint(HOST, gateway),))
        pcu = Pcu(PcuKey("t:p1"), SITE, "p1", HOST, "apc", (Transport("telnet", unit),))
        await make_prober(inbox, site=site, pcus=(pcu,)).ask_witnesses(SITE)

    assert inbox.events[0].subject == site_subject(SITE)
    assert inbox.told(WitnessesSeen) == [
        WitnessesSeen({f"{HOST}:{gateway}": True, "pcu:t:p1": True})
    ]


async def test_a_site_without_witnesses_tells_nothing() -> None:
    inbox = FakeInbox()
    await make_prober(inbox).ask_witnesses(SITE)
    await make_prober(inbox).ask_witnesses(SiteKey("gone"))

    assert inbox.events == []


async def test_silent_witnesses_do_not_count_while_we_are_unwell() -> None:
    inbox = FakeInbox()
    with silent_port() as gateway:
        site = Site(SITE, "Princeton", witnesses=(Endpoint(HOST, gateway),))
        await make_prober(inbox, site=site, health=Unwell()).ask_witnesses(SITE)

    assert inbox.events == []


async def test_looking_at_a_silent_node_says_silent_each_time() -> None:
    inbox = FakeInbox()
    with silent_port() as port:
        found = await make_prober(inbox).look(make_node(port), tries=3)

    assert [one.state for one in found] == [Observed.SILENT] * 3
    assert [reading.probe for reading in inbox.readings].count(Probe.SSH) == 3
    assert [reading.probe for reading in inbox.readings].count(Probe.TCP) == 3


async def test_looks_are_spread_over_their_time() -> None:
    with refusing_port() as port:
        found = await make_prober(FakeInbox()).look(make_node(port), tries=3)

    gap = HURRY.wire.look_for / 3
    assert found[1].at - found[0].at > 0.8 * gap
    assert found[2].at - found[0].at > 1.8 * gap


async def test_looking_at_a_wedged_node_says_wedged() -> None:
    with mute_port() as port:
        (found,) = await make_prober(FakeInbox()).look(make_node(port), tries=1)

    assert found.state is Observed.WEDGED
    assert found.login is None or found.login is Login.NO_BANNER


async def test_looking_at_a_resetting_node_says_deaf() -> None:
    with refusing_port() as port:
        (found,) = await make_prober(FakeInbox()).look(make_node(port), tries=1)

    assert found.state is Observed.DEAF


async def test_looking_at_a_healthy_node_says_boot_with_its_boot_id(tmp_path: Path) -> None:
    async with ssh_box(tmp_path) as box:
        prober = make_prober(FakeInbox(), policy=PATIENT, key_file=box.key_file)
        found = await prober.look(make_node(box.port), tries=2)

    assert [one.state for one in found] == [Observed.BOOT] * 2
    assert found[0].boot_id == BOOT_ID
    assert found[0].booted_at is not None
    assert found[0].login is Login.OK


async def test_an_observation_is_as_old_as_its_oldest_reading() -> None:
    inbox = FakeInbox()
    with mute_port() as port:
        (found,) = await make_prober(inbox).look(make_node(port), tries=1)

    assert found.at == found.since == min(reading.at for reading in inbox.readings)


async def test_a_look_that_teaches_nothing_is_stale() -> None:
    """Whoever wanted to act on silence must not take our own trouble for it."""
    with silent_port() as port:
        prober = make_prober(FakeInbox(), health=Unwell())
        (found,) = await prober.look(make_node(port), tries=1)

    assert found.state is Observed.STALE
    assert found.evidence is Evidence.STALE


async def test_the_sites_witnesses_are_asked_beside_a_look() -> None:
    inbox = FakeInbox()
    with silent_port() as port, mute_port() as gateway:
        site = Site(SITE, "Princeton", witnesses=(Endpoint(HOST, gateway),))
        await make_prober(inbox, site=site).look(make_node(port), tries=2)

    assert inbox.told(WitnessesSeen) == [WitnessesSeen({f"{HOST}:{gateway}": True})]


async def test_a_node_that_comes_back_between_two_looks_is_seen(tmp_path: Path) -> None:
    policy = Policy(wire=WirePolicy(tcp_deadline=SHORT, look_for=timedelta(seconds=2)))
    with silent_port() as port:
        pass
    inbox = FakeInbox()
    key_file = tmp_path / "id_ed25519"
    await asyncio.to_thread(
        asyncssh.generate_private_key("ssh-ed25519").write_private_key, key_file
    )
    prober = make_prober(inbox, policy=policy, key_file=key_file)
    async with asyncio.TaskGroup() as group:
        looking = group.create_task(prober.look(make_node(port), tries=2))
        await inbox.until(lambda: len(inbox.readings) == 2)
        async with ssh_box(tmp_path, port=port):
            prober.update(prober_inventory(key_file), policy)
            found = await looking

    assert [one.state for one in found] == [Observed.DEAF, Observed.BOOT]


def prober_inventory(key_file: Path) -> Inventory:
    profile = Profile("linux", key_file=str(key_file), facts=COMMANDS)
    return Inventory({}, {SITE: Site(SITE, "Princeton")}, {}, {"linux": profile})


async def test_a_look_at_a_node_that_only_echoes_says_wedged(wire: Wire) -> None:
    wire.fates[f"{PEERS}.1"] = replace(DROPPED, spares=frozenset({IPPROTO_ICMP}))
    with Pinger() as pinger:
        prober = make_prober(FakeInbox(), pinger=pinger)
        (found,) = await prober.look(make_node(22, f"{PEERS}.1"), tries=1)

    assert (found.state, found.detail) == (Observed.WEDGED, "nothing but ping answers")


async def test_a_look_without_an_echo_says_silent(wire: Wire) -> None:
    inbox = FakeInbox()
    wire.fates[f"{PEERS}.1"] = DROPPED
    with Pinger() as pinger:
        prober = make_prober(inbox, pinger=pinger)
        (found,) = await prober.look(make_node(22, f"{PEERS}.1"), tries=1)

    assert found.state is Observed.SILENT
    assert {reading.probe for reading in inbox.readings} == {Probe.PING, Probe.TCP, Probe.SSH}


async def test_a_ping_that_could_not_be_sent_leaves_silence_unknown(wire: Wire) -> None:
    wire.fates[f"{PEERS}.1"] = DROPPED
    with Pinger() as pinger:
        prober = make_prober(FakeInbox(), pinger=Unlucky(pinger))
        (found,) = await prober.look(make_node(22, f"{PEERS}.1"), tries=1)

    assert found.state is Observed.STALE


class Unlucky(Pinger):
    """May ping, and finds no room in the kernel's queue."""

    def __init__(self, opened: Pinger) -> None:
        super().__init__()
        self.reaches = opened.reaches  # type: ignore[method-assign]

    async def ask(self, address: str, wire: WirePolicy, deadline: timedelta) -> Call:
        raise NoEvidenceError(address, "pinging", "No buffer space available")


NAMED = replace(make_node(22, "192.0.2.1"), hostname="n1.example.org")
HOURLY = Policy(intervals=Intervals(dns=timedelta(hours=1)))


async def rounds(
    inbox: FakeInbox,
    *tables: dict[str, list[str]],
    doubted: bool = False,
    health: Health | None = None,
    code: int = 0,
) -> None:
    """One round over the node's name for each table."""
    for table in tables:
        async with name_server(table, code=code) as names, Resolver([names.server]) as resolver:
            prober = make_prober(
                inbox, policy=HOURLY, resolver=resolver, doubted=lambda key: doubted, health=health
            )
            await prober.check_name(NAMED)


RIGHT, WRONG = {NAMED.hostname: ["192.0.2.1"]}, {NAMED.hostname: ["192.0.2.9"]}


async def test_a_name_that_is_wrong_is_told() -> None:
    inbox = FakeInbox()
    await rounds(inbox, WRONG)

    (told,) = inbox.told(DnsChecked)
    assert not told.agree
    assert inbox.events[0].subject == node_subject(NAMED.key)


async def test_a_name_that_is_right_is_told_only_where_it_was_believed_to_be_wrong() -> None:
    inbox = FakeInbox()
    await rounds(inbox, RIGHT)
    assert inbox.events == []

    await rounds(inbox, RIGHT, doubted=True)

    assert inbox.told(DnsChecked) == [DnsChecked(agree=True)]


async def test_asking_again_and_again_is_one_round() -> None:
    inbox = FakeInbox()
    async with name_server(WRONG) as names, Resolver([names.server]) as resolver:
        prober = make_prober(inbox, policy=HOURLY, resolver=resolver)
        await prober.check_name(NAMED)
        await prober.check_name(NAMED)

    assert len(inbox.told(DnsChecked)) == 1


async def test_names_do_not_count_while_we_are_unwell_or_the_resolver_fails() -> None:
    inbox = FakeInbox()
    await rounds(inbox, WRONG, health=Unwell())
    await rounds(inbox, WRONG, code=2)

    assert inbox.events == []


async def test_a_node_that_cannot_look_names_up_is_told_by_its_fact(tmp_path: Path) -> None:
    inbox = FakeInbox()
    said = honest({**FACTS, "resolver": ""})
    async with (
        name_server({"n1.example": [HOST]}) as names,
        Resolver([names.server]) as resolver,
        ssh_box(tmp_path, said) as box,
    ):
        prober = make_prober(inbox, policy=PATIENT, resolver=resolver, key_file=box.key_file)
        facts = {**COMMANDS, "resolver": "getent hosts example.org"}
        profile = Profile(
            "linux", key_file=str(box.key_file), facts=facts, resolver_fact="resolver"
        )
        prober.update(Inventory({}, {}, {}, {"linux": profile}), PATIENT)
        await prober.probe(make_node(box.port), Probe.SSH)
        await prober.check_name(make_node(box.port))

    assert inbox.told(DnsChecked) == [DnsChecked(False, "the node itself cannot look names up")]


async def test_one_word_from_inside_is_one_round_however_long_the_node_is_silent(
    tmp_path: Path,
) -> None:
    inbox, facts = FakeInbox(), {**FACTS, "resolver": ""}
    async with (
        name_server({"n1.example": [HOST]}) as names,
        Resolver([names.server]) as resolver,
        ssh_box(tmp_path, honest(facts)) as box,
    ):
        policy = replace(PATIENT, intervals=Intervals(dns=timedelta(microseconds=1)))
        prober = make_prober(
            inbox, policy=policy, resolver=resolver, key_file=box.key_file, doubted=lambda key: True
        )
        commands = {**COMMANDS, "resolver": "x"}
        profile = Profile(
            "linux", key_file=str(box.key_file), facts=commands, resolver_fact="resolver"
        )
        prober.update(Inventory({}, {}, {}, {"linux": profile}), policy)
        await prober.probe(make_node(box.port), Probe.SSH)
        for _ in range(3):
            await prober.check_name(make_node(box.port))
        assert [told.agree for told in inbox.told(DnsChecked)] == [False]

        await prober.probe(make_node(box.port), Probe.SSH)
        await prober.check_name(make_node(box.port))
        facts["resolver"] = "192.0.2.1 n1.example"
        await prober.probe(make_node(box.port), Probe.SSH)
        await prober.check_name(make_node(box.port))

    assert [told.agree for told in inbox.told(DnsChecked)] == [False, False, True]


async def test_names_of_nodes_on_loopback_are_not_checked() -> None:
    async with Resolver(["127.0.0.1:9"]) as resolver:
        prober = make_prober(FakeInbox(), resolver=resolver)

        assert prober.has_name(NAMED)
        assert not prober.has_name(make_node(22))
