"""Ping: what comes back, what is lost, what is forged, and what this machine may do at all."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from plcmon.model.policy import Wire as WirePolicy
from plcmon.model.readings import Probe, Reading
from plcmon.model.subjects import Node, NodeKey, SiteKey
from plcmon.probes.icmp import checksum
from plcmon.probes.ping import GRANT, Pinger, probe_ping
from plcmon.probes.tcp import NoEvidenceError
from plcmon.times import SystemClock
from tests.fakes.wire import DROPPED, FORBIDDEN, NO_WAY, PEERS, PEERS6, THERE, Fate, Wire

SHORT = timedelta(milliseconds=150)
PATIENT = timedelta(seconds=5)
TERMS = WirePolicy(ping_gap=timedelta(milliseconds=5))
NOBODY = 65534
IP_HEADER, TOKEN_AT = 20, 28
GROUPS = Path("/proc/sys/net/ipv4/ping_group_range")


def make_node(*addresses: str) -> Node:
    return Node(NodeKey("t:n1"), "n1.example", SiteKey("s"), addresses)


async def pinged(*addresses: str, deadline: timedelta = PATIENT) -> Reading:
    with Pinger(loopback=True) as pinger:
        node = make_node(*addresses)
        return await probe_ping(node, pinger, clock=SystemClock(), wire=TERMS, deadline=deadline)


async def test_an_answering_node_is_heard_with_its_round_trip(wire: Wire) -> None:
    reading = await pinged(f"{PEERS}.1")

    assert (reading.probe, reading.sent, reading.heard) == (Probe.PING, 3, 3)
    assert 0 < reading.took_ms < 1000
    assert reading.detail == ""


async def test_version_6_is_pinged_as_well(wire: Wire) -> None:
    reading = await pinged(f"{PEERS6}1")

    assert (reading.sent, reading.heard) == (3, 3)


async def test_dropped_packets_are_no_answer_once_the_deadline_is_over(wire: Wire) -> None:
    wire.fates[f"{PEERS}.1"] = DROPPED
    reading = await pinged(f"{PEERS}.1", deadline=SHORT)

    assert (reading.sent, reading.heard) == (3, 0)
    assert reading.detail == "0 of 3 packets answered"
    assert wire.sent[f"{PEERS}.1"] == 3


async def test_some_loss_is_an_answer_and_is_told(wire: Wire) -> None:
    wire.fates[f"{PEERS}.1"] = Fate(drops=lambda number: number == 2)
    reading = await pinged(f"{PEERS}.1", deadline=SHORT)

    assert reading.heard == 2
    assert reading.detail == "2 of 3 packets answered"


@pytest.mark.parametrize("address", [NO_WAY, FORBIDDEN])
async def test_a_router_that_refuses_is_named(wire: Wire, address: str) -> None:
    reading = await pinged(address, deadline=SHORT)

    assert reading.heard == 0
    assert reading.detail.startswith("0 of 3 packets answered: No route to host")
    assert reading.detail.endswith(f"says {THERE}")


async def test_a_delay_is_measured_at_the_socket_even_while_the_loop_stalls(wire: Wire) -> None:
    wire.fates[f"{PEERS}.1"] = Fate(delay_s=0.03)

    async with asyncio.TaskGroup() as group:
        asked = group.create_task(pinged(f"{PEERS}.1"))
        await asyncio.sleep(0.03)
        stall(0.4)
    reading = asked.result()

    assert reading.heard == 3
    assert 60 <= reading.took_ms < 300


def stall(seconds: float) -> None:
    """Keep the loop from turning."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        pass


def forged(packet: bytes) -> bytes:
    """The same answer with another token, and a checksum that fits."""
    changed = bytearray(packet)
    changed[TOKEN_AT] ^= 0xFF
    changed[IP_HEADER + 2 : IP_HEADER + 4] = b"\0\0"
    changed[IP_HEADER + 2 : IP_HEADER + 4] = checksum(bytes(changed[IP_HEADER:])).to_bytes(2, "big")
    return bytes(changed)


async def test_an_answer_without_our_token_is_ignored(wire: Wire) -> None:
    wire.fates[f"{PEERS}.1"] = Fate(change=forged)
    reading = await pinged(f"{PEERS}.1", deadline=SHORT)

    assert reading.heard == 0


def from_elsewhere(packet: bytes) -> bytes:
    """The same answer, from the address next to the one that was asked."""
    changed = bytearray(packet)
    changed[15] += 1
    changed[10:12] = b"\0\0"
    changed[10:12] = checksum(bytes(changed[:IP_HEADER])).to_bytes(2, "big")
    return bytes(changed)


async def test_an_answer_from_another_address_is_ignored(wire: Wire) -> None:
    wire.fates[f"{PEERS}.1"] = Fate(change=from_elsewhere)
    reading = await pinged(f"{PEERS}.1", deadline=SHORT)

    assert reading.heard == 0


async def test_a_node_is_as_well_as_its_best_address(wire: Wire) -> None:
    wire.fates[f"{PEERS}.1"] = DROPPED
    reading = await pinged(f"{PEERS}.1", f"{PEERS}.2", deadline=SHORT)

    assert reading.heard == 3


async def test_two_hundred_nodes_share_one_socket(wire: Wire) -> None:
    wire.fates |= {f"{PEERS}.{number}": DROPPED for number in range(101, 201)}
    with Pinger() as pinger:
        async with asyncio.TaskGroup() as group:
            calls = {
                number: group.create_task(pinger.ask(f"{PEERS}.{number}", TERMS, PATIENT / 5))
                for number in range(1, 201)
            }

    answered = {number for number, call in calls.items() if len(call.result().times_ms) == 3}
    assert answered == set(range(1, 101))


@pytest.fixture
def everybody_may_ping(wire: Wire) -> None:
    GROUPS.write_text("0 2147483647")


async def test_a_kernel_that_allows_it_needs_no_privilege(everybody_may_ping: None) -> None:
    with unprivileged(), Pinger(loopback=True) as pinger:
        assert pinger.why_not == ""
        call = await pinger.ask(f"{PEERS}.1", TERMS, PATIENT)
        refused = await pinger.ask(NO_WAY, TERMS, SHORT)

    assert len(call.times_ms) == 3
    assert refused.why.endswith(f"says {THERE}")


async def test_what_is_not_allowed_is_said_with_the_command_that_grants_it(wire: Wire) -> None:
    with unprivileged(), Pinger(loopback=True) as pinger:
        assert pinger.why_not == f"no ICMP socket may be opened; {GRANT}"
        assert pinger.places(make_node(f"{PEERS}.1")) == []
        with pytest.raises(NoEvidenceError):
            await pinger.ask(f"{PEERS}.1", TERMS, SHORT)


@contextmanager
def unprivileged() -> Iterator[None]:
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


async def test_loopback_is_not_asked_since_our_own_kernel_answers(wire: Wire) -> None:
    with Pinger() as pinger:
        found = pinger.places(make_node("127.0.0.1", "::1", f"{PEERS}.1", f"{PEERS6}1"))

    assert found == [f"{PEERS}.1", f"{PEERS6}1"]


async def test_a_pinger_that_is_not_open_asks_nothing() -> None:
    assert Pinger().places(make_node(f"{PEERS}.1")) == []


async def test_an_own_network_without_a_way_is_silence(wire: Wire) -> None:
    reading = await pinged("192.0.2.1", deadline=SHORT)

    assert reading.heard == 0
    assert reading.detail == "0 of 3 packets answered: Network is unreachable"


async def test_a_node_without_an_address_to_ask_teaches_nothing() -> None:
    node = replace(make_node(), addresses=())
    with pytest.raises(NoEvidenceError):
        await probe_ping(node, Pinger(), clock=SystemClock(), wire=TERMS, deadline=SHORT)
