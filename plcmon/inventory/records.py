"""Records: one site, PCU, node or profile as it stands in an inventory file."""

import ipaddress
import re
from datetime import timedelta
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, model_validator
from yarl import URL

from plcmon.config.fields import (
    AtLeastOne,
    Email,
    EndpointField,
    Line,
    Port,
    Section,
    SomeTime,
    check_host,
)
from plcmon.config.problems import did_you_mean
from plcmon.model.subjects import USUAL, BootState, Role, Transport

KEY_KIND = re.compile(r"ssh-(ed25519|rsa)|ecdsa-sha2-nistp(256|384|521)")
KEY_BODY = re.compile(r"AAAA[A-Za-z0-9+/]{20,8000}={0,2}")
FACT = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
LEAST_INTERVAL, MOST_INTERVAL = timedelta(seconds=10), timedelta(days=1)
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
# An address of IPv4 that is neither for many machines nor for none, as it is always written.
OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
ONE_MACHINE = re.compile(rf"(?:22[0-3]|2[01][0-9]|1[0-9][0-9]|[1-9][0-9]?)(?:\.{OCTET}){{3}}")
PORTS = {
    "telnet": 23,
    "ssh": 22,
    "http": 80,
    "https": 443,
    "snmp": 161,
    "ipmi": 623,
    "tcp": 9100,
    "program": 0,
    "person": 0,
}


def check_id(text: str) -> str:
    """What is wrong with an id; empty when it is good."""
    if ID.fullmatch(text):
        return ""
    return "an id has letters, digits, dots, dashes and underscores, 64 at most"


def _check_timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = did_you_mean_zone(text) or 'write for example "Europe/Paris"'
        raise ValueError(f'"{text}" is no time zone; {hint}') from None
    return text


def did_you_mean_zone(text: str) -> str:
    by_lower = {zone.lower(): zone for zone in available_timezones()}
    hint = did_you_mean(text, by_lower)
    word = hint.removeprefix("did you mean ").removesuffix("?")
    return hint.replace(word, by_lower[word]) if hint else ""


def _check_address(text: str) -> str:
    if ONE_MACHINE.fullmatch(text):  # as most do: a tenth of the time
        return text
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise ValueError(
            f'"{text}" is not an address; write for example "192.0.2.7" or "2001:db8::7"'
        ) from None
    if address.is_multicast or address.is_unspecified:
        raise ValueError(f'"{text}" is not the address of one machine')
    return str(address)


def _check_name(text: str) -> str:
    return check_host(text) if text else text


def _read_transport(value: Any) -> Transport:
    if isinstance(value, Transport):
        return value
    name, _, port = str(value).partition(":")
    if name not in PORTS:
        hint = did_you_mean(name, PORTS) or f"allowed: {', '.join(PORTS)}"
        raise ValueError(f'unknown transport "{name}"; {hint}')
    if not port:
        return Transport(name, PORTS[name])
    if not port.isdigit() or not 1 <= int(port) <= 65535:
        raise ValueError(f'"{value}": the port is not between 1 and 65535')
    return Transport(name, int(port))


def _check_outlet(text: str) -> str:
    pcu, colon, outlet = text.partition(":")
    if not (pcu and colon and outlet) or len(outlet) > 64 or not outlet.isprintable():
        raise ValueError(f'"{text}" is not PCU:OUTLET; write for example "apc1:3"')
    return text


def _check_fact_name(text: str) -> str:
    if FACT.fullmatch(text) and text != "end":
        return text
    raise ValueError(f'"{text}" is no name of a fact: a letter, then letters, digits, _; not "end"')


def _check_deadline(value: timedelta) -> timedelta:
    if value < timedelta(seconds=1):
        raise ValueError("nodes count whole seconds; write at least 1s")
    return value


def _check_url(text: str) -> str:
    """A page with a name: an address in it could be another machine's."""
    try:
        url = URL(text)
    except ValueError:
        url = URL()
    if url.scheme not in ("http", "https") or not url.host or url.user or url.password:
        raise ValueError(f'"{text}" is no page; write for example "https://n1.example.org/health"')
    if url.host.replace(".", "").isdigit() or ":" in url.host:
        raise ValueError(f'"{text}" has an address; write a name, the address is the node\'s own')
    return text


def _check_host_key(text: str) -> str:
    words = text.split()
    if not words:
        return ""
    if len(words) < 2 or not KEY_KIND.fullmatch(words[0]) or not KEY_BODY.fullmatch(words[1]):
        raise ValueError(f'"{text[:40]}" is no public key; write "ssh-ed25519 AAAA..."')
    return " ".join(words[:2])


HostName = Annotated[str, AfterValidator(_check_name)]
TransportField = Annotated[Transport, BeforeValidator(_read_transport)]
OutletText = Annotated[str, AfterValidator(_check_outlet)]
HostKeyText = Annotated[str, AfterValidator(_check_host_key)]
AddressText = Annotated[str, AfterValidator(_check_address)]


class ContactRecord(Section):
    """A person of a site."""

    email: Email
    """Where mail to this person goes."""
    roles: frozenset[Role] = Field(min_length=1)
    """`tech`, `pi`, `user`: what this person is to the site."""
    name: Line = ""
    """As people write it."""
    exempt_until: AwareDatetime | None = None
    """Not written to before this time."""


class SiteRecord(Section):
    """An organisation that hosts nodes, `[sites.LOGIN_BASE]`."""

    name: Line = ""
    """As people write it; empty: the login base."""
    contacts: tuple[ContactRecord, ...] = ()
    """Its people."""
    timezone: Annotated[str, AfterValidator(_check_timezone)] = "UTC"
    """IANA name."""
    min_up: AtLeastOne | None = None
    """Nodes that must be up; none: the smaller of 2 and its nodes in service."""
    witnesses: tuple[EndpointField, ...] = ()
    """TCP addresses of a gateway or a switch; its PCUs are added by themselves."""
    exempt_until: AwareDatetime | None = None
    """Watched, never acted on, before this time."""


class PcuRecord(Section):
    """A power control unit, `[pcus.ID]`."""

    site: str
    """The site it stands at."""
    family: str
    """The driver's family."""
    name: Line = ""
    """What people call it, unique; empty: the id."""
    host: HostName = ""
    """Name or address it is reached at; empty for a person."""
    transports: tuple[TransportField, ...] = ()
    """`NAME` or `NAME:PORT` in order of preference; empty: the family's."""
    user: Line = ""
    """Account on the unit."""
    credential: str = ""
    """Name of the secret with its password."""
    quirks: tuple[str, ...] = ()
    """What this unit does unlike its family."""
    options: dict[str, str] = Field(default_factory=dict)
    """What the family's card names."""
    host_key: str = ""
    """SSH: the pinned public key, in OpenSSH's form."""
    fingerprint: str = ""
    """TLS: SHA-256 of the certificate, hex."""
    verify: bool = True
    """TLS: whether the certificate is checked at all."""
    model: Line = ""
    """The model's text, as the unit's label has it."""


class PathRecord(Section):
    """A power path: outlets that are cut and restored together."""

    outlets: tuple[OutletText, ...] = Field(min_length=1)
    """`PCU:OUTLET` of each supply."""
    proven: bool = False
    """A person vouches that these outlets feed this node."""


class PageRecord(Section):
    """A page that a node must answer for over HTTP: `"URL"`, or a table."""

    url: Annotated[str, AfterValidator(_check_url)]
    """`http` or `https`; asked for at the node's own addresses."""
    status: Annotated[int, Field(ge=100, le=599)] = 200
    """What it should answer; redirects are not followed."""
    verify: bool = True
    """TLS: whether its certificate is checked."""


def _read_page(value: Any) -> Any:
    return {"url": value} if isinstance(value, str) else value


PageField = Annotated[PageRecord, BeforeValidator(_read_page)]


def _check_interval(value: timedelta) -> timedelta:
    if not LEAST_INTERVAL <= value <= MOST_INTERVAL:
        raise ValueError("between 10s and 1d: a finding is evidence for two intervals")
    return value


IntervalField = Annotated[SomeTime, AfterValidator(_check_interval)]


class IntervalsRecord(Section):
    """How often a node is probed; what is not named is as the profile says, then
    `[policy.intervals]`."""

    ping: IntervalField | None = None
    """ICMP echo; none: as often as others."""
    tcp: IntervalField | None = None
    """TCP ports; none: as often as others."""
    ssh: IntervalField | None = None
    """SSH login with facts; none: as often as others."""
    http: IntervalField | None = None
    """Pages; none: as often as others."""
    dns: IntervalField | None = None
    """Name, addresses and resolver; none: as often as others."""


class NodeRecord(Section):
    """A machine that is watched, `[nodes.ID]`; the id stays when the hostname changes."""

    hostname: Annotated[str, Field(min_length=1), AfterValidator(check_host)]
    """Its name, unique."""
    site: str
    """The site it stands at."""
    addresses: tuple[AddressText, ...] = Field(min_length=1)
    """IPv4 and IPv6 addresses; the node is as well as its best one."""
    profile: str = "linux"
    """What a healthy node of its kind looks like."""
    ssh_port: Port = 22
    """Where its SSH server listens."""
    ports: tuple[Port, ...] = ()
    """TCP ports that must be open beside SSH."""
    http: Annotated[tuple[PageField, ...], Field(max_length=8)] = ()
    """Pages that it must answer for: a URL, or a table with `url`, `status`, `verify`; what they
    lack is told, and nothing is done about it."""
    ssh_user: Line = ""
    """Account for the facts; empty: the profile's."""
    intervals: IntervalsRecord = IntervalsRecord()
    """How often it is probed, where it is not as often as others: `{ ssh = "1h" }`."""
    power: tuple[PathRecord, ...] = ()
    """Power paths, the preferred one first."""
    boot_state: BootState = BootState.BOOT
    """What it is meant to be doing."""
    boot_state_at: AwareDatetime | None = None
    """Since when it is meant to."""
    groups: frozenset[str] = frozenset()
    """Names under which it can be selected."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Facts that the source knows of it."""
    exempt_until: AwareDatetime | None = None
    """Watched, never acted on, before this time."""
    was: str = ""
    """The hostname before."""
    host_key: HostKeyText = ""
    """SSH: the public key that it must show, in OpenSSH's form; empty: the one that was pinned."""


class FactRecord(Section):
    """One thing that a node is asked about itself: `NAME = "COMMAND"`, or a table."""

    command: Annotated[str, Field(min_length=1, max_length=4096)]
    """Run by the node's `sh`, without input; what it prints is the fact, without its errors.
    `$hostname` is the node's name in the inventory."""
    deadline: Annotated[SomeTime, AfterValidator(_check_deadline)] = USUAL.deadline
    """It is killed after this, with all that it started, and the fact is empty."""
    cap: Annotated[int, Field(ge=1, le=16384)] = USUAL.cap
    """Bytes of it that count."""


def _read_fact(value: Any) -> Any:
    return {"command": value} if isinstance(value, str) else value


FactField = Annotated[FactRecord, BeforeValidator(_read_fact)]
FactName = Annotated[str, AfterValidator(_check_fact_name)]


class ProfileRecord(Section):
    """What a healthy node of one kind looks like, `[profiles.NAME]`."""

    ssh_user: str = "root"
    """Account for the facts."""
    key_file: str = ""
    """Private key, relative to the file; without it and `agent_key` only the SSH banner is read."""
    agent_key: str = ""
    """In place of `key_file`, a key of the SSH agent at `service.ssh_agent`: its fingerprint
    (`SHA256:...`, as `ssh-add -l` prints it), its comment, or `any`."""
    intervals: IntervalsRecord = IntervalsRecord()
    """How often its nodes are probed, where they do not say so themselves."""
    facts: dict[FactName, FactField] = Field(default_factory=dict)
    """Fact -> shell command, or a table with `command`, `deadline`, `cap`."""
    debug_fact: str = ""
    """This fact, when not empty, says that the node is in debug."""
    min_kernel: str = ""
    """An older kernel means an old boot medium."""
    host_cas: tuple[HostKeyText, ...] = ()
    """Public keys that sign host certificates; one of theirs for the node's hostname is trusted,
    whatever was pinned."""
    pin: bool = True
    """Whether a node's first host key is pinned; else a key that neither the inventory has nor a
    person accepted is refused: issue `hostkey`."""
    resolver_fact: str = ""
    """This fact, when empty, says that the node itself cannot look names up, a `dns_error`.
    Ask a name that is not in its `/etc/hosts`: `getent -s dns hosts "$hostname"`."""

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if self.key_file and self.agent_key:
            raise ValueError("`key_file` and `agent_key` exclude each other")
        return self


RECORDS: dict[str, type[Section]] = {
    "profiles": ProfileRecord,
    "sites": SiteRecord,
    "pcus": PcuRecord,
    "nodes": NodeRecord,
}
