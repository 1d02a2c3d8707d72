"""Ten thousand addresses under the real service: is every node read, and every reading right?

Most are well; some refuse, are filtered or unreachable, say something else than SSH, say nothing,
talk without end, drip, hang, let us in or refuse our key. What is read is looked up in the history.
Intervals and deadlines are the shipped ones. Nothing where there are no network namespaces.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from plcmon.model.readings import Login, PortAnswer, Probe, Reading
from plcmon.model.subjects import node_subject
from plcmon.store import open_database
from plcmon.times import SystemClock
from tests.acceptance.running import Service, serving
from tests.bench.measures import cpu_s, memory_mb
from tests.bench.places import (
    CLOSED,
    DRIP,
    DROPPED,
    FLOOD,
    LOGIN,
    MUTE,
    NETWORK,
    OTHER,
    SSH,
    STRANGER,
    UNREACHABLE,
    WRONG,
    address_of,
    two_places,
)
from tests.fakes.peers import make_key

NODES, OF_A_SITE = 10_000, 10
OF_EACH_KIND = 200  # one node of so many
MOST_S, LOOK_EVERY = 1800.0, 60.0  # a list of all holds the service's loop up
CANARIES = [f"{NETWORK}.{net}.250:{OTHER}" for net in (0, 1, 2)]
CONFIG = """
[canaries]
endpoints = {canaries}
[policy.thresholds]
failing_for = "2m"
[service]
state_dir = "state"
log_format = "json"
dns = false
[inventory]
files = ["nodes.csv"]
[profiles.login]
key_file = "{key}"
facts = {{ boot_id = "cat /proc/sys/kernel/random/boot_id", uptime = "cat /proc/uptime" }}
"""
Found = dict[str, float]


@dataclass(frozen=True)
class Kind:
    """How a node behaves, and what is to be read of it."""

    observed: str
    login: Login
    port: int = SSH
    answers: tuple[PortAnswer, ...] = (PortAnswer.OPEN,)
    network: str = NETWORK
    profile: str = "linux"

    def is_right(self, reading: Reading) -> bool:
        if reading.probe is Probe.PING:
            return (reading.heard > 0) is (self.network == NETWORK)
        if reading.probe is Probe.SSH:
            return reading.login is self.login and reading.port in self.answers
        other = reading.ports.get(OTHER)
        is_other = other is PortAnswer.OPEN if self.network == NETWORK else other in self.answers
        return is_other and reading.ports.get(self.port) in self.answers


# A router says only so often that there is no way.
NO_WAY = (PortAnswer.UNREACHABLE, PortAnswer.FILTERED)
WELL = Kind("boot", Login.BANNER_ONLY)
KINDS = {
    "refused": Kind("deaf", Login.NO_CONNECT, CLOSED, (PortAnswer.REFUSED,)),
    "filtered": Kind("silent", Login.NO_CONNECT, SSH, (PortAnswer.FILTERED,), DROPPED),
    "unreachable": Kind("silent", Login.NO_CONNECT, SSH, NO_WAY, UNREACHABLE),
    "wrong_banner": Kind("wedged", Login.NO_BANNER, WRONG),
    "mute": Kind("wedged", Login.NO_BANNER, MUTE),
    "flood": Kind("wedged", Login.NO_BANNER, FLOOD, profile="login"),
    "drip": Kind("wedged", Login.NO_BANNER, DRIP, profile="login"),
    "hung": Kind("deaf", Login.FAILED, profile="login"),
    "login": Kind("boot", Login.OK, LOGIN, profile="login"),
    "refuses_key": Kind("deaf", Login.REFUSED, STRANGER, profile="login"),
}


def kind_of(number: int) -> tuple[str, Kind]:
    names = list(KINDS)
    place = number % OF_EACH_KIND
    return (names[place], KINDS[names[place]]) if place < len(names) else ("well", WELL)


def measure(nodes: int = NODES) -> Found:
    """Nodes read, wrong readings and wrong beliefs; empty where there are no namespaces."""
    try:
        with tempfile.TemporaryDirectory(prefix="plcmon-bench-") as name, two_places() as places:
            folder = Path(name)
            key = folder / "id"
            file = written(folder, nodes, key)
            with places.open(key=key.with_suffix(".pub")), serving(file) as service:
                found = watched(service, nodes)
                service.stop()
            return {**found, **asyncio.run(read(folder / "state", nodes))}
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"no service: no network namespace with a wire: {error}\n")
        return {}


def written(folder: Path, nodes: int, key: Path) -> Path:
    made = make_key()
    made.write_private_key(key)
    made.write_public_key(key.with_suffix(".pub"))
    lines = ["nodes,hostname,site,addresses,ssh_port,ports,profile"]
    for number in range(nodes):
        _, kind = kind_of(number)
        address = address_of(number, kind.network)
        site, name = f"s{number // OF_A_SITE}", f"n{number}.example.org"
        lines.append(f"n{number},{name},{site},{address},{kind.port},{OTHER},{kind.profile}")
    (folder / "nodes.csv").write_text("\n".join(lines) + "\n")
    sites = "".join(f'[sites.s{n}]\nname = "Site {n}"\n' for n in range(nodes // OF_A_SITE))
    file = folder / "monitor.toml"
    file.write_text(CONFIG.format(canaries=CANARIES, key=key) + sites)
    return file


def watched(service: Service, nodes: int) -> Found:
    """Until every node is believed to be what it is, or for very long."""
    began, pid, took_s = time.monotonic(), service.process.pid, 0.0
    undecided, wrong = nodes, 0
    while (undecided or wrong) and took_s < MOST_S:
        time.sleep(LOOK_EVERY)
        seen = Counter(
            "right" if row["observed"] == kind.observed else row["observed"]
            for row in service.get("nodes")
            for _, kind in [kind_of(int(row["key"].removeprefix("toml:n")))]
        )
        undecided = seen["stale"]  # a failure counts only after its time, and while we are well
        wrong = nodes - seen["right"] - undecided
        took_s = time.monotonic() - began
    health = service.health()
    return {
        "nodes": nodes,
        "known_s": took_s,
        "undecided": undecided,
        "wrong_beliefs": wrong,
        "lateness_s": health["scan_lateness"],
        "dropped": health["scan_dropped"],
        "memory_mb": memory_mb(pid),
        "cpu_share": cpu_s(pid) / took_s,
    }


async def read(state: Path, nodes: int) -> Found:
    """What the history has of every node: nothing may be missing, nothing wrong."""
    readings, unread = Counter[str](), 0
    async with open_database(state, clock=SystemClock()) as database:
        for number in range(nodes):
            name, kind = kind_of(number)
            kept = await database.readings(node_subject(f"toml:n{number}"), 100)
            unread += {reading.probe for reading in kept} != {Probe.PING, Probe.TCP, Probe.SSH}
            readings["readings"] += len(kept)
            readings["wrong_readings"] += sum(not kind.is_right(reading) for reading in kept)
            readings[f"read_{name}"] += 1
    return {"unread_nodes": unread, "wrong_readings": 0, **readings}
