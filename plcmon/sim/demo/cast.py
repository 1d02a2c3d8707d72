"""The cast: which nodes, PCUs and sites of a fleet play which part, by the seed."""

from dataclasses import dataclass
from random import Random
from typing import Any

Truth = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One node with the outlet that its power goes through."""

    node: str  # its id in the inventory
    hostname: str
    site: str
    pcu: str
    outlet: str


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody on another site, so that the stories run side by side."""

    silent: Part
    lied_to: Part
    deaf: Part
    killed: Part
    dark_site: str
    dark_nodes: tuple[str, ...]


def choose(truth: Truth, *, seed: int) -> Cast:
    """Give the parts to nodes that have one feed on a rack PDU, each on a site of its own."""
    random = Random(seed)
    parts: dict[str, list[Part]] = {}
    for name, node in truth["nodes"].items():
        part = part_of(name, node, truth)
        if part is not None:
            parts.setdefault(part.site, []).append(part)
    sites = sorted(parts)
    random.shuffle(sites)
    silent, lied_to, deaf, killed = (random.choice(parts[site]) for site in sites[:4])
    dark_site = next(
        site for site in random.sample(sorted(truth["sites"]), 12) if (site not in sites[:4])
    )
    inside = tuple(sorted(n for n, node in truth["nodes"].items() if node["site"] == dark_site))
    return Cast(silent, lied_to, deaf, killed, dark_site, inside)


def part_of(name: str, node: Truth, truth: Truth) -> Part | None:
    feeds = node["paths"][0] if node["paths"] else []
    if len(feeds) != 1:
        return None
    pcu, _, outlet = feeds[0].partition(":")
    if truth["pcus"][pcu]["family"] != "apc":
        return None
    return Part(name, node["hostname"], node["site"], pcu, outlet)
