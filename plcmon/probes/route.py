"""Route: who lies on the way to an address, asked without any privilege.

UDP packets with a small number of hops to live; the socket's error queue says which of them ended
where. All go out soon after one another, so a trace takes little longer than its slowest answer.
"""

import asyncio
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

from plcmon.model.events import Hop, RouteSeen
from plcmon.model.policy import Wire
from plcmon.probes.icmp import (
    ANCILLARY,
    FROM_NETWORK,
    MOST_BYTES,
    QUEUED_ERROR,
    SO_TIMESTAMPNS,
    Family,
    family_of,
    offender,
    stamp_of,
)
from plcmon.probes.tcp import NoEvidenceError

FIRST_PORT = 33434  # where nobody listens, by a custom of many years
ROUNDS = 2  # a lost packet is no silent router
PACE_S = 0.01
IPV6_UNICAST_HOPS = 16
# ICMP types that say a packet's hops were used up.
TOO_FAR: Mapping[int, int] = {socket.AF_INET: 11, socket.AF_INET6: 3}
MOST_A_TURN = 64


@dataclass(slots=True)
class Packet:
    """One packet that went out."""

    hop: int
    sent_ns: int
    sent_at: float


class Trace:
    """One way, while it is asked."""

    def __init__(self, family: Family, sock: socket.socket, address: str) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.hops: dict[int, Hop] = {}
        self.last: int | None = None  # the distance of what gave a final word
        self.reached = False
        self._family = family
        self._sock = sock
        self._address = address
        self._packets: dict[int, Packet] = {}  # by the port it went to

    def send(self, hop: int, port: int) -> None:
        """Raises OSError where this machine itself knows no way."""
        option = socket.IP_TTL if self._family.number == socket.AF_INET else IPV6_UNICAST_HOPS
        self._sock.setsockopt(self._family.level, option, hop)
        self._packets[port] = Packet(hop, time.time_ns(), time.perf_counter())
        try:
            self._sock.sendto(b"plcmon", (self._address, port))
        except OSError:  # the socket first hands out the error of an earlier packet
            self.hear()
            self._sock.sendto(b"plcmon", (self._address, port))

    def hear(self) -> None:
        """Read the error queue, so much at a time."""
        for _ in range(MOST_A_TURN):
            try:
                _, ancillary, _, target = self._sock.recvmsg(
                    MOST_BYTES, ANCILLARY, socket.MSG_ERRQUEUE
                )
            except OSError:
                break
            packet = self._packets.get(target[1]) if target else None
            if packet is not None:
                self._note(packet, ancillary)
        if self._is_whole and not self.done.done():
            self.done.set_result(None)

    @property
    def _is_whole(self) -> bool:
        """Everybody up to the end of the way has spoken."""
        return self.last is not None and all(n in self.hops for n in range(1, self.last + 1))

    def _note(self, packet: Packet, ancillary: list[tuple[int, int, bytes]]) -> None:
        for level, option, data in ancillary:
            if (level, option) != (self._family.level, self._family.errors):
                continue
            _, origin, kind, *_ = QUEUED_ERROR.unpack_from(data)
            if origin not in FROM_NETWORK:
                continue
            by = offender(self._family, data[QUEUED_ERROR.size :])
            took_ms = (time.perf_counter() - packet.sent_at) * 1000
            stamped_ms = (stamp_of(ancillary) - packet.sent_ns) / 1e6
            took_ms = stamped_ms if 0 < stamped_ms < took_ms else took_ms
            self.hops.setdefault(packet.hop, Hop(by, round(took_ms, 3)))
            if kind != TOO_FAR[self._family.number]:
                self.last = min(self.last or packet.hop, packet.hop)
                self.reached = self.reached or by == self._address


async def trace(address: str, wire: Wire) -> RouteSeen:
    """Ask for the way to an address. Raises NoEvidenceError when nothing could leave."""
    family = family_of(address)
    loop = asyncio.get_running_loop()
    with open_udp(family, address) as sock:
        found = Trace(family, sock, address)
        loop.add_reader(sock.fileno(), found.hear)
        try:
            await ask(found, wire)
        except OSError as error:
            why = error.strerror or str(error)
            raise NoEvidenceError(address, "tracing the way", why) from error
        finally:
            loop.remove_reader(sock.fileno())
        found.hear()
    return outcome(address, found)


async def ask(found: Trace, wire: Wire) -> None:
    """Send everything, nearest first, until someone gives a final word; then wait a while."""
    port = FIRST_PORT
    for _ in range(ROUNDS):
        for hop in range(1, wire.trace_hops + 1):
            if hop in found.hops or (found.last is not None and hop > found.last):
                continue
            found.send(hop, port)
            port += 1
            await asyncio.sleep(PACE_S)
    await asyncio.wait([found.done], timeout=wire.trace_deadline.total_seconds())


def outcome(address: str, found: Trace) -> RouteSeen:
    """The hops up to the last that spoke; an empty one between them stayed silent."""
    end = found.last or max(found.hops, default=0)
    hops = tuple(found.hops.get(number, Hop("", 0.0)) for number in range(1, end + 1))
    return RouteSeen(address, hops, found.reached)


def open_udp(family: Family, address: str) -> socket.socket:
    """A socket with an error queue. Raises NoEvidenceError when the machine has none."""
    try:
        sock = socket.socket(family.number, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    except OSError as error:
        why = error.strerror or str(error)
        raise NoEvidenceError(address, "opening a socket", why) from error
    sock.setsockopt(family.level, family.errors, 1)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    return sock
