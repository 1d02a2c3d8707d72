"""Loading: seconds for a hundred thousand nodes in TOML and in CSV, and memory a node.

Memory is that of the whole calm service, without its tasks: inventory, beliefs, what is seen of
each node and when it is asked next. Each load is a process of its own.
"""

import tempfile
from pathlib import Path

from tests.bench.fleet import loaded, write_csv, write_toml

FEW, MANY, MOST = 1000, 10_000, 100_000


def measure() -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="plcmon-bench-") as name:
        folder = Path(name)
        few, many = (loaded(write_toml(folder, count)) for count in (FEW, MANY))
        toml = loaded(write_toml(folder, MOST))
        rows = loaded(write_csv(folder, MOST))
    more = MANY - FEW
    return {
        "nodes": toml["nodes"],
        "base_mb": few["base_mb"],
        "kb_a_node": (many["held_mb"] - few["held_mb"]) * 1024 / more,
        "kb_a_node_in_files": (many["loaded_mb"] - few["loaded_mb"]) * 1024 / more,
        "kb_a_node_of_most": toml["held_mb"] * 1024 / MOST,
        "toml_s": toml["wall_s"],
        "toml_cpu_s": toml["cpu_s"],
        "csv_s": rows["wall_s"],
        "csv_cpu_s": rows["cpu_s"],
    }
