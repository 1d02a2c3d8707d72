"""Scale: policy time divided once, and the digest that names a policy."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import time, timedelta
from hashlib import sha256
from typing import Any, TypeVar

from plcmon.model.policy import Ladder, Policy, Rung

T = TypeVar("T")
SCALED = ("intervals", "thresholds", "canaries", "guard", "flapping", "budgets", "limits", "safety")


def scaled(policy: Policy) -> Policy:
    """The policy with every duration outside `wire` divided by its scale, and its own version."""
    if policy.scale == 1:
        return stamped(policy)
    by = policy.scale
    sections = {name: _section(getattr(policy, name), by) for name in SCALED}
    ladders = {kind: _ladder(ladder, by) for kind, ladder in policy.ladders.items()}
    return stamped(replace(policy, ladders=ladders, **sections))


def stamped(policy: Policy) -> Policy:
    """The policy with its version: equal contents have equal versions."""
    return replace(policy, version=digest(policy))


def digest(policy: Policy) -> str:
    """The first 12 hex digits of a SHA-256 over everything but the version."""
    plain = _plain(asdict(replace(policy, version="")))
    return sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:12]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, time):
        return value.isoformat()
    return f"{value.total_seconds()!r}s" if isinstance(value, timedelta) else value


def _section(section: T, by: float) -> T:
    assert not isinstance(section, type)
    changed: dict[str, Any] = {}
    for field in fields(section):  # type: ignore[arg-type]  # every section is a dataclass
        value = getattr(section, field.name)
        if isinstance(value, timedelta):
            changed[field.name] = value / by
        elif isinstance(value, Mapping):
            changed[field.name] = {window / by: most for window, most in value.items()}
    return replace(section, **changed)  # type: ignore[type-var]  # as above


def _ladder(ladder: Ladder, by: float) -> Ladder:
    return replace(ladder, rungs=tuple(_rung(rung, by) for rung in ladder.rungs))


def _rung(rung: Rung, by: float) -> Rung:
    every = None if rung.every is None else rung.every / by
    return replace(rung, after=rung.after / by, every=every)
