"""ICMP packets and the sockets that carry them."""

import socket
import struct

import pytest

from plcmon.probes.icmp import (
    FAMILIES,
    FROM_NETWORK,
    HEADER,
    QUEUED_ERROR,
    SO_TIMESTAMPNS,
    STAMP,
    Family,
    checksum,
    offender,
    open_icmp,
    plain,
    request,
    stamp_of,
)
from tests.fakes.wire import PEERS, PEERS6, Wire

V4, V6 = FAMILIES
TOKEN = b"12345678"


def test_a_checksum_is_that_of_rfc_1071() -> None:
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0x220D


def test_a_packet_with_its_checksum_sums_up_to_nothing() -> None:
    assert checksum(request(V4, 7, 9, TOKEN)) == 0


def test_a_request_carries_number_and_token() -> None:
    kind, code, _, ident, sequence = HEADER.unpack_from(request(V6, 7, 9, TOKEN))

    assert (kind, code, ident, sequence) == (128, 0, 7, 9)
    assert request(V6, 7, 9, TOKEN)[HEADER.size :] == TOKEN


def test_the_kernels_stamp_is_found_among_others() -> None:
    stamp = (socket.SOL_SOCKET, SO_TIMESTAMPNS, STAMP.pack(5, 7))

    assert stamp_of([(0, 0, b""), stamp]) == 5_000_000_007
    assert stamp_of([]) == 0


def test_who_complained_is_read_from_behind_the_error() -> None:
    v4 = struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton("192.0.2.1"))

    assert offender(V4, v4) == "192.0.2.1"
    assert offender(V4, b"") == ""
    assert QUEUED_ERROR.size == 16
    assert FROM_NETWORK == (2, 3)


def test_an_address_loses_its_interface() -> None:
    assert plain("fe80::1%eth0") == "fe80::1"


@pytest.mark.parametrize(("family", "peer"), [(V4, f"{PEERS}.1"), (V6, f"{PEERS6}1")])
def test_a_raw_socket_hears_only_answers_of_its_own(wire: Wire, family: Family, peer: str) -> None:
    ours, other = open_icmp(family, 11), open_icmp(family, 12)
    with ours.sock, other.sock:
        other.send(peer, 1, TOKEN)
        ours.send(peer, 2, TOKEN)
        ours.sock.settimeout(5)
        heard = [ours.receive(), ours.receive()]

    assert [reply.sequence for reply in heard if reply is not None] == [2]
