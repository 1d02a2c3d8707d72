"""Readings through engine and store: what they sustain, and how far the writer lags behind.

Ten thousand nodes answer in turn; some fail once and answer again, some come with another boot.
A writer lags for as long as a fact that is told now takes to be durable.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from plcmon.engine import Engine
from plcmon.model.events import CanaryRound, Event, InventoryRead, Started, Tick
from plcmon.model.readings import Login, NodeFacts, PortAnswer, Probe, Reading
from plcmon.model.subjects import NodeKey, fleet_subject, node_subject
from plcmon.store import open_database
from plcmon.times import SystemClock
from tests.bench.measures import percentile
from tests.policy.clerk import POLICY, make_inventory

SITES, OF_A_SITE = 1000, 10
PACE = 5000  # readings a second
PACED_FOR = 20.0  # seconds
FLAT_OUT = 100_000  # readings
FAILS, REBOOTS = 100, 400  # one of so many readings
SLICE = 50  # readings between two turns of the loop
FLEET = fleet_subject()


class Stream:
    """Readings of every node in turn, for ever."""

    def __init__(self, keys: list[NodeKey]) -> None:
        self.given = self.changing = 0
        self._keys = keys
        self._again: set[NodeKey] = set()  # failed the last time
        self._boots = dict.fromkeys(keys, 0)

    def take(self, many: int, now: datetime) -> Iterator[Reading]:
        for _ in range(many):
            turn, place = divmod(self.given, len(self._keys))
            self.given += 1
            key = self._keys[place]
            yield self._ssh(key, now) if turn % 3 == 0 else self._tcp(key, now)

    def _tcp(self, key: NodeKey, now: datetime) -> Reading:
        fails = self.given % FAILS == 0
        if fails or key in self._again:
            self.changing += 1
            self._again ^= {key}
        answer = PortAnswer.FILTERED if fails else PortAnswer.OPEN
        return Reading(node_subject(key), Probe.TCP, now, now, took_ms=1.0, ports={22: answer})

    def _ssh(self, key: NodeKey, now: datetime) -> Reading:
        if self.given % REBOOTS == 0:
            self.changing += 1
            self._boots[key] += 1
        facts = NodeFacts(f"{key}-{self._boots[key]}", now, "5.10.0")
        port, login = PortAnswer.OPEN, Login.OK
        return Reading(node_subject(key), Probe.SSH, now, now, port=port, login=login, facts=facts)


def measure() -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="plcmon-bench-") as folder:
        return asyncio.run(through(Path(folder)))


async def through(folder: Path) -> dict[str, float]:
    published: list[Event] = []
    clock, inventory = SystemClock(), make_inventory(sites=SITES, nodes=OF_A_SITE)
    async with open_database(folder, clock=clock) as database:
        engine = Engine(
            state=await database.load(),
            policy=POLICY,
            commit=database.commit,
            publish=published.extend,
            clock=clock,
        )
        turning = asyncio.create_task(engine.run(), name="engine")
        await engine.tell(FLEET, Started("bench", "p", adopted=True))
        await engine.tell(FLEET, InventoryRead(inventory, "digest"))
        await engine.tell(FLEET, CanaryRound(3, 3))
        stream = Stream(list(inventory.nodes))
        await first_round(engine, stream, clock)
        published.clear()
        found = {"nodes": float(len(inventory.nodes)), **await paced(engine, stream, clock)}
        found["events"] = len(published)
        found |= await flat_out(engine, stream, clock)
        turning.cancel()
        return found


async def first_round(engine: Engine, stream: Stream, clock: SystemClock) -> None:
    """By SSH and by TCP, so that every node is known."""
    for _ in range(2 * SITES * OF_A_SITE // SLICE):
        ingest(engine, stream, clock)
        await asyncio.sleep(0)
    await engine.tell(FLEET, Tick())


def ingest(engine: Engine, stream: Stream, clock: SystemClock) -> None:
    for reading in stream.take(SLICE, clock.now()):
        engine.ingest(reading)


async def paced(engine: Engine, stream: Stream, clock: SystemClock) -> dict[str, float]:
    """At the pace that is asked for."""
    lags: list[float] = []
    watching = asyncio.create_task(watch(engine, lags), name="lag")
    given, changing, cpu = stream.given, stream.changing, time.process_time()
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < PACED_FOR:
        while stream.given - given < PACE * passed:
            ingest(engine, stream, clock)
            await asyncio.sleep(0)
        await asyncio.sleep(SLICE / PACE)
    await engine.tell(FLEET, Tick())
    took, spent = time.perf_counter() - began, time.process_time() - cpu
    watching.cancel()
    return {
        "paced_per_s": (stream.given - given) / took,
        "changing_percent": 100 * (stream.changing - changing) / (stream.given - given),
        "cpu_share": spent / took,
        "lag_p99_ms": percentile(lags, 99),
        "lag_most_ms": max(lags),
    }


async def watch(engine: Engine, lags: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await engine.tell(FLEET, Tick())
        lags.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(timedelta(milliseconds=100).total_seconds())


async def flat_out(engine: Engine, stream: Stream, clock: SystemClock) -> dict[str, float]:
    """As fast as they are made durable: never more than one thousand ahead of the writer."""
    given, began = stream.given, time.perf_counter()
    while stream.given - given < FLAT_OUT:
        for _ in range(1000 // SLICE):
            ingest(engine, stream, clock)
        await engine.tell(FLEET, Tick())
    return {"most_per_s": (stream.given - given) / (time.perf_counter() - began)}
