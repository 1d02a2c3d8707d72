"""Files for the configuration's tests: written, loaded, or their problems listed."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from plcmon.config import Settings, load_settings
from plcmon.errors import ConfigError

NODE = """
[sites.here]
[nodes.n1]
hostname = "n1.example.org"
site = "here"
addresses = ["127.1.0.1"]
"""


def write(folder: Path, text: str, name: str = "monitor.toml") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def settings_of(folder: Path, text: str, env: Mapping[str, str] | None = None) -> Settings:
    return load_settings(write(folder, text), env or {})


def problems_of(folder: Path, text: str, env: Mapping[str, str] | None = None) -> list[str]:
    """Each problem without the folder's name."""
    with pytest.raises(ConfigError) as caught:
        settings_of(folder, text, env)
    return [problem.replace(f"{folder}/", "") for problem in caught.value.problems]
