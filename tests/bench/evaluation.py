"""One evaluation of ten thousand nodes: ping, three TCP ports and the name of each.

Runs in a network namespace of its own, where one answerer stands for every address; nothing where
the kernel refuses one. `python -m tests.bench.evaluation` is the answerer.

Beside it the same work without names is done by us (`same`), and by `fping` and `nmap -sT`, one
after the other, as many packets and ports at the same addresses; `times_peers` is ours by theirs,
below 1 is less. Where one is missing, `fping_installed` or `nmap_installed` is 0 and there are
no ratios: `apt-get install fping nmap`. They get addresses of 127.0.0.0/8 in that namespace alone.
"""

import asyncio
import os
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
    return asyncio.run(evaluate(count))


async def evaluate(count: int) -> Found:
    health = Health()
    async with answerer(count) as server, Resolver([server]) as resolver:
        with Pinger(loopback=True) as pinger:
            ports_us = await tcp_alone(make_nodes(2000))
            watching = asyncio.create_task(health.run(), name="lag")
            good, wall, cpu = await spent(in_turn(make_nodes(count), pinger, resolver))
            lag = health.loop_lag()
            watching.cancel()
            _, *same = await spent(in_turn(make_nodes(count), pinger, None))
        beside = await asyncio.to_thread(peers, count, *same)
    return {
        "nodes": count,
        "good": good,
        "wall_s": wall,
        "cpu_s": cpu,
        "tcp_port_us": ports_us,
        "loop_lag_p99_ms": lag / timedelta(milliseconds=1),
        **beside,
    }


async def spent(work: Coroutine[None, None, int]) -> tuple[int, float, float]:
    """What it returns, and its seconds of time and CPU."""
    before, began = time.process_time(), time.monotonic()
    found = await work
    return found, time.monotonic() - began, time.process_time() - before


async def tcp_alone(nodes: list[Node]) -> float:
    """Microseconds of CPU for one port check."""
    before, todo = time.process_time(), iter(nodes)

    async def work() -> None:
        for node in todo:
            await knock(node.addresses[0], PORTS, PATIENT)

    await many(work)
    return (time.process_time() - before) / len(nodes) / len(PORTS) * 1e6


async def in_turn(nodes: list[Node], pinger: Pinger, resolver: Resolver | None) -> int:
    """Ask every node everything, without a resolver not its name; how many were found well."""
    clock, good, todo = SystemClock(), 0, iter(nodes)

    async def work() -> None:
        nonlocal good
        for node in todo:
            ping = await probe_ping(node, pinger, clock=clock, wire=WIRE, deadline=PATIENT)
            tcp = await probe_tcp(node, clock=clock, deadline=PATIENT)
            opened = all(answer is PortAnswer.OPEN for answer in tcp.ports.values())
            named = await agrees(node, resolver)
            good += ping.heard > 0 and opened and named

    await many(work)
    return good


async def many(work: Callable[[], Coroutine[None, None, None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(WORKERS):
            group.create_task(work(), name=f"work-{number}")


async def agrees(node: Node, resolver: Resolver | None) -> bool:
    if resolver is None:
        return True
    return (await check_name(node, resolver, inside=None, deadline=PATIENT)).agree


def peers(count: int, wall: float, cpu: float) -> Found:
    """The same by fping and nmap, where they are installed; blocks."""
    found: Found = {"same_wall_s": wall, "same_cpu_s": cpu}
    with tempfile.TemporaryDirectory(prefix="plcmon-bench-") as folder:
        listed = Path(folder) / "addresses"
        listed.write_text("\n".join(map(address_of, range(count))))
        for words in (pings(listed), ports(listed)):
            found |= timed(words)
    if found["fping_installed"] and found["nmap_installed"]:
        found["times_peers_wall"] = wall / (found["fping_wall_s"] + found["nmap_wall_s"])
        found["times_peers_cpu"] = cpu / (found["fping_cpu_s"] + found["nmap_cpu_s"])
    return found


def pings(listed: Path) -> list[str]:
    gap, apart = WIRE.ping_gap / timedelta(milliseconds=1), 1000 / WIRE.ping_rate
    packets = ["-c", str(WIRE.ping_packets), "-p", f"{gap:g}", "-i", f"{apart:g}"]
    return ["fping", "-q", *packets, "-f", str(listed)]


def ports(listed: Path) -> list[str]:
    wanted = ",".join(map(str, PORTS))
    return ["nmap", "-sT", "-n", "-Pn", "-p", wanted, "-iL", str(listed)]


def timed(words: list[str]) -> Found:
    """Its seconds of time and CPU, in user and kernel."""
    name = words[0]
    if shutil.which(name) is None:
        return {f"{name}_installed": 0}
    began = time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        f"{name}_installed": 1,
        f"{name}_wall_s": time.monotonic() - began,
        f"{name}_cpu_s": used.ru_utime + used.ru_stime,
    }


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
