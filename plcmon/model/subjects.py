"""What is watched and by what it is reached: nodes, sites, PCUs, outlets, people."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from ipaddress import IPv6Address, IPv6Network
from typing import NamedTuple, NewType

NodeKey = NewType("NodeKey", str)  # "source:id", for example "toml:planetlab-1"
PcuKey = NewType("PcuKey", str)  # "source:id"
SiteKey = NewType("SiteKey", str)  # the site's login base


class SubjectKind(StrEnum):
    """The kinds of thing an issue can be about."""

    NODE = "node"
    PCU = "pcu"
    SITE = "site"
    FLEET = "fleet"


class Subject(NamedTuple):
    """One thing an event or an issue is about; written `kind/key`."""

    kind: SubjectKind
    key: str

    def __str__(self) -> str:
        return f"{self.kind.value}/{self.key}"

    @classmethod
    def parse(cls, text: str) -> "Subject":
        """Read `kind/key`; raises ValueError for an unknown kind."""
        kind, _, key = text.partition("/")
        return cls(SubjectKind(kind), key)


def node_subject(key: str) -> Subject:
    return Subject(SubjectKind.NODE, key)


def pcu_subject(key: str) -> Subject:
    return Subject(SubjectKind.PCU, key)


def site_subject(key: str) -> Subject:
    return Subject(SubjectKind.SITE, key)


def fleet_subject(name: str = "all") -> Subject:
    return Subject(SubjectKind.FLEET, name)


class Role(StrEnum):
    """What a contact is to the site."""

    TECH = "tech"
    PI = "pi"
    USER = "user"


class BootState(StrEnum):
    """What a node is meant to be doing, by the word of its source or of a person."""

    BOOT = "boot"
    SAFEBOOT = "safeboot"
    REINSTALL = "reinstall"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Contact:
    """A person of a site."""

    email: str
    roles: frozenset[Role]
    name: str = ""
    exempt_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A TCP address."""

    host: str  # a name or an address
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Site:
    """An organisation that hosts nodes."""

    key: SiteKey
    name: str
    contacts: tuple[Contact, ...] = ()
    timezone: str = "UTC"  # IANA name
    min_up: int | None = None  # None: the smaller of 2 and the site's nodes in service
    witnesses: tuple[Endpoint, ...] = ()  # a gateway, a switch; its PCUs are added by themselves
    exempt_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Transport:
    """One way to talk to a PCU: `telnet`, `ssh`, `https`, `ipmi`, `tcp`, `person`."""

    name: str
    port: int


@dataclass(frozen=True, slots=True)
class Pcu:
    """A power control unit: whatever can cut and restore a node's power."""

    key: PcuKey
    site: SiteKey
    name: str  # what people call it; unique
    host: str  # name or address it is reached at; empty for a person
    family: str  # a driver family, or a model text of an old inventory
    transports: tuple[Transport, ...] = ()  # in order of preference; empty: the family's
    user: str = ""
    credential: str = ""  # the name of a secret, never the secret
    quirks: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)  # what the family's card names
    host_key: str = ""  # SSH: pinned public key, OpenSSH form; empty: pin on first contact
    fingerprint: str = ""  # TLS: SHA-256 of the certificate, hex; empty: verify by CA
    verify: bool = True  # TLS only; False is shown as a finding
    model: str = ""  # the text of the inventory, as it was
    readable: bool = True  # its outlets can be read back; by its family, or by a quirk


class Outlet(NamedTuple):
    """The address of one feed on one PCU."""

    pcu: PcuKey
    outlet: str

    def __str__(self) -> str:
        return f"{self.pcu} outlet {self.outlet}"


@dataclass(frozen=True, slots=True)
class PowerPath:
    """Outlets that are cut together and restored together; the first path is preferred."""

    outlets: tuple[Outlet, ...]
    proven: bool = False  # a person vouches for the mapping

    def __str__(self) -> str:
        return " + ".join(str(outlet) for outlet in self.outlets)


@dataclass(frozen=True, slots=True)
class Page:
    """What a node answers for over HTTP."""

    url: str
    status: int = 200  # what it should answer
    verify: bool = True  # whether its certificate is checked


@dataclass(frozen=True, slots=True)
class OwnIntervals:
    """How often one node is probed, where not as often as the policy says. Policy time."""

    ping: timedelta | None = None
    tcp: timedelta | None = None
    ssh: timedelta | None = None
    http: timedelta | None = None
    dns: timedelta | None = None


AS_OFTEN_AS_ALL = OwnIntervals()


@dataclass(frozen=True, slots=True)
class Node:
    """A machine that is watched. Its key never changes; its hostname may."""

    key: NodeKey
    hostname: str
    site: SiteKey
    addresses: tuple[str, ...]  # as well as its best one
    profile: str = "linux"
    ssh_port: int = 22
    ports: tuple[int, ...] = ()  # TCP ports that must be open beside SSH
    ssh_user: str = ""  # empty: the profile's
    boot_state: BootState = BootState.BOOT
    boot_state_at: datetime | None = None  # when the source last changed its mind, if it says
    paths: tuple[PowerPath, ...] = ()
    groups: frozenset[str] = frozenset()
    labels: Mapping[str, str] = field(default_factory=dict)
    exempt_until: datetime | None = None
    was: str = ""  # the hostname before, in TOML
    host_key: str = ""  # SSH: what the inventory says it must show, OpenSSH form
    http: tuple[Page, ...] = ()  # what it must answer for over HTTP
    intervals: OwnIntervals = AS_OFTEN_AS_ALL  # its profile's are in it

    @property
    def short(self) -> str:
        """The first label of the hostname, as people say it."""
        return self.hostname.split(".", 1)[0]


@dataclass(frozen=True, slots=True)
class FactBounds:
    """How long a node may take for one fact, and how many bytes of it count."""

    deadline: timedelta = timedelta(seconds=5)
    cap: int = 4096


USUAL = FactBounds()


@dataclass(frozen=True, slots=True)
class Profile:
    """What a healthy node of one kind looks like."""

    name: str
    ssh_user: str = "root"
    key_file: str = ""  # a private key
    agent_key: str = ""  # a key of the SSH agent: fingerprint, comment, or `any`; neither: banner
    facts: Mapping[str, str] = field(default_factory=dict)  # fact -> shell command
    bounds: Mapping[str, FactBounds] = field(default_factory=dict)  # where they are not the usual
    debug_fact: str = ""  # this fact, when not empty, says the node is in debug
    min_kernel: str = ""  # older is OLDBOOTCD
    pin: bool = True  # the first host key met is taken for the right one
    host_cas: tuple[str, ...] = ()  # public keys whose host certificates are trusted
    resolver_fact: str = ""  # this fact, when empty, says the node cannot look names up
    intervals: OwnIntervals = AS_OFTEN_AS_ALL

    @property
    def enters(self) -> bool:
        """Whether there is a key to log in with; else the banner is all that is heard."""
        return bool(self.key_file or self.agent_key)


@dataclass(frozen=True)
class Inventory:
    """Everything that is known to exist, read whole from its sources."""

    nodes: Mapping[NodeKey, Node] = field(default_factory=dict)
    sites: Mapping[SiteKey, Site] = field(default_factory=dict)
    pcus: Mapping[PcuKey, Pcu] = field(default_factory=dict)
    profiles: Mapping[str, Profile] = field(default_factory=dict)
    read_at: datetime | None = None

    @cached_property
    def nodes_by_site(self) -> Mapping[SiteKey, tuple[Node, ...]]:
        found: dict[SiteKey, list[Node]] = {}
        for node in self.nodes.values():
            found.setdefault(node.site, []).append(node)
        return {site: tuple(nodes) for site, nodes in found.items()}

    @cached_property
    def pcus_by_site(self) -> Mapping[SiteKey, tuple[Pcu, ...]]:
        found: dict[SiteKey, list[Pcu]] = {}
        for pcu in self.pcus.values():
            found.setdefault(pcu.site, []).append(pcu)
        return {site: tuple(pcus) for site, pcus in found.items()}

    @cached_property
    def nodes_by_pcu(self) -> Mapping[PcuKey, tuple[Node, ...]]:
        found: dict[PcuKey, dict[NodeKey, Node]] = {}
        for node in self.nodes.values():
            for path in node.paths:
                for outlet in path.outlets:
                    found.setdefault(outlet.pcu, {})[node.key] = node
        return {pcu: tuple(nodes.values()) for pcu, nodes in found.items()}

    @cached_property
    def labels(self) -> Mapping[NodeKey, tuple[str, ...]]:
        """What each node has in common with others, the rarest first."""
        found = {key: labels_of(node, self.pcus) for key, node in self.nodes.items()}
        sizes = Counter(label for labels in found.values() for label in labels)
        return {
            key: tuple(sorted(labels, key=lambda label: (sizes[label], label)))
            for key, labels in found.items()
        }

    @cached_property
    def label_sizes(self) -> Mapping[str, int]:
        """How many nodes have each label."""
        return Counter(label for labels in self.labels.values() for label in labels)

    def site_of(self, subject: Subject) -> SiteKey | None:
        """The site a subject belongs to; None for the fleet and for what is gone."""
        if subject.kind is SubjectKind.SITE:
            return SiteKey(subject.key)
        if subject.kind is SubjectKind.NODE:
            node = self.nodes.get(NodeKey(subject.key))
            return node.site if node else None
        if subject.kind is SubjectKind.PCU:
            pcu = self.pcus.get(PcuKey(subject.key))
            return pcu.site if pcu else None
        return None

    def name_of(self, subject: Subject) -> str:
        """What people call the subject."""
        if subject.kind is SubjectKind.NODE and subject.key in self.nodes:
            return self.nodes[NodeKey(subject.key)].hostname
        if subject.kind is SubjectKind.PCU and subject.key in self.pcus:
            return self.pcus[PcuKey(subject.key)].name
        return subject.key


OUTLET = re.compile(r"[\w.-]+:[\w.-]+(?= outlet )")  # a PCU's key, as an Outlet is written


def outlets_by_name(text: str, name_of: Callable[[Subject], str]) -> str:
    """The text with `toml:apc1 outlet 3` as people say it: `apc1 outlet 3`."""
    return OUTLET.sub(lambda found: name_of(Subject(SubjectKind.PCU, found[0])), text)


SHARED = ("network", "country", "image", "kernel")  # labels by which nodes may fall together
PREFIX = 48  # bits of an IPv6 address that one uplink serves; of IPv4 it is 24


def labels_of(node: Node, pcus: Mapping[PcuKey, Pcu]) -> set[str]:
    """What the node may have in common with others, as `kind:name`."""
    found = {f"{kind}:{node.labels[kind]}" for kind in SHARED if node.labels.get(kind)}
    found |= {f"group:{group}" for group in node.groups}
    found |= {f"prefix:{prefix}" for prefix in map(prefix_of, node.addresses) if prefix}
    units = {outlet.pcu for path in node.paths for outlet in path.outlets} & pcus.keys()
    return found | {f"pcu:{pcus[key].model or pcus[key].family}" for key in units}


def prefix_of(address: str) -> str:
    """The network an address is in; empty for a name, and for loopback, which is no network."""
    octets = address.split(".")
    if len(octets) == 4 and all(map(str.isdigit, octets)):  # parsed by the thousand
        return "" if octets[0] == "127" else f"{'.'.join(octets[:3])}.0/24"
    try:
        parsed = IPv6Address(address)
    except ValueError:
        return ""
    if parsed.is_loopback:
        return ""
    return str(IPv6Network((parsed, PREFIX), strict=False))
