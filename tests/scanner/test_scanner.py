"""The whole scanner on real sockets: workers, canaries, suspects, people."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from plcmon.errors import StoreError
from plcmon.model.events import CanaryRound, DnsChecked, ScanCompleted, WitnessesSeen
from plcmon.model.policy import Intervals, Policy, Safety
from plcmon.model.policy import Wire as WirePolicy
from plcmon.model.readings import Login, PortAnswer, Probe, Reading
from plcmon.model.subjects import (
    BootState,
    Endpoint,
    Inventory,
    Node,
    NodeKey,
    Outlet,
    OwnIntervals,
    Page,
    Pcu,
    PcuKey,
    PowerPath,
    Profile,
    Site,
    SiteKey,
    Transport,
    fleet_subject,
    node_subject,
    pcu_subject,
    site_subject,
)
from plcmon.probes.dns import Resolver
from plcmon.probes.keys import KeyFile, KeysInMemory, KnownKeys
from plcmon.probes.login import openssh_form
from plcmon.probes.ping import Pinger
from plcmon.scanner import Scanner
from plcmon.scanner.agenda import Question
from plcmon.scanner.scanner import PER_SITE
from plcmon.times import SystemClock
from tests.fakes.clock import FakeClock
from tests.fakes.inbox import FakeInbox
from tests.fakes.names import name_server
from tests.fakes.peers import HOST, mute_port, refusing_port, silent_port, ssh_box
from tests.fakes.wire import PEERS, Wire

SITE = SiteKey("princeton")
HOUR = timedelta(hours=1)
TICK = timedelta(milliseconds=50)
CALM = Policy(
    intervals=Intervals(tcp=HOUR, ssh=HOUR, canaries=HOUR, witness=HOUR, suspect=HOUR),
    wire=WirePolicy(look_for=2 * TICK),
)


def with_intervals(**intervals: timedelta) -> Policy:
    return replace(CALM, intervals=replace(CALM.intervals, **intervals))


def hurried(policy: Policy = CALM) -> Policy:
    """For nodes that never answer: whatever does answer may need longer on a busy machine."""
    return replace(
        policy, wire=WirePolicy(tcp_deadline=4 * TICK, ssh_deadline=4 * TICK, look_for=2 * TICK)
    )


def make_node(name: str, port: int, **more: Any) -> Node:
    return Node(NodeKey(name), f"{name}.example", SITE, (HOST,), ssh_port=port, **more)


def make_inventory(
    *nodes: Node,
    key_file: Path | str = "",
    witnesses: tuple[Endpoint, ...] = (),
    pcus: tuple[Pcu, ...] = (),
) -> Inventory:
    profile = Profile("linux", key_file=str(key_file), facts={"boot_id": "cat boot_id"})
    return Inventory(
        {node.key: node for node in nodes},
        {SITE: Site(SITE, "Princeton", witnesses=witnesses)},
        {pcu.key: pcu for pcu in pcus},
        {"linux": profile},
    )


@asynccontextmanager
async def scanning(
    inbox: FakeInbox,
    inventory: Inventory,
    policy: Policy = CALM,
    *,
    canaries: tuple[Endpoint, ...] = (),
    known: KnownKeys | None = None,
    workers: int = 20,
    pinger: Pinger | None = None,
    resolver: Resolver | None = None,
) -> AsyncIterator[Scanner]:
    """A scanner that runs for as long as we are inside."""
    scanner = Scanner(
        inbox,
        clock=SystemClock(),
        inventory=inventory,
        policy=policy,
        canaries=canaries,
        known_keys=known or KeysInMemory(),
        boot="B1",
        workers=workers,
        pinger=pinger,
        resolver=resolver,
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(scanner.run(), name="scanner")
        try:
            yield scanner
        finally:
            running.cancel()


def seen(inbox: FakeInbox, name: str, probe: Probe) -> list[Reading]:
    subject = node_subject(name)
    return [r for r in inbox.readings if r.subject == subject and r.probe is probe]


def both(inbox: FakeInbox, name: str, times: int = 1) -> Callable[[], bool]:
    return lambda: all(len(seen(inbox, name, p)) >= times for p in (Probe.TCP, Probe.SSH))


async def test_every_node_is_looked_at_by_every_probe_once_and_the_round_is_told(
    tmp_path: Path,
) -> None:
    inbox = FakeInbox()
    async with ssh_box(tmp_path) as box:
        nodes = [make_node(f"n{n}", box.port) for n in range(20)]
        async with scanning(inbox, make_inventory(*nodes, key_file=box.key_file)):
            await inbox.until(lambda: inbox.told(ScanCompleted))
            await inbox.until(lambda: len(inbox.readings) == 40)

    news = inbox.told(ScanCompleted)[0]
    assert (news.attempted, news.in_service) == (19, 20)
    assert all(reading.boot == "B1" for reading in inbox.readings)
    assert len({reading.sequence for reading in inbox.readings}) == 40
    ssh = [reading for reading in inbox.readings if reading.probe is Probe.SSH]
    assert {reading.login for reading in ssh} == {Login.OK}


async def test_dead_nodes_do_not_hold_up_the_scan_of_the_others(tmp_path: Path) -> None:
    """At most as many checks of a site are out as it may have, and they end by their deadline."""
    inbox = FakeInbox()
    with ExitStack() as stack:
        silent = [stack.enter_context(silent_port()) for _ in range(6)]
        mute = stack.enter_context(mute_port())
        nodes = [make_node(f"dead{n}", port) for n, port in enumerate(silent)]
        nodes += [make_node("good", mute, ports=(mute,))]
        async with scanning(inbox, make_inventory(*nodes), hurried()):
            await inbox.until(lambda: inbox.told(ScanCompleted), within=5)

    assert seen(inbox, "good", Probe.TCP)[0].ports == {mute: PortAnswer.OPEN}


async def test_a_disabled_node_is_not_waited_for() -> None:
    inbox = FakeInbox()
    policy = replace(hurried(), safety=Safety(complete_share=1.0))
    with mute_port() as port:
        off = make_node("off", port, boot_state=BootState.DISABLED)
        async with scanning(inbox, make_inventory(make_node("on", port), off), policy):
            await inbox.until(lambda: inbox.told(ScanCompleted))

    assert inbox.told(ScanCompleted)[0].in_service == 1


async def test_checks_come_again_by_their_interval() -> None:
    inbox = FakeInbox()
    with mute_port() as port:
        inventory = make_inventory(make_node("a", port))
        async with scanning(inbox, inventory, with_intervals(tcp=TICK)):
            await inbox.until(lambda: len(seen(inbox, "a", Probe.TCP)) == 6)

    times = [reading.at for reading in seen(inbox, "a", Probe.TCP)]
    gaps = [later - earlier for earlier, later in pairwise(times[1:])]
    assert sum(gaps, timedelta()) / len(gaps) > TICK / 2
    assert len(seen(inbox, "a", Probe.SSH)) <= 1


async def test_a_nodes_own_interval_stands_over_the_fleets() -> None:
    inbox = FakeInbox()
    with mute_port() as port, mute_port() as other:
        often = make_node("often", port, intervals=OwnIntervals(tcp=TICK))
        inventory = make_inventory(often, make_node("seldom", other))
        async with scanning(inbox, inventory):
            await inbox.until(lambda: len(seen(inbox, "often", Probe.TCP)) == 4)

    assert len(seen(inbox, "seldom", Probe.TCP)) <= 1


async def test_a_scan_is_complete_without_a_login_that_is_not_yet_due_again() -> None:
    inbox = FakeInbox()
    with mute_port() as port, mute_port() as other:
        slow = make_node("slow", port, intervals=OwnIntervals(ssh=2 * HOUR))
        policy = hurried(with_intervals(tcp=TICK, ssh=TICK))
        async with scanning(inbox, make_inventory(slow, make_node("a", other)), policy):
            await inbox.until(lambda: len(inbox.told(ScanCompleted)) == 3)

    assert len(seen(inbox, "slow", Probe.SSH)) == 1


async def test_a_family_whose_canaries_are_silent_is_lost() -> None:
    inbox = FakeInbox()
    with mute_port() as port, mute_port() as good, refusing_port() as bad:
        canaries = (Endpoint(HOST, good), Endpoint("::1", bad))
        inventory = make_inventory(make_node("a", port))
        async with scanning(inbox, inventory, canaries=canaries) as scanner:
            await inbox.until(lambda: inbox.readings)

            assert scanner.lost_family == "0 of 1 IPv6 canaries answer"


async def test_the_canaries_speak_before_any_node() -> None:
    inbox = FakeInbox()
    with mute_port() as port, mute_port() as canary:
        inventory = make_inventory(make_node("a", port))
        async with scanning(inbox, inventory, canaries=(Endpoint(HOST, canary),)):
            await inbox.until(lambda: inbox.events)
            assert inbox.readings == []

    assert inbox.events[0].subject == fleet_subject()
    (told,) = inbox.told(CanaryRound)
    assert (told.good, told.asked, told.answered) == (1, 1, {f"{HOST}:{canary}": True})


async def test_canaries_are_asked_again_and_again() -> None:
    inbox = FakeInbox()
    with refusing_port() as canary:
        policy = with_intervals(canaries=TICK)
        async with scanning(inbox, make_inventory(), policy, canaries=(Endpoint(HOST, canary),)):
            await inbox.until(lambda: len(inbox.told(CanaryRound)) == 3)

    assert {(news.good, news.asked) for news in inbox.told(CanaryRound)} == {(0, 1)}


async def test_a_first_failure_brings_all_probes_and_the_witnesses() -> None:
    """Intervals are an hour: only doubt can bring the second readings."""
    inbox = FakeInbox()
    with ExitStack() as stack:
        port, gateway = stack.enter_context(mute_port()), stack.enter_context(mute_port())
        inventory = make_inventory(
            make_node("a", port, ports=(port,)), witnesses=(Endpoint(HOST, gateway),)
        )
        policy = hurried(with_intervals(suspect=2 * TICK))
        async with scanning(inbox, inventory, policy) as scanner:
            await inbox.until(both(inbox, "a", 2))
            await inbox.until(lambda: len(inbox.told(WitnessesSeen)) >= 2)
            assert scanner.lateness() < timedelta(seconds=5)

    assert seen(inbox, "a", Probe.SSH)[0].login is Login.NO_BANNER


async def test_hastened_nodes_are_looked_at_until_they_are_relaxed(tmp_path: Path) -> None:
    inbox = FakeInbox()
    async with ssh_box(tmp_path) as box:
        nodes = [make_node(name, box.port) for name in ("a", "b")]
        inventory = make_inventory(*nodes, key_file=box.key_file)
        async with scanning(inbox, inventory, with_intervals(suspect=TICK)) as scanner:
            await inbox.until(both(inbox, "b"))
            scanner.hasten([NodeKey("a")])
            await inbox.until(both(inbox, "a", 4))
            scanner.relax([NodeKey("a")])

    assert both(inbox, "b")()
    assert not both(inbox, "b", 2)()


async def test_hastening_asks_the_sites_witnesses() -> None:
    inbox = FakeInbox()
    with mute_port() as gateway:
        inventory = make_inventory(make_node("a", gateway), witnesses=(Endpoint(HOST, gateway),))
        async with scanning(inbox, inventory, hurried(with_intervals(suspect=TICK))) as scanner:
            await inbox.until(lambda: inbox.told(WitnessesSeen))
            first = len(inbox.told(WitnessesSeen))
            scanner.hasten([NodeKey("a"), NodeKey("gone")])
            await inbox.until(lambda: len(inbox.told(WitnessesSeen)) > first)


@pytest.mark.parametrize(
    "subject",
    [node_subject("a"), site_subject(SITE), pcu_subject("p1"), fleet_subject()],
    ids=str,
)
async def test_what_a_person_asks_for_is_looked_at_now(tmp_path: Path, subject: Any) -> None:
    inbox = FakeInbox()
    async with ssh_box(tmp_path) as box:
        path = PowerPath((Outlet(PcuKey("p1"), "3"),))
        pcu = Pcu(PcuKey("p1"), SITE, "p1", HOST, "apc", (Transport("telnet", box.port),))
        node = make_node("a", box.port, paths=(path,))
        inventory = make_inventory(node, key_file=box.key_file, pcus=(pcu,))
        async with scanning(inbox, inventory) as scanner:
            await inbox.until(both(inbox, "a"))
            await scanner.scan(subject)
            await inbox.until(both(inbox, "a", 2))


async def test_an_unknown_subject_is_not_everything(tmp_path: Path) -> None:
    inbox = FakeInbox()
    async with ssh_box(tmp_path) as box:
        nodes = [make_node(name, box.port) for name in ("a", "b")]
        async with scanning(inbox, make_inventory(*nodes, key_file=box.key_file)) as scanner:
            await inbox.until(lambda: both(inbox, "a")() and both(inbox, "b")())
            await scanner.scan(node_subject("gone"))
            await scanner.scan(site_subject("gone"))
            await scanner.scan(node_subject("a"))
            await inbox.until(both(inbox, "a", 2))

    assert len(inbox.readings) == 6


async def test_a_reload_brings_new_nodes_and_lets_old_ones_go() -> None:
    inbox = FakeInbox()
    with mute_port() as port:
        old, new = make_node("old", port), make_node("new", port)
        policy = with_intervals(tcp=TICK)
        async with scanning(inbox, make_inventory(old), policy) as scanner:
            await inbox.until(lambda: seen(inbox, "old", Probe.TCP))
            scanner.update(make_inventory(new), policy)
            last = len(seen(inbox, "old", Probe.TCP))
            await inbox.until(lambda: len(seen(inbox, "new", Probe.TCP)) == 4)

    assert len(seen(inbox, "old", Probe.TCP)) <= last + 1  # one may have been under way


async def test_a_site_is_never_asked_by_too_many_at_once() -> None:
    """Nodes that hang hold a worker each; the site's line carries a bounded number of them."""
    inbox, most = FakeInbox(), 0
    open_now: set[asyncio.StreamWriter] = set()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal most
        open_now.add(writer)
        most = max(most, len(open_now))
        await reader.read(-1)
        open_now.discard(writer)
        writer.close()

    server = await asyncio.start_server(hold, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    nodes = [make_node(f"n{n}", port) for n in range(3 * PER_SITE)]
    async with server, scanning(inbox, make_inventory(*nodes), hurried(), workers=100):
        await inbox.until(lambda: inbox.told(ScanCompleted))

    assert 1 < most <= PER_SITE + 1  # one may still be closing


async def test_looking_goes_beside_the_rounds() -> None:
    inbox = FakeInbox()
    with mute_port() as port:
        node = make_node("a", port)
        async with scanning(inbox, make_inventory(node), hurried()) as scanner:
            found = await scanner.look(node, tries=2)

    assert len(found) == 2


async def test_keys_met_are_saved_when_the_scanner_stops(tmp_path: Path) -> None:
    inbox, path = FakeInbox(), tmp_path / "host-keys.json"
    known = await asyncio.to_thread(KeyFile, path)
    async with ssh_box(tmp_path) as box:
        inventory = make_inventory(make_node("a", box.port), key_file=box.key_file)
        async with scanning(inbox, inventory, known=known):
            await inbox.until(both(inbox, "a"))

    again = await asyncio.to_thread(KeyFile, path)
    assert again.get(NodeKey("a")) == openssh_form(box.host_key)


async def test_keys_that_cannot_be_saved_do_not_stop_the_scan(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class FullDisk(KeysInMemory):
        async def save(self) -> None:
            raise StoreError("host-keys.json", "saving host keys", "no space left")

    inbox = FakeInbox()
    with mute_port() as port:
        inventory = make_inventory(make_node("a", port))
        async with scanning(inbox, inventory, hurried(), known=FullDisk()):
            await inbox.until(both(inbox, "a"))

    assert [record.getMessage() for record in caplog.records] == ["host keys not saved"]


async def test_an_engine_that_is_gone_ends_the_scanner() -> None:
    """A fact that cannot be told is not a probe's failure: the house has to come down."""

    class Closed(FakeInbox):
        async def tell(self, *_: Any, **__: Any) -> Any:
            raise StoreError("state.db", "committing", "disk full")

    with mute_port() as port:
        inventory = make_inventory(make_node("a", port))
        with pytest.raises(ExceptionGroup) as caught:
            async with scanning(Closed(), inventory, hurried()):
                await asyncio.Event().wait()

    assert caught.group_contains(StoreError)


async def test_the_pace_follows_the_clock_it_is_given() -> None:
    """An hour passes at once, and only then is the node looked at again."""
    inbox, clock = FakeInbox(), FakeClock()
    with mute_port() as port:
        scanner = Scanner(
            inbox,
            clock=clock,
            inventory=make_inventory(make_node("a", port)),
            policy=hurried(),
            canaries=(),
            known_keys=KeysInMemory(),
            boot="B1",
            workers=2,
        )
        async with asyncio.TaskGroup() as group:
            running = group.create_task(scanner.run())
            await inbox.until(both(inbox, "a"))
            assert len(inbox.readings) == 2
            clock.advance(2 * HOUR)
            await inbox.until(both(inbox, "a", 2))
            running.cancel()


async def test_nodes_are_pinged_where_this_machine_may(wire: Wire) -> None:
    inbox = FakeInbox()
    inventory = make_inventory(replace(make_node("a", 22), addresses=(f"{PEERS}.1",)))
    async with scanning(inbox, inventory, pinger=Pinger()):
        await inbox.until(lambda: seen(inbox, "a", Probe.PING))

    assert seen(inbox, "a", Probe.PING)[0].heard == 3


async def test_a_machine_that_may_not_ping_says_so_once_and_scans_on(
    wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    inbox = FakeInbox()
    inventory = make_inventory(replace(make_node("a", 22), addresses=(f"{PEERS}.1",)))
    os.seteuid(65534)
    try:
        async with scanning(inbox, inventory, pinger=Pinger()):
            await inbox.until(both(inbox, "a"))
    finally:
        os.seteuid(0)

    warned = [record for record in caplog.records if record.levelname == "WARNING"]
    assert [record.getMessage() for record in warned] == ["nodes are not pinged"]
    assert not seen(inbox, "a", Probe.PING)


async def test_names_are_checked_where_nodes_have_other_than_loopback() -> None:
    inbox = FakeInbox()
    node = replace(make_node("a", 22), addresses=("192.0.2.1",), hostname="a.example.org")
    async with name_server({"a.example.org": ["192.0.2.9"]}) as names:
        resolver = Resolver([names.server])
        async with scanning(inbox, make_inventory(node), hurried(), resolver=resolver):
            await inbox.until(lambda: inbox.told(DnsChecked))

    assert not inbox.told(DnsChecked)[0].agree


async def test_pages_that_fail_are_read_and_hasten_nothing() -> None:
    inbox = FakeInbox()
    with mute_port() as port, refusing_port() as closed:
        node = replace(make_node("a", port), http=(Page(f"http://a:{closed}/"),))
        async with scanning(inbox, make_inventory(node)) as scanner:
            await inbox.until(lambda: seen(inbox, "a", Probe.HTTP))

            assert not any(check.question is Question.HTTP for check in scanner._failing)

    assert seen(inbox, "a", Probe.HTTP)[0].pages == {f"http://a:{closed}/": 0}
