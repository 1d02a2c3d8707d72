"""Turns a family's few functions over a dialogue into a driver, over telnet or SSH alike."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

from plcmon.drivers import ssh, tcp, telnet
from plcmon.drivers.base import Call, Control, Link
from plcmon.drivers.dialogue import Dialogue
from plcmon.drivers.situations import IncompleteError
from plcmon.errors import UnsupportedError
from plcmon.model.intents import PowerState

LINKS: Mapping[str, Callable[[Call], AbstractAsyncContextManager[Link]]] = {
    "tcp": tcp.connect,
    "telnet": telnet.connect,
    "ssh": ssh.connect,
}
LINE_ENDS: Mapping[str, str] = {"crlf": "\r\n", "cr": "\r"}
"""The quirks that say how a unit's lines end."""


@dataclass(frozen=True, slots=True)
class Script:
    """What a family says; every function may use the record through the call."""

    login: Callable[[Dialogue, Call], Awaitable[None]]
    read: Callable[[Dialogue, Call, str], Awaitable[PowerState]]
    switch: Callable[[Dialogue, Call, str, PowerState], Awaitable[None]]
    logout: Callable[[Dialogue], Awaitable[None]]


class Conversation:
    """One dialogue in progress."""

    def __init__(self, script: Script, dialogue: Dialogue, call: Call) -> None:
        self._script = script
        self._dialogue = dialogue
        self._call = call

    @property
    def seen(self) -> str:
        return self._dialogue.seen

    async def login(self) -> None:
        await self._script.login(self._dialogue, self._call)

    async def read(self, outlet: str) -> PowerState:
        return await self._script.read(self._dialogue, self._call, outlet)

    async def switch(self, outlet: str, state: PowerState) -> None:
        await self._script.switch(self._dialogue, self._call, outlet, state)

    async def cycle(self, outlet: str) -> None:
        doing = f"cycling outlet {outlet}"
        raise UnsupportedError(self._call.peer, doing, "its own cycle may leave the outlet off")

    async def logout(self) -> None:
        await self._script.logout(self._dialogue)


def converse(
    script: Script, *, eol: str = "\r"
) -> Callable[[Call], AbstractAsyncContextManager[Control]]:
    """The `connect` of a family that speaks in lines; `eol` is what its units take for Enter."""

    @asynccontextmanager
    async def connect(call: Call) -> AsyncIterator[Control]:
        async with LINKS[call.transport.name](call) as link:
            dialogue = Dialogue(
                link,
                peer=call.peer,
                point=call.point,
                mask=call.mask,
                tell=call.tell,
                eol=line_end(call, eol),
            )
            yield Conversation(script, dialogue, call)

    return connect


def line_end(call: Call, usual: str) -> str:
    """What the record says of the unit, or else the usual of its family."""
    return next((end for quirk, end in LINE_ENDS.items() if call.quirk(quirk)), usual)


async def give_user(d: Dialogue, call: Call, doing: str) -> None:
    """Answer the question for the name, in families whose units do not all ask for one."""
    if not call.pcu.user:
        raise IncompleteError(d.peer, doing, "it asks for a user name, and the user is missing")
    await d.say(call.pcu.user)
