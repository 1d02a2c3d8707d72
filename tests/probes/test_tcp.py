"""Each answer of a port told apart, on real sockets."""

import asyncio
import gc
import resource
import socket
import time
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.model.readings import PortAnswer, Probe
from plcmon.model.subjects import Node, NodeKey, SiteKey, node_subject
from plcmon.probes.tcp import NoEvidenceError, connect, dial, knock, probe_tcp
from plcmon.times import SystemClock
from tests.fakes.clock import FakeClock
from tests.fakes.peers import HOST, mute_port, refusing_port, silent_port
from tests.fakes.wire import (
    DROPPED,
    FORBIDDEN,
    FORBIDDEN6,
    NO_WAY,
    NO_WAY6,
    PEERS,
    PEERS6,
    Fate,
    Wire,
)

SOON = timedelta(milliseconds=200)
PATIENT = timedelta(seconds=5)


def make_node(*addresses: str, ssh_port: int, ports: tuple[int, ...] = ()) -> Node:
    return Node(NodeKey("t:n1"), "n1.example", SiteKey("s"), addresses, "linux", ssh_port, ports)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_a_listening_port_is_open() -> None:
    with mute_port() as port:
        answer, took_ms = await connect(HOST, port, PATIENT)

    assert answer is PortAnswer.OPEN
    assert 0 < took_ms < 1000


async def test_a_reset_is_refused() -> None:
    with refusing_port() as port:
        answer, _ = await connect(HOST, port, PATIENT)

    assert answer is PortAnswer.REFUSED


async def test_silence_is_filtered_after_the_deadline() -> None:
    with silent_port() as port:
        answer, took_ms = await connect(HOST, port, SOON)

    assert answer is PortAnswer.FILTERED
    assert took_ms >= 200


async def test_an_answer_of_the_network_is_unreachable() -> None:
    # No packet leaves: the kernel itself knows no way to connect to everybody.
    answer, _ = await connect("255.255.255.255", 9, SOON)

    assert answer is PortAnswer.UNREACHABLE


async def test_the_time_is_the_sockets_not_the_loops() -> None:
    with mute_port() as port:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(connect(HOST, port, PATIENT))
            await asyncio.sleep(0)
            spin(0.2)
        _, took_ms = task.result()

    assert took_ms < 100


async def test_a_stalled_loop_is_not_a_silent_node() -> None:
    """The deadline passes while the loop stands still, but the socket had its answer in time."""
    with silent_port() as silent, mute_port() as mute:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(knock(HOST, (silent, mute), SOON))
            await asyncio.sleep(0)
            spin(0.4)

    assert [attempt.answer for attempt in task.result()] == [PortAnswer.FILTERED, PortAnswer.OPEN]


async def test_silent_ports_of_one_address_share_one_deadline() -> None:
    with silent_port() as one, silent_port() as other:
        began = time.monotonic()
        attempts = await knock(HOST, (one, other), SOON)
        took = time.monotonic() - began

    assert [attempt.port for attempt in attempts] == [one, other]
    assert took < 2 * SOON.total_seconds()


async def test_a_name_is_looked_up() -> None:
    with mute_port() as port:
        answer, _ = await connect("localhost", port, PATIENT)

    assert answer is PortAnswer.OPEN


async def test_a_name_that_nobody_knows_is_no_evidence() -> None:
    with pytest.raises(NoEvidenceError, match="looking up its name"):
        await connect("nobody.invalid", 22, PATIENT)


@pytest.mark.parametrize(
    ("host", "port"),
    [("::zz", 22), (HOST, 99_999_999), ("a" * 300, 22), ("127.0.0.1 x", 22), ("", 22)],
)
async def test_what_is_no_address_is_no_evidence(host: str, port: int) -> None:
    with pytest.raises(NoEvidenceError):
        await connect(host, port, PATIENT)


async def test_dialling_hands_over_the_open_connection() -> None:
    with mute_port() as port:
        attempt = await dial(HOST, port, PATIENT)
        with attempt.sock:
            assert attempt.sock.getpeername() == (HOST, port)


async def test_no_way_of_ending_leaves_a_descriptor_open() -> None:
    gc.collect()
    before = open_descriptors()
    with mute_port() as mute, refusing_port() as refusing, silent_port() as silent:
        await knock(HOST, (mute, refusing, silent), SOON)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(knock(HOST, (mute, silent), PATIENT))
            await asyncio.sleep(0)
            task.cancel()
        await dial(HOST, refusing, PATIENT)

    assert open_descriptors() == before


async def test_running_out_of_descriptors_is_our_fault_not_the_nodes() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with mute_port() as port:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            with pytest.raises(NoEvidenceError, match="opening a socket"):
                await connect(HOST, port, PATIENT)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_healthy_node_is_one_reading_without_a_complaint() -> None:
    clock = FakeClock()
    with mute_port() as ssh, mute_port() as web:
        node = make_node(HOST, ssh_port=ssh, ports=(web,))
        reading = await probe_tcp(node, clock=clock, deadline=PATIENT)

    assert reading.subject == node_subject("t:n1")
    assert reading.probe is Probe.TCP
    assert reading.ports == {ssh: PortAnswer.OPEN, web: PortAnswer.OPEN}
    assert reading.at == reading.arrived_at == clock.now()
    assert reading.detail == ""


async def test_a_reading_names_the_ports_that_are_not_open() -> None:
    with mute_port() as ssh, refusing_port() as web:
        node = make_node(HOST, ssh_port=ssh, ports=(web,))
        reading = await probe_tcp(node, clock=SystemClock(), deadline=PATIENT)

    assert reading.ports[web] is PortAnswer.REFUSED
    assert reading.detail == f"port {web} refused"


async def test_a_node_is_as_well_as_its_best_address() -> None:
    with mute_port() as port:
        node = make_node("127.0.0.9", HOST, "127.0.0.8", ssh_port=port)
        reading = await probe_tcp(node, clock=SystemClock(), deadline=PATIENT)

    assert reading.ports == {port: PortAnswer.OPEN}


async def test_the_best_of_bad_addresses_is_the_one_that_answers() -> None:
    with silent_port() as port:
        node = make_node(HOST, "127.0.0.9", ssh_port=port)
        reading = await probe_tcp(node, clock=SystemClock(), deadline=SOON)

    assert reading.ports == {port: PortAnswer.REFUSED}


async def test_a_good_address_outweighs_one_we_cannot_ask() -> None:
    with mute_port() as port:
        node = make_node("nobody.invalid", HOST, ssh_port=port)
        reading = await probe_tcp(node, clock=SystemClock(), deadline=PATIENT)

    assert reading.ports == {port: PortAnswer.OPEN}


async def test_a_bad_address_beside_one_we_cannot_ask_is_no_evidence() -> None:
    with refusing_port() as port:
        node = make_node("nobody.invalid", HOST, ssh_port=port)
        with pytest.raises(NoEvidenceError, match=r"n1\.example: connecting"):
            await probe_tcp(node, clock=SystemClock(), deadline=PATIENT)


async def test_a_node_without_addresses_is_no_evidence() -> None:
    with pytest.raises(NoEvidenceError, match="it has no address"):
        await probe_tcp(make_node(ssh_port=22), clock=SystemClock(), deadline=PATIENT)


async def test_asking_a_node_costs_less_than_a_millisecond_of_cpu() -> None:
    """A wide margin over what is measured (about 0.15 ms), so that only a blunder fails."""
    with mute_port() as port:
        node = make_node(HOST, ssh_port=port)
        clock = SystemClock()
        began = time.process_time()
        for _ in range(50):
            await probe_tcp(node, clock=clock, deadline=PATIENT)
        took = time.process_time() - began

    assert took / 50 < 0.001


def spin(seconds: float) -> None:
    """Keep the loop from turning, as a busy face would."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def connected_pair() -> tuple[socket.socket, socket.socket]:
    with socket.create_server((HOST, 0)) as listener:
        one = socket.create_connection(listener.getsockname())
        other, _ = listener.accept()
    return one, other


@pytest.mark.parametrize("host", [f"{PEERS}.1", f"{PEERS6}1"])
async def test_across_a_wire_a_listening_port_is_open(wire: Wire, host: str) -> None:
    with wire.listener(host) as port:
        answer, took_ms = await connect(host, port, PATIENT)

    assert answer is PortAnswer.OPEN
    assert 0 < took_ms < 1000


@pytest.mark.parametrize("host", [f"{PEERS}.1", f"{PEERS6}1"])
async def test_across_a_wire_a_reset_is_refused(wire: Wire, host: str) -> None:
    answer, _ = await connect(host, 9, PATIENT)

    assert answer is PortAnswer.REFUSED


async def test_dropped_packets_are_filtered_after_the_deadline(wire: Wire) -> None:
    wire.fates[f"{PEERS}.1"] = DROPPED
    answer, took_ms = await connect(f"{PEERS}.1", 22, SOON)

    assert answer is PortAnswer.FILTERED
    assert took_ms >= 200


@pytest.mark.parametrize("host", [NO_WAY, FORBIDDEN, NO_WAY6, FORBIDDEN6])
async def test_a_router_that_rejects_is_unreachable_at_once(wire: Wire, host: str) -> None:
    answer, took_ms = await connect(host, 22, PATIENT)

    assert answer is PortAnswer.UNREACHABLE
    assert took_ms < 2500


@pytest.mark.parametrize("addresses", [(NO_WAY,), (FORBIDDEN, NO_WAY6)])
async def test_a_node_to_which_no_way_leads_is_a_reading(
    wire: Wire, addresses: tuple[str, ...]
) -> None:
    """A router's word is evidence: without it such a node would never be found silent."""
    node = make_node(*addresses, ssh_port=22, ports=(80,))
    reading = await probe_tcp(node, clock=SystemClock(), deadline=PATIENT)

    assert reading.ports == {22: PortAnswer.UNREACHABLE, 80: PortAnswer.UNREACHABLE}


async def test_a_slow_way_is_open_with_the_sockets_own_time(wire: Wire) -> None:
    """The loop stalls longer than the way takes; only the kernel knows better."""
    host = f"{PEERS}.1"
    wire.fates[host] = Fate(delay_s=0.05)
    with wire.listener(host) as port:
        async with asyncio.TaskGroup() as group:
            asked = group.create_task(connect(host, port, PATIENT))
            await asyncio.sleep(0)
            until = time.monotonic() + 0.5
            while time.monotonic() < until:
                pass
    answer, took_ms = asked.result()

    assert answer is PortAnswer.OPEN
    assert 100 <= took_ms < 400


async def test_one_lost_packet_is_sent_again_by_the_kernel(wire: Wire) -> None:
    host = f"{PEERS}.1"
    wire.fates[host] = Fate(drops=lambda number: number == 1)
    with wire.listener(host) as port:
        answer, _ = await connect(host, port, PATIENT)

    assert answer is PortAnswer.OPEN
