"""Guards: a reading of the inventory that lost too much is refused until a person accepts it."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from plcmon.model.subjects import Inventory, NodeKey, Outlet

GONE_SHARE = 0.10  # of the nodes; more than this and more than one
GONE_LEAST = 1
MOVED_SHARE = 0.02  # of the outlets; more than this and more than two
MOVED_LEAST = 2


def shrink(old: Inventory, new: Inventory) -> str:
    """Why `new` must not replace `old` until it is accepted; empty when it may."""
    gone = len(old.nodes.keys() - new.nodes.keys())
    if old.nodes and not new.nodes:
        return f"all {len(old.nodes)} nodes would be gone"
    if gone > GONE_LEAST and gone > GONE_SHARE * len(old.nodes):
        return f"{gone} of {len(old.nodes)} nodes would be gone"
    before, after = feeds(old), feeds(new)
    kept = {pair for pair in before if pair[1] in new.nodes}
    moved = len(kept - after)
    if moved > MOVED_LEAST and moved > MOVED_SHARE * len(before):
        return f"{moved} of {len(before)} outlets would feed something else"
    return ""


def feeds(inventory: Inventory) -> set[tuple[Outlet, NodeKey]]:
    """Which outlet feeds which node."""
    return {
        (outlet, node.key)
        for node in inventory.nodes.values()
        for path in node.paths
        for outlet in path.outlets
    }


def diff(old: Inventory, new: Inventory) -> list[str]:
    """What changed, a line each: `+ node KEY`, `- pcu KEY`, `~ site KEY field: old -> new`."""
    return [
        *_diff("site", old.sites, new.sites),
        *_diff("pcu", old.pcus, new.pcus),
        *_diff("node", old.nodes, new.nodes),
        *_diff("profile", old.profiles, new.profiles),
    ]


def _diff(kind: str, old: Mapping[Any, Any], new: Mapping[Any, Any]) -> list[str]:
    lines = [f"- {kind} {key}" for key in old if key not in new]
    for key, record in new.items():
        if key not in old:
            lines.append(f"+ {kind} {key}")
            continue
        lines += [f"~ {kind} {key} {change}" for change in _changes(old[key], record)]
    return lines


def _changes(old: Any, new: Any) -> list[str]:
    pairs = ((f.name, getattr(old, f.name), getattr(new, f.name)) for f in fields(new))
    return [f"{name}: {_say(was)} -> {_say(now)}" for name, was, now in pairs if was != now]


def _say(value: Any) -> str:
    if isinstance(value, frozenset):
        value = tuple(sorted(value, key=str))
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return ", ".join(_say(item) for item in value) or "none"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={item}" for key, item in sorted(value.items())) or "none"
    return str(value) if value not in {None, ""} else "none"
