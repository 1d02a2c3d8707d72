"""Ping: echo requests to any number of nodes over one socket a family.

An answer counts when it comes from the address that was asked, and brings back the number and the
random token of a packet that is still out; whoever cannot see our packets cannot forge one.
"""

import asyncio
import errno
import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from statistics import median

from plcmon.model.policy import Wire
from plcmon.model.readings import Probe, Reading
from plcmon.model.subjects import Node, node_subject
from plcmon.probes.icmp import (
    FAMILIES,
    TOKEN_BYTES,
    Complaint,
    IcmpSocket,
    Reply,
    family_of,
    open_icmp,
)
from plcmon.probes.pace import Pace
from plcmon.probes.tcp import NoEvidenceError
from plcmon.times import Clock

GRANT = (
    "grant it with: sysctl -w net.ipv4.ping_group_range='0 2147483647'"
    " (or AmbientCapabilities=CAP_NET_RAW in the unit)"
)
MOST_A_TURN = 64  # packets read before the loop may do something else
# The network's own word, by the socket's error; anything else at sending is our trouble.
NO_WAY = frozenset(
    {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.EADDRNOTAVAIL}
)


@dataclass(slots=True)
class Call:
    """What came of the packets to one address so far."""

    done: asyncio.Future[None]
    wanted: int
    over: int = 0  # packets that were answered, or will not be
    sent: int = 0
    times_ms: list[float] = field(default_factory=list)
    why: str = ""  # what the network said of the last lost packet

    def end(self, *, took_ms: float | None = None, why: str = "") -> None:
        """One packet is over."""
        self.over += 1
        self.why = why or self.why
        if took_ms is not None:
            self.times_ms.append(took_ms)
        if self.over >= self.wanted and not self.done.done():
            self.done.set_result(None)


@dataclass(slots=True)
class Flight:
    """One packet that is out."""

    call: Call
    token: bytes
    sent_ns: int  # wall clock, to hold against the kernel's stamp
    sent_at: float


class Pinger:
    """Asks addresses whether they echo; open while it is entered.

    Loopback addresses are left out unless `loopback`: there our own kernel answers for everybody.
    """

    def __init__(self, *, loopback: bool = False) -> None:
        self.why_not = ""  # the sentence for an operator when nothing can be asked
        self._loopback = loopback
        self._sockets: dict[int, IcmpSocket] = {}
        self._flights: dict[tuple[str, int], Flight] = {}
        self._sequence = count()
        self._pace = Pace(Wire.ping_rate)
        self._rate = Wire.ping_rate

    def __enter__(self) -> "Pinger":
        ident = secrets.randbits(16)
        loop = asyncio.get_running_loop()
        for family in FAMILIES:
            try:
                opened = open_icmp(family, ident)
            except PermissionError:
                self.why_not = f"no ICMP socket may be opened; {GRANT}"
                continue
            except OSError as error:  # this family does not exist here
                self.why_not = self.why_not or f"no ICMP socket: {error.strerror or error}"
                continue
            self._sockets[family.number] = opened
            loop.add_reader(opened.sock.fileno(), self._hear, opened)
        if self._sockets:
            self.why_not = ""
        return self

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for opened in self._sockets.values():
            loop.remove_reader(opened.sock.fileno())
            opened.sock.close()
        self._sockets.clear()

    def reaches(self, address: str) -> bool:
        """Whether this address can be asked at all."""
        is_asked = self._loopback or not is_loopback(address)
        return is_asked and family_of(address).number in self._sockets

    def places(self, node: Node) -> list[str]:
        """The node's addresses that can be asked."""
        return [address for address in node.addresses if self.reaches(address)]

    async def ask(self, address: str, wire: Wire, deadline: timedelta) -> Call:
        """Send some packets; return when all are over, or `deadline` after the last.

        Raises NoEvidenceError when the packets could not leave, for a reason of ours.
        """
        loop = asyncio.get_running_loop()
        opened = self._sockets.get(family_of(address).number)
        if opened is None:
            raise NoEvidenceError(address, "pinging", self.why_not or "no socket of its family")
        call = Call(loop.create_future(), wire.ping_packets)
        mine: list[tuple[str, int]] = []
        try:
            for number in range(wire.ping_packets):
                if number:
                    await asyncio.sleep(wire.ping_gap.total_seconds())
                await self._turn(wire.ping_rate)
                mine.append(self._launch(opened, address, call))
            await asyncio.wait([call.done], timeout=deadline.total_seconds())
            self._hear(opened)  # a stalled loop is not a silent node
        finally:
            for key in mine:
                self._flights.pop(key, None)
        return call

    async def _turn(self, rate: int) -> None:
        if rate != self._rate:
            self._rate, self._pace = rate, Pace(rate)
        await self._pace.turn()

    def _launch(self, opened: IcmpSocket, address: str, call: Call) -> tuple[str, int]:
        """Send one packet; a network that has no way there ends it at once."""
        key = address, next(self._sequence) % 65536
        token = secrets.token_bytes(TOKEN_BYTES)
        self._flights[key] = Flight(call, token, time.time_ns(), time.perf_counter())
        call.sent += 1
        error = self._send(opened, key, token)
        if error and error not in NO_WAY:
            del self._flights[key]
            raise NoEvidenceError(address, "pinging", os.strerror(error))
        if error and self._flights.pop(key, None) is not None:
            call.end(why=os.strerror(error))
        return key

    def _send(self, opened: IcmpSocket, key: tuple[str, int], token: bytes) -> int:
        """The error of sending, 0 where there is none.

        A socket first hands out the error of an earlier packet, to whomever that was: it is asked
        again, after its error queue was read.
        """
        error = 0
        for _ in range(3):
            try:
                opened.send(*key, token)
            except OSError as failure:
                error = failure.errno or errno.EIO
                self._hear(opened)
            else:
                return 0
        return error

    def _hear(self, opened: IcmpSocket) -> None:
        """Read what came, first what the network complains of; both only so much at a time."""
        self._drain(opened)
        for _ in range(MOST_A_TURN):
            try:
                reply = opened.receive()
            except BlockingIOError:
                return
            except OSError:
                continue  # the error of one of our packets; the queue has it with its address
            if reply is not None:
                self._answered(reply)

    def _drain(self, opened: IcmpSocket) -> None:
        for _ in range(MOST_A_TURN):
            try:
                complaint = opened.complaint()
            except OSError:
                return
            if complaint is not None:
                self._complained(complaint)

    def _answered(self, reply: Reply) -> None:
        flight = self._flights.get((reply.address, reply.sequence))
        if flight is None or flight.token != reply.token:
            return  # late, repeated, or forged
        del self._flights[reply.address, reply.sequence]
        took_ms = (time.perf_counter() - flight.sent_at) * 1000
        stamped_ms = (reply.stamp_ns - flight.sent_ns) / 1e6
        # The kernel's measure is free of what else the loop was doing, unless the clock was set.
        flight.call.end(took_ms=stamped_ms if 0 < stamped_ms < took_ms else took_ms)

    def _complained(self, complaint: Complaint) -> None:
        flight = self._flights.pop((complaint.address, complaint.sequence), None)
        if flight is not None:
            by = f", says {complaint.by}" if complaint.by else ""
            flight.call.end(why=f"{os.strerror(complaint.error)}{by}")


async def probe_ping(
    node: Node, pinger: Pinger, *, clock: Clock, wire: Wire, deadline: timedelta
) -> Reading:
    """Ping the node's addresses in order until one answers; `deadline` is that of one address.

    Raises NoEvidenceError when the reason for having no answer is ours.
    """
    at = clock.now()
    calls: list[Call] = []
    excuse: NoEvidenceError | None = None
    for address in pinger.places(node):
        try:
            calls.append(await pinger.ask(address, wire, deadline))
        except NoEvidenceError as error:
            excuse = error
            continue
        if calls[-1].times_ms:
            break
    if not calls or (excuse is not None and not calls[-1].times_ms):
        raise excuse or NoEvidenceError(node.hostname, "pinging", "no address can be asked")
    best = calls[-1]
    return Reading(
        node_subject(node.key),
        Probe.PING,
        at,
        clock.now(),
        took_ms=median(best.times_ms) if best.times_ms else 0.0,
        sent=best.sent,
        heard=len(best.times_ms),
        detail=in_words(calls),
    )


def in_words(calls: Sequence[Call]) -> str:
    """Loss, and what the network said of it; empty when nothing was lost."""
    best = calls[-1]
    lost = best.sent - len(best.times_ms)
    if not lost:
        return ""
    why = next((call.why for call in reversed(calls) if call.why), "")
    said = f"{len(best.times_ms)} of {best.sent} packets answered"
    return f"{said}: {why}" if why else said


def is_loopback(address: str) -> bool:
    return address.startswith("127.") or address == "::1"
