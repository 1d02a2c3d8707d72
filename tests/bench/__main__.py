"""The bench: `python -m tests.bench [PART...]` prints one JSON object; a table goes beside it.

Parts: scan (a thousand virtual nodes, some three minutes), shipped (five thousand of them at the
shipped intervals, some fifteen minutes), engine, store, tui, pcus (a thousand units tested, some
two minutes), load (a hundred thousand nodes in files), history (a year of ten thousand nodes), loss
(a million rounds of healthy nodes behind bad lines), calibration (its chances against thirty
thousand real rounds, some six minutes), storm (five hundred of two thousand nodes fall silent, some
ten minutes), service (ten thousand addresses under the real service, some ten minutes), readings
(through engine and store), growth (1,000 to 50,000 nodes, some ten minutes), restart (a million
runs in the database), replay (ninety days of ten thousand nodes, some ten minutes to write them),
evaluation (ping, ports and names of ten thousand nodes, beside `fping` and `nmap` where these are
installed), login (what one SSH login with facts costs, beside bare asyncssh and libraries where
these are installed, some two minutes). Those with real packets need network namespaces; where the
kernel refuses them they say so and find nothing.
It judges nothing: the targets stand in the table for whoever reads it.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Any

from tests.bench import (
    calibration,
    engine,
    evaluation,
    growth,
    history,
    load,
    login,
    loss,
    pcus,
    readings,
    replay,
    restart,
    scan,
    service,
    shipped,
    store,
    storm,
    tui,
)

Found = dict[str, float]
TARGETS = {
    "engine.round_ms": 50,
    "growth.availability_ms_exponent": 1.1,
    "growth.history_ms_exponent": 1.1,
    "growth.load_cpu_s_exponent": 1.1,
    "growth.memory_mb_exponent": 1.1,
    "growth.round_ms_exponent": 1.1,
    "growth.start_cpu_s_exponent": 1.1,
    "growth.start_of_large_sites_cpu_s_exponent": 1.1,
    "history.node_most_ms": 50,
    "history.unsettled_node_ms": 50,
    "history.year_gb": 5,
    "readings.lag_most_ms": 1000,
    "login.login_ms": 5,
    "load.csv_s": 10,
    "load.kb_a_node": 10,
    "load.toml_s": 10,
    "loss.at_1_percent_silent": 0,
    "loss.at_5_percent_silent": 0,
    "service.unread_nodes": 0,
    "service.undecided": 0,
    "service.wrong_beliefs": 0,
    "service.wrong_readings": 0,
    "storm.wrong": 0,
    "storm.healthy_late_p99_percent": 5,
    "storm.suspect_gap_most_s": 61,
    "pcus.busy": 0,
    "pcus.descriptors_grown": 0,
    "pcus.sessions_of_one_pcu": 1,
    "pcus.tasks_grown": 0,
    "pcus.telnet_first_bytes_p95_ms": 20,
    "pcus.wrong_findings": 0,
    "restart.ready_s": 10,
    "restart.ready_after_kill_s": 10,
    "scan.cpu_ms_per_node": 8,
    "scan.memory_mb": 300,
    "evaluation.wall_s": 20,
    "evaluation.cpu_s": 12,
    "evaluation.tcp_port_us": 150,
    "evaluation.loop_lag_p99_ms": 50,
    "scan.nodes_p95_ms": 100,
    "shipped.cpu_share": 0.5,
    "shipped.loop_lag_p99_ms": 50,
    "shipped.memory_mb": 400,
    "shipped.nodes_p95_ms": 500,
    "shipped.scan_late_s": 10,
    "replay.replay_s": 300,
    **{f"tui.{name}": limit for name, limit in tui.BUDGET.items()},
}

FLOORS = {"readings.most_per_s": 5000, "calibration.calibrated": 1}


def measure_tui() -> Found:
    return {**asyncio.run(tui.measure()), "idle_b": tui.idle_bytes()}


PARTS: dict[str, Callable[[], Found]] = {
    "engine": engine.measure,
    "store": lambda: asyncio.run(store.measure()),
    "tui": measure_tui,
    "load": load.measure,
    "login": lambda: asyncio.run(login.measure()),
    "history": history.measure,
    "loss": loss.measure,
    "calibration": calibration.measure,
    "storm": storm.measure,
    "service": service.measure,
    "readings": readings.measure,
    "growth": growth.measure,
    "scan": lambda: asyncio.run(scan.measure()),
    "restart": restart.measure,
    "pcus": lambda: asyncio.run(pcus.measure()),
    "replay": replay.measure,
    "shipped": shipped.measure,  # this and the next leave this process without a network
    "evaluation": evaluation.measure,
}


def main() -> int:
    wanted = sys.argv[1:] or list(PARTS)
    unknown = [name for name in wanted if name not in PARTS]
    if unknown:
        sys.stderr.write(f"no part {', '.join(unknown)}; there are {', '.join(PARTS)}\n")
        return 2
    results: dict[str, Any] = {}
    for name in wanted:
        found = PARTS[name]()
        results[name] = {key: round(value, 2) for key, value in found.items()}
        for key, value in results[name].items():
            show(f"{name}.{key}", value)
    sys.stdout.write(json.dumps(results) + "\n")
    return 0


def show(name: str, value: float) -> None:
    target = f"   at most {TARGETS[name]:g}" if name in TARGETS else ""
    if name in FLOORS:
        target = f"   at least {FLOORS[name]:g}"
    sys.stderr.write(f"{name:<32} {value:>12,.2f}{target}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
