"""The plan of a virtual fleet: which sites, PCUs and nodes there are, at which addresses.

Pure: the same seed, block and size give the same plan. Every address lies in 127.BLOCK.0.0/16, one
/24 for each site, so that fleets with different blocks can live side by side. Only sites may lie in
another network.
"""

from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from plcmon.model.subjects import Endpoint

SSH_PORT, WEB_PORT, GATEWAY_PORT = 2222, 8080, 7001
PCU_PORTS = {"telnet": 2323, "ssh": 2022, "https": 4443, "ipmi": 6230}
CANARY_PORT, MAIL_PORT, CONTROL_PORT = 7002, 2525, 7000
LOOPBACK = 127
MOST_SITES, MOST_NODES = 240, 180  # of a block; of a site
OUTLETS = 8  # of one rack PDU
MENUS = ("13p13", "12p3", "121p3", "121p1", "1p4")  # the trees of APC's firmwares

SITES = (
    ("princeton", "Princeton University", "America/New_York"),
    ("uw", "University of Washington", "America/Los_Angeles"),
    ("tum", "TU München", "Europe/Berlin"),
    ("upmc", "Sorbonne Université", "Europe/Paris"),
    ("kth", "KTH Stockholm", "Europe/Stockholm"),
    ("tokyo", "University of Tokyo", "Asia/Tokyo"),
    ("ntua", "NTU Athens", "Europe/Athens"),
    ("unsw", "UNSW Sydney", "Australia/Sydney"),
    ("usp", "Universidade de São Paulo", "America/Sao_Paulo"),
    ("iitb", "IIT Bombay", "Asia/Kolkata"),
    ("cornell", "Cornell University", "America/New_York"),
    ("ethz", "ETH Zürich", "Europe/Zurich"),
)


class Feed(NamedTuple):
    """One supply of a node, at one outlet."""

    pcu: str
    outlet: str

    def __str__(self) -> str:
        return f"{self.pcu}:{self.outlet}"


@dataclass(frozen=True, slots=True)
class Person:
    """A contact of a site."""

    email: str
    role: str


@dataclass(frozen=True, slots=True)
class SitePlan:
    """One site."""

    key: str
    name: str
    timezone: str
    people: tuple[Person, ...]
    gateway: Endpoint  # its witness


@dataclass(frozen=True, slots=True)
class PcuPlan:
    """One power control unit."""

    name: str
    site: str
    family: str
    transport: str
    host: str
    user: str
    outlets: tuple[str, ...]
    menus: str = ""  # of an APC: which firmware's

    @property
    def port(self) -> int:
        return PCU_PORTS[self.transport]


@dataclass(frozen=True, slots=True)
class NodePlan:
    """One node. `paths` are its ways to be cut, the preferred one first."""

    name: str
    site: str
    hostname: str
    addresses: tuple[str, ...]
    profile: str
    paths: tuple[tuple[Feed, ...], ...]
    ssh_port: int = SSH_PORT
    ports: tuple[int, ...] = (WEB_PORT,)


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole fleet."""

    seed: int
    block: int
    sites: tuple[SitePlan, ...]
    pcus: tuple[PcuPlan, ...]
    nodes: tuple[NodePlan, ...]
    canaries: tuple[Endpoint, ...]
    mail: Endpoint
    control: Endpoint


class Style(NamedTuple):
    """How a site is equipped."""

    rows: tuple[str, ...] = ("",)  # of rack PDUs; every node has a supply in each
    transport: str = "telnet"  # of the rack PDUs
    extra: str = ""  # family of a management processor in the site's first node
    extra_first: bool = False  # it is preferred to the outlet
    second_line: bool = False  # the first node has two addresses


STYLES = (
    Style(),
    Style(rows=("a", "b")),
    Style(transport="ssh"),
    Style(extra="ilo", extra_first=True),
    Style(second_line=True),
    Style(extra="ilo"),
    Style(extra="ipmi"),
)


class Own(NamedTuple):
    """The kind of management processor that a node may have to itself."""

    transport: str
    user: str


EXTRAS = {"ilo": Own("https", "Administrator"), "ipmi": Own("ipmi", "admin")}  # by family


class Place(NamedTuple):
    """Where a site's part of the plan is drawn: all that its pieces need to know."""

    key: str
    prefix: str  # of its addresses
    style: Style
    menus: str
    profile: str


def plan_layout(
    seed: int, *, block: int = 1, nodes: int = 60, sites: int = 12, network: int = LOOPBACK
) -> Layout:
    """Draw a fleet, its sites in `network`. Raises ValueError when it does not fit in its block."""
    if not 1 <= sites <= min(MOST_SITES, nodes):
        raise ValueError(f"{sites} sites: between 1 and {MOST_SITES}, and no more than nodes")
    if -(-nodes // sites) > MOST_NODES:
        raise ValueError(f"{nodes} nodes on {sites} sites: at most {MOST_NODES} a site")
    random = Random(seed)
    styles = random.sample(STYLES, len(STYLES))
    width = max(2, len(str(nodes)))
    site_plans: list[SitePlan] = []
    pcus: list[PcuPlan] = []
    node_plans: list[NodePlan] = []
    for index in range(sites):
        place = Place(
            key=site_key(index),
            prefix=f"{network}.{block}.{index}",
            style=styles[index % len(styles)],
            menus=random.choice(MENUS),
            profile=("planetlab", "linux")[index % 2],
        )
        size = nodes // sites + (index < nodes % sites)
        first = len(node_plans) + 1
        site_plans.append(_site(place, index))
        pcus += _pcus(place, size)
        node_plans += (_node(place, f"n{first + i:0{width}}", i) for i in range(size))
    return Layout(
        seed=seed,
        block=block,
        sites=tuple(site_plans),
        pcus=tuple(pcus),
        nodes=tuple(node_plans),
        # As far from one another as the block allows: they stand for several networks.
        canaries=tuple(Endpoint(f"127.{block}.{net}.1", CANARY_PORT) for net in (251, 252, 253)),
        mail=Endpoint(f"127.{block}.254.25", MAIL_PORT),
        control=control_of(block),
    )


def control_of(block: int) -> Endpoint:
    """Where the fleet of this block takes orders; whoever holds it has the block."""
    return Endpoint(f"127.{block}.254.254", CONTROL_PORT)


def site_key(index: int) -> str:
    return SITES[index][0] if index < len(SITES) else f"site{index + 1}"


def domain_of(site: str) -> str:
    return f"{site}.example.org"


def _site(place: Place, index: int) -> SitePlan:
    _, name, timezone = SITES[index] if index < len(SITES) else ("", f"Site {index + 1}", "UTC")
    roles = ("tech", "pi", "user")
    return SitePlan(
        key=place.key,
        name=name,
        timezone=timezone,
        people=tuple(Person(f"{role}@{domain_of(place.key)}", role) for role in roles),
        gateway=Endpoint(f"{place.prefix}.1", GATEWAY_PORT),
    )


def _pcus(place: Place, size: int) -> list[PcuPlan]:
    """The rack PDUs that `size` nodes need, and the first node's own unit."""
    racks = range(-(-size // OUTLETS))
    names = [rack_name(place, rack, row) for rack in racks for row in place.style.rows]
    outlets = tuple(str(number + 1) for number in range(OUTLETS))
    found = [
        PcuPlan(
            name=name,
            site=place.key,
            family="apc",
            transport=place.style.transport,
            host=f"{place.prefix}.{2 + number}",
            user="apc",
            outlets=outlets,
            menus=place.menus,
        )
        for number, name in enumerate(names)
    ]
    if place.style.extra:
        own = EXTRAS[place.style.extra]
        found.append(
            PcuPlan(
                name=extra_name(place),
                site=place.key,
                family=place.style.extra,
                transport=own.transport,
                host=f"{place.prefix}.{2 + len(found)}",
                user=own.user,
                outlets=("1",),
            )
        )
    return found


def _node(place: Place, name: str, number: int) -> NodePlan:
    """The site's node number `number`, from 0."""
    addresses = [f"{place.prefix}.{50 + number}"]
    if place.style.second_line and number == 0:
        addresses.append(f"{place.prefix}.254")
    return NodePlan(
        name=name,
        site=place.key,
        hostname=f"{name}.{domain_of(place.key)}",
        addresses=tuple(addresses),
        profile=place.profile,
        paths=_paths(place, number),
    )


def _paths(place: Place, number: int) -> tuple[tuple[Feed, ...], ...]:
    rack, outlet = divmod(number, OUTLETS)
    supplies = tuple(Feed(rack_name(place, rack, row), str(outlet + 1)) for row in place.style.rows)
    if number or not place.style.extra:
        return (supplies,)
    own = (Feed(extra_name(place), "1"),)
    return (own, supplies) if place.style.extra_first else (supplies, own)


def rack_name(place: Place, rack: int, row: str) -> str:
    return f"{place.key}-pdu{rack + 1}{row}"


def extra_name(place: Place) -> str:
    return f"{place.key}-{place.style.extra}"
