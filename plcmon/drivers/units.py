"""Sessions with units of every family: finds the way in, and sets the one deadline of each step."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from plcmon.drivers.base import Call, Control, Family, KnownKeys, RememberedKeys
from plcmon.drivers.mask import Mask
from plcmon.drivers.registry import family_of, problems_of, shows_state
from plcmon.drivers.situations import IncompleteError
from plcmon.errors import (
    DeviceError,
    DialogueError,
    OutcomeUnknownError,
    UnreachableError,
    UnsupportedError,
)
from plcmon.model.intents import PowerState
from plcmon.model.policy import Wire
from plcmon.model.ports import Secrets, Unit
from plcmon.model.subjects import Pcu, Transport

GOODBYE = timedelta(seconds=3)  # a unit that does not let go by then is hung up on
LOST = (UnreachableError, DialogueError)


class OpenUnit:
    """One session; every step has the same deadline, and what its end means is decided here."""

    def __init__(self, family: Family, control: Control, call: Call, step: timedelta) -> None:
        self._family = family
        self._control = control
        self._call = call
        self._limit = step

    @property
    def readable(self) -> bool:
        """Known once logged in, like the cycle."""
        return shows_state(self._call.pcu, self._family) and self._call.offers.read

    @property
    def native_cycle(self) -> bool:
        """Known once logged in: some units of a family lack what others have."""
        return self._family.native_cycle and self._call.offers.cycle

    @property
    def committed(self) -> bool:
        """True while the present step may have changed an outlet, for who cancels it."""
        return self._call.point.passed

    async def login(self) -> None:
        async with self._step("logging in"):
            await self._control.login()

    async def read(self, outlet: str) -> PowerState:
        async with self._step(f"reading outlet {outlet}"):
            return await self._control.read(outlet)

    async def switch(self, outlet: str, state: PowerState) -> None:
        async with self._step(f"switching outlet {outlet} {state.value}"):
            await self._control.switch(outlet, state)

    async def cycle(self, outlet: str) -> None:
        async with self._step(f"cycling outlet {outlet}"):
            await self._control.cycle(outlet)

    async def leave(self) -> None:
        """Log out; a unit that does not take part is hung up on."""
        # Whatever failed before matters more than how the goodbye went.
        with contextlib.suppress(DeviceError, TimeoutError):
            async with asyncio.timeout(min(GOODBYE, self._limit).total_seconds()):
                await self._control.logout()

    @asynccontextmanager
    async def _step(self, doing: str) -> AsyncIterator[None]:
        """Set the deadline; after the point of no return every loose end is an unknown outcome."""
        point, peer = self._call.point, self._call.peer
        point.passed = False
        try:
            async with asyncio.timeout(self._limit.total_seconds()):
                yield
        except TimeoutError as exc:
            raise self._late(doing) from exc
        except LOST as exc:
            if point.passed:
                raise OutcomeUnknownError(peer, doing, exc.why) from exc
            raise

    def _late(self, doing: str) -> DeviceError:
        peer, seen = self._call.peer, self._control.seen
        why = f"no answer within {self._limit.total_seconds():g} s"
        if seen:
            why = f"{why}, last saw {seen!r}"
        if self._call.point.passed:
            return OutcomeUnknownError(peer, doing, why)
        return (DialogueError if seen else UnreachableError)(peer, doing, why)


class DriverUnits:
    """Opens sessions with PCUs of every family that there is a driver for."""

    def __init__(
        self, secrets: Secrets, wire: Wire, *, known_keys: KnownKeys | None = None
    ) -> None:
        self._secrets = secrets
        self._wire = wire
        self._keys = known_keys or RememberedKeys()

    def problems(self, pcu: Pcu) -> list[str]:
        """What is incomplete or unknown in the record, in plain words; empty when usable."""
        return [*problems_of(pcu), *self._credential_problems(pcu)]

    @asynccontextmanager
    async def session(
        self, pcu: Pcu, *, transcript: Callable[[str], None] | None = None
    ) -> AsyncIterator[Unit]:
        """Log in at `pcu`; leaving logs out and closes. Raises DeviceError."""
        family = self._family(pcu)
        async with AsyncExitStack() as stack:
            unit = await self._reach(family, list(self._calls(pcu, family, transcript)), stack)
            await unit.login()
            try:
                yield unit
            finally:
                await unit.leave()

    def _family(self, pcu: Pcu) -> Family:
        family = family_of(pcu.family)
        if family is None:
            raise UnsupportedError(pcu.name, "opening a session", "; ".join(problems_of(pcu)))
        if problems := self.problems(pcu):
            raise IncompleteError(pcu.name, "opening a session", "; ".join(problems))
        return family

    def _credential_problems(self, pcu: Pcu) -> Iterator[str]:
        if not pcu.credential:
            return
        try:
            self._secrets.find(pcu.credential)
        except UnsupportedError as exc:
            yield exc.why

    def _calls(
        self, pcu: Pcu, family: Family, transcript: Callable[[str], None] | None
    ) -> Iterator[Call]:
        """One for each transport, in the order of the record."""
        password = self._secrets.find(pcu.credential) if pcu.credential else ""
        # One secret may hold two pass phrases; over HTTP it is seen with the user, in base64.
        together = (*password.splitlines(), f"{pcu.user}:{password}")
        mask = Mask(password, *together) if password else Mask()
        for transport in pcu.transports or family.transports:
            port = transport.port or family.spoken[transport.name].port
            yield Call(
                pcu=pcu,
                transport=Transport(transport.name, port),
                keys=self._keys,
                tell=transcript or (lambda _: None),
                password=password,
                mask=mask,
            )

    async def _reach(self, family: Family, calls: list[Call], stack: AsyncExitStack) -> OpenUnit:
        """Connect over the first transport that answers.

        Only an address that does not answer leads to the next one: a refused login must not be
        tried twice, and nothing destructive has been said yet.
        """
        for call in calls[:-1]:
            with contextlib.suppress(UnreachableError):
                return await self._connect(family, call, stack)
        return await self._connect(family, calls[-1], stack)

    async def _connect(self, family: Family, call: Call, stack: AsyncExitStack) -> OpenUnit:
        # Over SSH connecting includes the login, which takes old cards many seconds.
        name = call.transport.name
        limit = self._wire.tcp_deadline if name in ("tcp", "telnet") else self._wire.pcu_command
        try:
            async with asyncio.timeout(limit.total_seconds()):
                control = await stack.enter_async_context(family.connect(call))
        except TimeoutError as exc:
            why = f"no answer within {limit.total_seconds():g} s"
            raise UnreachableError(call.peer, f"connecting over {name}", why) from exc
        return OpenUnit(family, control, call, self._wire.pcu_command)
