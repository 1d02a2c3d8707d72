"""An SNMP agent in front of relays: all versions, one table, and silence where it is due."""

import asyncio
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from plcmon.sim.relay import Relay
from plcmon.sim.units.mechanics import Mechanics
from plcmon.sim.units.snmp_devices import DEVICES
from plcmon.sim.units.unit import CommandLog, UnitFaults

if TYPE_CHECKING:
    from plcmon.sim.units.snmp_mouth import Mouth

Oid = tuple[int, ...]
Value = int | str | Oid
Said = tuple[str, Oid, Value | None]  # an error's name, or an object and its value
NAMES = ("1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0")  # what it is, in words and as an object


def oid(text: str) -> Oid:
    return tuple(map(int, text.split(".")))


class Ear(asyncio.DatagramProtocol):
    """Hands each datagram to the unit, with the way back."""

    def __init__(self, hear: Callable[[bytes, Any], bytes | None]) -> None:
        self._hear = hear
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Any) -> None:
        reply = self._hear(data, addr)
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)


class SnmpUnit:
    """A virtual agent of one `device`; `password` is the community, or the pass phrase of `user`.

    `overrides` shows a number of its own for an outlet, `answers` an error for the next SETs.
    """

    family = "snmp"

    def __init__(
        self,
        relays: Mapping[str, Relay],
        *,
        password: str,
        device: str = "apc-rpdu2",
        version: str = "2c",
        user: str = "admin",
        auth: str = "SHA",
        privacy: str = "AES",
        host: str = "127.0.0.1",
        port: int = 0,
        log: CommandLog | None = None,
    ) -> None:
        self.relays = relays
        self.device = DEVICES[device]
        self.user = user
        self.host = host
        self.port = port
        self.faults = UnitFaults()
        self.log = log or CommandLog()
        self.mechanics = Mechanics(self.faults)
        self.overrides: dict[str, int] = {}
        self.answers = ""  # an error for every SET
        self.heard = 0  # datagrams
        self.loses: Callable[[int, bool], bool] = lambda number, reply: False
        self._version = version
        self._given = (password, auth, privacy)
        self._mouth: Mouth | None = None
        self._transport: asyncio.BaseTransport | None = None
        self._callers: set[Any] = set()
        self._status: dict[Oid, Relay] = {}
        self._control: dict[Oid, tuple[Relay, Mapping[int, str]]] = {}
        self._lay_out()

    async def __aenter__(self) -> Self:
        # pysnmp comes with an extra, so only a unit that serves needs it.
        from plcmon.sim.units.snmp_mouth import open_mouth

        if self._mouth is None:
            password, auth, privacy = self._given
            self._mouth = await asyncio.to_thread(
                open_mouth, self._version, self.user, password, auth, privacy
            )
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: Ear(self._hear), local_addr=(self.host, self.port)
        )
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.mechanics.stop()
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    def _lay_out(self) -> None:
        """Give every outlet its places in the tables."""
        for outlet, relay in self.relays.items():
            number = str(int(outlet) + self.device.first - 1)
            self._status[oid(self.device.shows.format(number))] = relay
            for place, verbs in self.device.obeys.items():
                self._control[oid(place.format(number))] = relay, verbs

    def _hear(self, data: bytes, addr: Any) -> bytes | None:
        """One datagram; None: silence."""
        assert self._mouth is not None
        number, self.heard = self.heard, self.heard + 1
        if self.faults.dead or self.loses(number, False):
            return None
        if addr not in self._callers:
            self._callers.add(addr)
            self.log.append("login", "", destructive=False)
        reply = self._mouth.answer(data, self.serve, refuses=self.faults.wrong_password)
        return None if self.loses(number, True) else reply

    def serve(self, kind: str, at: Oid, value: int | None) -> Said | None:
        """What `get`, `next` or `set` is answered; None: nothing."""
        if kind == "set":
            return self._set(at, value)
        objects = self._objects()
        if kind == "get":
            return self._get(at, objects)
        following = min((known for known in objects if known > at), default=None)
        return ("", at, None) if following is None else ("", following, objects[following])

    def _get(self, at: Oid, objects: Mapping[Oid, Value]) -> Said | None:
        if at in self._status:
            if self.faults.hangs_after_login:
                return None
            self.log.append("read", self._status[at].outlet, destructive=False)
        return "", at, objects.get(at)

    def _set(self, at: Oid, value: int | None) -> Said | None:
        if self.answers:
            return self.answers, at, None
        if at not in self._control:
            return ("notWritable" if at in self._objects() else "noCreation"), at, None
        relay, verbs = self._control[at]
        verb = verbs.get(value) if value is not None else None
        if verb is None:
            return "wrongValue", at, None
        destructive = verb != "on"
        if destructive and self.faults.drop_at == "before-commit":
            return None
        self.log.append(verb, relay.outlet, destructive)
        self.mechanics.obey(verb, relay)
        lost = destructive and self.faults.drop_at == "after-commit"
        return None if lost else ("", at, value)

    def _objects(self) -> dict[Oid, Value]:
        """Everything that can be read now."""
        found: dict[Oid, Value] = {
            oid(NAMES[0]): "a virtual unit",
            oid(NAMES[1]): oid(self.device.model),
            **{oid(place): number for place, number in self.device.others.items()},
            **dict.fromkeys(self._control, 0),
        }
        for place, relay in self._status.items():
            usual = self.device.on if relay.on else self.device.off
            found[place] = self.overrides.get(relay.outlet, usual)
        return found
