"""A person: whoever can walk to the machine and press its button.

Tested:   nothing to test; the request and its answer are kept by the intent.
Assumes:  somebody reads the request.
Session:  none.
Source:   none.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from plcmon.drivers.base import Call, Control, Family
from plcmon.errors import NeedsHumanError
from plcmon.model.intents import PowerState
from plcmon.model.subjects import Transport


class Person:
    """Cannot be read, and does nothing at once."""

    seen = ""

    def __init__(self, call: Call) -> None:
        self._call = call

    async def login(self) -> None:
        """A person is always there."""

    async def read(self, outlet: str) -> PowerState:
        return PowerState.UNKNOWN

    async def switch(self, outlet: str, state: PowerState) -> None:
        doing = f"switching outlet {outlet} {state.value}"
        raise NeedsHumanError(self._call.peer, doing, "a person has to do this")

    async def cycle(self, outlet: str) -> None:
        raise NeedsHumanError(
            self._call.peer, f"cycling outlet {outlet}", "a person has to do this"
        )

    async def logout(self) -> None:
        """Nothing was opened."""


@asynccontextmanager
async def connect(call: Call) -> AsyncIterator[Control]:
    yield Person(call)


FAMILY = Family(
    name="manual",
    title="a person",
    transports=(Transport("person", 0),),
    connect=connect,
    needs=frozenset(),
    readable=False,
)
