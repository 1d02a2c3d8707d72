"""The truth about the virtual fleet, for demonstrations and tests to compare beliefs with."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from plcmon.sim.fleet import Fleet
from plcmon.sim.node import VirtualNode
from plcmon.sim.unit import Post

Truth = dict[str, Any]  # as JSON has it


def truth(fleet: Fleet) -> Truth:
    """Everything at one moment."""
    return {
        "nodes": {name: node_truth(node) for name, node in fleet.nodes.items()},
        "pcus": {name: pcu_truth(post) for name, post in fleet.posts.items()},
        "sites": {site: {"dark": fleet.is_dark(site)} for site in fleet.gateways},
        "canaries": [port.answers.value for port in fleet.canaries],
        "mails": len(fleet.mail.mails),
    }


def node_truth(node: VirtualNode) -> Truth:
    machine = node.machine
    return {
        "site": node.plan.site,
        "hostname": node.plan.hostname,
        "profile": node.plan.profile,
        "condition": machine.condition.value,
        "observed": node.conduct.observed.value,
        "powered": machine.powered,
        "booting": machine.booting,
        "dark": node.dark,
        "boot_id": machine.boot_id,
        "booted_at": wall(machine.booted_at).isoformat(),
        "boots": machine.boots,  # since the fleet was started
        "answered": node.answered,  # commands by SSH, since then
        "paths": [[str(feed) for feed in path] for path in node.plan.paths],  # by the inventory
        "fed": [[relay.on for relay in path] for path in node.paths],
    }


def pcu_truth(post: Post) -> Truth:
    log = post.unit.log
    return {
        "site": post.plan.site,
        "family": post.plan.family,
        "dead": post.dead,
        "dark": post.dark,
        "ailments": sorted(post.ailments),
        "relays": {outlet: relay.on for outlet, relay in post.relays.items()},
        "commands": len(log.rows),
        "destructive": len(log.destructive()),
    }


def commands_of(post: Post) -> list[Truth]:
    """The unit's own log."""
    return [{**row._asdict(), "at": row.at.isoformat()} for row in post.unit.log.rows]


def wall(moment: float) -> datetime:
    """The wall clock's reading at a moment of the loop's clock."""
    ago = asyncio.get_running_loop().time() - moment
    return datetime.now(UTC) - timedelta(seconds=ago)
