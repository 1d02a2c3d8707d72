"""An SSH agent on a socket: lists and signs as OpenSSH's does, or fails as asked."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
from asyncssh.packet import SSHPacket, String, UInt32

LIST, LISTED, SIGN, SIGNED, FAILURE = 11, 12, 13, 14, 5


@dataclass
class FakeAgent:
    """The keys it has, by comment; `mute` takes requests and never answers."""

    keys: dict[str, asyncssh.SSHKey] = field(default_factory=dict)
    mute: bool = False
    mute_after_list: bool = False
    signed: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                size = int.from_bytes(await reader.readexactly(4), "big")
                request = SSHPacket(await reader.readexactly(size))
                kind = request.get_byte()
                if self.mute or (self.mute_after_list and kind == SIGN):
                    await reader.read()  # until the caller gives up
                    return
                answer = listed(self.keys) if kind == LIST else self._sign(request)
                writer.write(String(answer))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _sign(self, request: SSHPacket) -> bytes:
        blob, data = request.get_string(), request.get_string()
        for key in self.keys.values():
            if key.public_data == blob:
                self.signed += 1
                return bytes([SIGNED]) + String(key.sign(data, key.sig_algorithms[0]))
        return bytes([FAILURE])


def listed(keys: Mapping[str, asyncssh.SSHKey]) -> bytes:
    entries = [String(key.public_data) + String(name) for name, key in keys.items()]
    return bytes([LISTED]) + UInt32(len(entries)) + b"".join(entries)


@asynccontextmanager
async def agent_at(folder: Path, agent: FakeAgent) -> AsyncIterator[str]:
    """The path of its socket."""
    path = str(folder / "agent")
    server = await asyncio.start_unix_server(agent.serve, path)
    try:
        yield path
    finally:
        server.close()
        await server.wait_closed()
