"""One evaluation of ten thousand nodes: ping, three TCP ports and the name of each.

Runs in a network namespace of its own, where one answerer stands for every address; nothing where
the kernel refuses one. `python -m tests.bench.evaluation` is the answerer.
"""

import asyncio
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from plcmon.model.policy import Wire
from plcmon.model.readings import PortAnswer
from plcmon.model.subjects import Node, NodeKey, SiteKey
from plcmon.probes.dns import Resolver, check_name
from plcmon.probes.ping import Pinger, probe_ping
from plcmon.probes.tcp import knock, probe_tcp
from plcmon.scanner.health import Health
from plcmon.times import SystemClock
from tests.fakes.names import name_server
from tests.fakes.wire import NEWNET, libc

NODES = 10_000
WORKERS = 64  # of the 256 shipped: loopback answers at once
PORTS = (7001, 7002, 7003)
BACKLOG = 4096
PATIENT = timedelta(seconds=10)
WIRE = Wire()
Found = dict[str, float]


def address_of(number: int) -> str:
    return f"127.{1 + number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"


def make_nodes(count: int) -> list[Node]:
    return [
        Node(
            NodeKey(f"t:{number}"),
            f"n{number}.example.org",
            SiteKey("s"),
            (address_of(number),),
            ssh_port=PORTS[0],
            ports=PORTS[1:],
        )
        for number in range(count)
    ]


def measure(count: int = NODES) -> Found:
    """Seconds, CPU seconds and microseconds a port; empty where there are no namespaces."""
    try:
        libc("unshare", NEWNET)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write(f"no evaluation: {error}\n")
        return {}
    return {**asyncio.run(evaluate(count)), **peers(count)}


async def evaluate(count: int) -> Found:
    health = Health()
    async with answerer(count) as server, Resolver([server]) as resolver:
        with Pinger(loopback=True) as pinger:
            ports_us = await tcp_alone(make_nodes(2000))
            watching = asyncio.create_task(health.run(), name="lag")
            before, began = time.process_time(), time.monotonic()
            good = await in_turn(make_nodes(count), pinger, resolver)
            wall, cpu = time.monotonic() - began, time.process_time() - before
            lag = health.loop_lag()
            watching.cancel()
    return {
        "nodes": count,
        "good": good,
        "wall_s": wall,
        "cpu_s": cpu,
        "tcp_port_us": ports_us,
        "loop_lag_p99_ms": lag / timedelta(milliseconds=1),
    }


async def tcp_alone(nodes: list[Node]) -> float:
    """Microseconds of CPU for one port check."""
    before, todo = time.process_time(), iter(nodes)

    async def work() -> None:
        for node in todo:
            await knock(node.addresses[0], PORTS, PATIENT)

    await many(work)
    return (time.process_time() - before) / len(nodes) / len(PORTS) * 1e6


async def in_turn(nodes: list[Node], pinger: Pinger, resolver: Resolver) -> int:
    """Ask every node everything; how many were found well."""
    clock, good, todo = SystemClock(), 0, iter(nodes)

    async def work() -> None:
        nonlocal good
        for node in todo:
            ping = await probe_ping(node, pinger, clock=clock, wire=WIRE, deadline=PATIENT)
            tcp = await probe_tcp(node, clock=clock, deadline=PATIENT)
            name = await check_name(node, resolver, inside=None, deadline=PATIENT)
            opened = all(answer is PortAnswer.OPEN for answer in tcp.ports.values())
            good += ping.heard > 0 and opened and name.agree

    await many(work)
    return good


async def many(work: Callable[[], Coroutine[None, None, None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(WORKERS):
            group.create_task(work(), name=f"work-{number}")


def peers(count: int) -> Found:
    """The same questions by fping and nmap, in seconds, where they are installed."""
    with tempfile.TemporaryDirectory(prefix="plcmon-bench-") as folder:
        listed = Path(folder) / "addresses"
        listed.write_text("\n".join(map(address_of, range(count))))
        return timed(listed)


def timed(listed: Path) -> Found:
    found: Found = {}
    for name, words in (
        ("fping", ["fping", "-q", "-a", "-i", "1", "-r", "0", "-f", str(listed)]),
        ("nmap", ["nmap", "-sT", "-n", "-Pn", "-p", "7001-7003", "-iL", str(listed)]),
    ):
        if shutil.which(name) is None:
            continue
        began = time.monotonic()
        subprocess.run(words, capture_output=True, check=False)
        found[f"{name}_s"] = time.monotonic() - began
    return found


@asynccontextmanager
async def answerer(count: int) -> AsyncIterator[str]:
    """Another process that accepts at every port and knows every name; where to ask it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.evaluation", str(count)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.kill()
        await process.wait()


async def answer(count: int) -> None:
    for sock in listeners():
        threading.Thread(target=accept, args=(sock,), daemon=True).start()
    table = {node.hostname: node.addresses for node in make_nodes(count)}
    async with name_server(table) as names:
        sys.stdout.write(f"{names.server}\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.read)


def listeners() -> Iterator[socket.socket]:
    """For every address of the namespace, which has only its own loopback."""
    for port in PORTS:
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("", port))
        sock.listen(BACKLOG)
        yield sock


def accept(sock: socket.socket) -> None:
    while True:
        connection, _ = sock.accept()
        connection.close()


if __name__ == "__main__":
    asyncio.run(answer(int(sys.argv[1])))
