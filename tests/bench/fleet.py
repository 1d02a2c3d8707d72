"""A fleet of any size in files, and a process that loads it and holds what the service would.

`python -m tests.bench.fleet FILE` is that process; it prints one JSON object.
"""

import csv
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plcmon.app.reading import read
from plcmon.config.load import default_policy
from plcmon.engine.sights import Sights
from plcmon.model.events import Body, CanaryRound, Event, InventoryRead, NodeObserved, Started
from plcmon.model.policy import Policy
from plcmon.model.readings import Login, NodeFacts, PortAnswer, Probe, Reading
from plcmon.model.state import State
from plcmon.model.subjects import Inventory, NodeKey, Subject, fleet_subject, node_subject
from plcmon.policy.fold import fold
from plcmon.scanner.agenda import Agenda, Check, Place, Question
from tests.bench.measures import resident_mb

OF_A_SITE = 10
Found = dict[str, float]
Row = dict[str, str]

ALONE = "import runpy; runpy.run_module('tests.bench.fleet', run_name='__main__')"
WITHOUT = "import sys; sys.modules['tomli'] = None"

SITE = """
[sites.{site}]
name = "{name}"
contacts = [{{ email = "{contacts.tech}", roles = ["tech"] }}]
"""
PCU = """
[pcus.{pcu}]
site = "{site}"
family = "{family}"
host = "{host}"
user = "{user}"
"""
NODE = """
[nodes.{node}]
hostname = "{hostname}"
site = "{site}"
addresses = ["{addresses}"]
ports = [{ports}]
power = [{{ outlets = ["{power}"] }}]
labels = {{ rack = "{labels.rack}" }}
"""


def sites(nodes: int) -> Iterator[Row]:
    for number in range(nodes // OF_A_SITE):
        tech = f"tech@s{number}.example.org"
        yield {"sites": f"s{number}", "name": f"Site {number}", "contacts.tech": tech}


def pcus(nodes: int) -> Iterator[Row]:
    for number in range(nodes // OF_A_SITE):
        host = f"p{number}.example.org"
        row = {"pcus": f"p{number}", "site": f"s{number}", "family": "apc", "host": host}
        yield row | {"user": "apc"}


def nodes(count: int) -> Iterator[Row]:
    for number in range(count):
        site, place = divmod(number, OF_A_SITE)
        yield {
            "nodes": f"n{number}",
            "hostname": f"n{number}.example.org",
            "site": f"s{site}",
            "addresses": f"10.{number // 62_500}.{number // 250 % 250}.{number % 250 + 1}",
            "ports": "80",
            "power": f"p{site}:{place + 1}",
            "labels.rack": f"r{number % 40}",
        }


def write_toml(folder: Path, count: int) -> Path:
    """The fleet in one file; returns the configuration that names it."""
    with (folder / "inventory.toml").open("w", encoding="utf-8") as file:
        for text, rows in ((SITE, sites), (PCU, pcus), (NODE, nodes)):
            file.writelines(filled(text, row) for row in rows(count))
    return configuration(folder, ["inventory.toml"])


def filled(text: str, row: Row) -> str:
    for name, cell in row.items():
        text = text.replace(f"{{{name}}}", cell)
    (table,) = [name for name in ("sites", "pcus", "nodes") if name in row]
    text = text.replace(f"{{{table.removesuffix('s')}}}", row[table])
    return text.replace("{{", "{").replace("}}", "}")


def write_csv(folder: Path, count: int) -> Path:
    """The same, a table for each kind of record."""
    names = []
    for rows in (sites, pcus, nodes):
        names.append(f"{rows.__name__}.csv")
        write_table(folder / names[-1], rows(count))
    return configuration(folder, names)


def write_table(path: Path, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        for number, row in enumerate(rows):
            if not number:
                table.writerow(row)
            table.writerow(row.values())


def configuration(folder: Path, names: list[str]) -> Path:
    main = folder / "monitor.toml"
    main.write_text(f"[inventory]\nfiles = {json.dumps(names)}\n", encoding="utf-8")
    return main


def loaded(config: Path, *, fast: bool = True) -> Found:
    """What a process of its own says of it; not `fast`: without the libraries of `plcmon[fast]`."""
    words = [sys.executable, "-c", ALONE if fast else f"{WITHOUT}; {ALONE}", str(config)]
    done = subprocess.run(words, capture_output=True, check=True)
    found: Found = json.loads(done.stdout)
    return found


def hold(config: Path) -> Found:
    """Load it, then believe, see and plan to ask every node, as a service in its calm does."""
    base, wall, cpu = resident_mb(os.getpid()), time.perf_counter(), time.process_time()
    _, inventory = read(config, {})
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    gc.collect()
    files = resident_mb(os.getpid())
    kept = held(inventory)
    gc.collect()
    return {
        "nodes": len(inventory.nodes),
        "wall_s": wall,
        "cpu_s": cpu,
        "base_mb": base,
        "loaded_mb": files - base,
        "held_mb": resident_mb(os.getpid()) - base,
        "kept": len(kept),
    }


def held(inventory: Inventory) -> list[Any]:
    policy, state, now = default_policy(), State(), datetime.now(UTC)
    believe(policy, state, inventory, now)
    sights = Sights(state, lambda key, doubtful: None)
    agenda = Agenda(per_site=8, workers=64)
    places: dict[Check, Place] = {}
    for key, node in inventory.nodes.items():
        for reading in readings(key, now):
            sights.take(reading, policy)
            check = Check(reading.subject, Question(reading.probe.value))
            places[check] = Place(node.site, policy.intervals.tcp.total_seconds())
    agenda.update(places, suspect=60.0, now=0.0)
    return [state, sights, agenda]


def believe(policy: Policy, state: State, inventory: Inventory, now: datetime) -> None:
    def tell(subject: Subject, body: Body) -> None:
        state.apply(fold(policy, state, Event(now, subject, body)))

    tell(fleet_subject(), Started("bench", "p", adopted=True))
    tell(fleet_subject(), InventoryRead(inventory, "digest"))
    tell(fleet_subject(), CanaryRound(3, 3))
    sights = Sights(state, lambda key, doubtful: None)
    for key in inventory.nodes:
        for reading in readings(key, now):
            seen = sights.take(reading, policy)
            if seen is not None:
                tell(reading.subject, NodeObserved(seen))


def readings(key: NodeKey, now: datetime) -> Iterator[Reading]:
    """A healthy node by each of the probes that repeat."""
    subject = node_subject(key)
    facts = NodeFacts(f"boot-{key}", now, "5.10.0", more={"disk": "ok"})
    ports = {22: PortAnswer.OPEN, 80: PortAnswer.OPEN}
    yield Reading(subject, Probe.PING, now, now, took_ms=1.0, sent=3, heard=3)
    yield Reading(subject, Probe.TCP, now, now, took_ms=1.0, ports=ports)
    port, banner, host_key = PortAnswer.OPEN, "SSH-2.0-OpenSSH_9.2", f"SHA256:{key:>43}"
    yield Reading(
        *(subject, Probe.SSH, now, now),
        **{"port": port, "login": Login.OK, "banner": banner, "host_key": host_key, "facts": facts},
    )


if __name__ == "__main__":
    sys.stdout.write(json.dumps(hold(Path(sys.argv[1]))))
