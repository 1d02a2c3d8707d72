"""News: wakes whoever waits for the virtual world to become so."""

import asyncio
from collections.abc import Callable


class News:
    """Something changed, whatever it was."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def spread(self) -> None:
        """Let everybody look again."""
        for reader in self._waiting:
            if not reader.done():
                reader.set_result(None)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Return once `is_so` answers yes; it is asked after every change."""
        while not is_so():
            reader: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.add(reader)
            try:
                await reader
            finally:
                self._waiting.discard(reader)
