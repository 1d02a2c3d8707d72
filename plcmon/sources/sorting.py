"""Sorting samples: which are readings of nodes that are known, and why the others are not."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from plcmon.config.sources import Source
from plcmon.model.policy import Wire
from plcmon.model.readings import Probe, Reading
from plcmon.model.subjects import Inventory, NodeKey, node_subject
from plcmon.policy.hearsay import doubt_about
from plcmon.sources.samples import Sample, instant, meaning

UNKNOWN = "of unknown nodes"
NONSENSE = "without a sense"
TWICE = "that contradict each other"
FEW = 5  # samples of each reason that are kept, to be told


@dataclass
class Sorted:
    """What became of the samples of one answer."""

    readings: dict[NodeKey, Reading] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[tuple[int, Sample]]] = field(default_factory=dict)  # by reason, with rows

    def refuse(self, why: str, row: int, sample: Sample) -> None:
        self.refused[why] += 1
        if self.refused[why] <= FEW:
            self.first.setdefault(why, []).append((row, sample))


class Names:
    """What a source may call a node: hostname, key or address. What two nodes share names none."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        found: dict[str, set[NodeKey]] = {}
        for node in inventory.nodes.values():
            for name in (node.hostname, node.key, *node.addresses):
                found.setdefault(name.casefold(), set()).add(node.key)
        self._keys = {name: next(iter(keys)) for name, keys in found.items() if len(keys) == 1}

    def find(self, text: str) -> NodeKey | None:
        """The node; a port after the name, as Prometheus writes it, is left out."""
        name = text.casefold()
        host = name.rpartition(":")[0].strip("[]")
        return self._keys.get(name) or self._keys.get(host)


def sort_out(
    name: str,
    source: Source,
    samples: Sequence[Sample],
    names: Names,
    *,
    asked_at: datetime,
    arrived_at: datetime,
    wire: Wire,
) -> Sorted:
    """One reading for each node that the samples speak of; nothing is guessed."""
    found, torn = Sorted(), dict[NodeKey, tuple[int, Sample]]()
    for row, sample in enumerate(samples, 1):
        key = names.find(sample.node) if sample.node else None
        if key is None:
            found.refuse(UNKNOWN if sample.node else NONSENSE, row, sample)
            continue
        said = read(source, sample, asked_at)
        if said is None:
            found.refuse(NONSENSE, row, sample)
            continue
        reading = Reading(
            node_subject(key), Probe.EXTERNAL, said[1], arrived_at, name,
            up=said[0], detail=sample.value,
        )  # fmt: skip
        doubt = doubt_about(reading, source.rule, wire)
        if doubt:
            found.refuse(doubt, row, sample)
            continue
        other = found.readings.get(key)
        if other is not None and other.up is not reading.up:
            torn.setdefault(key, (row, sample))
        if other is None or other.at < reading.at:
            found.readings[key] = reading
    for key, (row, sample) in torn.items():
        del found.readings[key]
        found.refuse(TWICE, row, sample)
    return found


def read(source: Source, sample: Sample, asked_at: datetime) -> tuple[bool, datetime] | None:
    """What it says and as of when; None for nonsense."""
    at = instant(sample.at) if sample.at else asked_at
    return meaning(source, sample.value, at) if at is not None else None
