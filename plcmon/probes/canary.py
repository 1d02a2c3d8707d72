"""Canaries and witnesses: is it me, is it the way there, or is it the node?

A canary must accept, since a reset may come from a box next to us. A witness has answered with a
reset as well: it lies on the way to the nodes, and only the way is asked about.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from plcmon.model.events import CanaryRound
from plcmon.model.readings import PortAnswer
from plcmon.model.subjects import Endpoint, Pcu, Site
from plcmon.probes.tcp import NoEvidenceError, connect

MOST_NAMED = 5  # canaries named in a round's sentence


async def ask_canaries(canaries: Sequence[Endpoint], deadline: timedelta) -> CanaryRound:
    """One round over all canaries at once."""
    found = await ask(canaries, deadline)
    silent = [str(canary) for canary in canaries if found[canary] is not PortAnswer.OPEN]
    named = ", ".join(silent[:MOST_NAMED]) + (" and more" if len(silent) > MOST_NAMED else "")
    return CanaryRound(
        good=len(canaries) - len(silent),
        asked=len(canaries),
        detail=f"no answer from {named}" if silent else "",
        answered={str(canary): str(canary) not in silent for canary in canaries},
    )


async def ask_witnesses(witnesses: Mapping[str, Endpoint], deadline: timedelta) -> dict[str, bool]:
    """One round over a site's witnesses at once: name -> anything came back.

    A witness that we could not even ask is left out: its silence says nothing.
    """
    found = await ask(witnesses.values(), deadline)
    return {
        name: found[endpoint] in (PortAnswer.OPEN, PortAnswer.REFUSED)
        for name, endpoint in witnesses.items()
        if found[endpoint] is not None
    }


def witnesses_of(site: Site, pcus: Iterable[Pcu]) -> dict[str, Endpoint]:
    """What can testify for the way to a site: its own witnesses and its PCUs, by name.

    PCUs without a host, or whose inventory record names no transport, cannot be asked here.
    """
    found = {str(endpoint): endpoint for endpoint in site.witnesses}
    for pcu in pcus:
        if pcu.host and pcu.transports:
            found[f"pcu:{pcu.key}"] = Endpoint(pcu.host, pcu.transports[0].port)
    return found


async def ask(
    endpoints: Iterable[Endpoint], deadline: timedelta
) -> dict[Endpoint, PortAnswer | None]:
    """What each endpoint does; None where we could not even ask."""
    found: dict[Endpoint, PortAnswer | None] = {}

    async def one(endpoint: Endpoint) -> None:
        try:
            found[endpoint], _ = await connect(endpoint.host, endpoint.port, deadline)
        except NoEvidenceError:
            found[endpoint] = None

    async with asyncio.TaskGroup() as group:
        for endpoint in set(endpoints):
            group.create_task(one(endpoint), name=f"ask-{endpoint}")
    return found
