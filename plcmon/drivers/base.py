"""What the families share: a card that describes each, and what one session is given."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from plcmon.drivers.mask import Mask
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Pcu, Transport

CHUNK = 4096  # bytes read at a time

QUIRKS: Mapping[str, str] = {
    "crlf": "ends every line with CR LF instead of CR",
    "cr": "ends every line with CR instead of CR LF",
    "ctrl-c": "says nothing after the login until Ctrl-C is pressed",
    "enter": "says nothing after the login until Enter is pressed",
    "first-dropped": "drops every first connection and serves the second",
    "legacy-ssh": "offers only SSH algorithms that are off by default",
    "legacy-tls": "speaks only TLS 1.0 or 1.1",
    "no-state": "cannot tell whether an outlet is on",
    "socket-password": "takes the password of one socket",
    "reversed": "cuts the power where it says on",
    "wake-up": "says nothing before Enter was pressed twice",
}
"""Every word that a record's `quirks` may hold, and what it says of the unit."""


class LinkLostError(Exception):
    """The byte stream is gone. Never leaves this room: the dialogue knows what it means."""


class Link(Protocol):
    """Bytes to and from a unit."""

    async def read(self) -> bytes:
        """What has arrived, at least one byte; empty once the link is gone."""
        ...

    async def write(self, data: bytes) -> None:
        """Send. Raises LinkLostError."""
        ...


class ReadsBytes(Protocol):
    """The reading half that asyncio, telnetlib3 and asyncssh have alike."""

    async def read(self, n: int, /) -> bytes: ...


class WritesBytes(Protocol):
    """The writing half."""

    def write(self, data: bytes, /) -> object: ...

    async def drain(self) -> None: ...


class StreamLink:
    """A link over two halves; `lost` is what they raise when it is gone."""

    def __init__(
        self,
        reader: ReadsBytes,
        writer: WritesBytes,
        lost: tuple[type[Exception], ...] = (OSError,),
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._lost = lost

    async def read(self) -> bytes:
        try:
            return await self._reader.read(CHUNK)
        except self._lost:
            return b""

    async def write(self, data: bytes) -> None:
        try:
            self._writer.write(data)
            await self._writer.drain()
        except self._lost as exc:
            raise LinkLostError from exc


@dataclass(slots=True)
class Commitment:
    """Whether the destructive line of the present step may have reached the unit."""

    passed: bool = False


@dataclass(slots=True)
class Offers:
    """What this unit turned out to have of that which its family may have."""

    cycle: bool = True
    read: bool = True


class KnownKeys(Protocol):
    """What was learned of units: host keys after the first contact, by PCU key, and more by words.

    Losing it costs time, and the trust in a key; nothing else.
    """

    def get(self, name: str) -> str:
        """The remembered key in OpenSSH form, or text; empty when there is none."""
        ...

    def set(self, name: str, key: str) -> None: ...


class RememberedKeys:
    """Host keys for the life of the process."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}

    def get(self, name: str) -> str:
        return self._keys.get(name, "")

    def set(self, name: str, key: str) -> None:
        self._keys[name] = key


@dataclass(frozen=True, slots=True)
class Call:
    """What one session is given: whom to reach, over what, with what."""

    pcu: Pcu
    transport: Transport
    keys: KnownKeys
    tell: Callable[[str], None]  # takes one line of transcript, masked
    password: str = field(default="", repr=False)
    mask: Mask = field(default_factory=Mask)
    point: Commitment = field(default_factory=Commitment)
    offers: Offers = field(default_factory=Offers)

    @property
    def peer(self) -> str:
        """The unit as errors name it."""
        return self.pcu.name

    def option(self, name: str, default: str) -> str:
        return self.pcu.options.get(name, default)

    def learned(self, word: str) -> str:
        """What `learn` was told of this unit; empty when nothing was."""
        return self.keys.get(f"{self.pcu.key} {word}")

    def learn(self, word: str, text: str) -> None:
        self.keys.set(f"{self.pcu.key} {word}", text)

    def quirk(self, name: str) -> bool:
        return name in self.pcu.quirks


class Control(Protocol):
    """A conversation with one unit, without deadlines; see model.ports.Unit for what is promised.

    Sets `call.point.passed` before the first destructive byte of a step.
    """

    @property
    def seen(self) -> str:
        """The last thing the unit said, one line, free of secrets."""
        ...

    async def login(self) -> None:
        """Prove that the unit is there and takes our credentials; harmless."""
        ...

    async def read(self, outlet: str) -> PowerState: ...

    async def switch(self, outlet: str, state: PowerState) -> None: ...

    async def cycle(self, outlet: str) -> None: ...

    async def logout(self) -> None: ...


def nothing_wrong(pcu: Pcu) -> Iterator[str]:
    """For families whose options may hold any text."""
    return iter(())


@dataclass(frozen=True)
class Family:
    """The card of one family: what a record of it needs and how to open a conversation."""

    name: str
    title: str
    transports: tuple[Transport, ...]  # in order of preference, with their usual ports
    connect: Callable[[Call], AbstractAsyncContextManager[Control]]
    needs: frozenset[str] = frozenset({"host", "user", "credential"})
    options: Mapping[str, str] = field(default_factory=dict)  # name -> meaning
    required: frozenset[str] = frozenset()  # options without which there is no way
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # option -> its words
    check: Callable[[Pcu], Iterator[str]] = nothing_wrong  # what the options' texts lack
    peers: str = ""  # real software or units that it was run against; empty: a virtual unit alone
    readable: bool = True
    native_cycle: bool = False  # the unit's own off-wait-on ends with the outlet on
    one_node: bool = False  # feeds one machine; the outlet means nothing
    also: tuple[Transport, ...] = ()  # spoken only where the record says so: it is less safe

    @property
    def spoken(self) -> dict[str, Transport]:
        """Every transport that a record may name, by name."""
        return {transport.name: transport for transport in (*self.transports, *self.also)}
