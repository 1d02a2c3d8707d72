"""A whole world with a small fleet of its own: the real service, told by fates and by people."""

from collections.abc import Sequence
from datetime import timedelta

from plcmon.model.subjects import (
    Contact,
    Inventory,
    Node,
    NodeKey,
    Outlet,
    Pcu,
    PcuKey,
    PowerPath,
    Profile,
    Role,
    Site,
    SiteKey,
    Transport,
    fleet_subject,
)
from plcmon.sim.world.fates import Fate
from plcmon.sim.world.fleet import Fleet
from plcmon.sim.world.people import Saying, said
from plcmon.sim.world.shorten import play_anew
from plcmon.sim.world.truth import TrueNode, TruePcu, Truth
from plcmon.sim.world.world import Plan
from tests.teeth.tooth import Found

SITES, NODES = 2, 3
BOOT_S = 60.0
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
A, B = NodeKey("toml:s0-0"), NodeKey("toml:s0-1")
P = PcuKey("toml:p0")


def small_fleet(truth: Truth) -> Fleet:
    """Two sites with three nodes each; every path is proven, and all is well."""
    inventory = Inventory(profiles={"linux": Profile("linux", key_file="key")})
    for number in range(SITES):
        site, pcu = SiteKey(f"s{number}"), PcuKey(f"toml:p{number}")
        tech = Contact(f"tech@{site}.example.org", frozenset({Role.TECH, Role.PI}))
        inventory.sites[site] = Site(site, site.upper(), (tech,))
        wire = (Transport("telnet", 23),)
        inventory.pcus[pcu] = Pcu(pcu, site, f"pcu-{number}", "127.0.0.1", "apc", wire, "apc")
        truth.pcus[pcu] = TruePcu(pcu, site, {})
        for count in range(NODES):
            node = make_node(site, pcu, count)
            inventory.nodes[node.key] = node
            plug_in(truth, node)
    truth.by_feed = {o: node for node in truth.nodes.values() for o in node.feeds}
    return Fleet(inventory, tuple(inventory.nodes), tuple(inventory.pcus), tuple(inventory.sites))


def make_node(site: SiteKey, pcu: PcuKey, count: int) -> Node:
    path = PowerPath((Outlet(pcu, str(count + 1)),), proven=True)
    key, name = NodeKey(f"toml:{site}-{count}"), f"node{count}.{site}.example.org"
    return Node(key, name, site, (f"127.9.{site[1:]}.{count + 1}",), ports=(80,), paths=(path,))


def plug_in(truth: Truth, node: Node) -> None:
    feeds = node.paths[0].outlets
    true = TrueNode(node.key, node.site, feeds, BOOT_S, "f8", boots=1, booted_at=truth.now())
    truth.nodes[node.key] = true
    for outlet in feeds:
        truth.pcus[outlet.pcu].outlets[outlet.outlet] = True


def world(days: float, *fates: Fate, sayings: Sequence[Saying] = ()) -> Found:
    """It ends with the first broken invariant; what breaks in its fall is no news."""
    plan = Plan(1, SITES * NODES, days, fates=fates, fleet=small_fleet, sayings=sayings)
    return play_anew(plan).violations[:1]


def frozen_until(at: timedelta) -> tuple[Saying, ...]:
    """Nothing is done before then; what is due begins to the second."""
    begin = Saying(HOUR, fleet_subject(), said("freeze", scope="all"))
    return begin, Saying(at, fleet_subject(), said("unfreeze", scope="all"))
