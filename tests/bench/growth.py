"""Growth: a round, a load and memory at three sizes, and the power of the size that each grows by.

1 is linear. A round decides over the open issues of one node in fifty; a small round over ten of
them, which should not grow at all.
"""

import math
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.bench.engine import rounds_of
from tests.bench.fleet import loaded, write_toml

SIZES = (1000, 10_000, 50_000)
ROUND_SIZES = (1000, 10_000, 20_000)  # to see a larger fleet well and let its grace pass takes long
OF_A_SITE = 10
Found = dict[str, float]


def measure() -> Found:
    found: Found = {}
    for name, at in (("load", SIZES), ("rounds", ROUND_SIZES)):
        by_name: dict[str, dict[int, float]] = {}
        for size in at:
            for key, value in PARTS[name](size).items():
                found[f"{key}_at_{size}"] = value
                by_name.setdefault(key, {})[size] = value
        found |= {f"{key}_exponent": slope(values) for key, values in by_name.items()}
    return found


def load(size: int) -> Found:
    with tempfile.TemporaryDirectory(prefix="plcmon-bench-") as folder:
        files = loaded(write_toml(Path(folder), size))
    return {"load_cpu_s": files["cpu_s"], "memory_mb": files["held_mb"]}


def rounds(size: int) -> Found:
    return rounds_of(size // OF_A_SITE, size // 50)


PARTS = {"load": load, "rounds": rounds}


def slope(values: Mapping[int, float]) -> float:
    """Of the straight line through the points, both axes logarithmic, by least squares."""
    points = [(math.log(size), math.log(value)) for size, value in values.items()]
    mean_x, mean_y = (sum(axis) / len(points) for axis in zip(*points, strict=True))
    above = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return above / sum((x - mean_x) ** 2 for x, _ in points)
