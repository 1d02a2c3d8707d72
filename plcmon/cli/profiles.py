"""`plcmon profile test`: log in at one node as a profile says, and show what every fact came to.

Works beside the service and writes nothing: no reading is handed on, no host key is pinned.
"""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import click

from plcmon.cli.commands import Commands
from plcmon.cli.face import Face, json_option, pass_face, print_facts, print_json, print_table
from plcmon.cli.say import DEVICE_EXIT
from plcmon.cli.table import Column
from plcmon.config import Settings
from plcmon.errors import ConfigError, NotFoundError
from plcmon.model.readings import Login, Probe, Reading
from plcmon.model.subjects import Inventory, Node, Profile
from plcmon.times import SystemClock, format_duration


@dataclass(frozen=True, slots=True)
class FactTold:
    """One fact, as the node said it and as it was understood."""

    fact: str
    said: str
    read: str


@dataclass(frozen=True, slots=True)
class ProfileTest:
    """What one login with a profile came to."""

    node: str
    profile: str
    login: str
    detail: str
    took_ms: float
    banner: str
    host_key: str
    pinned: bool
    shows: str
    facts: tuple[FactTold, ...]

    @property
    def is_good(self) -> bool:
        return self.login == Login.OK.value and not self.detail


COLUMNS = (
    Column("FACT", lambda row: row.fact),
    Column("READ", lambda row: row.read, least=12),
    Column("SAID", lambda row: " / ".join(row.said.splitlines()), least=20),
)


@click.group("profile", cls=Commands)
def profile() -> None:
    """Look at one profile."""


@profile.command("test")
@click.argument("name", metavar="PROFILE")
@click.argument("node")
@json_option
@pass_face
def test(face: Face, name: str, node: str, as_json: bool) -> None:
    """Log in at a node as a profile says, and show every fact.

    Needs no service, tells it nothing and pins no host key; a key other than the pinned one is
    told nothing. Exit status 5 when the login failed or a fact was not understood.
    """
    from plcmon.app.reading import read

    settings, inventory = read(face.found, os.environ)
    kind = inventory.profiles.get(name)
    if kind is None:
        raise NotFoundError(name, "testing a profile", "the inventory has no such profile")
    found = asyncio.run(visit(settings, node_named(inventory, node), kind))
    if as_json:
        print_json(Any, asdict(found))
    else:
        print_test(found)
    if not found.is_good:
        raise click.exceptions.Exit(DEVICE_EXIT)


def node_named(inventory: Inventory, name: str) -> Node:
    """By key, id, hostname or its first label. Raises NotFoundError."""
    for node in inventory.nodes.values():
        if name in (node.key, node.key.partition(":")[2], node.hostname, node.short):
            return node
    raise NotFoundError(name, "reading the inventory", "it has no such node")


async def visit(settings: Settings, node: Node, kind: Profile) -> ProfileTest:
    """One login. Raises NoEvidenceError where the fault is ours."""
    from plcmon.policy.sight import classify
    from plcmon.probes.agent import Agent
    from plcmon.probes.keys import KeysInMemory, read_keys
    from plcmon.probes.ssh import Deadlines, SshProbe

    said: dict[str, str] = {}
    known = KeysInMemory()
    try:
        pinned = read_keys(settings.state_dir / "node_keys.json").get(node.key, "")
    except ConfigError:  # the service's own user may read it
        pinned = ""
    known.set(node.key, pinned)
    agent = Agent(settings.ssh_agent)
    probe = SshProbe(clock=SystemClock(), known=known, agent=agent, hear=said.update)
    wire = settings.policy.wire
    deadlines = Deadlines(wire.tcp_deadline, wire.ssh_deadline, wire.agent_deadline)
    reading = await probe.probe(node, kind, deadlines)
    finding = classify(node, kind, {Probe.SSH: reading})
    return ProfileTest(
        node=node.hostname,
        profile=kind.name,
        login=reading.login.value if reading.login else "",
        detail=reading.detail,
        took_ms=round(reading.took_ms, 1),
        banner=reading.banner,
        host_key=reading.host_key,
        pinned=bool(node.host_key or pinned),
        shows=finding.state.value if finding else "",
        facts=told(kind, said, reading),
    )


def told(kind: Profile, said: Mapping[str, str], reading: Reading) -> tuple[FactTold, ...]:
    """Every fact of the profile, in its order; none where no answer was whole."""
    from plcmon.probes.facts import printable

    return tuple(
        FactTold(name, printable(said[name]), understood(name, kind, said[name], reading))
        for name in kind.facts
        if name in said
    )


def understood(name: str, kind: Profile, said: str, reading: Reading) -> str:
    """What plcmon made of it, in a word or two."""
    facts = reading.facts
    if facts is None:
        return ""
    if name == "uptime":
        if facts.booted_at is None:
            return "not understood"
        return f"up for {format_duration(reading.arrived_at - facts.booted_at)}"
    if name in ("boot_id", "kernel"):
        return getattr(facts, name) or "not understood"
    if name == kind.debug_fact:
        return "debug" if said else "not debug"
    return "kept" if said else "empty"


def print_test(found: ProfileTest) -> None:
    key = f"{found.host_key} ({'pinned' if found.pinned else 'not pinned yet'})"
    print_facts(
        [
            ("node", found.node),
            ("profile", found.profile),
            ("login", f"{found.login} in {found.took_ms:g} ms"),
            ("detail", found.detail),
            ("banner", found.banner),
            ("host key", key if found.host_key else ""),
            ("shows", found.shows),
        ]
    )
    print_table(COLUMNS, found.facts, empty="No facts were told.")
