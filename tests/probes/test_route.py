"""The way to an address: near and far routers, silent ones, the end, and no end."""

import time
from datetime import timedelta

import pytest

from plcmon.model.policy import Wire as WirePolicy
from plcmon.probes.route import trace
from plcmon.probes.tcp import NoEvidenceError
from tests.fakes.wire import DROPPED, NO_WAY, PEERS, PEERS6, THERE, Fate, Wire

TERMS = WirePolicy(trace_hops=4, trace_deadline=timedelta(milliseconds=300))
PATIENT = WirePolicy(trace_hops=4, trace_deadline=timedelta(seconds=20))


async def test_an_address_that_is_there_is_reached(wire: Wire) -> None:
    began = time.monotonic()
    seen = await trace(f"{PEERS}.1", PATIENT)

    assert seen.reached
    assert [hop.address for hop in seen.hops] == [f"{PEERS}.1"]
    assert 0 < seen.hops[0].took_ms < 1000
    assert time.monotonic() - began < 10


async def test_version_6_is_traced_as_well(wire: Wire) -> None:
    seen = await trace(f"{PEERS6}1", TERMS)

    assert seen.reached
    assert [hop.address for hop in seen.hops] == [f"{PEERS6}1"]


async def test_a_router_on_the_way_is_named(wire: Wire) -> None:
    seen = await trace(NO_WAY, TERMS)

    assert not seen.reached
    assert [hop.address for hop in seen.hops] == [THERE]
    assert str(seen).endswith("ms, then nobody")


async def test_a_way_on_which_nobody_speaks_ends_with_the_deadline(wire: Wire) -> None:
    wire.fates[f"{PEERS}.1"] = DROPPED
    seen = await trace(f"{PEERS}.1", TERMS)

    assert (seen.hops, seen.reached) == ((), False)
    assert str(seen) == "nobody on the way answers"
    assert wire.sent[f"{PEERS}.1"] <= 2 * TERMS.trace_hops


async def test_a_lost_packet_is_asked_again(wire: Wire) -> None:
    wire.fates[f"{PEERS}.1"] = Fate(drops=lambda number: number <= TERMS.trace_hops)
    seen = await trace(f"{PEERS}.1", TERMS)

    assert seen.reached
    assert len(seen.hops) == 1


async def test_the_time_is_the_sockets_own(wire: Wire) -> None:
    wire.fates[f"{PEERS}.1"] = Fate(delay_s=0.02)
    seen = await trace(f"{PEERS}.1", PATIENT)

    assert 40 <= seen.hops[0].took_ms < 400


async def test_a_machine_without_a_way_learns_nothing(wire: Wire) -> None:
    with pytest.raises(NoEvidenceError, match="Network is unreachable"):
        await trace("192.0.2.1", TERMS)
