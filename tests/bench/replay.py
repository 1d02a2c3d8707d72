"""Ninety days of ten thousand nodes, written as the service writes them, then replayed.

`python -m tests.bench.replay [NODES [DAYS [FOLDER]]]` measures a size of one's own. The generated
record leaves out rounds of witnesses: what the service writes of them is measured by how fast
`Thinning` passes over rounds that say nothing new.
"""

import asyncio
import heapq
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from plcmon.cli.replay import replayed
from plcmon.engine.rerun import Rerun
from plcmon.model.beliefs import Finding
from plcmon.model.decisions import Mode
from plcmon.model.events import (
    CanaryRound,
    Event,
    InventoryRead,
    NodeObserved,
    PcuTested,
    ScanCompleted,
    Started,
)
from plcmon.model.policy import Policy
from plcmon.model.readings import Evidence, Observation, Observed
from plcmon.model.state import Changes
from plcmon.model.subjects import (
    Inventory,
    NodeKey,
    PcuKey,
    fleet_subject,
    node_subject,
    pcu_subject,
)
from plcmon.operations.thinning import Thinning
from plcmon.store import open_database
from plcmon.store.record import Recorded
from tests.fakes.book import FixedClock
from tests.policy.clerk import POLICY, START, make_inventory

NODES, DAYS, OF_A_SITE = 10_000, 90, 10
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BLIPS = 7 * DAY  # between two probes of one node that fail for nothing, on average
OUTAGES = 60 * DAY  # between two outages of one node, on average
COMMIT = 20_000  # events
FLEET = fleet_subject()
ROUNDS = 200_000


def measure(nodes: int = NODES, days: int = DAYS, folder: str = "") -> dict[str, float]:
    """Seconds to write the record, and to replay it with another policy."""
    with tempfile.TemporaryDirectory(prefix="plcmon-bench-") as made:
        place = Path(folder or made)
        inventory = make_inventory(sites=max(1, nodes // OF_A_SITE), nodes=OF_A_SITE)
        began = time.perf_counter()
        rows = asyncio.run(written(place, inventory, days))
        wrote = time.perf_counter() - began
        began, spent = time.perf_counter(), time.process_time()
        view = asyncio.run(replayed(place, other_policy(), START))
        took, cpu = time.perf_counter() - began, time.process_time() - spent
    return {
        "nodes": len(inventory.nodes),
        "days": days,
        "rows": rows,
        "write_s": wrote,
        "replay_s": took,
        "replay_cpu_s": cpu,
        "rows_per_s": rows / took,
        "folded": view.events,
        "differences": len(view.lines),
        "quiet_rounds_per_s": passed_over(inventory),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def policy() -> Policy:
    """That of the record: it acts, and its guard lets the generated rate pass."""
    guard = replace(POLICY.guard, more_than=NODES)
    return replace(POLICY, mode=Mode.AUTO, guard=guard, version="recorded")


def other_policy() -> Policy:
    limits = replace(policy().thresholds, node_down_silent=12 * HOUR)
    return replace(policy(), thresholds=limits, version="other")


async def written(folder: Path, inventory: Inventory, days: int) -> int:
    """Let the record come about through the rules themselves; returns its rows."""
    rerun = Rerun(policy(), inventory, thrifty=True)
    until = START + days * DAY
    rows, pending = 0, list[Event]()
    async with open_database(folder, clock=FixedClock(until)) as database:
        await database.commit(Changes(inventory=inventory))
        for fact in facts(inventory, until):
            if isinstance(fact.body, CanaryRound) and is_dull(fact):
                rerun.state.seq += 1  # it is written, and changes nothing
                pending.append(replace(fact, seq=rerun.state.seq))
                continue
            for _, parts in rerun.take([fact]):
                pending += [event for part in parts for event in part.events]
            if len(pending) >= COMMIT:
                await database.commit(Changes(events=pending))
                rows, pending = rows + len(pending), []
        await database.commit(Changes(events=pending))
    return rows + len(pending)


def is_dull(fact: Event) -> bool:
    """A round as all others: folding each would take longer than all the rest."""
    return fact.at > START + HOUR and (fact.at.minute, fact.at.hour % 6) != (0, 0)


def facts(inventory: Inventory, until: datetime) -> Iterator[Event]:
    """What the staff tells over the time, in order."""
    yield Event(START, FLEET, Started("bench", "recorded", adopted=True))
    yield Event(START, FLEET, InventoryRead(inventory, "digest"))
    yield Event(START, FLEET, CanaryRound(3, 3))
    chance = random.Random(1)
    streams: list[Iterable[Event]] = [canaries(until), scans(inventory, until)]
    streams += [tests(key, until, random.Random(chance.random())) for key in inventory.pcus]
    streams += [life(key, until, random.Random(chance.random())) for key in inventory.nodes]
    yield from heapq.merge(*streams, key=lambda event: event.at)


def canaries(until: datetime) -> Iterator[Event]:
    at = START + MINUTE
    while at < until:
        yield Event(at, FLEET, CanaryRound(3, 3))
        at += MINUTE


def scans(inventory: Inventory, until: datetime) -> Iterator[Event]:
    at, number = START + 15 * MINUTE, len(inventory.nodes)
    while at < until:
        yield Event(at, FLEET, ScanCompleted(number, number, 890.0))
        at += 15 * MINUTE


def tests(key: PcuKey, until: datetime, chance: random.Random) -> Iterator[Event]:
    at = START + chance.random() * 6 * HOUR
    while at < until:
        yield Event(at, pcu_subject(key), PcuTested(Finding.OK, "logged in", chance.random()))
        at += 6 * HOUR


def life(key: NodeKey, until: datetime, chance: random.Random) -> Iterator[Event]:
    """A node that blips, and now and then goes away for hours or days."""
    at, boots = START + chance.random() * 5 * MINUTE, 0
    yield seen(key, at, Observed.BOOT, f"{key}-0", START - 30 * DAY)
    booted = START - 30 * DAY
    while True:
        at += timedelta(seconds=chance.expovariate(1 / BLIPS.total_seconds()))
        if at >= until:
            return
        yield seen(key, at, Observed.BOOT, f"{key}-{boots}", booted, Evidence.SUSPECT)
        if chance.random() > BLIPS / OUTAGES:
            yield seen(key, at + 2 * MINUTE, Observed.BOOT, f"{key}-{boots}", booted)
            continue
        yield seen(key, at + 12 * MINUTE, Observed.SILENT, "", None, since=at)
        at += timedelta(hours=min(400.0, 2 * chance.paretovariate(0.7)))
        if at >= until:
            return
        boots, booted = boots + 1, at
        yield seen(key, at + MINUTE, Observed.BOOT, f"{key}-{boots}", booted)
        at += HOUR


def seen(
    key: NodeKey,
    at: datetime,
    state: Observed,
    boot_id: str,
    booted: datetime | None,
    evidence: Evidence = Evidence.FRESH,
    since: datetime | None = None,
) -> Event:
    shown = Observation(
        state, at, since or at, evidence, boot_id=boot_id, booted_at=booted, detail=state.value
    )
    return Event(at, node_subject(key), NodeObserved(shown))


def passed_over(inventory: Inventory) -> float:
    """Rounds per second that say the same as those before them, and are left out."""
    thin = Thinning(inventory)
    sites = list(inventory.sites)
    body = '{"answered":{"127.0.0.1:23":true}}'
    rows = [
        Recorded((n, n, "WitnessesSeen", f"site/{sites[n % len(sites)]}", "", "", body))
        for n in range(ROUNDS)
    ]
    began = time.perf_counter()
    for row in rows:
        for _ in thin.take(row):
            pass
    return ROUNDS / (time.perf_counter() - began)


def main() -> None:
    nodes, days, folder = (*sys.argv[1:4], *("", "", "")[len(sys.argv) - 1 :])
    found = measure(int(nodes or NODES), int(days or DAYS), folder)
    sys.stdout.write(json.dumps({key: round(value, 2) for key, value in found.items()}) + "\n")


if __name__ == "__main__":
    main()
