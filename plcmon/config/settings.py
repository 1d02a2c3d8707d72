"""Settings: everything the operator decided, as one frozen value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from plcmon.config.sections import Alerts, Api, Integrations, Mail, SecretPlaces, Service, Tui
from plcmon.config.sources import Source
from plcmon.model.policy import Policy
from plcmon.model.retention import SHIPPED, Retention
from plcmon.model.subjects import Endpoint


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting as `plcmon config show` prints it; secrets are masked."""

    key: str  # dotted
    value: str
    origin: str  # "default", "FILE:LINE", "environment VARIABLE", "worked out"


@dataclass(frozen=True)
class Settings:
    """What monitor.toml, the environment and the shipped defaults say together.

    Paths are absolute; durations of the policy are already scaled.
    """

    file: Path
    policy: Policy
    state_dir: Path
    inventory: tuple[Path, ...]  # files with inventory tables, monitor.toml among them if it has
    canaries: tuple[Endpoint, ...]
    service: Service
    api: Api
    socket: Path
    roles: Mapping[str, str]  # unix user -> viewer, operator, admin; others have none
    mail: Mail | None  # None: no relay is named
    mail_templates: Path | None  # the operator's own; None: only the shipped ones
    alerts: Alerts
    integrations: Integrations
    secrets: SecretPlaces
    secrets_dir: Path
    tui: Tui
    keep: Retention = SHIPPED
    ssh_agent: str = ""  # path of its socket; empty: there is none
    sources: Mapping[str, Source] = field(default_factory=dict)
    shown: tuple[Shown, ...] = ()
