"""Twice: names, addresses and outlets that only one record may have."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from plcmon.config.problems import Problem


class Placed(Protocol):
    """A record that knows where it stands."""

    @property
    def record(self) -> Any: ...

    def problem(
        self, table: str, name: str, field: str, found: str, allowed: str = ""
    ) -> Problem: ...


class Claim(NamedTuple):
    """One record's claim on something that is one record's alone."""

    table: str
    name: str
    field: str
    what: str  # in words; equal texts clash
    within: bool  # the record itself may claim it again


def find_twice(entries: Mapping[str, Mapping[str, Placed]]) -> list[Problem]:
    """Every second claim on one hostname, address, PCU name or outlet."""
    owners: dict[str, Claim] = {}
    found = []
    for claim in _claims(entries):
        first = owners.setdefault(claim.what, claim)
        if first is claim or (claim.within and first.name == claim.name):
            continue
        entry = entries[claim.table][claim.name]
        where = f"already stands in {first.table}.{first.name}"
        found.append(entry.problem(claim.table, claim.name, claim.field, claim.what, where))
    return list(dict.fromkeys(found))


def _claims(entries: Mapping[str, Mapping[str, Placed]]) -> Iterator[Claim]:
    for name, entry in entries["pcus"].items():
        pcu_name = entry.record.name or name
        yield Claim("pcus", name, "name", f'PCU name "{pcu_name}"', within=False)
    for name, entry in entries["nodes"].items():
        record = entry.record
        host = record.hostname.lower()
        yield Claim("nodes", name, "hostname", f'hostname "{host}"', within=False)
        for address in record.addresses:
            # One address may lead to several machines by port, behind a translating gateway.
            what = f'address "{address}" with SSH port {record.ssh_port}'
            yield Claim("nodes", name, "addresses", what, within=False)
        for path in record.power:
            for number, outlet in enumerate(path.outlets):
                again = outlet not in path.outlets[:number]
                yield Claim("nodes", name, "power", f'outlet "{outlet}"', within=again)
