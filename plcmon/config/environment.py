"""Environment: `PLCMON_SERVICE__WORKERS=50` stands over `[service] workers`."""

import tomllib
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from plcmon.config.document import KeyPath
from plcmon.config.problems import Problem

PREFIX = "PLCMON_"
SEPARATOR = "__"
SECRET_PREFIX = "PLCMON_SECRET_"  # values of secrets are never settings


def variables(env: Mapping[str, str]) -> dict[KeyPath, str]:
    """Key path -> variable, for each variable that names a setting."""
    return {
        tuple(name.removeprefix(PREFIX).lower().split(SEPARATOR)): name
        for name in env
        if name.startswith(PREFIX)
        and SEPARATOR in name.removeprefix(PREFIX)
        and not name.startswith(SECRET_PREFIX)
    }


def overlay(
    data: Mapping[str, Any], env: Mapping[str, str]
) -> tuple[dict[str, Any], dict[KeyPath, str], list[Problem]]:
    """The data with the environment laid over it, which variable set what, and what is wrong."""
    merged = deepcopy(dict(data))
    used: dict[KeyPath, str] = {}
    problems: list[Problem] = []
    for path, name in sorted(variables(env).items(), key=lambda item: item[1]):
        if _put(merged, path, read_value(env[name])):
            used[path] = name
        else:
            problems.append(Problem("environment", name, "leads into something that is no table"))
    return merged, used, problems


def read_value(text: str) -> Any:
    """A TOML value where the text is one, else the text itself: `5`, `true`, `["a"]`, `5m`."""
    try:
        found = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return found["value"] if list(found) == ["value"] else text


def _put(data: dict[str, Any], path: KeyPath, value: Any) -> bool:
    here = data
    for part in path[:-1]:
        step = here.setdefault(str(part), {})
        if not isinstance(step, dict):
            return False
        here = step
    here[str(path[-1])] = value
    return True
