"""TCP: what the ports of a node do with a connection attempt, asked as cheaply as it can be.

All ports of one address are tried at once, without a task each: a thousand nodes are asked every
few minutes. Whoever needs the open connection itself uses `dial`.
"""

import asyncio
import errno
import os
import socket
import struct
from collections.abc import Iterable
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from plcmon.errors import PlcmonError, Retry
from plcmon.model.readings import PortAnswer, Probe, Reading
from plcmon.model.subjects import Node, node_subject
from plcmon.times import Clock

Address = tuple[Any, ...]  # as the socket module has it: host, port, and more for IPv6

ANSWERS = {
    0: PortAnswer.OPEN,
    errno.ECONNREFUSED: PortAnswer.REFUSED,
    errno.ECONNRESET: PortAnswer.REFUSED,
    errno.ETIMEDOUT: PortAnswer.FILTERED,
    errno.EHOSTUNREACH: PortAnswer.UNREACHABLE,
    errno.EHOSTDOWN: PortAnswer.UNREACHABLE,
    errno.ENETUNREACH: PortAnswer.UNREACHABLE,
    errno.ENETDOWN: PortAnswer.UNREACHABLE,
    # No address of that family here: one more way of having no way there.
    errno.EADDRNOTAVAIL: PortAnswer.UNREACHABLE,
}
# ICMPv6's "prohibited"; an attempt that fails with it at once was stopped by our own firewall.
SAID_BY_NETWORK = {errno.EACCES: errno.EHOSTUNREACH}
WORTH = {
    PortAnswer.OPEN: 3,
    PortAnswer.REFUSED: 2,
    PortAnswer.FILTERED: 1,
    PortAnswer.UNREACHABLE: 0,
}
# A place in struct tcp_info of linux/tcp.h.
RTT = struct.Struct("68xI")  # tcpi_rtt, microseconds


class NoEvidenceError(PlcmonError):
    """Nothing was learned of the node, for a reason on our side of the network."""

    code = "no-evidence"
    retry = Retry.LATER
    advice = "Look at this machine: its descriptors, its resolver, its addresses."


class Attempt:
    """One connection attempt: made by starting it, over once `error` is set."""

    __slots__ = ("error", "port", "sock", "started", "took_ms")

    def __init__(self, family: int, address: Address) -> None:
        self.port: int = address[1]
        self.error: int | None = None  # what the socket said in the end; 0: connected
        self.took_ms = 0.0
        self.sock = open_socket(family, address)
        self.started = perf_counter()
        try:
            error = self.sock.connect_ex(address)
        except (OSError, ValueError, OverflowError) as wrong:  # it is no address at all
            self.sock.close()
            raise NoEvidenceError(f"{address[0]}", "connecting", str(wrong)) from wrong
        if error != errno.EINPROGRESS:
            self.settle(error)

    @property
    def answer(self) -> PortAnswer:
        """What the port did. Raises NoEvidenceError when only we are to blame."""
        error = errno.EINPROGRESS if self.error is None else self.error
        if error in ANSWERS:
            return ANSWERS[error]
        raise NoEvidenceError(f"port {self.port}", "connecting", os.strerror(error))

    def ask(self) -> bool:
        """Ask the socket itself what became of the attempt; True when it knows."""
        error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error or is_connected(self.sock):
            self.settle(SAID_BY_NETWORK.get(error, error))
        return self.error is not None

    def settle(self, error: int) -> None:
        """Note what the socket said; anything but an open connection is closed."""
        self.error = error
        self.took_ms = (perf_counter() - self.started) * 1000
        if error:
            self.sock.close()
        else:
            # The kernel's own measure, free of what else the loop was doing.
            self.took_ms = round_trip_ms(self.sock) or self.took_ms


class Knock:
    """Attempts at several ports of one address, together under one deadline."""

    def __init__(self, attempts: Iterable[Attempt]) -> None:
        self._loop = asyncio.get_running_loop()
        self._pending = {attempt for attempt in attempts if attempt.error is None}
        self._done: asyncio.Future[None] = self._loop.create_future()

    async def answered(self, deadline: timedelta) -> None:
        """Return when every attempt is over; those still waiting by then are filtered."""
        if not self._pending:
            return
        timer = self._loop.call_later(deadline.total_seconds(), self._give_up)
        for attempt in self._pending:
            # By number: the loop writes out a socket for each that it doesn't know yet.
            self._loop.add_writer(attempt.sock.fileno(), self._ask, attempt)
        try:
            await self._done
        finally:
            timer.cancel()
            for attempt in self._pending:
                self._loop.remove_writer(attempt.sock.fileno())

    def _ask(self, attempt: Attempt) -> None:
        handle = attempt.sock.fileno()  # gone once the attempt is settled
        if attempt.ask():
            self._loop.remove_writer(handle)
            self._pending.discard(attempt)
        if not self._pending and not self._done.done():
            self._done.set_result(None)

    def _give_up(self) -> None:
        """The deadline. Sockets are asked first: a stalled loop is not a silent node."""
        for attempt in tuple(self._pending):
            self._ask(attempt)
        for attempt in self._pending:
            self._loop.remove_writer(attempt.sock.fileno())
            attempt.settle(errno.ETIMEDOUT)
        self._pending.clear()
        if not self._done.done():
            self._done.set_result(None)


async def knock(host: str, ports: Iterable[int], deadline: timedelta) -> list[Attempt]:
    """Try all `ports` at once and close what opened; attempts come in the order of the ports.

    Raises NoEvidenceError when the reason for having no answer is ours.
    """
    family, (place, _, *rest) = await place_of(host, 0, deadline)
    attempts: list[Attempt] = []
    try:
        attempts.extend(Attempt(family, (place, port, *rest)) for port in ports)
        await Knock(attempts).answered(deadline)
    finally:
        for attempt in attempts:
            attempt.sock.close()
    return attempts


async def dial(host: str, port: int, deadline: timedelta) -> Attempt:
    """Try one port; where the answer is open, the socket is the caller's, to use and to close.

    Raises NoEvidenceError when the reason for having no answer is ours.
    """
    attempt = Attempt(*await place_of(host, port, deadline))
    try:
        await Knock([attempt]).answered(deadline)
        if attempt.answer is not PortAnswer.OPEN:
            attempt.sock.close()
    except BaseException:
        attempt.sock.close()
        raise
    return attempt


async def connect(host: str, port: int, deadline: timedelta) -> tuple[PortAnswer, float]:
    """What one port does, and after how many milliseconds."""
    (attempt,) = await knock(host, (port,), deadline)
    return attempt.answer, attempt.took_ms


async def probe_tcp(node: Node, *, clock: Clock, deadline: timedelta) -> Reading:
    """Ask the ports a healthy node has open; a node is as well as its best address.

    `deadline` is that of one address. Raises NoEvidenceError when the reason for having no good
    answer is ours.
    """
    at = clock.now()
    best: list[Attempt] = []
    excuse: NoEvidenceError | None = None
    for address in node.addresses:
        try:
            found = await knock(address, (node.ssh_port, *node.ports), deadline)
            best = max(best or found, found, key=worth)
        except NoEvidenceError as error:
            excuse = error
        if all_open(best):
            break
    if not all_open(best) and (excuse or not best):
        raise NoEvidenceError(node.hostname, "connecting", str(excuse or "it has no address"))
    return reading_of(node, best, at, clock.now())


def reading_of(node: Node, best: list[Attempt], at: datetime, arrived_at: datetime) -> Reading:
    closed = [attempt for attempt in best if attempt.answer is not PortAnswer.OPEN]
    return Reading(
        node_subject(node.key),
        Probe.TCP,
        at,
        arrived_at,
        took_ms=max(attempt.took_ms for attempt in best),
        ports={attempt.port: attempt.answer for attempt in best},
        detail=", ".join(f"port {attempt.port} {attempt.answer.value}" for attempt in closed),
    )


def worth(attempts: list[Attempt]) -> int:
    return sum(WORTH[attempt.answer] for attempt in attempts)


def all_open(attempts: list[Attempt]) -> bool:
    return bool(attempts) and all(attempt.error == 0 for attempt in attempts)


def open_socket(family: int, address: Address) -> socket.socket:
    """A socket that never blocks. Raises NoEvidenceError when the machine has none left."""
    try:
        return socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    except OSError as error:
        why = error.strerror or str(error)
        raise NoEvidenceError(str(address[0]), "opening a socket", why) from error


def is_connected(sock: socket.socket) -> bool:
    try:
        sock.getpeername()
    except OSError:
        return False
    return True


def round_trip_ms(sock: socket.socket) -> float:
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, RTT.size)
    return float(RTT.unpack(info)[0]) / 1000


async def place_of(host: str, port: int, deadline: timedelta) -> tuple[int, Address]:
    """The family and socket address of a host; only a name takes time.

    Raises NoEvidenceError when the resolver doesn't know it: that says nothing of the host.
    """
    if ":" in host:
        return socket.AF_INET6, (host, port)
    if is_ipv4(host):
        return socket.AF_INET, (host, port)
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            try:
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            except (OSError, UnicodeError) as error:
                raise NoEvidenceError(host, "looking up its name", str(error)) from error
    except TimeoutError as error:
        raise NoEvidenceError(host, "looking up its name", "the resolver is silent") from error
    family, _, _, _, address = found[0]
    return family, address


def is_ipv4(host: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET, host)
    except OSError:
        return False
    return True
