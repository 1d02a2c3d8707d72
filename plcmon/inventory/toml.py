"""The inventory from its files: read whole, every reference resolved, every mistake told.

A file is TOML, or by its name CSV. What TOML says of a record goes before what rows say of it,
field by field, and rows named earlier before later ones; two TOML files may not say the same.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from plcmon.config.checking import check, nearest_key
from plcmon.config.document import Document, Merged, read_document
from plcmon.config.fields import Section
from plcmon.config.load import INVENTORY_TABLES, inspect_settings, inventory_files
from plcmon.config.problems import Problem, in_order, one_of
from plcmon.config.sections import FileSection
from plcmon.config.settings import Settings
from plcmon.errors import ConfigError
from plcmon.inventory.cells import as_records
from plcmon.inventory.records import (
    RECORDS,
    IntervalsRecord,
    NodeRecord,
    PathRecord,
    PcuRecord,
    ProfileRecord,
    SiteRecord,
    check_id,
)
from plcmon.inventory.twice import find_twice
from plcmon.memory import collect_later
from plcmon.model.subjects import (
    AS_OFTEN_AS_ALL,
    USUAL,
    Contact,
    FactBounds,
    Inventory,
    Node,
    NodeKey,
    Outlet,
    OwnIntervals,
    Page,
    Pcu,
    PcuKey,
    PowerPath,
    Profile,
    Site,
    SiteKey,
)

SOURCE = "toml"


@dataclass(frozen=True, slots=True)
class Entry:
    """One record and where it stands."""

    record: Any  # a section of RECORDS; None while it has problems of its own
    document: Document
    data: Mapping[str, Any]  # as it stands in the file

    def problem(self, table: str, name: str, field: str, found: str, allowed: str = "") -> Problem:
        return self.document.problem((table, name, field), found, allowed)


Entries = dict[str, dict[str, Entry]]  # table -> id -> entry
Said = tuple[Document, Any]  # who says what of one record


def nothing_misspelt(_: Pcu) -> Iterable[tuple[str, str]]:
    return ()


def as_it_stands(pcu: Pcu) -> Pcu:
    return pcu


@dataclass(frozen=True, slots=True)
class Families:
    """What the drivers know of a record's words; the doors do not know one another."""

    misspelt: Callable[[Pcu], Iterable[tuple[str, str]]] = nothing_misspelt  # field, sentence
    by_family: Callable[[Pcu], Pcu] = as_it_stands  # under its family's own name


NO_FAMILIES = Families()


def read_inventory(paths: Iterable[Path], *, read_at: datetime | None = None) -> Inventory:
    """Everything in these files. Raises ConfigError with every mistake found."""
    paths = list(paths)
    inventory, problems = inspect_inventory(paths, read_at=read_at)
    if inventory is None:
        who = ", ".join(str(path) for path in paths)
        raise ConfigError(who, [str(problem) for problem in in_order(problems)])
    return inventory


def inspect_inventory(
    paths: Sequence[Path],
    *,
    main: Path | None = None,
    read_at: datetime | None = None,
    families: Families = NO_FAMILIES,
) -> tuple[Inventory | None, list[Problem]]:
    """The inventory, or None and every mistake found.

    `main` is monitor.toml, the one file whose other tables are settings; without it any file's
    may be.
    """
    documents: list[Document] = []
    problems: list[Problem] = []
    for path in paths:
        document, found = read_document(path)
        document, more = as_records(document)
        problems += [*found, *more]
        problems += _unknown_tables(document, may_set=main is None or path == main)
        documents.append(document)
    # A stable sort: TOML first, each kind in the order it was named.
    documents.sort(key=lambda document: document.rows is not None)
    entries, more = _gather(documents)
    problems += more
    profiles = shipped_profiles() | entries["profiles"]
    problems += _unknown_names(entries, profiles) + find_twice(_sound(entries))
    problems += _misspelt(_sound(entries), families)
    if problems:
        return None, problems
    return _inventory(entries, profiles, read_at, families), []


def load(
    path: Path, env: Mapping[str, str], *, families: Families = NO_FAMILIES
) -> tuple[Settings, Inventory]:
    """Settings and inventory together. Raises ConfigError with the mistakes of both."""
    settings, problems = inspect_settings(path, env)
    files = settings.inventory if settings else inventory_files(path, env)
    with collect_later():
        inventory, more = inspect_inventory(files, main=path.absolute(), families=families)
    if settings is None or inventory is None:
        raise ConfigError(str(path), [str(problem) for problem in in_order([*problems, *more])])
    return settings, inventory


@cache
def shipped_profiles() -> dict[str, Entry]:
    """The profiles that come with plcmon."""
    document, problems = read_document(Path(str(files("plcmon.inventory") / "profiles.toml")))
    entries, more = _gather([document])
    problems += more
    if problems:
        raise ConfigError(document.file, [str(problem) for problem in problems])
    return entries["profiles"]


def _unknown_tables(document: Document, *, may_set: bool) -> list[Problem]:
    known = list(FileSection.model_fields) if may_set else list(INVENTORY_TABLES)
    return [
        document.problem((key,), "unknown key", one_of(key, known))
        for key in document.data
        if key not in known
    ]


def _gather(documents: Iterable[Document]) -> tuple[Entries, list[Problem]]:
    """Put together what the documents say of each record, then check it."""
    said: dict[str, dict[str, Said]] = {table: {} for table in INVENTORY_TABLES}
    problems: list[Problem] = []
    for document in documents:
        for table in INVENTORY_TABLES:
            records = document.data.get(table, {})
            if not isinstance(records, dict):
                problems.append(document.problem((table,), "not a table", f"write [{table}.ID]"))
                continue
            for name, data in records.items():
                problems += _add(said[table], document, table, name, data)
    entries: Entries = {table: {} for table in INVENTORY_TABLES}
    for table, named in said.items():
        for name, (document, data) in named.items():
            record, found = _read_record(document, table, name, data)
            problems += found
            entries[table][name] = Entry(record, document, data if isinstance(data, dict) else {})
    return entries, problems


def _add(
    named: dict[str, Said], document: Document, table: str, name: str, data: object
) -> list[Problem]:
    """Add a record, or what rows say of one beside what was said before."""
    if name not in named:
        named[name] = (document, data)
        return []
    first, before = named[name]
    if document.rows is None or not isinstance(before, dict) or not isinstance(data, dict):
        line = first.line_of((table, name))
        twice = f"stands also in {first.file}:{line}"
        return [document.problem((table, name), twice)]
    merged = merge(before, data)
    named[name] = (Merged(first, document, {table: {name: merged}}), merged)
    return []


def merge(first: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Field by field, tables key by key; what is said first goes before."""
    found = {**other, **first}
    for field, value in first.items():
        beside = other.get(field)
        if isinstance(value, dict) and isinstance(beside, dict):
            found[field] = {**beside, **value}
    return found


def _read_record(
    document: Document, table: str, name: str, data: object
) -> tuple[Section | None, list[Problem]]:
    at = (table, name)
    bad_id = check_id(name)
    if bad_id:
        return None, [document.problem(at, f'id "{name}"', bad_id)]
    return check(RECORDS[table], data, document, at=at)


def _unknown_names(entries: Entries, profiles: Mapping[str, Entry]) -> list[Problem]:
    """References to sites, PCUs, profiles and facts that are not there, broken records' too."""
    found = []
    sites, pcus = entries["sites"], entries["pcus"]
    for name, entry in pcus.items():
        found += _unknown(entry, ("pcus", name, "site"), entry.data.get("site"), sites)
    for name, entry in entries["nodes"].items():
        data = entry.data
        found += _unknown(entry, ("nodes", name, "site"), data.get("site"), sites)
        found += _unknown(entry, ("nodes", name, "profile"), data.get("profile"), profiles)
        for pcu in _pcus_of(entry):
            found += _unknown(entry, ("nodes", name, "power"), pcu, pcus, "PCU")
    for name, entry in entries["profiles"].items():
        facts = entry.data.get("facts")
        known = facts if isinstance(facts, dict) else {}
        for field in ("debug_fact", "resolver_fact"):
            fact = entry.data.get(field)
            found += _unknown(entry, ("profiles", name, field), fact, known, "fact")
    return list(dict.fromkeys(found))


def _sound(entries: Entries) -> Entries:
    """The entries whose own check found nothing."""
    return {
        table: {name: entry for name, entry in named.items() if entry.record is not None}
        for table, named in entries.items()
    }


def _misspelt(entries: Entries, families: Families) -> list[Problem]:
    """Words of PCUs that their families do not have."""
    return [
        entry.problem("pcus", name, field, sentence)
        for name, entry in entries["pcus"].items()
        for field, sentence in families.misspelt(_pcu(name, entry.record))
    ]


def _pcus_of(entry: Entry) -> list[str]:
    """The PCUs of a node's outlets; a broken record may hold anything in their place."""
    if entry.record is not None:
        return [text.partition(":")[0] for path in entry.record.power for text in path.outlets]
    paths = entry.data.get("power")
    tables = [path for path in paths if isinstance(path, dict)] if isinstance(paths, list) else []
    found = [table.get("outlets") for table in tables]
    texts = [text for outlets in found if isinstance(outlets, list) for text in outlets]
    return [text.partition(":")[0] for text in texts if isinstance(text, str) and ":" in text]


def _unknown(
    entry: Entry,
    at: tuple[str, str, str],
    word: object,
    known: Mapping[str, object],
    what: str = "",
) -> list[Problem]:
    """What is no text was told already where the record was checked."""
    if not isinstance(word, str) or not word or word in known:
        return []
    found = f'unknown {what or at[-1]} "{word}"'
    return [entry.problem(*at, found, nearest_key(word, known))]


def _inventory(
    entries: Entries,
    profiles: Mapping[str, Entry],
    read_at: datetime | None,
    families: Families,
) -> Inventory:
    sites = [_site(name, entry.record) for name, entry in entries["sites"].items()]
    units = [_pcu(name, entry.record) for name, entry in entries["pcus"].items()]
    pcus = [families.by_family(unit) for unit in units]
    kinds = {name: _profile(name, entry) for name, entry in profiles.items()}
    nodes = [
        _node(name, entry.record, kinds[entry.record.profile].intervals)
        for name, entry in entries["nodes"].items()
    ]
    return Inventory(
        nodes={node.key: node for node in nodes},
        sites={site.key: site for site in sites},
        pcus={pcu.key: pcu for pcu in pcus},
        profiles=kinds,
        read_at=read_at,
    )


def _site(name: str, record: SiteRecord) -> Site:
    contacts = tuple(
        Contact(person.email, person.roles, person.name, person.exempt_until)
        for person in record.contacts
    )
    return Site(
        key=SiteKey(name),
        name=record.name or name,
        contacts=contacts,
        timezone=record.timezone,
        min_up=record.min_up,
        witnesses=record.witnesses,
        exempt_until=record.exempt_until,
    )


def _pcu(name: str, record: PcuRecord) -> Pcu:
    return Pcu(
        key=pcu_key(name),
        site=SiteKey(record.site),
        name=record.name or name,
        host=record.host,
        family=record.family,
        transports=record.transports,
        user=record.user,
        credential=record.credential,
        quirks=record.quirks,
        options=record.options,
        host_key=record.host_key,
        fingerprint=record.fingerprint,
        verify=record.verify,
        model=record.model,
    )


def _node(name: str, record: NodeRecord, common: OwnIntervals) -> Node:
    return Node(
        key=NodeKey(f"{SOURCE}:{name}"),
        hostname=record.hostname,
        site=SiteKey(record.site),
        addresses=record.addresses,
        profile=record.profile,
        ssh_port=record.ssh_port,
        ports=record.ports,
        http=tuple(Page(page.url, page.status, page.verify) for page in record.http),
        ssh_user=record.ssh_user,
        boot_state=record.boot_state,
        boot_state_at=record.boot_state_at,
        paths=tuple(_path(path) for path in record.power),
        groups=record.groups,
        labels=record.labels,
        exempt_until=record.exempt_until,
        was=record.was,
        host_key=record.host_key,
        intervals=_intervals(record.intervals, common),
    )


def _intervals(record: IntervalsRecord, common: OwnIntervals) -> OwnIntervals:
    """What the record names, else what is common; shared where it names nothing."""
    own = {name: getattr(record, name) for name in record.model_fields_set}
    return replace(common, **own) if own else common


def _path(record: PathRecord) -> PowerPath:
    pairs = (text.partition(":") for text in record.outlets)
    return PowerPath(tuple(Outlet(pcu_key(pcu), outlet) for pcu, _, outlet in pairs), record.proven)


def pcu_key(name: str) -> PcuKey:
    return PcuKey(f"{SOURCE}:{name}")


def _profile(name: str, entry: Entry) -> Profile:
    record: ProfileRecord = entry.record
    key_file = record.key_file
    if key_file:
        key_file = str(Path(entry.document.file).parent / Path(key_file).expanduser())
    return Profile(
        name=name,
        ssh_user=record.ssh_user,
        key_file=key_file,
        agent_key=record.agent_key,
        facts={name: fact.command for name, fact in record.facts.items()},
        bounds={
            name: FactBounds(fact.deadline, fact.cap)
            for name, fact in record.facts.items()
            if FactBounds(fact.deadline, fact.cap) != USUAL
        },
        debug_fact=record.debug_fact,
        min_kernel=record.min_kernel,
        host_cas=record.host_cas,
        pin=record.pin,
        resolver_fact=record.resolver_fact,
        intervals=_intervals(record.intervals, AS_OFTEN_AS_ALL),
    )
