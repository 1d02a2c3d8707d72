"""Five hundred of two thousand nodes fall silent at once: does the scan of the others stay on time?

The real service, and real silence: the wire drops every packet of every fourth node. When each node
was asked is read off the wire, what became of it off the service. Intervals are shorter than those
shipped, which is harder; suspects' time is the shipped one. Nothing where there are no namespaces.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.acceptance.running import Service, serving
from tests.bench.measures import cpu_s, memory_mb, percentile
from tests.bench.places import OTHER, SSH, Asked, Wire, address_of, falls_silent, two_places

NODES, OF_A_SITE = 2000, 10
EVERY, LOGINS, FAILING = 120, 360, 180  # seconds
CANARIES = [f"10.78.{net}.250:{OTHER}" for net in (0, 1, 2)]
MOST_S = 900.0  # until all that fell are known
LOOK_EVERY = 15.0  # a list of so many nodes holds the service's loop up for a while
CONFIG = f"""
[canaries]
endpoints = {CANARIES}
[policy.intervals]
tcp = "{EVERY}s"
ping = "{EVERY}s"
ssh = "{LOGINS}s"
[policy.thresholds]
failing_for = "{FAILING}s"
down_after = "6m"
[service]
state_dir = "state"
log_format = "json"
dns = false
[inventory]
files = ["nodes.csv"]
"""
Found = dict[str, float]
Rows = list[dict[str, Any]]


def measure(nodes: int = NODES) -> Found:
    """Lateness in percent of an interval, suspects' gaps, what was found; empty where it can't."""
    try:
        with (
            tempfile.TemporaryDirectory(prefix="plcmon-bench-") as folder,
            two_places() as places,
            places.open() as wire,
            serving(written(Path(folder), nodes)) as service,
        ):
            return storm(wire, service, nodes)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"no storm: no network namespace with a wire: {error}\n")
        return {}


def written(folder: Path, nodes: int) -> Path:
    """A configuration of so many nodes, ten to a site."""
    rows = (
        f"n{n},n{n}.example.org,s{n // OF_A_SITE},{address_of(n)},{SSH},{OTHER}"
        for n in range(nodes)
    )
    head = "nodes,hostname,site,addresses,ssh_port,ports"
    (folder / "nodes.csv").write_text("\n".join([head, *rows]) + "\n")
    sites = "".join(f'[sites.s{n}]\nname = "Site {n}"\n' for n in range(nodes // OF_A_SITE))
    file = folder / "monitor.toml"
    file.write_text(CONFIG + sites)
    return file


def storm(wire: Wire, service: Service, nodes: int) -> Found:
    watch = Watch(service)
    watch.until(lambda rows: all(row["observed"] == "boot" for row in rows))
    watch.rest(EVERY + EVERY / 2)  # so that everybody has its own place in the interval
    calm = watch.taken()
    began = wire.silence()
    watch.until(lambda rows: all(is_right(row) for row in rows))
    known_s = time.monotonic() - began
    asked, after = wire.asked(), watch.taken()
    rows = service.get("nodes")
    return {
        "nodes": nodes,
        "fell": sum(fell(row) for row in rows),
        "known": sum(fell(row) and is_right(row) for row in rows),
        "wrong": sum(not is_right(row) for row in rows),
        "known_s": known_s,
        **lateness(asked, began),
        **suspects(asked, began),
        **{f"calm_{name}": value for name, value in calm.items()},
        **{f"storm_{name}": value for name, value in after.items()},
    }


class Watch:
    """Looks at the service from time to time: what it says, and what it holds."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._pid = service.process.pid
        self._begin()

    def _begin(self) -> None:
        self._late: list[float] = [0.0]
        self._put_off: list[float] = [0.0]
        self._descriptors: list[float] = [0.0]
        self._dropped: list[float] = [0.0]
        self._cpu, self._began = cpu_s(self._pid), time.monotonic()

    def until(self, is_so: Callable[[Rows], bool]) -> None:
        """Look until it is so, or for very long."""
        last = time.monotonic() + MOST_S
        while time.monotonic() < last and not is_so(self._service.get("nodes")):
            self.rest(LOOK_EVERY)

    def rest(self, seconds: float) -> None:
        last = time.monotonic() + seconds
        while time.monotonic() < last:
            health = self._service.health()
            self._late.append(health["scan_lateness"])
            self._put_off.append(health["scan_put_off"])
            self._dropped.append(health["scan_dropped"])
            self._descriptors.append(sum(1 for _ in Path(f"/proc/{self._pid}/fd").iterdir()))
            time.sleep(1)

    def taken(self) -> Found:
        """The worst so far; begins anew."""
        found = {
            "lateness_most_s": max(self._late),
            "put_off_most": max(self._put_off),
            "dropped": max(self._dropped),
            "descriptors_most": max(self._descriptors),
            "memory_most_mb": memory_mb(self._pid),
            "cpu_share": (cpu_s(self._pid) - self._cpu) / (time.monotonic() - self._began),
        }
        self._begin()
        return found


def fell(row: dict[str, Any]) -> bool:
    return falls_silent(row["addresses"][0])


def is_right(row: dict[str, Any]) -> bool:
    if not fell(row):
        return bool(row["observed"] == "boot")
    return row["observed"] == "silent" and row["status"] == "down" and "nothing" in row["detail"]


def lateness(asked: Asked, began: float) -> Found:
    """How late the rounds of those that did not fall came, in percent of their interval."""
    late = [
        100 * max(0.0, gap - EVERY) / EVERY
        for times in rounds(asked, falls=False)
        for gap in gaps(at for at in times if at > began - EVERY)
    ]
    return {
        "healthy_rounds": len(late),
        "healthy_late_p99_percent": percentile(late, 99),
        "healthy_late_most_percent": max(late),
    }


def suspects(asked: Asked, began: float) -> Found:
    """Seconds between two questions to a node, from its first failed one while it is doubted."""
    between = []
    for times in rounds(asked, falls=True):
        failed = [at for at in times if at > began]
        between += gaps(at for at in failed if at < failed[0] + FAILING)
    return {
        "suspect_rounds": len(between),
        "suspect_gap_p99_s": percentile(between, 99),
        "suspect_gap_most_s": max(between),
    }


def rounds(asked: Asked, *, falls: bool) -> Iterator[list[float]]:
    """When one node was asked one thing, for every node and thing."""
    for name, times in asked.items():
        address, _, question = name.partition(" ")
        is_asked = question in ("ping", str(OTHER)) and not is_canary(address)
        if is_asked and falls_silent(address) is falls:
            yield times


def gaps(times: Iterable[float]) -> list[float]:
    return [other - one for one, other in pairwise(times)]


def is_canary(address: str) -> bool:
    return any(canary.startswith(f"{address}:") for canary in CANARIES)
