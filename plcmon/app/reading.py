"""Reading the operator's files: the inventory's words are judged by the drivers there are."""

from collections.abc import Mapping
from pathlib import Path

from plcmon.config import Settings
from plcmon.drivers.registry import by_family, misspelt
from plcmon.inventory.toml import Families, load
from plcmon.model.subjects import Inventory

FAMILIES = Families(misspelt, by_family)


def read(path: Path, env: Mapping[str, str]) -> tuple[Settings, Inventory]:
    """Settings and inventory together. Raises ConfigError with every mistake."""
    return load(path, env, families=FAMILIES)
