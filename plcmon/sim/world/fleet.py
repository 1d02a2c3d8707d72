"""The fleet of a simulated world: its inventory, and the truth behind it, by seed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from plcmon.model.subjects import (
    Contact,
    Endpoint,
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
)
from plcmon.sim.world.truth import Fault, TrueNode, TruePcu, Truth

SIZES = (1, 2, 2, 3, 3, 4, 5, 8)  # nodes of a site
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo", "America/Sao_Paulo")
IMAGES = ("f8", "f14", "c7")
NETWORKS = ("net-a", "net-b", "net-c", "net-d")  # a site is in the one that its number says
LONG_DEAD = 0.15  # of the fleet, from the first day
PATHLESS = 0.1  # nodes whose power nobody can reach
UNPROVEN = 0.15  # paths that nobody vouches for
DOUBLE = 0.05  # nodes with two supplies
STATELESS = 9  # each so many-th unit cannot tell what its outlets are
MISWIRED = 0.02  # pairs of nodes whose cables are swapped


@dataclass(frozen=True)
class Fleet:
    """What is told, and what is so."""

    inventory: Inventory
    nodes: tuple[NodeKey, ...]
    pcus: tuple[PcuKey, ...]
    sites: tuple[SiteKey, ...]


def make_fleet(seed: int, nodes: int, truth: Truth) -> Fleet:
    """Fill `truth`; returns what the inventory says of it."""
    random = Random(f"fleet {seed}")
    inventory = Inventory(profiles={"linux": Profile("linux", key_file="key")})
    sites, pcus, made = dict[SiteKey, Site](), dict[PcuKey, Pcu](), dict[NodeKey, Node]()
    for number in range(nodes):  # more than there can be
        left = nodes - len(made)
        if not left:
            break
        site, pcu = SiteKey(f"s{number:03}"), PcuKey(f"toml:p{number:03}")
        sites[site] = make_site(site, random)
        pcus[pcu] = Pcu(
            pcu,
            site,
            f"pcu-{number:03}",
            "127.0.0.1",
            "apc",
            (Transport("telnet", 23),),
            "apc",
            readable=number % STATELESS != STATELESS - 1,
        )
        for node in site_nodes(site, pcu, min(left, random.choice(SIZES)), random):
            made[node.key] = node
    inventory = replace(inventory, nodes=made, sites=sites, pcus=pcus)
    fill(truth, inventory, random)
    return Fleet(inventory, tuple(made), tuple(pcus), tuple(sites))


def make_site(key: SiteKey, random: Random) -> Site:
    contacts = [
        Contact(f"{role.value}@{key}.example.org", frozenset({role}))
        for role in (Role.TECH, Role.PI)
        if random.random() < 0.9
    ]
    return Site(
        key,
        key.upper(),
        tuple(contacts),
        timezone=random.choice(ZONES),
        witnesses=(Endpoint("127.0.0.1", 7000),) if random.random() < 0.8 else (),
    )


def site_nodes(site: SiteKey, pcu: PcuKey, count: int, random: Random) -> Iterator[Node]:
    outlet = 0
    for number in range(count):
        supplies = 2 if random.random() < DOUBLE else 1
        outlets = tuple(Outlet(pcu, str(outlet + n + 1)) for n in range(supplies))
        outlet += supplies
        path = PowerPath(outlets, proven=random.random() >= UNPROVEN)
        yield Node(
            NodeKey(f"toml:{site}-{number}"),
            f"node{number}.{site}.example.org",
            site,
            (f"127.9.{int(site[1:]) % 250}.{number + 1}",),
            ports=(80,),
            paths=(path,) if random.random() >= PATHLESS else (),
            labels={"image": random.choice(IMAGES)},
        )


def fill(truth: Truth, inventory: Inventory, random: Random) -> None:
    """Everything is as the inventory says, but for a few cables and the long dead."""
    for pcu in inventory.pcus.values():
        truth.pcus[pcu.key] = TruePcu(pcu.key, pcu.site, {})
    by_feed = dict[Outlet, TrueNode]()
    for node in inventory.nodes.values():
        feeds = tuple(outlet for path in node.paths for outlet in path.outlets)
        true = TrueNode(node.key, node.site, feeds, random.uniform(60, 400), node.labels["image"])
        true.boots, true.booted_at = 1, truth.now()
        true.proven = bool(node.paths) and node.paths[0].proven
        truth.nodes[node.key] = true
    for nodes in inventory.nodes_by_site.values():
        pair = [truth.nodes[n.key] for n in nodes if len(truth.nodes[n.key].feeds) == 1][:2]
        if len(pair) == 2 and random.random() < 2 * MISWIRED:
            pair[0].feeds, pair[1].feeds = pair[1].feeds, pair[0].feeds
    for true in truth.nodes.values():
        by_feed.update(dict.fromkeys(true.feeds, true))
        for outlet in true.feeds:
            truth.pcus[outlet.pcu].outlets[outlet.outlet] = True
        if random.random() < LONG_DEAD:
            true.fault, true.hopeless = Fault.BROKEN, True
    truth.by_feed = by_feed
