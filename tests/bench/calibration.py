"""The chances of the model in `loss`, held against real packets.

Ten thousand node-rounds for each loss, by the real probes with the shipped deadlines: a thousand
addresses, ten times each, behind a wire that loses packets both ways, each by itself.
Nothing where the kernel refuses network namespaces.
"""

import asyncio
import math
import subprocess
import sys
from collections import Counter
from collections.abc import Awaitable

from plcmon.config.load import default_policy
from plcmon.model.readings import Probe, Reading
from plcmon.model.subjects import Node, NodeKey, Profile, SiteKey
from plcmon.policy.sight import failed
from plcmon.probes.keys import KeysInMemory
from plcmon.probes.ping import Pinger, probe_ping
from plcmon.probes.ssh import Deadlines, SshProbe
from plcmon.probes.tcp import probe_tcp
from plcmon.times import SystemClock
from tests.bench.chances import chance_of
from tests.bench.places import SSH, address_of, two_places

NODES, ROUNDS = 1000, 10
AT_ONCE = 500
LOSSES = (0.01, 0.05, 0.30)
SIGMAS = 4
BY_THE_MODEL = 0.1  # of what is expected: how wrong the model itself may be
Found = dict[str, float]


def measure() -> Found:
    """By loss and probe: failures seen and expected; empty where there are no namespaces."""
    seen = {}
    try:
        with two_places() as places:
            for loss in LOSSES:
                with places.open(loss):
                    seen[loss] = asyncio.run(failures())
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"no calibration: no network namespace with a wire: {error}\n")
        return {}
    return compared(seen)


def compared(seen: dict[float, Counter[Probe]]) -> Found:
    found: Found = {"rounds": NODES * ROUNDS}
    calibrated = True
    for loss, counts in seen.items():
        for probe in (Probe.PING, Probe.TCP, Probe.SSH):
            expected = chance_of(probe, loss) * NODES * ROUNDS
            name = f"at_{loss * 100:.0f}_percent_{probe.value}"
            found[f"{name}_failed"] = counts[probe]
            found[f"{name}_expected"] = expected
            found[f"{name}_most_apart"] = most_apart(expected)
            calibrated &= abs(counts[probe] - expected) <= most_apart(expected)
    return {**found, "calibrated": calibrated}


def most_apart(expected: float) -> float:
    """What chance does, and what the model may be wrong by."""
    return SIGMAS * math.sqrt(expected + 1) + BY_THE_MODEL * expected


async def failures() -> Counter[Probe]:
    """How many of the rounds failed, by probe."""
    wire, clock, profile = default_policy().wire, SystemClock(), Profile("linux")
    ssh = SshProbe(clock=clock, known=KeysInMemory())
    deadlines = Deadlines(wire.tcp_deadline, wire.ssh_deadline)
    counts: Counter[Probe] = Counter()
    todo = iter([node for _ in range(ROUNDS) for node in make_nodes()])

    async def note(asking: Awaitable[Reading]) -> None:
        reading = await asking
        counts[reading.probe] += failed(reading)

    async def work(pinger: Pinger) -> None:
        for node in todo:
            deadline = wire.ping_deadline
            await note(probe_ping(node, pinger, clock=clock, wire=wire, deadline=deadline))
            await note(probe_tcp(node, clock=clock, deadline=wire.tcp_deadline))
            await note(ssh.probe(node, profile, deadlines))

    with Pinger() as pinger:
        async with asyncio.TaskGroup() as group:
            for number in range(AT_ONCE):
                group.create_task(work(pinger), name=f"work-{number}")
    return counts


def make_nodes() -> list[Node]:
    return [
        Node(
            NodeKey(f"t:{number}"),
            f"n{number}.example.org",
            SiteKey("s"),
            (address_of(number),),
            ssh_port=SSH,
        )
        for number in range(NODES)
    ]
