"""The wire to a running fleet: one JSON line asks, one JSON line answers.

{"do": "fault", "what": "silent", "node": "n01"}            -> {"ok": true}
{"do": "state"}                                             -> {"ok": true, "nodes": {...}, ...}
{"do": "wait", "node": "n01", "is": {"observed": "boot"}, "within": 10}
{"do": "fault", "what": "grumpy", "node": "n01"}            -> {"ok": false, "error": "..."}
"""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from functools import partial
from types import TracebackType
from typing import Any, Self

from plcmon.errors import UnreachableError
from plcmon.model.subjects import Endpoint
from plcmon.sim import faults
from plcmon.sim.faults import Order, OrderError
from plcmon.sim.fleet import Fleet
from plcmon.sim.truth import Truth, commands_of, node_truth, pcu_truth, truth

MOST_ORDER = 64 * 1024  # bytes of an order
MOST_ANSWER = 64 * 1024 * 1024  # of the truth about a large fleet
MOST_PATIENCE = 600.0  # seconds that an order may wait


class ControlServer:
    """Takes orders for `fleet` at a socket that listens already."""

    def __init__(self, fleet: Fleet, listener: socket.socket) -> None:
        self._fleet = fleet
        self._listener = listener
        self._server: asyncio.Server | None = None
        self._callers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._take_orders, sock=self._listener, limit=MOST_ORDER
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for caller in self._callers:
            caller.close()
        await self._server.wait_closed()

    async def _take_orders(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._callers.add(writer)
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError):
            pass  # the caller left, or talks without end
        finally:
            self._callers.discard(writer)
            writer.close()

    async def _answer(self, line: bytes) -> Truth:
        try:
            return {"ok": True, **await obey(self._fleet, read_order(line))}
        except OrderError as error:
            return {"ok": False, "error": str(error)}


def read_order(line: bytes) -> Order:
    try:
        order = json.loads(line)
    except ValueError as error:
        raise OrderError(f"not JSON: {error}") from error
    if not isinstance(order, dict):
        raise OrderError("an order is a JSON object")
    return order


async def obey(fleet: Fleet, order: Order) -> Truth:
    """Carry out one order and give its answer. Raises OrderError."""
    verb = faults.word(order, "do")
    if verb not in VERBS:
        raise faults.unknown(verb, VERBS, "order")
    return await VERBS[verb](fleet, order)


def plain(act: Callable[[Fleet, Order], None]) -> Callable[[Fleet, Order], Awaitable[Truth]]:
    """A verb that is done at once and has nothing to tell."""

    async def verb(fleet: Fleet, order: Order) -> Truth:
        act(fleet, order)
        return {}

    return verb


async def state(fleet: Fleet, order: Order) -> Truth:
    return truth(fleet)


async def mails(fleet: Fleet, order: Order) -> Truth:
    return {"mails": [asdict(mail) for mail in fleet.mail.mails]}


async def commands(fleet: Fleet, order: Order) -> Truth:
    """What a PCU was told, in its own words."""
    return {"commands": commands_of(faults.post_of(fleet, order))}


async def wait(fleet: Fleet, order: Order) -> Truth:
    """Answer once the node, PCU or whole is as `is` says, and how it is then."""
    wanted, patience = order.get("is"), order.get("within", MOST_PATIENCE)
    if not isinstance(wanted, dict):
        raise OrderError('"is" must be an object with what is waited for')
    if not isinstance(patience, int | float) or not 0 <= patience <= MOST_PATIENCE:
        raise OrderError(f'"within" must be seconds, {MOST_PATIENCE:g} at most')
    look = view_of(fleet, order)
    try:
        async with asyncio.timeout(patience):
            await fleet.news.until(lambda: wanted.items() <= look().items())
    except TimeoutError:
        raise OrderError(f"not so within {patience:g} s: {json.dumps(look())}") from None
    return look()


def view_of(fleet: Fleet, order: Order) -> Callable[[], Truth]:
    """How to look at what the order names: a node, a PCU, else the whole."""
    if "node" in order:
        return partial(node_truth, faults.node_of(fleet, order))
    if "pcu" in order:
        return partial(pcu_truth, faults.post_of(fleet, order))
    return partial(truth, fleet)


VERBS: Mapping[str, Callable[[Fleet, Order], Awaitable[Truth]]] = {
    "fault": plain(faults.fault),
    "heal": plain(faults.heal),
    "power": plain(faults.power),
    "rewire": plain(faults.rewire),
    "state": state,
    "mails": mails,
    "commands": commands,
    "wait": wait,
}


class FleetControl:
    """The other end: orders for a fleet that runs elsewhere, each on a connection of its own."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint

    async def fault(self, what: str, *, then: str = "", **target: str | int | bool) -> None:
        """Break one of node=, pcu=, site=, canary=, mail=True, everything=True."""
        await self.order("fault", what=what, **target, **({"then": then} if then else {}))

    async def heal(self, **target: str | int | bool) -> None:
        """Mend one of these; without one, everything."""
        await self.order("heal", **target)

    async def power(self, outlet: str, *, on: bool) -> None:
        """Move a relay past its PCU, as a hand in the rack would."""
        await self.order("power", outlet=outlet, on=on)

    async def rewire(self, one: str, other: str) -> None:
        """Swap the cables of two nodes."""
        await self.order("rewire", node=one, **{"with": other})

    async def state(self) -> Truth:
        return await self.order("state")

    async def node(self, name: str) -> Truth:
        """How the node really is."""
        return await self.order("wait", node=name, **{"is": {}})

    async def mails(self) -> list[Truth]:
        """What the relay took, oldest first."""
        found: list[Truth] = (await self.order("mails"))["mails"]
        return found

    async def commands(self, pcu: str) -> list[Truth]:
        """What the PCU was told, oldest first."""
        found: list[Truth] = (await self.order("commands", pcu=pcu))["commands"]
        return found

    async def until(self, wanted: Truth, *, within: float, node: str = "", pcu: str = "") -> Truth:
        """Return once the node, the PCU or the whole is so. Raises OrderError when it is not."""
        target = {"node": node} if node else {"pcu": pcu} if pcu else {}
        return await self.order("wait", within=within, **{"is": wanted}, **target)

    async def order(self, verb: str, **words: Any) -> Truth:
        """Give any order. Raises OrderError, or UnreachableError when no fleet is there."""
        line = json.dumps({"do": verb, **words}).encode() + b"\n"
        try:
            answer = json.loads(await self._ask(line))
        except (OSError, ValueError) as error:
            why = str(error) or type(error).__name__
            raise UnreachableError(str(self.endpoint), f"ordering {verb}", why) from error
        if not answer.pop("ok"):
            raise OrderError(answer["error"])
        found: Truth = answer
        return found

    async def _ask(self, line: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(
            self.endpoint.host, self.endpoint.port, limit=MOST_ANSWER
        )
        try:
            writer.write(line)
            await writer.drain()
            return await reader.readline()
        finally:
            writer.close()
