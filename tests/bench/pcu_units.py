"""Virtual units in a process of their own: `python -m tests.bench.pcu_units 1000` serves them.

Prints one JSON line with their records, serves until its standard input ends, and then prints how
many sessions each unit ever had at once, at most.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import asyncssh

from plcmon.sim.relay import Relay
from plcmon.sim.units import ApcCliUnit, ApcUnit, BayTechUnit, WtiUnit
from plcmon.sim.units.console import Console
from plcmon.sim.units.terminal import TerminalUnit

PASSWORD = "bench-word"
USER = "apc"
TELNET: tuple[type[TerminalUnit], ...] = (ApcCliUnit, ApcUnit, BayTechUnit, WtiUnit)
SSH_EVERY = 10  # each tenth is reached by SSH
DEAD, HANGING, WRONG = 10, 5, 5  # of a hundred


class Counted:
    """Counts the sessions that a unit has at once."""

    def __init__(self, unit: TerminalUnit) -> None:
        self.most = self._now = 0
        self._serve = unit._serve
        unit._serve = self  # type: ignore[method-assign,assignment]  # same calling form

    async def __call__(self, console: Console, *, logged_in: bool) -> None:
        self._now += 1
        self.most = max(self.most, self._now)
        try:
            await self._serve(console, logged_in=logged_in)
        finally:
            self._now -= 1


def unit_of(number: int, key: asyncssh.SSHKey) -> TerminalUnit:
    fed = {str(outlet): Relay(str(outlet)) for outlet in range(1, 9)}
    if number % SSH_EVERY == SSH_EVERY - 1:
        return ApcCliUnit(fed, user=USER, password=PASSWORD, transport="ssh", host_key=key)
    kind = TELNET[number % len(TELNET)]
    return kind(fed, user=USER, password=PASSWORD)


def faults(count: int) -> Iterator[str]:
    """What is wrong with each unit; spread, so that no fault keeps to one family."""
    for number in range(count):
        share = number * 37 % 100
        if share < DEAD:
            yield "dead"
        elif share < DEAD + HANGING:
            yield "hangs_after_login"
        elif share < DEAD + HANGING + WRONG:
            yield "wrong_password"
        else:
            yield ""


async def serve(count: int) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    async with AsyncExitStack() as stack:
        made: list[dict[str, Any]] = []
        counted: list[Counted] = []
        for number, fault in enumerate(faults(count)):
            unit = unit_of(number, key)
            counted.append(Counted(unit))
            await stack.enter_async_context(unit)
            if fault:
                setattr(unit.faults, fault, True)
            record = {"family": unit.family, "transport": unit.transport, "port": unit.port}
            made.append({**record, "fault": fault})
        await asyncio.sleep(0.5)  # dead units close their doors
        sys.stdout.write(json.dumps(made) + "\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)
        sys.stdout.write(json.dumps([one.most for one in counted]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
