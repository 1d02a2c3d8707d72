"""Loading: seconds for a hundred thousand nodes in TOML and in CSV, and memory a node.

TOML is read with the compiled parser of `plcmon[fast]` where it is installed, as `fast` says, and
once more without it (`plain`).

Memory is that of the whole calm service, without its tasks: inventory, beliefs, what is seen of
each node and when it is asked next. Each load is a process of its own.
"""

import tempfile
from importlib.util import find_spec
from pathlib import Path

from tests.bench.fleet import loaded, write_csv, write_toml

FEW, MANY, MOST = 1000, 10_000, 100_000


def measure() -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="plcmon-bench-") as name:
        folder = Path(name)
        few, many = (loaded(write_toml(folder, count)) for count in (FEW, MANY))
        config = write_toml(folder, MOST)
        toml, plain = loaded(config), loaded(config, fast=False)
        rows = loaded(write_csv(folder, MOST))
    more = MANY - FEW
    return {
        "nodes": toml["nodes"],
        "base_mb": few["base_mb"],
        "kb_a_node": (many["held_mb"] - few["held_mb"]) * 1024 / more,
        "kb_a_node_in_files": (many["loaded_mb"] - few["loaded_mb"]) * 1024 / more,
        "kb_a_node_of_most": toml["held_mb"] * 1024 / MOST,
        "fast": float(find_spec("tomli") is not None),
        "toml_s": toml["wall_s"],
        "toml_cpu_s": toml["cpu_s"],
        "toml_plain_s": plain["wall_s"],
        "toml_plain_cpu_s": plain["cpu_s"],
        "csv_s": rows["wall_s"],
        "csv_cpu_s": rows["cpu_s"],
    }
