"""ICMP echo: packets of both families, and the sockets that carry them.

A datagram socket needs no capability where the kernel's `ping_group_range` has our group; a raw one
needs CAP_NET_RAW. Both hand over what the network says of a packet by their error queue.
"""

import socket
import struct
from dataclasses import dataclass
from typing import Any, NamedTuple

HEADER = struct.Struct("!BBHHH")  # type, code, checksum, identifier, sequence
TOKEN_BYTES = 8
MOST_BYTES = 512  # of one packet that is read; ours have 16
RAW_HEADER = 0x0F  # low bits of an IPv4 packet's first byte: its header's length in words

# Of linux/in.h, linux/in6.h, linux/icmp.h and asm-generic/socket.h; not all are in the module.
IP_RECVERR, IPV6_RECVERR = 11, 25
SOL_RAW, ICMP_FILTER, ICMP6_FILTER = 255, 1, 1
SO_TIMESTAMPNS = 35
FROM_NETWORK = (2, 3)  # origin of a queued error: ICMP, ICMPv6; others are local
STAMP = struct.Struct("@ll")  # seconds, nanoseconds
QUEUED_ERROR = struct.Struct("=IBBBBII")  # errno, origin, type, code, padding, info, data
ANCILLARY = socket.CMSG_SPACE(STAMP.size) + socket.CMSG_SPACE(QUEUED_ERROR.size + 28)
MOST_QUEUED = 512 * 1024  # bytes of answers in the kernel while the loop is busy


class Family(NamedTuple):
    """What differs between the two."""

    number: int
    protocol: int
    request: int
    reply: int
    level: int
    errors: int  # the option for an error queue


FAMILIES = (
    Family(socket.AF_INET, socket.IPPROTO_ICMP, 8, 0, socket.IPPROTO_IP, IP_RECVERR),
    Family(socket.AF_INET6, socket.IPPROTO_ICMPV6, 128, 129, socket.IPPROTO_IPV6, IPV6_RECVERR),
)


def family_of(address: str) -> Family:
    return FAMILIES[":" in address]


class Reply(NamedTuple):
    """One echo reply: whose, and which."""

    address: str
    sequence: int
    token: bytes
    stamp_ns: int  # the kernel's wall clock at arrival; 0: it did not say


class Complaint(NamedTuple):
    """What the network said of one of our packets."""

    address: str  # where the packet was going
    sequence: int
    error: int  # errno
    by: str  # who said so


@dataclass(frozen=True, slots=True)
class IcmpSocket:
    """An open socket of one family."""

    family: Family
    sock: socket.socket
    is_raw: bool
    ident: int  # of our own packets; the kernel puts its own where the socket is not raw

    def send(self, address: str, sequence: int, token: bytes) -> None:
        """Send one echo request. Raises OSError."""
        self.sock.sendto(request(self.family, self.ident, sequence, token), (address, 0))

    def receive(self) -> Reply | None:
        """One packet; None where it is no echo reply of ours. Raises BlockingIOError at the end."""
        packet, ancillary, _, source = self.sock.recvmsg(MOST_BYTES, ANCILLARY)
        if self.is_raw and self.family.number == socket.AF_INET and packet:
            packet = packet[4 * (packet[0] & RAW_HEADER) :]
        if len(packet) < HEADER.size + TOKEN_BYTES:
            return None
        kind, _, _, ident, sequence = HEADER.unpack_from(packet)
        if kind != self.family.reply or (self.is_raw and ident != self.ident):
            return None
        token = packet[HEADER.size : HEADER.size + TOKEN_BYTES]
        return Reply(plain(source[0]), sequence, token, stamp_of(ancillary))

    def complaint(self) -> Complaint | None:
        """One entry of the error queue; None where it is not of the network or not of ours.

        Raises BlockingIOError when the queue is empty.
        """
        packet, ancillary, _, target = self.sock.recvmsg(MOST_BYTES, ANCILLARY, socket.MSG_ERRQUEUE)
        if len(packet) < HEADER.size or not target:
            return None
        kind, _, _, ident, sequence = HEADER.unpack_from(packet)
        if kind != self.family.request or (self.is_raw and ident != self.ident):
            return None
        for level, option, data in ancillary:
            if (level, option) == (self.family.level, self.family.errors):
                error, origin, *_ = QUEUED_ERROR.unpack_from(data)
                if origin in FROM_NETWORK:
                    by = offender(self.family, data[QUEUED_ERROR.size :])
                    return Complaint(plain(target[0]), sequence, error, by)
        return None


def open_icmp(family: Family, ident: int) -> IcmpSocket:
    """A socket that never blocks, unprivileged where the kernel allows it.

    Raises PermissionError when neither kind is allowed, OSError for a family that is not here.
    """
    try:
        sock = socket.socket(
            family.number, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, family.protocol
        )
        is_raw = False
    except PermissionError:
        sock = socket.socket(family.number, socket.SOCK_RAW | socket.SOCK_NONBLOCK, family.protocol)
        is_raw = True
    try:
        if is_raw:
            only_replies(family, sock)
        sock.setsockopt(family.level, family.errors, 1)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, MOST_QUEUED)
    except OSError:
        sock.close()
        raise
    return IcmpSocket(family, sock, is_raw, ident)


def only_replies(family: Family, sock: socket.socket) -> None:
    """Let the kernel drop what a raw socket would hear of others; a set bit blocks a type."""
    blocked = ~(1 << (family.reply % 32)) & 0xFFFFFFFF
    if family.number == socket.AF_INET:
        sock.setsockopt(SOL_RAW, ICMP_FILTER, struct.pack("=I", blocked))
        return
    words = [0xFFFFFFFF] * 8
    words[family.reply // 32] = blocked
    sock.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, struct.pack("=8I", *words))


def request(family: Family, ident: int, sequence: int, token: bytes) -> bytes:
    """An echo request. Only a raw IPv4 socket needs the checksum, the others have their own."""
    bare = HEADER.pack(family.request, 0, 0, ident, sequence) + token
    if family.number != socket.AF_INET:
        return bare
    return HEADER.pack(family.request, 0, checksum(bare), ident, sequence) + token


def checksum(packet: bytes) -> int:
    """RFC 1071, of an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(packet) // 2}H", packet))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def stamp_of(ancillary: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(data) >= STAMP.size:
            seconds, nanoseconds = map(int, STAMP.unpack_from(data))
            return seconds * 1_000_000_000 + nanoseconds
    return 0


def offender(family: Family, address: bytes) -> str:
    """The socket address behind a queued error: who complained; empty when unknown."""
    if family.number == socket.AF_INET and len(address) >= 8:
        return socket.inet_ntop(socket.AF_INET, address[4:8])
    if family.number == socket.AF_INET6 and len(address) >= 24:
        return socket.inet_ntop(socket.AF_INET6, address[8:24])
    return ""


def plain(host: Any) -> str:
    """An address without the name of its interface."""
    return str(host).partition("%")[0]
