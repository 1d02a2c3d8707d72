"""`plcmon trace`: the way from here to a node, asked now. Needs no service and no privilege."""

import asyncio
import os
from dataclasses import asdict
from typing import Any

import click

from plcmon.cli.face import Face, json_option, pass_face, print_json
from plcmon.cli.profiles import node_named
from plcmon.cli.tell import tell
from plcmon.model.events import RouteSeen
from plcmon.model.policy import Wire
from plcmon.model.subjects import Node


@click.command("trace")
@click.argument("node")
@json_option
@pass_face
def trace(face: Face, node: str, as_json: bool) -> None:
    """Show the way from here to each address of a node.

    The service does so by itself when a node falls silent, and `why` has what it saw.
    """
    from plcmon.app.reading import read

    settings, inventory = read(face.found, os.environ)
    found = asyncio.run(ways(node_named(inventory, node), settings.policy.wire))
    if as_json:
        return print_json(Any, [asdict(seen) for seen in found])
    for seen in found:
        tell(f"to {seen.address}: {'there' if seen.reached else 'not reached'}")
        for number, hop in enumerate(seen.hops, 1):
            took = f"{hop.took_ms:.3g} ms" if hop.address else ""
            tell(f"{number:>3}  {hop.address or '?':<39} {took}".rstrip())
    return None


async def ways(node: Node, wire: Wire) -> list[RouteSeen]:
    """One after the other. Raises NoEvidenceError where nothing could leave."""
    from plcmon.probes import route

    return [await route.trace(address, wire) for address in node.addresses]
