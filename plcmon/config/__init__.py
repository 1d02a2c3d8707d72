"""Configuration: monitor.toml, environment and credentials become one frozen value.

Knows the file's words and the model they become, nothing of who uses them.
"""

from plcmon.config.load import default_policy, inspect_settings, load_settings
from plcmon.config.scale import digest, scaled
from plcmon.config.secrets import FileSecrets
from plcmon.config.settings import Settings, Shown

__all__ = [
    "FileSecrets",
    "Settings",
    "Shown",
    "default_policy",
    "digest",
    "inspect_settings",
    "load_settings",
    "scaled",
]
