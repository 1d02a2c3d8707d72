"""Run a virtual fleet: `python -m plcmon.sim --dir DIR --seed N`.

Prints one line of JSON when everything serves; see `greeting`. Ends on SIGTERM or SIGINT, and with
--stop-on-eof when standard input ends, so that it never outlives whoever started it.
"""

import argparse
import asyncio
import json
import logging
import os
import resource
import signal
import socket
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from plcmon.sim.blocks import claim_block
from plcmon.sim.control import ControlServer
from plcmon.sim.faults import OrderError
from plcmon.sim.fleet import Fleet
from plcmon.sim.inventory import FILE
from plcmon.sim.layout import LOOPBACK, plan_layout
from plcmon.sim.script import Step, draw_steps, play, read_script


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m plcmon.sim", description="A virtual fleet.")
    parser.add_argument("--dir", type=Path, required=True, help="folder of the fleet")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--nodes", type=int, default=60)
    parser.add_argument("--sites", type=int, default=12)
    parser.add_argument("--boot-seconds", type=float, default=3.0)
    parser.add_argument("--block", type=int, default=0, help="use 127.BLOCK.0.0/16; 0: a free one")
    parser.add_argument("--network", type=int, default=LOOPBACK, help="of the sites, for 127")
    parser.add_argument("--shared-host-key", action="store_true", help="one for all nodes")
    parser.add_argument("--script", type=Path, help="JSON list of orders, each with `after`")
    parser.add_argument("--faults", type=int, default=0, help="so many faults, by the seed")
    parser.add_argument("--stop-on-eof", action="store_true", help="end with standard input")
    return parser


def greeting(fleet: Fleet) -> dict[str, Any]:
    """What whoever started us must know."""
    layout = fleet.layout
    return {
        "ready": True,
        "pid": os.getpid(),
        "block": layout.block,
        "control": str(layout.control),
        "inventory": str((fleet.folder / FILE).absolute()),
        "canaries": [str(canary) for canary in layout.canaries],
        "mail": str(layout.mail),
        "sites": len(layout.sites),
        "pcus": len(layout.pcus),
        "nodes": len(layout.nodes),
    }


async def serve(given: argparse.Namespace, block: int, claim: socket.socket) -> None:
    """Serve until told to stop. Raises OSError, OrderError or ValueError."""
    layout = plan_layout(
        given.seed, block=block, nodes=given.nodes, sites=given.sites, network=given.network
    )
    steps = steps_of(given)
    fleet = Fleet(
        layout, given.dir, boot_seconds=given.boot_seconds, shared_key=given.shared_host_key
    )
    stop = asyncio.Event()
    listen_for_the_end(stop, end_of_input=given.stop_on_eof)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(fleet)
        await stack.enter_async_context(ControlServer(fleet, claim))
        fleet.crew.send(play(fleet, [*steps, *draw_steps(layout, given.faults)]), "script")
        sys.stdout.write(json.dumps(greeting(fleet)) + "\n")
        sys.stdout.flush()
        await stop.wait()


def steps_of(given: argparse.Namespace) -> list[Step]:
    return read_script(given.script.read_text(encoding="utf-8")) if given.script else []


def listen_for_the_end(stop: asyncio.Event, *, end_of_input: bool) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if not end_of_input:
        return

    def read() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            loop.remove_reader(sys.stdin.fileno())
            stop.set()

    loop.add_reader(sys.stdin.fileno(), read)


def allow_many_files() -> None:
    """A thousand nodes listen at two thousand ports; many systems begin with 1024 files."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def quiet_libraries() -> None:
    """What callers do to us is meant to happen; it is no news to whoever started us."""
    for name in ("telnetlib3", "asyncio"):
        logging.getLogger(name).setLevel(logging.ERROR)


def main() -> int:
    given = arguments().parse_args()
    quiet_libraries()
    allow_many_files()
    try:
        block, claim = claim_block(given.block)
        with claim:
            asyncio.run(serve(given, block, claim))
    except (OSError, OrderError, ValueError) as error:
        sys.stderr.write(f"the virtual fleet cannot serve: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
