"""Pace: no more than so many of a thing begin in a second, and only so many go on at a time."""

import asyncio

BURST_S = 0.01  # what did not begin in this time is not caught up with


class Pace:
    """Lets so many a second go, one after the other."""

    def __init__(self, rate: float) -> None:
        self._gap = 1 / rate
        self._next = 0.0

    async def turn(self) -> None:
        now = asyncio.get_running_loop().time()
        self._next = max(self._next, now - BURST_S) + self._gap
        if self._next > now:
            await asyncio.sleep(self._next - now)


class Handshakes:
    """A place for each of so many logins at a time; so many of them begin in a second."""

    def __init__(self, most: int, rate: float) -> None:
        self._places = asyncio.Semaphore(most)
        self._pace = Pace(rate)

    async def __aenter__(self) -> None:
        await self._places.acquire()
        try:
            await self._pace.turn()
        except BaseException:
            self._places.release()
            raise

    async def __aexit__(self, *_: object) -> None:
        self._places.release()
