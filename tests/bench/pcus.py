"""A thousand virtual PCUs tested as `plcmon pcu test --all` does, and what one session costs.

One in ten is dead, one in twenty hangs after the login, one in twenty refuses the password. The
bare clients beside it say the same words over asyncio and asyncssh, with nothing around them.
"""

import asyncio
import contextlib
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncssh

from plcmon.actions import Leases, PcuTester
from plcmon.actions.reach import Reach
from plcmon.cli.testing import test_all
from plcmon.config.load import default_policy
from plcmon.drivers import DriverUnits, telnet
from plcmon.drivers.base import Call, RememberedKeys
from plcmon.drivers.units import GOODBYE
from plcmon.errors import UnsupportedError
from plcmon.model.beliefs import Finding
from plcmon.model.events import Body, Event, PcuTested
from plcmon.model.policy import Wire
from plcmon.model.readings import Reading
from plcmon.model.state import State
from plcmon.model.subjects import (
    Inventory,
    Node,
    NodeKey,
    Outlet,
    Pcu,
    PcuKey,
    PowerPath,
    SiteKey,
    Subject,
    Transport,
)
from plcmon.operations.views import Answer
from plcmon.times import SystemClock
from tests.bench.measures import percentile
from tests.bench.pcu_units import PASSWORD, USER

UNITS, JOBS = 1000, 32
SESSIONS = {"telnet": 60, "ssh": 30}  # each alone, for their CPU
CONNECTS = 60
TCP, STEP = 1.0, 4.0  # seconds, of a connection and of a step
WIRE = Wire(
    tcp_deadline=timedelta(seconds=TCP),
    pcu_command=timedelta(seconds=STEP),
    pcu_settle=timedelta(),
)
EXPECTED = {
    "": {Finding.OK},
    "dead": {Finding.TIMEOUT},
    "hangs_after_login": {Finding.TIMEOUT, Finding.PROMPT_NOT_FOUND},
    "wrong_password": {Finding.LOGIN_REFUSED},
}
AGAIN = 100  # PCUs that a second person tests at the same time
Found = dict[str, float]


class Purse:
    """One secret for all."""

    def find(self, name: str) -> str:
        if name != "word":
            raise UnsupportedError("secrets", "looking for one", f"{name!r} is not there")
        return PASSWORD


class Ears:
    """Takes what is told in place of the engine."""

    async def tell(self, subject: Subject, body: Body, *, intent: str = "") -> Event:
        return Event(SystemClock().now(), subject, body)

    def ingest(self, reading: Reading) -> None:
        """Nobody scans here."""


@dataclass(frozen=True)
class Row:
    """What a test of all needs to know of a unit."""

    key: str
    name: str
    site: str
    family: str


class Counting:
    """Units that count how many sessions are open, of each and of all."""

    def __init__(self, units: DriverUnits) -> None:
        self.most_of_one = self.most = 0
        self._units = units
        self._open: Counter[str] = Counter()

    def problems(self, pcu: Pcu) -> list[str]:
        return self._units.problems(pcu)

    @asynccontextmanager
    async def session(self, pcu: Pcu, **more: Any) -> AsyncIterator[Any]:
        self._open[pcu.key] += 1
        self.most_of_one = max(self.most_of_one, self._open[pcu.key])
        self.most = max(self.most, self._open.total())
        try:
            async with self._units.session(pcu, **more) as unit:
                yield unit
        finally:
            self._open[pcu.key] -= 1


class Desk:
    """The two things that a test of all asks a desk for."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.units = Counting(DriverUnits(Purse(), WIRE))
        state = State(inventory=inventory)
        reach = Reach(
            units=self.units,
            leases=Leases(),
            inbox=Ears(),
            state=state,
            wire=WIRE,
            clock=SystemClock(),
        )
        self._tester = PcuTester(reach=reach, state=state, policy=default_policy)
        self.found: dict[str, PcuTested] = {}

    async def pcus(self) -> list[Row]:
        found = self.inventory.pcus.values()
        return [Row(pcu.key, pcu.name, pcu.site, pcu.family) for pcu in found]

    async def do(self, verb: str, subject: str, *, reason: str) -> Answer:
        key = PcuKey(subject.removeprefix("pcu/"))
        tested = await self._tester.test(self.inventory.pcus[key])
        self.found[key] = tested
        return Answer(tested.finding is Finding.OK, tested.finding.value, lines=(tested.detail,))


@dataclass
class Park:
    """The units, in their process."""

    records: list[dict[str, Any]]
    process: asyncio.subprocess.Process

    async def most_sessions(self) -> int:
        """End the process; how many sessions a unit had at once, at most."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        most: list[int] = json.loads(await self.process.stdout.readline())
        await self.process.wait()
        return max(most)


@asynccontextmanager
async def park(count: int) -> AsyncIterator[Park]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.pcu_units", str(count)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(120):
            records = json.loads(await process.stdout.readline())
        yield Park(records, process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def measure(*, units: int = UNITS) -> Found:
    async with served_words() as port:
        found = await waits(port)
    async with park(units) as made:
        inventory = inventory_of(made.records)
        for transport in SESSIONS:
            found |= await cost(made.records, inventory, transport)
        found |= await all_of(made, inventory)
    return {"units": units, **found}


def inventory_of(records: list[dict[str, Any]]) -> Inventory:
    pcus: dict[PcuKey, Pcu] = {}
    nodes: dict[NodeKey, Node] = {}
    for number, record in enumerate(records):
        site = SiteKey("twice" if number < AGAIN else "once")
        key = PcuKey(f"bench:{number}")
        pcus[key] = Pcu(
            key,
            site,
            f"pcu-{number}",
            "127.0.0.1",
            record["family"],
            (Transport(record["transport"], record["port"]),),
            user=USER,
            credential="word",
        )
        node = NodeKey(f"bench:{number}")
        path = PowerPath((Outlet(key, "3"),))
        nodes[node] = Node(node, f"n{number}.example.org", site, ("127.0.0.1",), paths=(path,))
    return Inventory(nodes=nodes, pcus=pcus)


async def all_of(made: Park, inventory: Inventory) -> Found:
    """Test every unit, and some of them for two people at once."""
    desk: Any = Desk(inventory)
    files, tasks = descriptors(), len(asyncio.all_tasks())
    began, cpu = time.monotonic(), time.process_time()
    async with asyncio.TaskGroup() as group:
        group.create_task(test_all(desk, "", JOBS, "bench", quiet=True), name="all")
        group.create_task(test_all(desk, "twice", JOBS, "bench", quiet=True), name="again")
    took, spent = time.monotonic() - began, time.process_time() - cpu
    await asyncio.sleep(1)
    grown = descriptors() - files
    wrong = [
        record["fault"]
        for record, tested in zip(made.records, found_in_order(desk), strict=True)
        if tested.finding not in EXPECTED[record["fault"]]
    ]
    return {
        "took_s": took,
        "bound_s": bound(made.records, found_in_order(desk)),
        "cpu_ms_per_unit": 1000 * spent / (len(made.records) + AGAIN),
        "wrong_findings": len(wrong),
        "busy": sum(tested.finding is Finding.BUSY for tested in desk.found.values()),
        "sessions_at_once": desk.units.most,
        "sessions_of_one_pcu": max(desk.units.most_of_one, await made.most_sessions()),
        "descriptors_grown": grown,
        "tasks_grown": len(asyncio.all_tasks()) - tasks,
    }


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def found_in_order(desk: Any) -> list[PcuTested]:
    return [desk.found[key] for key in desk.inventory.pcus]


def bound(records: list[dict[str, Any]], tested: list[PcuTested]) -> float:
    """The most that a queue of so many workers may take, by the deadlines alone.

    A good unit counts with the time that it took; the last one may begin when all others are done.
    """
    limits = {
        "dead": STEP,  # over SSH connecting has the time of a step
        "hangs_after_login": 2 * STEP + GOODBYE.total_seconds(),
        "wrong_password": 2 * STEP + GOODBYE.total_seconds(),
    }
    each = [
        limits.get(record["fault"], one.took_s) for record, one in zip(records, tested, strict=True)
    ]
    again = sum(each[:AGAIN])
    return (sum(each) + again) / JOBS + max(each) * 2


async def cost(records: list[dict[str, Any]], inventory: Inventory, transport: str) -> Found:
    """CPU of one session, ours and bare, one after the other."""
    good = [
        pcu
        for pcu, record in zip(inventory.pcus.values(), records, strict=True)
        if record["family"] == "apc-cli" and record["transport"] == transport
        if not record["fault"]
    ]
    units = DriverUnits(Purse(), WIRE)

    async def ours(pcu: Pcu) -> None:
        async with units.session(pcu) as unit:
            await unit.read("3")

    bare = {"telnet": bare_telnet, "ssh": bare_ssh}[transport]
    count = SESSIONS[transport]
    mine, took = await cpu_ms(ours, good, count)
    theirs, _ = await cpu_ms(bare, good, count)
    return {
        f"{transport}_cpu_ms": mine,
        f"{transport}_bare_cpu_ms": theirs,
        f"{transport}_times_bare": mine / theirs,
        f"{transport}_session_ms": took,
    }


async def cpu_ms(
    session: Callable[[Pcu], Awaitable[None]], pcus: list[Pcu], count: int
) -> tuple[float, float]:
    """CPU and time of one session; the first ones, which load things, do not count."""
    for pcu in pcus[:3]:
        await session(pcu)
    cpu, began = time.process_time(), time.monotonic()
    for number in range(count):
        await session(pcus[number % len(pcus)])
    spent, took = time.process_time() - cpu, time.monotonic() - began
    return 1000 * spent / count, 1000 * took / count


class Wires:
    """Bytes both ways, and nothing else."""

    def __init__(self, read: Callable[[], Awaitable[bytes]], write: Callable[[bytes], Any]) -> None:
        self._read = read
        self._write = write

    async def say(self, text: str, until: bytes) -> None:
        self._write(text.encode() + b"\r")
        await self.hear(until)

    async def hear(self, until: bytes) -> None:
        heard = b""
        while until not in heard:
            data = await self._read()
            if not data:
                return
            heard += data


async def bare_telnet(pcu: Pcu) -> None:
    reader, writer = await asyncio.open_connection(pcu.host, pcu.transports[0].port)
    wires = Wires(lambda: reader.read(4096), writer.write)
    await wires.hear(b"User Name : ")
    await wires.say(USER, b"Password  : ")
    await wires.say(PASSWORD, b"apc>")
    await wires.say("olStatus 3", b"apc>")
    await wires.say("exit", b"nothing more")
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def bare_ssh(pcu: Pcu) -> None:
    async with (
        asyncssh.connect(
            pcu.host,
            pcu.transports[0].port,
            username=USER,
            password=PASSWORD,
            known_hosts=None,
            config=None,
            client_keys=None,
            agent_path=None,
        ) as connection,
        connection.create_process(term_type="vt100", encoding=None) as process,
    ):
        wires = Wires(lambda: process.stdout.read(4096), process.stdin.write)
        await wires.hear(b"apc>")
        await wires.say("olStatus 3", b"apc>")
        await wires.say("exit", b"nothing more")


@asynccontextmanager
async def served_words() -> AsyncIterator[int]:
    """A port that says a prompt at once."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"login: ")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def waits(port: int) -> Found:
    """How long the first bytes take through the telnet link, and bare."""
    pcu = Pcu(PcuKey("bench:words"), SiteKey("s"), "words", "127.0.0.1", "apc")
    call = Call(pcu, Transport("telnet", port), RememberedKeys(), lambda _: None)

    async def linked() -> None:
        async with telnet.connect(call) as link:
            await link.read()

    async def bare() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        await reader.read(4096)
        writer.close()

    ours, theirs = await timed(linked), await timed(bare)
    return {
        "telnet_first_bytes_ms": statistics.median(ours),
        "telnet_first_bytes_p95_ms": percentile(ours, 95),
        "bare_first_bytes_ms": statistics.median(theirs),
    }


async def timed(work: Callable[[], Awaitable[None]]) -> list[float]:
    took: list[float] = []
    for _ in range(CONNECTS):
        began = time.perf_counter()
        await work()
        took.append(1000 * (time.perf_counter() - began))
    return took
