"""Scripts: orders that a fleet carries out by itself, each some time after it began to serve."""

import asyncio
import json
import logging
from collections.abc import Iterable
from random import Random
from typing import NamedTuple

from plcmon.sim import control
from plcmon.sim.faults import Order, OrderError, draw_night
from plcmon.sim.fleet import Fleet
from plcmon.sim.layout import Layout

log = logging.getLogger(__name__)

NIGHT = 60.0  # seconds over which drawn faults are spread


class Step(NamedTuple):
    """One order and its time."""

    after: float  # seconds since the fleet began to serve
    order: Order


def read_script(text: str) -> list[Step]:
    """A JSON list of orders, each with `after` in seconds beside its words. Raises OrderError."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise OrderError(f"the script is not JSON: {error}") from error
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise OrderError("a script is a list of orders")
    return [read_step(number, item) for number, item in enumerate(found, 1)]


def read_step(number: int, item: dict[str, object]) -> Step:
    after = item.get("after", 0)
    if not isinstance(after, int | float) or after < 0:
        raise OrderError(f'order {number}: "after" must be seconds')
    if item.get("do") not in control.VERBS:
        raise OrderError(f'order {number}: "do" must be one of {", ".join(control.VERBS)}')
    return Step(after, {key: value for key, value in item.items() if key != "after"})


def draw_steps(layout: Layout, count: int) -> list[Step]:
    """`count` faults by the layout's seed, spread over a short night."""
    random = Random(layout.seed)
    times = sorted(random.uniform(0, NIGHT) for _ in range(count))
    return [Step(*pair) for pair in zip(times, draw_night(layout, count), strict=False)]


async def play(fleet: Fleet, steps: Iterable[Step]) -> None:
    """Carry out each step at its time; one that cannot be is told and left out."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for step in sorted(steps, key=lambda step: step.after):
        await asyncio.sleep(began + step.after - loop.time())
        try:
            await control.obey(fleet, step.order)
        except OrderError as error:
            log.warning("order refused", extra={"order": step.order, "why": str(error)})
