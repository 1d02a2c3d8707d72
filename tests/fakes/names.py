"""A name server on loopback that answers from a table, as a real one would by UDP."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

HEADER = struct.Struct("!6H")
ANSWER, AUTHORITATIVE, RECURSION = 0x8000, 0x0400, 0x0080
A, AAAA = 1, 28
NO_SUCH_NAME = 3
POINTER_TO_QUESTION = 0xC00C


@dataclass
class Names(asyncio.DatagramProtocol):
    """Name -> its addresses; what is not in the table does not exist."""

    table: Mapping[str, Sequence[str]]
    code: int = 0  # the answer to everything, unless 0
    mute: bool = False
    asked: list[str] = field(default_factory=list)
    server: str = ""
    transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        name, kind, question = question_of(data)
        self.asked.append(name)
        if not self.mute:
            self.transport.sendto(self._answer(data, name, kind, question), addr)

    def _answer(self, data: bytes, name: str, kind: int, question: bytes) -> bytes:
        known = [packed for packed in map(pack, self.table.get(name, ())) if packed[0] == kind]
        code = self.code or (0 if name in self.table else NO_SUCH_NAME)
        records = [] if code else known
        flags = ANSWER | AUTHORITATIVE | RECURSION | code
        head = HEADER.pack(int.from_bytes(data[:2], "big"), flags, 1, len(records), 0, 0)
        body = b"".join(
            struct.pack("!HHHIH", POINTER_TO_QUESTION, kind, 1, 60, len(address)) + address
            for kind, address in records
        )
        return head + question + body


def question_of(data: bytes) -> tuple[str, int, bytes]:
    """Name, kind and raw bytes of the question of a query."""
    at, labels = HEADER.size, []
    while size := data[at]:
        labels.append(data[at + 1 : at + 1 + size].decode())
        at += 1 + size
    kind, _ = struct.unpack_from("!HH", data, at + 1)
    return ".".join(labels).lower(), kind, data[HEADER.size : at + 5]


def pack(address: str) -> tuple[int, bytes]:
    if ":" in address:
        return AAAA, socket.inet_pton(socket.AF_INET6, address)
    return A, socket.inet_aton(address)


@asynccontextmanager
async def name_server(
    table: Mapping[str, Sequence[str]],
    *,
    code: int = 0,
    mute: bool = False,
    at: tuple[str, int] = ("127.0.0.1", 0),
) -> AsyncIterator[Names]:
    names = Names(table, code, mute)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: names, local_addr=at
    )
    host, port = transport.get_extra_info("sockname")
    names.server = f"{host}:{port}"
    try:
        yield names
    finally:
        transport.close()
