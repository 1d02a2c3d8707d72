"""Two places: `here` is the service, `there` are thousands of nodes; between them a wire of ours.

`there` every address of a network is local, and one process answers for all. Every packet passes
through another process, which may lose some, silence some nodes, and notes when each was asked.
`python -m tests.bench.places answer [KEY]` are the nodes, who let this public key in;
`... carry OURS THEIRS LOSS` is the wire.
"""

import asyncio
import json
import os
import random
import select
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from tests.fakes.peers import FACTS, Conversation, honest, make_key
from tests.fakes.wire import UP_HERE, UP_THERE, addresses, enter, fresh, namespace, protocol

NETWORK, DROPPED, UNREACHABLE = "10.78", "10.79", "10.80"  # no way leads to the last two
SSH, OTHER = 2200, 8000  # ports that everybody has open
CLOSED = 2299
OF_A_NET = 200  # nodes
EVERY_FOURTH = 4  # falls silent when it is said
SEED = 7
BANNER = b"SSH-2.0-OpenSSH_9.2\r\n"
BACKLOG = 4096
# Of a kernel before 6.5: a connection tries three times in five seconds, newer ones try more often.
LINEAR = Path("/proc/sys/net/ipv4/tcp_syn_linear_timeouts")
LONG_QUEUE = "link set wire0 txqueuelen 10000"
ICMP, TCP = 1, 6
SYN = 0x02
Asked = dict[str, list[float]]  # "address question" -> when, on the machine's monotonic clock


def address_of(number: int, network: str = NETWORK) -> str:
    net, place = divmod(number, OF_A_NET)
    return f"{network}.{net}.{place + 1}"


def falls_silent(address: str) -> bool:
    return address.startswith(NETWORK) and int(address.rpartition(".")[2]) % EVERY_FOURTH == 0


@dataclass
class Places:
    """We are `here`."""

    ours: int  # the ends of the wire
    theirs: int
    here: int  # the namespaces
    there: int
    _running: list[subprocess.Popen[str]] = field(default_factory=list)

    @contextmanager
    def open(self, loss: float = 0.0, key: Path | None = None) -> Iterator["Wire"]:
        """Nodes that answer, and a wire that carries."""
        enter(self.there)
        try:
            nodes = start("answer", *([str(key)] if key else []))
        finally:
            enter(self.here)
        ends = self.ours, self.theirs
        wire = start("carry", *map(str, (*ends, loss)), fds=ends)
        try:
            yield Wire(wire)
        finally:
            for process in (wire, nodes):
                process.kill()
                process.communicate()


@dataclass(frozen=True)
class Wire:
    """The process between both."""

    process: "subprocess.Popen[str]"

    def silence(self) -> float:
        """Let every fourth node fall silent; returns when."""
        return float(self._say("silence"))

    def asked(self) -> Asked:
        """When each node was asked what, so far."""
        found: Asked = json.loads(self._say("asked"))
        return found

    def _say(self, word: str) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()


def start(*words: str, fds: tuple[int, ...] = ()) -> "subprocess.Popen[str]":
    """One of our other roles; it has begun when it has said a line."""
    pipe = subprocess.PIPE
    words = (sys.executable, "-m", "tests.bench.places", *words)
    process = subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, pass_fds=fds)
    assert process.stdout is not None
    process.stdout.readline()
    return process


@contextmanager
def two_places() -> Iterator[Places]:
    """Be in a new namespace with one end of a wire; afterwards where we were.

    Raises OSError or CalledProcessError where the kernel refuses.
    """
    home = namespace()
    opened = [home]
    ways = [
        f"route add local {NETWORK}.0.0/16 dev lo",
        f"route add blackhole {DROPPED}.0.0/16",
        f"route add unreachable {UNREACHABLE}.0.0/16",
    ]
    networks = (NETWORK, DROPPED, UNREACHABLE)
    there_is = [f"route add {network}.0.0/16 dev wire0" for network in networks]
    try:
        opened.append(theirs := fresh([*UP_THERE, LONG_QUEUE, *ways], forwards=True))
        opened.append(there := namespace())
        opened.append(ours := fresh([*UP_HERE, LONG_QUEUE, *there_is]))
        opened.append(here := namespace())
        with suppress(FileNotFoundError):
            LINEAR.write_text("0")
        yield Places(ours, theirs, here, there)
    finally:
        enter(home)
        for number in opened:
            os.close(number)


class Carrier:
    """Carries packets both ways, but those that are lost."""

    def __init__(self, ours: int, theirs: int, loss: float) -> None:
        self._other = {ours: theirs, theirs: ours}
        self._ours = ours
        self._loss = loss
        self._dice = random.Random(SEED)
        self._silent = False
        self._asked: dict[str, list[float]] = defaultdict(list)
        self._seen: set[bytes] = set()  # connections: a SYN that is repeated is no new question

    def run(self) -> None:
        poll = select.poll()
        for end in self._other:
            os.set_blocking(end, False)
            poll.register(end, select.POLLIN)
        poll.register(sys.stdin, select.POLLIN)
        say("carrying")
        while True:
            for end, _ in poll.poll():
                if end == sys.stdin.fileno():
                    self._obey(sys.stdin.readline().strip())
                else:
                    self._carry(end)

    def _obey(self, word: str) -> None:
        if not word:
            sys.exit()
        if word == "silence":
            self._silent = True
            say(str(time.monotonic()))
        else:
            say(json.dumps(self._asked))

    def _carry(self, end: int) -> None:
        with suppress(BlockingIOError):
            while packet := os.read(end, 65536):
                source, target = addresses(packet)
                if end == self._ours:
                    self._note(packet, target)
                node = target if end == self._ours else source
                if self._silent and falls_silent(node):
                    continue
                if self._dice.random() >= self._loss:
                    os.write(self._other[end], packet)

    def _note(self, packet: bytes, target: str) -> None:
        """Note what is a new question to a node."""
        now = time.monotonic()
        if protocol(packet) == ICMP and packet[0] >> 4 == 4:
            times = self._asked[f"{target} ping"]
            if not times or now - times[-1] > 1:
                times.append(now)
        elif protocol(packet) == TCP and packet[0] >> 4 == 4:
            head = packet[4 * (packet[0] & 15) :]
            connection = packet[16:20] + head[:8]  # with its first number: ports come again
            if head[13] == SYN and connection not in self._seen:
                self._seen.add(connection)
                self._asked[f"{target} {int.from_bytes(head[2:4], 'big')}"].append(now)


async def answer(key: str = "") -> None:
    """Answer at every address of the namespace; the port says how."""
    async with AsyncExitStack() as stack:
        for port, conversation in CONVERSATIONS.items():
            server = await asyncio.start_server(held(conversation), "", port, backlog=BACKLOG)
            await stack.enter_async_context(server)
        if key:
            let_in = asyncssh.read_authorized_keys(key)
            nobody = asyncssh.import_authorized_keys(make_key().export_public_key().decode())
            for port, keys in ((LOGIN, let_in), (STRANGER, nobody)):
                listener = await asyncssh.create_server(
                    asyncssh.SSHServer,
                    "",
                    port,
                    server_host_keys=[make_key()],
                    authorized_client_keys=keys,
                    process_factory=honest(FACTS),
                    encoding=None,
                    backlog=BACKLOG,
                )
                await stack.enter_async_context(listener)
        say("answering")
        await asyncio.to_thread(sys.stdin.read)


def held(conversation: Conversation) -> Conversation:
    """The conversation with whoever connects, to its end."""

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await conversation(reader, writer)
        writer.close()

    return hold


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(BANNER)
    await reader.read(-1)


async def say_something_else(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await reader.read(-1)


async def stay_mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(-1)


async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while not writer.is_closing():
        writer.write(b"x")
        await asyncio.sleep(1)


WRONG, MUTE, FLOOD, DRIP, LOGIN, STRANGER = 2201, 2202, 2203, 2204, 2206, 2207
CONVERSATIONS: dict[int, Conversation] = {
    SSH: greet,  # and no more: who logs in there waits for ever
    OTHER: greet,
    WRONG: say_something_else,
    MUTE: stay_mute,
    FLOOD: flood,
    DRIP: drip,
}


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1] == "answer":
        asyncio.run(answer(*sys.argv[2:]))
    else:
        Carrier(int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])).run()
