"""Load: monitor.toml, environment and shipped ladders become one Settings, or all the problems."""

import os
import pwd
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from plcmon.config.checking import check
from plcmon.config.document import Document, KeyPath, read_document
from plcmon.config.environment import overlay
from plcmon.config.fields import is_loopback
from plcmon.config.ladders import Source, read_ladders
from plcmon.config.problems import Problem, in_order
from plcmon.config.scale import scaled, stamped
from plcmon.config.sections import FileSection
from plcmon.config.settings import Settings
from plcmon.config.showing import show
from plcmon.errors import ConfigError
from plcmon.model import policy as rules
from plcmon.model.decisions import Mode
from plcmon.model.policy import Policy
from plcmon.model.retention import Retention

OF_THE_ENVIRONMENT = "$SSH_AUTH_SOCK"  # in place of a path to the SSH agent
INVENTORY_TABLES = ("profiles", "sites", "pcus", "nodes")
T = TypeVar("T")


@dataclass(frozen=True)
class Raw:
    """One monitor.toml, parsed, with the environment laid over its data."""

    path: Path
    document: Document
    data: dict[str, Any]
    variables: dict[KeyPath, str]

    def problem(self, path: KeyPath, found: str, allowed: str = "") -> Problem:
        if path in self.variables:
            return Problem("environment", self.variables[path], found, allowed)
        return self.document.problem(path, found, allowed)


def load_settings(path: Path, env: Mapping[str, str]) -> Settings:
    """Read everything once. Raises ConfigError with every mistake found."""
    settings, problems = inspect_settings(path, env)
    if settings is None:
        raise ConfigError(str(path), [str(problem) for problem in in_order(problems)])
    return settings


def inspect_settings(path: Path, env: Mapping[str, str]) -> tuple[Settings | None, list[Problem]]:
    """The settings, or None and every mistake found."""
    path = path.absolute()
    document, problems = read_document(path)
    if problems:
        return None, problems
    data, variables, problems = overlay(document.data, env)
    raw = Raw(path, document, data, variables)
    values, found = check(FileSection, data, document, variables=variables)
    problems += found
    policy, found = _read_policy(raw, values)
    problems += found + _missing_files(raw)
    if policy is None or problems:
        return None, problems
    problems += _contradictions(raw, values, policy)
    return (None, problems) if problems else (_settle(raw, values, policy, env), [])


def default_policy() -> Policy:
    """The shipped policy: the model's numbers and the shipped ladders, in mode observe."""
    nothing = Source(Document("", "", {}), {}, {})
    ladders, problems = read_ladders(shipped_ladders(), nothing, rules.Limits())
    if problems:
        raise ConfigError("plcmon/policy/default.toml", [str(problem) for problem in problems])
    return stamped(Policy(ladders=ladders))


@cache
def shipped_ladders() -> Source:
    """The ladders of plcmon/policy/default.toml, as they stand there."""
    document, problems = read_document(Path(str(files("plcmon.policy") / "default.toml")))
    if problems:
        raise ConfigError("plcmon/policy/default.toml", [str(problem) for problem in problems])
    return Source(document, document.data["ladder"], {})


def _read_policy(raw: Raw, values: Any) -> tuple[Policy | None, list[Problem]]:
    """The policy before scaling; ladders are checked even while other tables are wrong."""
    limits = _model(rules.Limits, values.policy.limits) if values else rules.Limits()
    table = raw.data.get("ladder", {})
    if not isinstance(table, dict):
        return None, []
    given = Source(raw.document, table, raw.variables)
    ladders, problems = read_ladders(shipped_ladders(), given, limits)
    if values is None or problems:
        return None, problems
    section = values.policy
    policy = Policy(
        mode=section.mode,
        scale=section.scale,
        operators=values.mail.operators,
        digest=values.mail.digest,
        intervals=_model(rules.Intervals, section.intervals),
        thresholds=_model(rules.Thresholds, section.thresholds),
        canaries=_model(rules.Canaries, values.canaries),
        guard=_model(rules.Guard, section.guard),
        flapping=_model(rules.Flapping, section.flapping),
        budgets=_model(rules.Budgets, section.budgets),
        limits=limits,
        safety=_model(rules.Safety, section.safety),
        wire=_model(rules.Wire, section.wire),
        ladders=ladders,
        sources={name: source.rule for name, source in values.sources.items()},
    )
    return policy, []


def _model(owner: type[T], section: Any) -> T:
    """The model's dataclass with the values of the section that mirrors it."""
    names = [field.name for field in fields(owner)]  # type: ignore[arg-type]  # a dataclass
    return owner(**{name: getattr(section, name) for name in names})


def _contradictions(raw: Raw, values: Any, policy: Policy) -> list[Problem]:
    """What each table allows and all together do not."""
    found = []
    if policy.mode is Mode.AUTO and not values.canaries.endpoints:
        found.append(
            raw.problem(
                ("policy", "mode"),
                '"auto" without canaries',
                "name some under [canaries] endpoints, or use observe or propose",
            )
        )
    if values.mail.user and not values.mail.credential:
        found.append(raw.problem(("mail", "user"), "a user without a credential"))
    templates = _own_templates(raw.path, values)
    if templates is not None and not templates.is_dir():
        found.append(raw.problem(("mail", "templates"), f'"{templates}" is no folder'))
    if policy.scale != 1 and not found:
        found += _beyond_loopback(raw, values, _inventory_files(raw.path, raw.data))
    return found


def _missing_files(raw: Raw) -> list[Problem]:
    return [
        raw.problem(("inventory", "files"), f'"{file}" does not exist')
        for file in _inventory_files(raw.path, raw.data)
        if not file.exists()
    ]


def _beyond_loopback(raw: Raw, values: Any, paths: Iterable[Path]) -> list[Problem]:
    """Scaled time would hurry real machines: every address must be our own."""
    hosts: list[tuple[Document, KeyPath, str]] = [
        (raw.document, ("canaries", "endpoints"), endpoint.host)
        for endpoint in values.canaries.endpoints
    ]
    hosts += [
        (raw.document, ("sources", name, "url"), source.host)
        for name, source in values.sources.items()
        if source.url
    ]
    for path in paths:
        document = raw.document if path == raw.path else read_document(path)[0]
        hosts += [(document, key, host) for key, host in _addresses(document.data)]
    scale = values.policy.scale
    strange = [(doc, key, host) for doc, key, host in hosts if not is_loopback(host)]
    return [
        doc.problem(key, f'"{host}" with [policy] scale = {scale:g}', "only loopback")
        for doc, key, host in strange[:20]
    ]


def _addresses(data: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """Everything in inventory tables that is or may be an address; their own checks come later."""
    for table, field in (("nodes", "addresses"), ("pcus", "host"), ("sites", "witnesses")):
        for name, record in _table(data.get(table)).items():
            value = _table(record).get(field, [])
            for text in value if isinstance(value, list) else [value]:
                host = str(text)
                if field == "witnesses":
                    host = host.rpartition(":")[0].strip("[]")
                if host:
                    yield (table, name, field), host


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def inventory_files(path: Path, env: Mapping[str, str]) -> tuple[Path, ...]:
    """The files with inventory tables that are there, as far as a file with mistakes names them."""
    path = path.absolute()
    document, _ = read_document(path)
    data, _, _ = overlay(document.data, env)
    return tuple(file for file in _inventory_files(path, data) if file.exists())


def _inventory_files(path: Path, data: Mapping[str, Any]) -> tuple[Path, ...]:
    own = [path] if any(table in data for table in INVENTORY_TABLES) else []
    named = _table(data.get("inventory")).get("files", [])
    others = [_beside(path, str(name)) for name in named] if isinstance(named, list) else []
    return tuple(dict.fromkeys([*own, *others]))


def _beside(file: Path, name: str) -> Path:
    return Path(os.path.normpath(file.parent / Path(name).expanduser()))


def _settle(raw: Raw, values: Any, policy: Policy, env: Mapping[str, str]) -> Settings:
    state_dir = _folder(raw.path, values.service.state_dir, env.get("STATE_DIRECTORY"), "state")
    return Settings(
        file=raw.path,
        policy=scaled(policy),
        state_dir=state_dir,
        inventory=_inventory_files(raw.path, raw.data),
        canaries=values.canaries.endpoints,
        service=values.service,
        api=values.api,
        socket=_socket(raw.path, values.api.socket, env, state_dir),
        roles={_own_user(): "admin", "root": "admin"} | values.api.roles,
        mail=values.mail if values.mail.host else None,
        mail_templates=_own_templates(raw.path, values),
        alerts=values.alerts,
        integrations=values.integrations,
        secrets=values.secrets,
        secrets_dir=_beside(raw.path, values.secrets.directory),
        tui=values.tui,
        keep=_model(Retention, values.keep),
        ssh_agent=_agent(raw.path, values.service.ssh_agent, env),
        sources=values.sources,
        shown=tuple(show(values, policy, raw.document, raw.variables)),
    )


def _own_templates(file: Path, values: Any) -> Path | None:
    return _beside(file, values.mail.templates) if values.mail.templates else None


def _folder(file: Path, given: str, from_systemd: str | None, fallback: str) -> Path:
    """systemd lists several folders with colons; the first is ours."""
    if given or not from_systemd:
        return _beside(file, given or fallback)
    return Path(from_systemd.split(":", 1)[0])


def _socket(file: Path, given: str, env: Mapping[str, str], state_dir: Path) -> Path:
    if given:
        return _beside(file, given)
    runtime = env.get("RUNTIME_DIRECTORY", "").split(":", 1)[0]
    return Path(runtime or state_dir) / "plcmon.sock"


def _agent(file: Path, given: str, env: Mapping[str, str]) -> str:
    """Where the SSH agent is; that of the environment only where the file says so."""
    if given == OF_THE_ENVIRONMENT:
        return env.get(OF_THE_ENVIRONMENT[1:], "")
    return str(_beside(file, given)) if given else ""


def _own_user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
