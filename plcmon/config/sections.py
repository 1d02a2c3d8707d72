"""Sections: the tables of monitor.toml, apart from what stands in an inventory."""

import ast
import inspect
import textwrap
from dataclasses import MISSING, fields, is_dataclass
from datetime import time, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, create_model

from plcmon.config.fields import (
    AtLeastOne,
    Count,
    Duration,
    Email,
    EndpointField,
    Port,
    Section,
    Share,
    SomeTime,
    TimeOfDay,
    write_duration,
)
from plcmon.config.sources import NO_SOURCES, SourceTables
from plcmon.model import policy as rules
from plcmon.model.decisions import Mode
from plcmon.model.intents import OUTSIDE, ActionKind
from plcmon.model.retention import SHIPPED
from plcmon.model.subjects import Endpoint

MAY_BE_NOTHING = (rules.Thresholds, rules.Safety, rules.Limits)  # their durations may be 0s
MAY_BE_NONE = (rules.Budgets, rules.Guard)  # their numbers may be 0


def docs_of(owner: type) -> dict[str, str]:
    """The docstring under each field of a dataclass."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    found = {}
    for field, doc in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            match doc:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    found[field.target.id] = " ".join(text.split())
    return found


def _kind(owner: type, hint: Any) -> Any:
    if hint is timedelta:
        return Duration if owner in MAY_BE_NOTHING else SomeTime
    if hint is int:
        return Count if owner in MAY_BE_NONE else AtLeastOne
    if hint is float:
        return Share
    return hint if hint in {bool, str} else dict[SomeTime, AtLeastOne]


def mirror(owner: type, **more: Any) -> type[Section]:
    """A section with the fields, defaults and docstrings of a dataclass of the model."""
    assert is_dataclass(owner)
    hints, docs = get_type_hints(owner), docs_of(owner)
    made: dict[str, Any] = {}
    for field in fields(owner):
        default = field.default if field.default is not MISSING else None
        if field.default_factory is not MISSING:
            default = field.default_factory()
        kind = _kind(owner, hints[field.name])
        made[field.name] = (kind, Field(default=default, description=docs.get(field.name)))
    return create_model(
        f"{owner.__name__}Section", __base__=Section, __doc__=owner.__doc__, **more, **made
    )


def _endpoints(default: tuple[Endpoint, ...], doc: str) -> tuple[Any, Any]:
    return (tuple[EndpointField, ...], Field(default=default, description=doc))


def _part(owner: type) -> tuple[Any, Any]:
    section = mirror(owner)
    return (section, Field(default_factory=section, description=owner.__doc__))


CanariesSection = mirror(
    rules.Canaries,
    endpoints=_endpoints(
        (), "TCP addresses in several networks that always answer; mode `auto` needs some."
    ),
)

PolicySection = create_model(
    "PolicySection",
    __base__=Section,
    __doc__="""How far plcmon may go, and the numbers that decide.""",
    mode=(
        Mode,
        Field(
            default=Mode.OBSERVE,
            description="`observe` only looks, `propose` asks a person, `auto` acts.",
        ),
    ),
    scale=(
        Annotated[float, Field(gt=0, le=100_000)],
        Field(
            default=1.0,
            description="Policy seconds per real second, for demonstrations;"
            " other than 1 only where every address is loopback.",
        ),
    ),
    intervals=_part(rules.Intervals),
    thresholds=_part(rules.Thresholds),
    guard=_part(rules.Guard),
    flapping=_part(rules.Flapping),
    budgets=_part(rules.Budgets),
    limits=_part(rules.Limits),
    safety=_part(rules.Safety),
    wire=_part(rules.Wire),
)


class Service(Section):
    """The process itself."""

    state_dir: str = ""
    """Folder of the databases and the lock, relative to this file.
    Empty: systemd's state directory, else `state` beside this file."""
    workers: Annotated[int, Field(ge=1, le=4000)] = 256
    """Checks at the same time; at most three quarters of them are of suspects, half are logins."""
    ssh_workers: Annotated[int, Field(ge=1, le=500)] = 128
    """SSH logins at the same time; one site has 8 checks at a time, or an eighth of its own."""
    ssh_rate: Annotated[int, Field(ge=1, le=10_000)] = 100
    """SSH logins that begin in a second."""
    ssh_agent: str = ""
    """Socket of the SSH agent for profiles with an `agent_key`, relative to this file;
    `$SSH_AUTH_SOCK`: the one that the environment names. Empty: no agent is ever asked."""
    ping: bool = True
    """Whether nodes are pinged, where this machine may; loopback addresses never are."""
    dns: bool = True
    """Whether names are held against the inventory, but for nodes that have a loopback address."""
    traceroute: bool = True
    """Whether the way to a node is looked at when it falls silent."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least that is logged."""
    log_format: Literal["auto", "human", "json"] = "auto"
    """`auto` is `human` on a terminal and `json` elsewhere."""


def _at_least(least: timedelta) -> AfterValidator:
    def check(value: timedelta) -> timedelta:
        if value < least:
            raise ValueError(f'must be "{write_duration(least)}" at least')
        return value

    return AfterValidator(check)


Months = Annotated[SomeTime, _at_least(timedelta(days=40))]  # beyond what any limit looks back at


class Keep(Section):
    """How long what happened is kept; what is older is deleted in small batches, beside all else.
    The journal, issues and actions are kept for good."""

    events: Months = SHIPPED.events
    """The story: what `events`, `history`, `why --at`, `since` and `replay` read."""
    mails: Months = SHIPPED.mails
    """Mails, and the notices in them, of issues that are over."""
    hours: Annotated[SomeTime, _at_least(timedelta(days=2))] = SHIPPED.hours
    """Availability by the hour; that of whole days is kept for good. A longer time than before
    holds for what comes."""
    readings: SomeTime = SHIPPED.readings
    """Raw readings."""


class InventoryFiles(Section):
    """Where the inventory stands, beside the tables of this file."""

    files: tuple[str, ...] = ()
    """TOML files with profiles, sites, PCUs and nodes, and CSV files with one of the latter three,
    relative to this file. What TOML says of a record goes before what a row says."""


def _read_octal(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        if value == DEFAULT_SOCKET_MODE:
            return value
        raise ValueError(f'{value} is not in quotes; write "0660"')
    try:
        mode = int(str(value), 8)
    except ValueError:
        raise ValueError(f'"{value}" is not a file mode; write "0660"') from None
    if mode & 0o007 or mode > 0o770:
        raise ValueError(f'"{value}" lets everybody in; write "0660"')
    return mode


DEFAULT_SOCKET_MODE = 0o660


class Api(Section):
    """The unix socket of the service."""

    socket: str = ""
    """Path, relative to this file.
    Empty: `plcmon.sock` in systemd's runtime directory, else in the state folder."""
    mode: Annotated[int, BeforeValidator(_read_octal)] = DEFAULT_SOCKET_MODE
    """Permissions of the socket, octal, in quotes."""
    group: str = ""
    """Unix group that owns the socket; empty: the service's own."""
    roles: dict[str, Literal["viewer", "operator", "admin"]] = Field(default_factory=dict)
    """Unix user -> `viewer`, `operator` or `admin`.
    The service's own user and root are admins unless named here; everybody else has no role."""


class Mail(Section):
    """The relay that takes mail, and who writes."""

    host: str = ""
    """Name or address of the relay; empty: no mail is sent."""
    port: Port = 25
    """Its port."""
    tls: Literal["none", "starttls", "tls"] = "starttls"
    """How the connection is protected."""
    user: str = ""
    """Account at the relay; empty: no login."""
    credential: str = ""
    """Name of the secret that holds its password."""
    sender: Email = "plcmon@localhost"
    """The From address."""
    operators: tuple[Email, ...] = ()
    """Who is told what has no other reader."""
    digest: TimeOfDay = time(7)
    """Time of the day, UTC, at which the operators get their digest; empty: never."""
    support: str = ""
    """Whom a contact may ask, as it stands in each mail; empty: the sender."""
    link_base: str = ""
    """Start of the links in mails; empty: no links."""
    templates: str = ""
    """Folder of your own templates, relative to this file; each replaces the shipped one of its
    name. Empty: the shipped ones."""


class Alerts(Section):
    """How operators are reached at once."""

    webhook: SecretStr = SecretStr("")
    """URL that is posted to; shown nowhere, since such URLs carry a token."""
    command: tuple[str, ...] = ()
    """Program and arguments; the alert is JSON on its standard input."""
    heartbeat: SecretStr = SecretStr("")
    """URL that is fetched as a sign of life, for a dead man's switch elsewhere."""
    heartbeat_every: SomeTime = timedelta(seconds=60)
    """How often; wire time."""


RECORDABLE = tuple(sorted(kind.value for kind in OUTSIDE - {ActionKind.PENALTY}))


def _read_kind(value: object) -> object:
    if value not in RECORDABLE:
        raise ValueError(f'"{value}" cannot be recorded; allowed: {", ".join(RECORDABLE)}')
    return value


class Integrations(Section):
    """What carries effects out in systems outside."""

    recorded: tuple[Annotated[str, BeforeValidator(_read_kind)], ...] = ()
    """Kinds of effect without an integration that a recorder stands in for, in rehearsals: the
    journal has what would have been done, and rungs go on as if it had been.
    Kinds: boot-state, flag, reboot-shell, repair."""


class SecretPlaces(Section):
    """Where named secrets are looked for, after systemd's credentials and the environment."""

    directory: str = "secrets"
    """Folder of files named like the secret, mode 0600, relative to this file."""


class Tui(Section):
    """The terminal screen."""

    glyphs: Literal["auto", "unicode", "ascii"] = "auto"
    """`auto` takes ASCII where the locale or the terminal has nothing better."""
    keys: dict[str, str] = Field(default_factory=dict)
    """Action id -> key, to move a key."""


FileSection = create_model(
    "FileSection",
    __base__=Section,
    __doc__="""The whole of monitor.toml; ladders and inventory are only seen to be tables.""",
    policy=(PolicySection, Field(default_factory=PolicySection)),
    canaries=(CanariesSection, Field(default_factory=CanariesSection)),
    service=(Service, Field(default_factory=Service)),
    keep=(Keep, Field(default_factory=Keep)),
    inventory=(InventoryFiles, Field(default_factory=InventoryFiles)),
    api=(Api, Field(default_factory=Api)),
    mail=(Mail, Field(default_factory=Mail)),
    alerts=(Alerts, Field(default_factory=Alerts)),
    integrations=(Integrations, Field(default_factory=Integrations)),
    sources=(SourceTables, NO_SOURCES),
    secrets=(SecretPlaces, Field(default_factory=SecretPlaces)),
    tui=(Tui, Field(default_factory=Tui)),
    ladder=(dict[str, Any], Field(default_factory=dict)),
    profiles=(dict[str, Any], Field(default_factory=dict)),
    sites=(dict[str, Any], Field(default_factory=dict)),
    pcus=(dict[str, Any], Field(default_factory=dict)),
    nodes=(dict[str, Any], Field(default_factory=dict)),
)
READ_ELSEWHERE = ("ladder", "profiles", "sites", "pcus", "nodes")  # tables with checks of their own
EACH_BY_ITSELF = ("sources",)  # tables of tables, shown and explained one by one
