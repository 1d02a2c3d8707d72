"""`python -m tests.soak.cuts --time 10m`: the link cut at every byte of every text session.

Each family that speaks in lines, over each transport, switches an outlet off over a line that ends
after so many bytes of the unit's. The cuts are spread, so that any time covers the whole sessions,
and the next run goes on where this one ended: how far each is stands in a file. Exit status 1 when
a unit was told twice, when an error was not the right one, or when reading afterwards did not show
what the relay does.
"""

import argparse
import asyncio
import json
import logging
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from plcmon.errors import BusyError, DeviceError
from plcmon.model.intents import PowerState
from plcmon.times import parse_duration
from tests.drivers.proxy import switch_over, wrong_with
from tests.drivers.rigs import RIGS, Rig

PLACE = Path(".soak") / "cuts.json"
TEXT = frozenset({"telnet", "ssh", "tcp"})
WORKERS = 8  # at each rig's kind, each with a unit of its own
TRIES = 5  # while the unit has not noticed that the last caller is gone


@dataclass
class Kind:
    """One rig's kind: how long its session is, and which cuts are left."""

    name: str
    length: int
    left: Iterator[int]
    begun: int  # cuts of earlier runs
    done: int = 0
    told: int = 0  # cuts after which the command had arrived
    wrong: list[str] = field(default_factory=list)


def spread(length: int) -> Iterator[int]:
    """The numbers from 1 to `length`, each once, so that every beginning covers all evenly."""
    bits = length.bit_length()
    for number in range(1 << bits):
        mirrored = int(f"{number:0{bits}b}"[::-1], 2) + 1
        if mirrored <= length:
            yield mirrored


@asynccontextmanager
async def rig_of(name: str) -> AsyncIterator[Rig]:
    with tempfile.TemporaryDirectory(prefix="plcmon-cuts-") as folder:
        async with RIGS[name](Path(folder)) as rig:
            yield rig


async def kinds(names: list[str], made: dict[str, int]) -> list[Kind]:
    """Every kind that speaks in lines, with the length of its session and the cuts to make."""
    found: list[Kind] = []
    for name in names:
        async with rig_of(name) as rig:
            if rig.pcu.transports[0].name not in TEXT:
                continue
            whole, error = await switch_over(rig, None)
            if error is not None:
                raise error
            length, begun = len(whole.heard), made.get(name, 0)
            begun = begun if begun < length else 0
            found.append(Kind(name, length, islice(spread(length), begun, None), begun))
    return found


async def cut(rig: Rig, after: int) -> tuple[int, str]:
    """One session that ends after so many bytes: commands that arrived, and what is wrong."""
    before = len(rig.unit.log.destructive())
    for _ in range(TRIES):
        _, error = await switch_over(rig, after)
        if not isinstance(error, BusyError):
            break
        await asyncio.sleep(0.2)
    commands = len(rig.unit.log.destructive()) - before
    wrong = wrong_with(commands, error)
    if not wrong and commands and error is not None:
        wrong = await read_afterwards(rig)
    return commands, wrong


async def read_afterwards(rig: Rig) -> str:
    """What is unknown is cleared up by reading; empty when it is."""
    said = ""
    for _ in range(TRIES):
        try:
            async with rig.session() as unit:
                state = await unit.read("3")
        except DeviceError as error:
            said = f"reading afterwards: {error}"
            await asyncio.sleep(0.2)
            continue
        shown = state is PowerState.ON
        return "" if shown is rig.relay.on else f"it reads {state.value}, and the relay differs"
    return said


async def work(kind: Kind, until: float) -> None:
    """Cut until nothing is left or the time is over; at least once."""
    async with rig_of(kind.name) as rig:
        for after in kind.left:
            try:
                commands, wrong = await cut(rig, after)
            except TimeoutError:
                commands, wrong = 0, "something still held the line after half a minute"
            kind.done += 1
            kind.told += commands
            if wrong:
                kind.wrong.append(f"{kind.name}, cut after {after} bytes: {wrong}")
            if time.monotonic() >= until:
                return


async def soak(seconds: float, names: list[str], made: dict[str, int]) -> list[Kind]:
    until = time.monotonic() + seconds
    found = await kinds(names, made)
    async with asyncio.TaskGroup() as group:
        for kind in found:
            for number in range(WORKERS):
                group.create_task(work(kind, until), name=f"{kind.name}-{number}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak.cuts")
    parser.add_argument("--time", type=parse_duration, default=parse_duration("10m"))
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(RIGS)}")
    parser.add_argument("--place", type=Path, default=PLACE, help="the file with what is made")
    given = parser.parse_args()
    logging.getLogger("telnetlib3").setLevel(logging.ERROR)  # of every cut in its negotiation
    made: dict[str, int] = json.loads(given.place.read_text()) if given.place.exists() else {}
    found = asyncio.run(soak(given.time.total_seconds(), given.kinds or list(RIGS), made))
    for kind in found:
        made[kind.name] = kind.begun + kind.done
        sys.stdout.write(
            f"{kind.name}: {made[kind.name]} of {kind.length} cuts made, {kind.done} of them now;"
            f" the command had arrived {kind.told} times, {len(kind.wrong)} wrong\n"
        )
    given.place.parent.mkdir(parents=True, exist_ok=True)
    given.place.write_text(json.dumps(made))
    wrong = [line for kind in found for line in kind.wrong]
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    return 1 if wrong or not found else 0


if __name__ == "__main__":
    sys.exit(main())
