"""The inventory of a virtual fleet, in the form that the service reads."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from plcmon.inventory.records import ProfileRecord
from plcmon.inventory.toml import shipped_profiles
from plcmon.sim.kit import CALLER, KEYS, Kit
from plcmon.sim.layout import Feed, Layout, NodePlan, PcuPlan, SitePlan

FILE = "inventory.toml"


def write_inventory(layout: Layout, kit: Kit, folder: Path) -> Path:
    """Put the whole inventory into the fleet's folder. Raises OSError."""
    path = folder / FILE
    path.write_text("\n".join(inventory(layout, kit)) + "\n", encoding="utf-8")
    return path


def inventory(layout: Layout, kit: Kit) -> Iterator[str]:
    """The lines of the file."""
    yield f"# A virtual fleet: seed {layout.seed}, block {layout.block}."
    for name, entry in shipped_profiles().items():
        yield from _profile(name, entry.record)
    for site in layout.sites:
        yield from _site(site)
    for pcu in layout.pcus:
        yield from _pcu(pcu, kit)
    for node in layout.nodes:
        yield from _node(node)


def _profile(name: str, record: ProfileRecord) -> Iterator[str]:
    """A shipped profile, with the fleet's key: a profile in a file stands for itself."""
    yield from _table(f"profiles.{name}", ssh_user=record.ssh_user, key_file=f"{KEYS}/{CALLER}")
    if record.debug_fact:
        yield f"debug_fact = {_say(record.debug_fact)}"
    if record.resolver_fact:
        yield f"resolver_fact = {_say(record.resolver_fact)}"
    commands = {fact: asked.command for fact, asked in record.facts.items()}
    yield from _table(f"profiles.{name}.facts", **commands)


def _site(site: SitePlan) -> Iterator[str]:
    people = ({"email": person.email, "roles": [person.role]} for person in site.people)
    yield from _table(
        f"sites.{site.key}",
        name=site.name,
        timezone=site.timezone,
        contacts=list(people),
        witnesses=[str(site.gateway)],
    )


def _pcu(pcu: PcuPlan, kit: Kit) -> Iterator[str]:
    yield from _table(
        f"pcus.{pcu.name}",
        site=pcu.site,
        family=pcu.family,
        host=pcu.host,
        transports=[f"{pcu.transport}:{pcu.port}"],
        user=pcu.user,
        credential=pcu.name,
    )
    if pcu.family == "ipmi":
        yield f"options = {_say({'program': str(kit.ipmitool.absolute())})}"
    if pcu.transport == "ssh":
        public = kit.host_key(pcu.name).export_public_key("openssh").decode("ascii")
        yield f"host_key = {_say(' '.join(public.split()[:2]))}"
    if pcu.name in kit.certificates:
        yield f"fingerprint = {_say(kit.certificates[pcu.name].fingerprint)}"


def _node(node: NodePlan) -> Iterator[str]:
    yield from _table(
        f"nodes.{node.name}",
        hostname=node.hostname,
        site=node.site,
        addresses=list(node.addresses),
        ssh_port=node.ssh_port,
        ports=list(node.ports),
        profile=node.profile,
        power=[_path(path) for path in node.paths],
    )


def _path(feeds: Iterable[Feed]) -> dict[str, object]:
    return {"outlets": [str(feed) for feed in feeds], "proven": True}


def _table(name: str, /, **values: object) -> Iterator[str]:
    yield ""
    yield f"[{name}]"
    for key, value in values.items():
        yield f"{key} = {_say(value)}"


def _say(value: object) -> str:
    """A value in TOML; text, numbers and truth look there as they do in JSON."""
    if isinstance(value, Mapping):
        pairs = (f"{key} = {_say(item)}" for key, item in value.items())
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list):
        return f"[{', '.join(_say(item) for item in value)}]"
    return json.dumps(value, ensure_ascii=False)
