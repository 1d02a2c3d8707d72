"""Readings: one answer to one kind of question about one subject, from one vantage."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from plcmon.model.subjects import NodeKey, Subject

LOCAL = "local"  # the vantage of the service itself


class Probe(StrEnum):
    """One kind of question."""

    PING = "ping"
    TCP = "tcp"
    SSH = "ssh"
    DNS = "dns"
    TRACEROUTE = "traceroute"
    HTTP = "http"
    EXTERNAL = "external"


class PortAnswer(StrEnum):
    """What one TCP port did with a connection attempt."""

    OPEN = "open"
    REFUSED = "refused"  # a reset: something is alive there
    FILTERED = "filtered"  # no answer within the deadline
    UNREACHABLE = "unreachable"  # the network said there is no way there


class Login(StrEnum):
    """How far an SSH login came."""

    OK = "ok"
    REFUSED = "refused"  # the server is there and will not let us in
    HOSTKEY = "hostkey"  # the key is not the pinned one; no secret was given
    NO_BANNER = "no-banner"  # the port accepts and says nothing that is SSH
    FAILED = "failed"  # the server spoke, then the session broke or hung
    NO_CONNECT = "no-connect"  # no TCP connection
    BANNER_ONLY = "banner-only"  # the server is there; no key is configured to log in with


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What a node said of itself after an SSH login; strictly parsed."""

    boot_id: str = ""
    booted_at: datetime | None = None  # our clock minus the node's uptime
    kernel: str = ""
    debug: bool = False
    old_boot_cd: bool = False
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """One answer. `at` is when the question was put, by the clock of its vantage."""

    subject: Subject
    probe: Probe
    at: datetime
    arrived_at: datetime
    vantage: str = LOCAL
    boot: str = (
        ""  # which run of the vantage; with `sequence`, the key that makes ingest idempotent
    )
    sequence: int = 0
    took_ms: float = 0.0
    ports: Mapping[int, PortAnswer] = field(default_factory=dict)  # tcp
    port: PortAnswer | None = None  # ssh, http: what the port did
    login: Login | None = None  # ssh
    banner: str = ""  # ssh: the server's identification, printable, at most 255 characters
    host_key: str = ""  # ssh: fingerprint seen
    facts: NodeFacts | None = None  # ssh, after a login
    sent: int = 0  # ping: packets
    heard: int = 0  # ping: packets that were answered; `took_ms` is their median round trip
    up: bool | None = None  # external
    pages: Mapping[str, int] = field(default_factory=dict)  # http: URL -> status, 0: no answer
    detail: str = ""  # the error sentence, for people


class Observed(StrEnum):
    """What an observation shows: five findings, three kinds of no evidence."""

    BOOT = "boot"
    DEBUG = "debug"
    SILENT = "silent"
    WEDGED = "wedged"
    DEAF = "deaf"
    BLIND = "blind"
    UNREACHABLE = "unreachable"
    STALE = "stale"


class Mark(StrEnum):
    """What stands beside a status."""

    FIREWALLED = "firewalled"
    FLAPPING = "flapping"
    MAINTENANCE = "maintenance"
    EXEMPT = "exempt"
    INHERITED = "inherited"
    HOSTKEY = "hostkey"
    OLDBOOTCD = "oldbootcd"


class Evidence(StrEnum):
    """How good the evidence behind a status is just now."""

    FRESH = "fresh"
    SUSPECT = "suspect"
    BLIND = "blind"
    STALE = "stale"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Observation:
    """The composite of a node's fresh readings at one evaluation.

    `since` is when this finding began: for a failure, the first of the three that count.
    """

    state: Observed
    at: datetime
    since: datetime
    evidence: Evidence = Evidence.FRESH
    marks: frozenset[Mark] = frozenset()
    boot_id: str = ""
    booted_at: datetime | None = None
    login: Login | None = None
    detail: str = ""  # what was seen, one line, for people


SAMPLE_EVERY = timedelta(minutes=5)  # between two samples of what is believed of a node


@dataclass(frozen=True, slots=True)
class Samples:
    """Samples of each node in a period of whole hours; before hours are kept, of whole days."""

    since: datetime
    until: datetime
    nodes: Mapping[NodeKey, tuple[int, int, int]]  # up, bad, unknown; without a sample: not in it
