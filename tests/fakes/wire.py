"""A wire between two network namespaces: packets are dropped, delayed or changed at will.

`here` is where the test's thread is while it is inside; `there` are the peers, as many addresses
as wanted. Both are real kernels' ends; only the wire between them is ours.
"""

import ctypes
import fcntl
import heapq
import os
import select
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

HERE, THERE = "10.77.0.1", "10.77.0.254"
HERE6 = "fd77::1"
PEERS = "10.77.1"  # .1 and on: addresses of the peers' kernel
PEERS6 = "fd77:1::"
NO_WAY = "10.77.2.1"  # the peers' side answers: host unreachable
FORBIDDEN = "10.77.2.2"  # it answers: administratively prohibited
NO_WAY6, FORBIDDEN6 = "fd77:2::1", "fd77:2::2"
FREEBIND = 15  # of linux/in.h: a whole network is local there, not single addresses
NEWNET = 0x40000000
TUNSETIFF, TUN_WITHOUT_HEADER = 0x400454CA, 0x1001
UP = [
    "link set lo up",
    "link set wire0 up",
]
UP_HERE = [
    *UP,
    f"addr add {HERE}/32 dev wire0",
    f"-6 addr add {HERE6}/128 dev wire0 nodad",
    "route add 10.77.0.0/16 dev wire0",
    "-6 route add fd77::/16 dev wire0",
]
UP_THERE = [
    *UP,
    f"addr add {THERE}/32 dev wire0",
    f"route add {HERE}/32 dev wire0",
    f"-6 route add {HERE6}/128 dev wire0",
    f"route add local {PEERS}.0/24 dev lo",
    f"-6 route add local {PEERS6}/64 dev lo",
    f"-6 addr add {PEERS6}1/128 dev lo nodad",
    f"route add unreachable {NO_WAY}",
    f"route add prohibit {FORBIDDEN}",
    f"-6 route add unreachable {NO_WAY6}",
    f"-6 route add prohibit {FORBIDDEN6}",
]


@dataclass(frozen=True)
class Fate:
    """What becomes of packets to one address, and of the answers from it."""

    delay_s: float = 0.0  # each way
    drops: Callable[[int], bool] = lambda number: False  # by the number of the packet to it
    spares: frozenset[int] = frozenset()  # protocols that are never dropped
    change: Callable[[bytes], bytes] = lambda packet: packet  # of an answer


DROPPED = Fate(drops=lambda number: True)


@dataclass
class Wire:
    """Both ends, and the thread between them."""

    ours: int  # file descriptors of the two interfaces
    theirs: int
    home: int  # of the namespaces
    there: int
    fates: dict[str, Fate] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)  # packets per address, dropped ones too

    def __post_init__(self) -> None:
        self._ends = False
        self._waiting: list[tuple[float, int, int, bytes]] = []
        self._numbers = count()
        self.thread = threading.Thread(target=self._pump, name="wire", daemon=True)

    def warm_up(self) -> None:
        """Kernels may drop what comes first on an interface that has just come up."""
        for host in (f"{PEERS}.1", f"{PEERS6}1"):
            with suppress(ConnectionRefusedError):
                socket.create_connection((host, 9), timeout=10).close()
        self.sent.clear()

    def stop(self) -> None:
        self._ends = True
        self.thread.join()

    @contextmanager
    def among_peers(self) -> Iterator[None]:
        """Sockets made inside are the peers'."""
        enter(self.there)
        try:
            yield
        finally:
            enter(self.home)

    @contextmanager
    def listener(self, host: str) -> Iterator[int]:
        """A peer's port that accepts and says nothing."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with self.among_peers():
            sock = socket.socket(family)
        with sock:
            sock.setsockopt(socket.IPPROTO_IP, FREEBIND, 1)
            sock.bind((host, 0))
            sock.listen(16)
            yield sock.getsockname()[1]

    def _pump(self) -> None:
        while not self._ends:
            ready, _, _ = select.select([self.ours, self.theirs], [], [], 0.002)
            for end in ready:
                self._take(end, os.read(end, 65536))
            while self._waiting and self._waiting[0][0] <= time.monotonic():
                _, _, to, packet = heapq.heappop(self._waiting)
                os.write(to, packet)

    def _take(self, end: int, packet: bytes) -> None:
        source, target = addresses(packet)
        if end == self.ours:
            fate, to = self.fates.get(target, Fate()), self.theirs
            number = self.sent[target] = self.sent.get(target, 0) + 1
            if fate.drops(number) and protocol(packet) not in fate.spares:
                return
        else:
            fate, to = self.fates.get(source, Fate()), self.ours
            packet = fate.change(packet)
        due = time.monotonic() + fate.delay_s
        heapq.heappush(self._waiting, (due, next(self._numbers), to, packet))


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Enter a namespace with a wire to another; skips the test where the kernel refuses."""
    home = namespace()
    opened = [home]
    try:
        try:
            theirs = fresh(UP_THERE, forwards=True)
            there = namespace()
            ours = fresh(UP_HERE)
            here = namespace()
            opened += [theirs, ours, there, here]
        except (OSError, subprocess.CalledProcessError) as error:
            pytest.skip(f"no network namespaces here: {error}")
        made = Wire(ours, theirs, here, there)
        made.thread.start()
        try:
            made.warm_up()
            yield made
        finally:
            made.stop()
    finally:
        enter(home)
        for number in opened:
            os.close(number)


def fresh(commands: list[str], *, forwards: bool = False) -> int:
    """A new namespace, with one end of a wire in it."""
    libc("unshare", NEWNET)
    for name in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
        Path("/proc/sys/net", name).write_text(str(int(forwards)))
    number = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    fcntl.ioctl(number, TUNSETIFF, struct.pack("16sH22x", b"wire0", TUN_WITHOUT_HEADER))
    for command in commands:
        subprocess.run(["ip", *command.split()], check=True, capture_output=True)
    return number


def namespace() -> int:
    """The one this thread is in."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def enter(number: int) -> None:
    libc("setns", number, NEWNET)


def libc(name: str, *arguments: int) -> None:
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")


def protocol(packet: bytes) -> int:
    return packet[9] if packet[0] >> 4 == 4 else packet[6]


def addresses(packet: bytes) -> tuple[str, str]:
    """Source and target of an IP packet."""
    if packet[0] >> 4 == 4:
        pair = packet[12:16], packet[16:20]
        return socket.inet_ntop(socket.AF_INET, pair[0]), socket.inet_ntop(socket.AF_INET, pair[1])
    pair = packet[8:24], packet[24:40]
    return socket.inet_ntop(socket.AF_INET6, pair[0]), socket.inet_ntop(socket.AF_INET6, pair[1])
