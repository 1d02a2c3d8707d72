"""Typing ahead: a key acts when all that the one before it set off is done.

Else the letters of a reason, typed before its dialog stands, would be keys of the list below it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode

QUIET = 2  # rounds in which neither screen nor focus changed, after which nothing more will
MOST = 20  # rounds; a screen that never comes to rest must not swallow all keys
PATIENCE_S = 0.5  # with one part of the screen, which may be gone before it answers


class Ahead:
    """The keys that wait, in the order they came; `act` is what one of them does."""

    def __init__(self, app: App[Any], act: Callable[[events.Event], Awaitable[None]]) -> None:
        self._app = app
        self._act = act
        self._keys: asyncio.Queue[events.Key] = asyncio.Queue()
        self.waiting = 0  # keys that have not acted to the end

    def put(self, key: events.Key) -> None:
        """Take a key as it was typed."""
        self.waiting += 1
        self._keys.put_nowait(key)

    async def run(self) -> None:
        """Let one key after the other act, until cancelled."""
        while True:
            key = await self._keys.get()
            await self._act(key)
            await settled(self._app)
            self.waiting -= 1


async def settled(app: App[Any]) -> None:
    """Wait until screen and focus have come to rest: dialogs have opened, fields have the keys."""
    quiet = 0
    for _ in range(MOST):
        before = (app.screen, app.focused)
        answered = [await caught_up(node) for node in chain(app)]
        rests = all(answered) and before == (app.screen, app.focused)
        quiet = quiet + 1 if rests else 0
        if quiet == QUIET:
            return


def chain(app: App[Any]) -> list[DOMNode]:
    """Those through whose hands a key goes, from the one that has the focus up to the app."""
    return list(app.focused.ancestors_with_self) if app.focused else [app.screen, app]


async def caught_up(node: DOMNode) -> bool:
    """Wait until the node has handled all that waits for it; False when it does not tell."""
    done = asyncio.Event()
    if not node.call_later(done.set):
        return False
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await done.wait()
    except TimeoutError:
        return False
