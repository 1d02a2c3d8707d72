"""Groups: what each node has in common with others, made once for an inventory. Pure.

The names of networks, groups and labels are those by which policy knows common causes.
"""

from collections.abc import Iterator
from ipaddress import ip_network
from typing import NamedTuple

from plcmon.model.subjects import SHARED, Inventory, Node, NodeKey

WIDE = 32  # bits of an IPv6 network beside policy's own; of IPv4 it is 16
KINDS = {"prefix": "network", "pcu": "PCU model", "group": "group"}  # of labels of policy
PREFIX = "prefix:"


class Group(NamedTuple):
    """Nodes that share something."""

    kind: str  # site, network, PCU, PCU model, group, label
    name: str
    key: str = ""  # of the site or PCU; of others what policy calls it, if it does


class Groups:
    """Every group of one inventory by number, who is in it, and in which each node is."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.all: list[Group] = []
        self.members: list[list[NodeKey]] = []
        self.of: dict[NodeKey, tuple[int, ...]] = {}
        self._numbers: dict[str, int] = {}  # by the kind and the name
        self._wide: dict[str, str] = {}
        for key, node in inventory.nodes.items():
            mine = tuple(dict.fromkeys(self._groups_of(node)))
            self.of[key] = mine
            for number in mine:
                self.members[number].append(key)

    def _groups_of(self, node: Node) -> Iterator[int]:
        """The most telling kinds first: where several mean the same nodes, the first names them."""
        yield self._number("site", node.site, node.site)
        for label in self.inventory.labels.get(node.key, ()):
            yield self._by_label(label)
            if label.startswith(PREFIX):
                yield self._number("network", self._wide_of(label.removeprefix(PREFIX)))
        for path in node.paths:
            for outlet in path.outlets:
                pcu = self.inventory.pcus.get(outlet.pcu)
                if pcu is not None:
                    yield self._number("PCU", pcu.name, pcu.key)
        for kind, value in node.labels.items():
            if kind not in SHARED:
                yield self._number("label", f"{kind}={value}")

    def _by_label(self, label: str) -> int:
        """The group that policy knows by this label."""
        number = self._numbers.get(label)
        if number is not None:
            return number
        kind, _, name = label.partition(":")
        if kind in SHARED:
            return self._add(label, Group("label", f"{kind}={name}", label))
        return self._add(label, Group(KINDS[kind], name, label))

    def _number(self, kind: str, name: str, key: str = "") -> int:
        called = f"{kind} {name}"
        number = self._numbers.get(called)
        return self._add(called, Group(kind, name, key)) if number is None else number

    def _add(self, called: str, group: Group) -> int:
        self._numbers[called] = len(self.all)
        self.all.append(group)
        self.members.append([])
        return len(self.all) - 1

    def _wide_of(self, prefix: str) -> str:
        wide = self._wide.get(prefix)
        if wide is None:
            wide = self._wide[prefix] = wide_network(prefix)
        return wide


def wide_network(prefix: str) -> str:
    """The /16, or /32 of IPv6, around a network."""
    network = ip_network(prefix)
    return str(network.supernet(new_prefix=16 if network.version == 4 else WIDE))
